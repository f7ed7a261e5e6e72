// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// What the kernel told, as text for a person.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <chimney/replay.hpp>
#include <chimney/types.hpp>

#include "table.hpp"

namespace chimney::cli {

/// "64 KiB", "1.5 MiB", "7 B".
std::string format_bytes(std::uint64_t bytes);
/// "12.3 ms", "1.50 s".
std::string format_duration(std::uint64_t ns);

/// One line for the operation.
std::string render_operation(const Style& style, const Operation& operation);
/// The operation, the trees of its blocks and the refused connections.
std::string render_report(const Style& style, const Report& report);
/// The trees of its blocks alone.
std::string render_blocks(const Style& style, const Report& report);
/// What a block is about: "tcp 10.0.0.1:40000 -> 10.0.0.2:80 established".
std::string block_label(const Style& style, const Block& block);
/// The refused connections of a report, with their reasons; empty if there are none.
std::string render_refused(const Style& style, const Report& report);
/// What came back from a tree that was made up; @p number counts the steps from 1.
std::string render_replay(const Style& style, std::size_t number, const ReplayResult& result);
/// One line.
std::string render_event(const Style& style, const Event& event);
/// A line in the place of events that were lost.
std::string render_gap(const Style& style, std::uint64_t time_ns);
/// A table for each device.
std::string render_statistics(const Style& style, const std::vector<Statistics>& statistics);
/// One line for each parameter.
std::string render_settings(const Style& style, const Settings& settings);
/// One line for each target, with details more.
std::string render_targets(const Style& style, const std::vector<Target>& targets);
/// One line for each connection.
std::string render_connections(const Style& style, const std::vector<Connection>& connections);

} // namespace chimney::cli
