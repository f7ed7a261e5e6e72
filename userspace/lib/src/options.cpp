// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/options.hpp>

#include <algorithm>
#include <vector>

namespace chimney {
namespace {

tl::unexpected<Error> unknown(std::string_view word) {
    return fail(ErrorCode::usage,
                "there is no option " + std::string(word) + ": see --help for those there are");
}

Result<std::size_t> parse_long(std::span<const std::string_view> words,
                               std::span<const Option> options) {
    auto word = words.front();
    auto equals = word.find('=');
    auto name = word.substr(2, equals == std::string_view::npos ? equals : equals - 2);
    auto option = std::ranges::find(options, name, &Option::name);
    if (option == options.end())
        return unknown(word.substr(0, equals));
    if (option->value.empty()) {
        if (equals != std::string_view::npos)
            return fail(ErrorCode::usage,
                        "--" + std::string(name) + " takes no value: write --" + std::string(name));
        return option->apply({}).map([] { return std::size_t{1}; });
    }
    if (equals != std::string_view::npos)
        return option->apply(word.substr(equals + 1)).map([] { return std::size_t{1}; });
    if (words.size() < 2)
        return fail(ErrorCode::usage, "--" + std::string(name) + " needs a value: --" +
                                          std::string(name) + " " + std::string(option->value));
    return option->apply(words[1]).map([] { return std::size_t{2}; });
}

/// "-jp", "-cVALUE" or "-c VALUE".
Result<std::size_t> parse_short(std::span<const std::string_view> words,
                                std::span<const Option> options) {
    auto word = words.front();
    for (std::size_t i = 1; i < word.size(); ++i) {
        auto option = std::ranges::find(options, word[i], &Option::letter);
        std::string dashed = {'-', word[i]};
        if (option == options.end())
            return unknown(dashed);
        if (option->value.empty()) {
            if (auto applied = option->apply({}); !applied)
                return tl::unexpected(applied.error());
            continue;
        }
        if (i + 1 < word.size())
            return option->apply(word.substr(i + 1)).map([] { return std::size_t{1}; });
        if (words.size() < 2)
            return fail(ErrorCode::usage,
                        dashed + " needs a value: " + dashed + " " + std::string(option->value));
        return option->apply(words[1]).map([] { return std::size_t{2}; });
    }
    return 1;
}

} // namespace

Result<std::size_t> parse_options(std::span<const std::string_view> words,
                                  std::span<const Option> options) {
    std::size_t used = 0;
    while (used < words.size() && words[used].size() > 1 && words[used].starts_with('-')) {
        auto rest = words.subspan(used);
        if (rest.front() == "--")
            return used + 1;
        auto step =
            rest.front().starts_with("--") ? parse_long(rest, options) : parse_short(rest, options);
        if (!step)
            return step;
        used += *step;
    }
    return used;
}

std::string format_options(std::span<const Option> options) {
    std::vector<std::string> names;
    std::size_t width = 0;
    for (const auto& option : options) {
        std::string name = option.letter ? std::string{'-', option.letter, ',', ' '} : "    ";
        name += "--" + std::string(option.name);
        if (!option.value.empty())
            name += " " + std::string(option.value);
        width = std::max(width, name.size());
        names.push_back(std::move(name));
    }
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text += "  " + names[i] + std::string(width - names[i].size() + 2, ' ') +
                std::string(options[i].help) + "\n";
    return text;
}

} // namespace chimney
