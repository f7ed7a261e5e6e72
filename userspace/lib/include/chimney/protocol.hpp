// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Messages between chimneyctl and chimneyd.
///
/// Shaped like varlink: a call is {"method":"org.chimney.Offload","parameters":{...}}, its answer
/// {"parameters":{...}} or {"error":"org.chimney.Failed","parameters":{"code","errno","message"}},
/// each followed by one NUL byte.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <chimney/error.hpp>
#include <chimney/json.hpp>

namespace chimney {

inline constexpr std::string_view default_socket_path = "/run/chimney/chimneyd.sock";

/// Names of the calls.
namespace method {
inline constexpr std::string_view ping = "org.chimney.Ping";
inline constexpr std::string_view offload = "org.chimney.Offload";
inline constexpr std::string_view upload = "org.chimney.Upload";
inline constexpr std::string_view list_targets = "org.chimney.ListTargets";
inline constexpr std::string_view add_target = "org.chimney.AddTarget";
inline constexpr std::string_view del_target = "org.chimney.DelTarget";
inline constexpr std::string_view list_connections = "org.chimney.ListConnections";
inline constexpr std::string_view show_operation = "org.chimney.ShowOperation";
inline constexpr std::string_view list_operations = "org.chimney.ListOperations";
} // namespace method

/// One call.
struct Call {
    std::string method;
    Json parameters;
};

std::string encode_call(std::string_view method, const Json& parameters);
std::string encode_reply(const Json& parameters);
std::string encode_error(const Error& error);

Result<Call> decode_call(std::string_view text);
/// The parameters of a reply, or the error it carries.
Result<Json> decode_reply(std::string_view text);

/// Cuts a byte stream into messages at NUL bytes.
class Framer {
  public:
    explicit Framer(std::size_t limit) : limit_(limit) {}
    /// Add what was read. False if a message grows beyond the limit.
    bool feed(std::string_view bytes);
    /// The next whole message, without its NUL.
    std::optional<std::string> next();

  private:
    std::string buffer_;
    std::size_t scanned_ = 0; ///< no NUL in the first scanned_ bytes
    std::size_t limit_;
};

} // namespace chimney
