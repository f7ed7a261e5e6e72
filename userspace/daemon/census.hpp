// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// The connections there are, and what the policy asks about each.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include <chimney/policy.hpp>
#include <chimney/resolve.hpp>
#include <chimney/route.hpp>

namespace chimney::daemon {

using Clock = std::chrono::steady_clock;

/// Where a census finds what it wants to know. The members are replaced in tests.
struct Sources {
    std::filesystem::path proc = "/proc";
    std::filesystem::path cgroups = "/sys/fs/cgroup";
    std::function<Result<std::vector<TcpSocket>>()> list = list_tcp_sockets;
    std::function<std::unique_ptr<RouteTable>()> routes = std::make_unique<KernelRoutes>;
};

/// Looks at all connections, time after time: no source tells how old a connection is or how
/// fast, so ages count from the first look, and rates are between the last two.
class Census {
  public:
    explicit Census(Sources sources = {}) : sources_(std::move(sources)) {}

    /// Connections that a process has open. What costs more than sock_diag is found out if
    /// @p policy uses it.
    Result<std::vector<Candidate>> take(const Policy& policy, Clock::time_point now);

  private:
    struct Known {
        Clock::time_point first;
        Clock::time_point last;
        std::uint64_t bytes = 0;
        std::uint64_t rate = 0;
        std::string command;
    };

    void look(Candidate& candidate, Clock::time_point now);
    void find_commands(std::vector<Candidate>& candidates);

    Sources sources_;
    std::map<std::uint64_t, Known> known_; ///< by cookie
};

} // namespace chimney::daemon
