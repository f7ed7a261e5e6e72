// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Messages between chimneyctl and chimneyd.
///
/// Shaped like varlink: a call is {"method":"org.chimney.Offload","parameters":{...}}, its answer
/// {"parameters":{...}} or {"error":"org.chimney.Failed","parameters":{"code","errno","message"}},
/// each followed by one NUL byte. A call that has more answers gets them with "continues":true;
/// those to a call that starts an operation only if it says "more":true.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <chimney/client.hpp>
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
inline constexpr std::string_view cancel_operation = "org.chimney.CancelOperation";
inline constexpr std::string_view update = "org.chimney.Update";
inline constexpr std::string_view query = "org.chimney.Query";
inline constexpr std::string_view invalidate = "org.chimney.Invalidate";
inline constexpr std::string_view explain = "org.chimney.Explain";
inline constexpr std::string_view list_statistics = "org.chimney.ListStatistics";
inline constexpr std::string_view reset_statistics = "org.chimney.ResetStatistics";
inline constexpr std::string_view set_parameters = "org.chimney.SetParameters";
inline constexpr std::string_view set_faults = "org.chimney.SetFaults";
inline constexpr std::string_view monitor = "org.chimney.Monitor";
inline constexpr std::string_view show_policy = "org.chimney.ShowPolicy";
inline constexpr std::string_view test_policy = "org.chimney.TestPolicy";
inline constexpr std::string_view apply_policy = "org.chimney.ApplyPolicy";
inline constexpr std::string_view release = "org.chimney.Release";
inline constexpr std::string_view quarantine_target = "org.chimney.QuarantineTarget";
inline constexpr std::string_view release_target = "org.chimney.ReleaseTarget";
inline constexpr std::string_view get_metrics = "org.chimney.GetMetrics";
inline constexpr std::string_view get_info = "org.varlink.service.GetInfo";
inline constexpr std::string_view get_interface = "org.varlink.service.GetInterfaceDescription";
inline constexpr std::string_view list_history = "org.chimney.ListHistory";
} // namespace method

/// The call that starts an operation.
std::string_view method_of(const OperationOptions& options);
/// What a call starts; nothing if it starts no operation.
std::optional<OperationOptions> operation_of(std::string_view method);

/// One call.
struct Call {
    std::string method;
    Json parameters;
    bool more = false; ///< the caller wants to know how far it is
};

/// One answer.
struct Reply {
    Json parameters;
    bool continues = false; ///< more of them follow
};

/// @param more tell how far it is until it is done
std::string encode_call(std::string_view method, const Json& parameters, bool more = false);
/// @param continues more replies to the call follow
std::string encode_reply(const Json& parameters, bool continues = false);
std::string encode_error(const Error& error);

Result<Call> decode_call(std::string_view text);
/// A reply, or the error it carries.
Result<Reply> decode_whole_reply(std::string_view text);
/// Its parameters.
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
