// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Keywords that may be abbreviated, as ip(8) allows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <chimney/error.hpp>

namespace chimney {

/// "a, b or c".
std::string join_alternatives(std::span<const std::string_view> names);

/// Index of the keyword that @p word is, or abbreviates without ambiguity.
/// @param what what the keywords are, for the error sentence: "command of target"
Result<std::size_t> match_keyword(std::string_view word, std::span<const std::string_view> names,
                                  std::string_view what);

/// A decimal number in [@p min, @p max]. @param what names it in the error sentence: "tcp"
Result<std::uint32_t> parse_number(std::string_view text, std::string_view what, std::uint32_t min,
                                   std::uint32_t max);

} // namespace chimney
