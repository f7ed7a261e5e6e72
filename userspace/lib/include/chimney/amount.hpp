// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Numbers with units, as a person writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace chimney {

/// Seconds of "30", "30 s", "5 min", "1 h", "2 d".
std::optional<std::uint64_t> parse_seconds(std::string_view text);

/// Bytes of "4096", "64 KiB", "10 MB".
std::optional<std::uint64_t> parse_bytes(std::string_view text);

} // namespace chimney
