// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// What the kernel tells: targets, operations, their blocks, connections.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <chimney/address.hpp>
#include <chimney/enums.hpp>
#include <chimney/selector.hpp>
#include <chimney/state.hpp>

namespace chimney {

/// A software target to be made. What is not set takes the target's default.
struct TargetSpec {
    std::string dev;
    std::string kind;
    std::optional<std::uint32_t> tcp;
    std::optional<std::uint32_t> path;
    std::optional<std::uint32_t> neighbor;
    std::optional<std::uint32_t> max_mtu;
    std::optional<std::uint32_t> max_rcv_wnd;
    bool operator==(const TargetSpec&) const = default;
};

/// Entries of one layer in a target.
struct Entries {
    std::uint32_t used = 0;
    std::uint32_t max = 0;
    bool operator==(const Entries&) const = default;
};

/// How often one clause of the contract was broken.
struct Violation {
    std::string clause; ///< "OP-06"
    std::uint32_t count = 0;
    bool operator==(const Violation&) const = default;
};

/// An offload target.
struct Target {
    std::uint32_t ifindex = 0;
    std::string dev;
    std::string kind; ///< empty for a driver's own target
    Entries tcp;
    Entries path;
    Entries neighbor;
    std::uint32_t max_mtu = 0;     ///< 0 for no limit
    std::uint32_t max_rcv_wnd = 0; ///< 0 for no limit
    bool ipv4 = false;
    bool ipv6 = false;
    bool sack = false;
    Gate gate = CHIMNEY_GATE_OPEN;
    std::uint64_t violations = 0;    ///< of the target
    std::vector<Violation> breaches; ///< by clause, those of its clients too
    /// Bytes it holds for connections, those kept for the next ones included.
    std::optional<std::uint64_t> memory;
    std::uint32_t host_memory = 0; ///< bytes of the host for a connection, beside its socket
    bool quarantined = false;      ///< chimneyd offloads nothing to it
    bool operator==(const Target&) const = default;
};

/// An operation as a whole.
struct Operation {
    std::uint32_t id = 0;
    OpKind kind = CHIMNEY_OP_KIND_INITIATE;
    OpState state = CHIMNEY_OP_STATE_RUNNING;
    std::uint64_t start_ns = 0; ///< CLOCK_REALTIME
    std::uint64_t duration_ns = 0;
    std::uint32_t trees = 0;
    std::uint32_t grace_periods = 0;
    std::uint32_t results = 0; ///< blocks and refused connections it holds
    std::uint32_t ok = 0;
    std::uint32_t failed = 0;
    std::uint32_t refused = 0;
    bool dry_run = false;    ///< it showed what it would send, and sent nothing
    std::string requester{}; ///< for whom chimneyd did it; empty if it was somebody else
    std::uint32_t total = 0; ///< connections selected so far; those without a result are left

    bool running() const { return state == CHIMNEY_OP_STATE_RUNNING; }
    std::uint64_t connections() const { return std::uint64_t{ok} + failed + refused; }
    bool operator==(const Operation&) const = default;
};

/// What became of one block of a state tree, or of a connection the host refused.
struct Block {
    std::uint32_t index = 0;
    Layer layer = CHIMNEY_LAYER_TCP;
    std::optional<Role> role;     ///< absent for a refused connection
    std::optional<Status> status; ///< absent for a refused connection
    std::optional<Reason> reason; ///< present for a refused connection only
    std::optional<std::uint64_t> context;
    std::uint32_t ifindex = 0; ///< 0 if no target is involved
    std::string dev;
    std::optional<Address> src;
    std::optional<Address> dst;
    std::uint16_t src_port = 0;
    std::uint16_t dst_port = 0;
    std::optional<std::array<std::uint8_t, 6>> mac;
    std::optional<std::uint32_t> mtu;
    std::uint64_t cookie = 0;
    std::optional<TcpState> tcp_state;
    std::uint64_t send_bytes = 0;
    std::uint64_t receive_bytes = 0;
    std::optional<State> state; ///< of a query or a dry run
    bool operator==(const Block&) const = default;
};

/// An operation with its blocks, depth first.
struct Report {
    Operation operation;
    std::vector<Block> blocks;
    bool operator==(const Report&) const = default;
};

/// A connection that is offloaded or on its way.
struct Connection {
    std::optional<std::uint64_t> context;
    ConnState state = CHIMNEY_CONN_STATE_OFFLOADED;
    TcpState tcp_state = CHIMNEY_TCP_STATE_ESTABLISHED;
    std::uint32_t ifindex = 0;
    std::string dev;
    Address src;
    Address dst;
    std::uint16_t src_port = 0;
    std::uint16_t dst_port = 0;
    std::uint64_t cookie = 0;
    std::uint32_t uid = 0;
    std::uint32_t inode = 0;
    std::uint32_t operation = 0;
    bool owned = false;
    std::uint64_t sent_bytes = 0;
    std::uint64_t received_bytes = 0;
    std::uint64_t outstanding_bytes = 0;
    std::uint32_t held_segments = 0;
    std::uint64_t forwarded_segments = 0;
    std::uint64_t guard = 0;
    bool operator==(const Connection&) const = default;
};

/// What a target told, or what broke the contract.
struct Event {
    EventSource source = CHIMNEY_EVENT_SOURCE_TCP;
    std::string name; ///< "retrieve", "pause", "OP-06" and so on
    std::optional<UploadReason> upload_reason;
    std::optional<std::uint32_t> information; ///< of an event of a connection
    std::uint32_t ifindex = 0;
    std::string dev;
    std::optional<std::uint64_t> context;
    std::optional<SocketName> socket;
    std::uint64_t time_ns = 0; ///< CLOCK_REALTIME
    bool operator==(const Event&) const = default;
};

/// Version of IP.
enum class IpVersion : std::uint8_t { v4 = 4, v6 = 6 };

/// Counters of a target over one IP version.
struct Statistics {
    std::uint32_t ifindex = 0;
    std::string dev;
    IpVersion version = IpVersion::v4;
    std::vector<std::uint64_t> counters; ///< in the order of counter_names()
    bool operator==(const Statistics&) const = default;
};

/// Names of the counters: "ip_in_receives" and so on.
std::span<const std::string_view> counter_names();

/// One setting of the host for a target.
struct Parameter {
    std::string_view name; ///< "ack-frequency"
    std::uint16_t attribute;
    std::uint32_t max;
    std::string_view help;
};

/// All settings there are.
std::span<const Parameter> parameters();

/// Settings of the host for one target.
struct Settings {
    std::uint32_t ifindex = 0;
    std::string dev;
    std::vector<std::uint32_t> values; ///< in the order of parameters()
    bool operator==(const Settings&) const = default;
};

/// A setting and the value it is to get.
struct Change {
    std::string name;
    std::uint32_t value = 0;
    bool operator==(const Change&) const = default;
};

} // namespace chimney
