// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Settings of the daemon: defaults, then the file, then the command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <chimney/error.hpp>
#include <chimney/protocol.hpp>

namespace chimney::daemon {

inline constexpr std::string_view default_config_path = "/etc/chimney/chimneyd.toml";

/// What becomes of the offloaded connections when the daemon ends.
enum class OnExit { home, stay };

struct Config {
    std::string socket{default_socket_path};
    std::optional<std::string> group;
    OnExit on_exit = OnExit::home;
    bool operator==(const Config&) const = default;
};

Result<OnExit> parse_on_exit(std::string_view text);

/// Settings from the text of a TOML file; @p name stands in errors before line and column.
Result<Config> parse_config(std::string_view text, const std::string& name);

/// Settings from a file. Without one, the defaults if it need not exist.
Result<Config> read_config(const std::string& path, bool must_exist);

} // namespace chimney::daemon
