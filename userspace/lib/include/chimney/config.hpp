// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Settings and policy of the daemon, as they are in its file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <chimney/error.hpp>
#include <chimney/policy.hpp>
#include <chimney/protocol.hpp>

namespace chimney {

inline constexpr std::string_view default_config_path = "/etc/chimney/chimneyd.toml";
inline constexpr std::string_view default_state_path = "/var/lib/chimney";

/// What becomes of the offloaded connections when the daemon ends.
enum class OnExit { home, stay };

struct Config {
    std::string socket{default_socket_path};
    std::optional<std::string> group;
    OnExit on_exit = OnExit::home;
    std::string state{default_state_path};     ///< directory of what outlives the daemon
    std::optional<std::uint16_t> metrics_port; ///< of localhost, for HTTP
    Policy policy;
    bool operator==(const Config&) const = default;
};

/// Something wrong in a file, and where.
struct Mistake {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
    std::string message;
    bool operator==(const Mistake&) const = default;
};

Result<OnExit> parse_on_exit(std::string_view text);

Result<std::uint16_t> parse_metrics_port(std::string_view text);

/// Settings and policy from the text of a TOML file, or everything that is wrong with it.
tl::expected<Config, std::vector<Mistake>> parse_config(std::string_view text);

/// The mistakes as one error, a line "NAME:LINE:COLUMN: what is wrong" for each.
Error mistakes_error(const std::string& name, const std::vector<Mistake>& mistakes);

/// The whole text of a file.
Result<std::string> read_text(const std::string& path);

/// Settings from a file. Without one, the defaults if it need not exist.
Result<Config> read_config(const std::string& path, bool must_exist);

} // namespace chimney
