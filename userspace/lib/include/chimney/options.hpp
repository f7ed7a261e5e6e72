// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Command-line options from a table, with errors that say what would be right.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <chimney/error.hpp>

namespace chimney {

/// One option of a program.
struct Option {
    char letter = 0;        ///< short form, 0 for none
    std::string_view name;  ///< long form without dashes
    std::string_view value; ///< name of its value in the help, empty for none
    std::string_view help;
    std::function<Result<void>(std::string_view value)> apply;
};

/// Apply options until the first word that is none, or after "--".
/// @return how many words were used
Result<std::size_t> parse_options(std::span<const std::string_view> words,
                                  std::span<const Option> options);

/// The options as lines for --help.
std::string format_options(std::span<const Option> options);

} // namespace chimney
