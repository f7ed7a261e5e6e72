// SPDX-License-Identifier: GPL-2.0-only
#include "config.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include <chimney/keyword.hpp>

namespace chimney::daemon {
namespace {

constexpr auto setting_names = std::to_array<std::string_view>({"socket", "group", "on-exit"});

tl::unexpected<Error> fail_at(const std::string& name, const toml::source_region& where,
                              std::string_view why) {
    return fail(ErrorCode::usage,
                fmt::format("{}:{}:{}: {}", name, where.begin.line, where.begin.column, why));
}

Result<void> apply(Config& config, std::string_view key, const std::string& value) {
    if (key == "socket")
        config.socket = value;
    else if (key == "group")
        config.group = value;
    else
        return parse_on_exit(value).map([&](OnExit on_exit) { config.on_exit = on_exit; });
    return {};
}

} // namespace

Result<OnExit> parse_on_exit(std::string_view text) {
    if (text == "home")
        return OnExit::home;
    if (text == "stay")
        return OnExit::stay;
    return fail(ErrorCode::usage, fmt::format("on-exit '{}' is neither home nor stay", text));
}

Result<Config> parse_config(std::string_view text, const std::string& name) {
    Config config;
    toml::table table;
    try {
        table = toml::parse(text);
    } catch (const toml::parse_error& error) {
        return fail_at(name, error.source(), error.description());
    }
    for (const auto& [key, node] : table) {
        auto known = match_keyword(key.str(), setting_names, "setting");
        if (!known || setting_names[*known] != key.str())
            return fail_at(name, key.source(),
                           fmt::format("there is no setting '{}': use {}", key.str(),
                                       join_alternatives(setting_names)));
        auto value = node.value_exact<std::string>();
        if (!value)
            return fail_at(name, node.source(),
                           fmt::format("the value of {} must be a string in quotes", key.str()));
        if (auto applied = apply(config, key.str(), *value); !applied)
            return fail_at(name, node.source(), applied.error().message);
    }
    return config;
}

Result<Config> read_config(const std::string& path, bool must_exist) {
    std::ifstream file(path);
    int error = errno;
    if (!file && error == ENOENT && !must_exist)
        return Config{};
    std::ostringstream text;
    if (!file || !(text << file.rdbuf() || file.peek() == std::ifstream::traits_type::eof()))
        return fail_errno("cannot read " + path, error);
    return parse_config(text.str(), path);
}

} // namespace chimney::daemon
