// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/keyword.hpp>

#include <charconv>
#include <vector>

namespace chimney {

std::string join_alternatives(std::span<const std::string_view> names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0)
            text += i + 1 == names.size() ? " or " : ", ";
        text += names[i];
    }
    return text;
}

Result<std::size_t> match_keyword(std::string_view word, std::span<const std::string_view> names,
                                  std::string_view what) {
    std::vector<std::string_view> candidates;
    std::size_t found = 0;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == word)
            return i;
        if (!word.empty() && names[i].starts_with(word)) {
            candidates.push_back(names[i]);
            found = i;
        }
    }
    if (candidates.size() == 1)
        return found;
    auto quoted = "'" + std::string(word) + "'";
    std::string message;
    if (candidates.empty())
        message =
            "there is no " + std::string(what) + " " + quoted + ": use " + join_alternatives(names);
    else
        message = quoted + " may stand for " + join_alternatives(candidates) + ": write more of it";
    return fail(ErrorCode::usage, std::move(message));
}

Result<std::uint32_t> parse_number(std::string_view text, std::string_view what, std::uint32_t min,
                                   std::uint32_t max) {
    std::uint32_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < min || number > max)
        return fail(ErrorCode::usage, std::string(what) + " '" + std::string(text) +
                                          "' is not a number from " + std::to_string(min) + " to " +
                                          std::to_string(max));
    return number;
}

} // namespace chimney
