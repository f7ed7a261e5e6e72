// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// What the kernel told, as text for a person.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
/// One line for each target.
std::string render_targets(const Style& style, const std::vector<Target>& targets);
/// One line for each connection.
std::string render_connections(const Style& style, const std::vector<Connection>& connections);

} // namespace chimney::cli
