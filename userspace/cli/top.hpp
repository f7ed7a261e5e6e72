// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Rates of connections and targets between two looks at the counters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <chimney/json.hpp>
#include <chimney/types.hpp>

#include "table.hpp"

namespace chimney::cli {

/// Bytes each second.
struct ConnectionTraffic {
    Connection connection;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
};

/// The sum of the connections that are out, in bytes each second.
struct TargetTraffic {
    std::string dev;
    std::uint32_t connections = 0;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
};

struct Traffic {
    std::vector<TargetTraffic> targets;
    std::vector<ConnectionTraffic> connections; ///< the busiest first
};

/// Which connections count as busy.
enum class TrafficOrder { both, sent, received };

/// @param seconds between the two
Traffic measure_traffic(const std::vector<Connection>& before, const std::vector<Connection>& now,
                        const std::vector<Target>& targets, double seconds, TrafficOrder order);
/// A table of targets, an empty line, a table of connections.
std::string render_traffic(const Style& style, const Traffic& traffic);
Json traffic_document(const Traffic& traffic);

} // namespace chimney::cli
