// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Counters in the text format of OpenMetrics.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <chimney/types.hpp>

namespace chimney::daemon {

/// Counts operations that are over; what the kernel counts is asked for when it is wanted.
class Metrics {
  public:
    void note(const Report& report);
    std::string text(const std::vector<Target>& targets,
                     const std::vector<Connection>& connections) const;

  private:
    /// Upper bounds of the durations of operations, in seconds.
    static constexpr std::array bounds = {0.0001, 0.001, 0.01, 0.1, 1.0, 10.0};
    struct Histogram {
        std::array<std::uint64_t, bounds.size() + 1> counts{};
        std::uint64_t sum_ns = 0;
    };

    /// By kind, and status or reason.
    std::map<std::pair<std::string, std::string>, std::uint64_t> connections_;
    std::map<std::string, Histogram> durations_; ///< by kind
};

} // namespace chimney::daemon
