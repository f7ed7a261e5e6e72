// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/enums.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace chimney {
namespace {

// The order is that of the values; a test compares each table with chimney.yaml.
constexpr auto status_names = std::to_array<std::string_view>({
    "success",
    "pending",
    "partial-success",
    "failure",
    "resources",
    "tcp-entries",
    "path-entries",
    "neighbor-entries",
    "hw-address-entries",
    "ip-address-entries",
    "tcp-xmit-buffer",
    "tcp-rcv-buffer",
    "tcp-rcv-window",
    "vlan-entries",
    "vlan-mismatch",
    "path-mtu",
    "connection-rejected",
    "request-aborted",
    "upload-in-progress",
    "invalid-state",
    "data-not-accepted",
    "data-partially-accepted",
});

constexpr auto layer_names = std::to_array<std::string_view>({"neighbor", "path", "tcp"});

constexpr auto role_names = std::to_array<std::string_view>({"new", "linker", "placeholder"});

constexpr auto op_kind_names =
    std::to_array<std::string_view>({"initiate", "terminate", "update", "query", "invalidate"});

constexpr auto op_state_names =
    std::to_array<std::string_view>({"running", "done", "timed-out", "cancelled"});

constexpr auto conn_state_names =
    std::to_array<std::string_view>({"holding", "offloading", "offloaded", "uploading", "lost"});

constexpr auto tcp_state_names = std::to_array<std::string_view>({
    "closed",
    "listen",
    "syn-sent",
    "syn-rcvd",
    "established",
    "fin-wait-1",
    "fin-wait-2",
    "close-wait",
    "closing",
    "last-ack",
    "time-wait",
});

constexpr auto reason_names = std::to_array<std::string_view>({
    "none",          "tcp-state",    "already-offloaded",
    "not-offloaded", "busy",         "no-target",
    "no-route",      "no-neighbor",  "orphan",
    "ulp",           "sockmap",      "mptcp",
    "signature",     "repair",       "ip-options",
    "fastopen",      "xfrm",         "urgent",
    "tx-timestamps", "family",       "memory",
    "gone",          "bound-device", "target-paused",
    "filtered",      "translated",   "limit",
    "pacing",        "min-ttl",      "cancelled",
});

constexpr auto tcp_event_names =
    std::to_array<std::string_view>({"disconnect", "abort", "retrieve", "send-backlog-change"});

constexpr auto upload_reason_names = std::to_array<std::string_view>({
    "hardware-failure",
    "invalid-state",
    "received-urgent-data",
    "timeout-expiration",
    "requested",
    "high-drop-rate",
    "high-fragmentation",
    "high-out-of-order-packets",
    "low-activity",
    "no-buffer-preposting",
    "small-io",
});

constexpr auto neighbor_event_names = std::to_array<std::string_view>(
    {"neighbor-reachability-query", "neighbor-reachability-in-doubt"});

constexpr auto indication_names =
    std::to_array<std::string_view>({"pause", "resume", "upload-all"});

constexpr auto event_source_names =
    std::to_array<std::string_view>({"tcp", "neighbor", "target", "violation"});

constexpr auto gate_names = std::to_array<std::string_view>({"open", "paused", "draining"});

constexpr auto state_class_names =
    std::to_array<std::string_view>({"const", "cached", "delegated", "complete"});

constexpr auto tcp_const_flag_names = std::to_array<std::string_view>(
    {"timestamps", "sack", "window-scaling", "usec-timestamps", "ecn"});

constexpr auto tcp_cached_flag_names =
    std::to_array<std::string_view>({"keep-alive", "nagle", "keep-alive-restart", "max-rt-restart",
                                     "update-rcv-wnd", "fixed-rcv-wnd"});

constexpr auto reason_texts = std::to_array<std::string_view>({
    "nothing stands in the way",
    "the connection is not in a state that allows it",
    "the connection is offloaded already",
    "the connection is on the host, there is nothing to take back",
    "another operation has the connection",
    "the route leads through no device with a target",
    "there is no route to the peer",
    "the next hop's link-layer address is not known",
    "the application has closed the socket, the host finishes it",
    "an upper layer protocol (such as kTLS) is attached",
    "the socket belongs to a sockmap or another kernel user",
    "the connection is a subflow of MPTCP",
    "TCP MD5 or TCP-AO signs its segments",
    "the socket is in TCP_REPAIR mode",
    "the connection needs IP option processing",
    "a fast open is pending",
    "IPsec policies apply to the path",
    "urgent data is pending",
    "the application wants timestamps of what it sends",
    "the target does not support the address family",
    "there is no memory for the connection's record",
    "the connection ended before it could be handed over",
    "it is bound to a device other than the one the target is on",
    "the target takes no offloads at present",
    "a filter sees its segments on the host that it must not evade (sysctl "
    "net.chimney.mandatory_filters)",
    "its addresses or ports are translated (NAT)",
    "the network namespace has as many offloaded as sysctl net.chimney.max_connections allows",
    "the application limits the rate of its segments (SO_MAX_PACING_RATE)",
    "the application takes no segments from far away (IP_MINTTL, IPV6_MINHOPCOUNT)",
    "the operation was cancelled before its turn came",
});
static_assert(reason_texts.size() == reason_names.size());

} // namespace

template <>
std::span<const std::string_view> enum_names<Status>() {
    return status_names;
}
template <>
std::span<const std::string_view> enum_names<Layer>() {
    return layer_names;
}
template <>
std::span<const std::string_view> enum_names<Role>() {
    return role_names;
}
template <>
std::span<const std::string_view> enum_names<OpKind>() {
    return op_kind_names;
}
template <>
std::span<const std::string_view> enum_names<OpState>() {
    return op_state_names;
}
template <>
std::span<const std::string_view> enum_names<ConnState>() {
    return conn_state_names;
}
template <>
std::span<const std::string_view> enum_names<TcpState>() {
    return tcp_state_names;
}
template <>
std::span<const std::string_view> enum_names<Reason>() {
    return reason_names;
}
template <>
std::span<const std::string_view> enum_names<TcpEvent>() {
    return tcp_event_names;
}
template <>
std::span<const std::string_view> enum_names<UploadReason>() {
    return upload_reason_names;
}
template <>
std::span<const std::string_view> enum_names<NeighborEvent>() {
    return neighbor_event_names;
}
template <>
std::span<const std::string_view> enum_names<Indication>() {
    return indication_names;
}
template <>
std::span<const std::string_view> enum_names<EventSource>() {
    return event_source_names;
}
template <>
std::span<const std::string_view> enum_names<Gate>() {
    return gate_names;
}
template <>
std::span<const std::string_view> enum_names<StateClass>() {
    return state_class_names;
}

template <>
std::span<const std::string_view> flag_names<chimney_tcp_const_flags>() {
    return tcp_const_flag_names;
}
template <>
std::span<const std::string_view> flag_names<chimney_tcp_cached_flags>() {
    return tcp_cached_flag_names;
}

template <typename E>
std::string to_string(E value) {
    // The kernel chose the value, it may lie outside of the enumerators.
    auto number = static_cast<std::uint32_t>(value);
    auto names = enum_names<E>();
    return number < names.size() ? std::string(names[number]) : "unknown-" + std::to_string(number);
}

template <typename E>
std::optional<E> from_string(std::string_view name) {
    auto names = enum_names<E>();
    auto found = std::ranges::find(names, name);
    if (found == names.end())
        return std::nullopt;
    return static_cast<E>(found - names.begin());
}

template std::string to_string(Status);
template std::string to_string(Layer);
template std::string to_string(Role);
template std::string to_string(OpKind);
template std::string to_string(OpState);
template std::string to_string(ConnState);
template std::string to_string(TcpState);
template std::string to_string(Reason);
template std::string to_string(TcpEvent);
template std::string to_string(UploadReason);
template std::string to_string(NeighborEvent);
template std::string to_string(Indication);
template std::string to_string(EventSource);
template std::string to_string(Gate);
template std::string to_string(StateClass);
template std::optional<Status> from_string(std::string_view);
template std::optional<Layer> from_string(std::string_view);
template std::optional<Role> from_string(std::string_view);
template std::optional<OpKind> from_string(std::string_view);
template std::optional<OpState> from_string(std::string_view);
template std::optional<ConnState> from_string(std::string_view);
template std::optional<TcpState> from_string(std::string_view);
template std::optional<Reason> from_string(std::string_view);
template std::optional<TcpEvent> from_string(std::string_view);
template std::optional<UploadReason> from_string(std::string_view);
template std::optional<NeighborEvent> from_string(std::string_view);
template std::optional<Indication> from_string(std::string_view);
template std::optional<EventSource> from_string(std::string_view);
template std::optional<Gate> from_string(std::string_view);
template std::optional<StateClass> from_string(std::string_view);

std::string ndis_name(Status status) {
    auto name = to_string(status);
    for (auto& c : name)
        c = c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return name;
}

std::optional<Status> status_from_ndis_name(std::string_view name) {
    for (std::uint32_t i = 0; i < status_names.size(); ++i)
        if (ndis_name(static_cast<Status>(i)) == name)
            return static_cast<Status>(i);
    return std::nullopt;
}

std::string_view describe(Reason reason) {
    auto number = static_cast<std::uint32_t>(reason);
    return number < reason_texts.size() ? reason_texts[number]
                                        : "a reason this version does not know";
}

} // namespace chimney
