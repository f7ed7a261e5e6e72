// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/client.hpp>

#include <algorithm>
#include <array>
#include <span>

#include <linux/chimney.h>
#include <net/if.h>

#include <chimney/attributes.hpp>

#include "decode.hpp"

namespace chimney {
namespace {

Result<Target> decode_target(const Message& message) {
    AttributeReader a(message.attributes);
    Target target;
    target.ifindex = a.u32(CHIMNEY_A_TARGET_IFINDEX).value_or(0);
    target.dev = a.string(CHIMNEY_A_TARGET_IFNAME).value_or("");
    target.kind = a.string(CHIMNEY_A_TARGET_KIND).value_or("");
    target.tcp = {a.u32(CHIMNEY_A_TARGET_TCP_USED).value_or(0),
                  a.u32(CHIMNEY_A_TARGET_TCP_ENTRIES).value_or(0)};
    target.path = {a.u32(CHIMNEY_A_TARGET_PATH_USED).value_or(0),
                   a.u32(CHIMNEY_A_TARGET_PATH_ENTRIES).value_or(0)};
    target.neighbor = {a.u32(CHIMNEY_A_TARGET_NEIGHBOR_USED).value_or(0),
                       a.u32(CHIMNEY_A_TARGET_NEIGHBOR_ENTRIES).value_or(0)};
    target.max_mtu = a.u32(CHIMNEY_A_TARGET_MAX_MTU).value_or(0);
    target.max_rcv_wnd = a.u32(CHIMNEY_A_TARGET_MAX_RCV_WND).value_or(0);
    target.ipv4 = a.flag(CHIMNEY_A_TARGET_IPV4);
    target.ipv6 = a.flag(CHIMNEY_A_TARGET_IPV6);
    target.sack = a.flag(CHIMNEY_A_TARGET_SACK);
    target.gate = read_enum<Gate>(a, CHIMNEY_A_TARGET_GATE).value_or(CHIMNEY_GATE_OPEN);
    target.violations = a.u64(CHIMNEY_A_TARGET_VIOLATIONS).value_or(0);
    target.memory = a.u64(CHIMNEY_A_TARGET_MEMORY);
    target.host_memory = a.u32(CHIMNEY_A_TARGET_HOST_MEMORY).value_or(0);
    for (const auto& [type, payload] : a.all()) {
        if (type != CHIMNEY_A_TARGET_VIOLATION)
            continue;
        AttributeReader nest(payload);
        target.breaches.push_back({nest.string(CHIMNEY_A_VIOLATION_CLAUSE).value_or(""),
                                   nest.u32(CHIMNEY_A_VIOLATION_COUNT).value_or(0)});
    }
    if (!a.ok() || target.ifindex == 0 || target.dev.empty())
        return malformed("target");
    return target;
}

Result<Block> decode_block(const Message& message) {
    AttributeReader a(message.attributes);
    auto index = a.u32(CHIMNEY_A_BLOCK_INDEX);
    auto layer = read_enum<Layer>(a, CHIMNEY_A_BLOCK_LAYER);
    Block block;
    block.index = index.value_or(0);
    block.layer = layer.value_or(CHIMNEY_LAYER_TCP);
    block.reason = read_enum<Reason>(a, CHIMNEY_A_BLOCK_REASON);
    block.role = read_enum<Role>(a, CHIMNEY_A_BLOCK_ROLE);
    block.status = read_enum<Status>(a, CHIMNEY_A_BLOCK_STATUS);
    block.context = a.u64(CHIMNEY_A_BLOCK_CONTEXT);
    block.ifindex = a.u32(CHIMNEY_A_BLOCK_IFINDEX).value_or(0);
    block.src = read_address(a, CHIMNEY_A_BLOCK_SRC_ADDR);
    block.dst = read_address(a, CHIMNEY_A_BLOCK_DST_ADDR);
    block.src_port = a.port(CHIMNEY_A_BLOCK_SRC_PORT).value_or(0);
    block.dst_port = a.port(CHIMNEY_A_BLOCK_DST_PORT).value_or(0);
    if (auto mac = a.bytes(CHIMNEY_A_BLOCK_MAC); mac && mac->size() == 6) {
        block.mac.emplace();
        std::ranges::transform(*mac, block.mac->begin(),
                               [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
    }
    block.mtu = a.u32(CHIMNEY_A_BLOCK_MTU);
    block.cookie = a.u64(CHIMNEY_A_BLOCK_COOKIE).value_or(0);
    block.tcp_state = read_enum<TcpState>(a, CHIMNEY_A_BLOCK_TCP_STATE);
    block.send_bytes = a.u64(CHIMNEY_A_BLOCK_SEND_BYTES).value_or(0);
    block.receive_bytes = a.u64(CHIMNEY_A_BLOCK_RECEIVE_BYTES).value_or(0);
    auto state_class = read_enum<StateClass>(a, CHIMNEY_A_BLOCK_CLASS);
    if (state_class)
        block.state = read_state(a, CHIMNEY_A_BLOCK_NEIGHBOR_VARIABLES, block.layer, *state_class);
    if (!a.ok() || !index || !layer || (!block.reason && (!block.role || !block.status)) ||
        block.state.has_value() != state_class.has_value())
        return malformed("block");
    return block;
}

Result<Connection> decode_connection(const Message& message) {
    AttributeReader a(message.attributes);
    auto state = read_enum<ConnState>(a, CHIMNEY_A_CONN_STATE);
    auto src = read_address(a, CHIMNEY_A_CONN_SRC_ADDR);
    auto dst = read_address(a, CHIMNEY_A_CONN_DST_ADDR);
    Connection conn;
    conn.context = a.u64(CHIMNEY_A_CONN_CONTEXT);
    conn.tcp_state =
        read_enum<TcpState>(a, CHIMNEY_A_CONN_TCP_STATE).value_or(CHIMNEY_TCP_STATE_CLOSED);
    conn.ifindex = a.u32(CHIMNEY_A_CONN_IFINDEX).value_or(0);
    conn.src_port = a.port(CHIMNEY_A_CONN_SRC_PORT).value_or(0);
    conn.dst_port = a.port(CHIMNEY_A_CONN_DST_PORT).value_or(0);
    conn.cookie = a.u64(CHIMNEY_A_CONN_COOKIE).value_or(0);
    conn.uid = a.u32(CHIMNEY_A_CONN_UID).value_or(0);
    conn.inode = a.u32(CHIMNEY_A_CONN_INODE).value_or(0);
    conn.operation = a.u32(CHIMNEY_A_CONN_OP_ID).value_or(0);
    conn.owned = a.flag(CHIMNEY_A_CONN_OWNED);
    conn.sent_bytes = a.u64(CHIMNEY_A_CONN_SENT_BYTES).value_or(0);
    conn.received_bytes = a.u64(CHIMNEY_A_CONN_RECEIVED_BYTES).value_or(0);
    conn.outstanding_bytes = a.u64(CHIMNEY_A_CONN_OUTSTANDING_BYTES).value_or(0);
    conn.held_segments = a.u32(CHIMNEY_A_CONN_HELD_SEGMENTS).value_or(0);
    conn.forwarded_segments = a.u64(CHIMNEY_A_CONN_FORWARDED_SEGMENTS).value_or(0);
    conn.guard = a.u64(CHIMNEY_A_CONN_GUARD).value_or(0);
    if (!a.ok() || !state || !src || !dst)
        return malformed("connection");
    conn.state = *state;
    conn.src = *src;
    conn.dst = *dst;
    return conn;
}

/// Names the devices of items that came by index; one look-up for each device.
template <typename T>
void name_devices(std::vector<T>& items, InterfaceNamer namer) {
    std::uint32_t known = 0;
    std::string name;
    for (auto& item : items) {
        if (item.ifindex == 0)
            continue;
        if (item.ifindex != known) {
            known = item.ifindex;
            name = namer(known);
        }
        item.dev = name;
    }
}

/// Where an end of a filter goes.
struct EndpointTypes {
    std::uint16_t address;
    std::uint16_t prefix;
    std::uint16_t port;
};
constexpr EndpointTypes src_types = {CHIMNEY_A_SELECTOR_SRC_ADDR, CHIMNEY_A_SELECTOR_SRC_PREFIX,
                                     CHIMNEY_A_SELECTOR_SRC_PORT};
constexpr EndpointTypes dst_types = {CHIMNEY_A_SELECTOR_DST_ADDR, CHIMNEY_A_SELECTOR_DST_PREFIX,
                                     CHIMNEY_A_SELECTOR_DST_PORT};

void put_endpoint(AttributeWriter& writer, const EndpointTypes& types,
                  const EndpointFilter& filter) {
    if (filter.address) {
        writer.put(types.address, filter.address->bytes());
        if (filter.prefix != filter.address->bits())
            writer.put_u8(types.prefix, static_cast<std::uint8_t>(filter.prefix));
    }
    if (filter.port)
        writer.put_port(types.port, *filter.port);
}

/// Leaves room in an attribute of 64 KiB, over IPv6 too.
constexpr std::size_t sockets_in_selector = 800;

void put_socket(AttributeWriter& writer, const SocketName& name) {
    AttributeWriter socket;
    socket.put(CHIMNEY_A_SOCKET_SRC_ADDR, name.src.bytes());
    socket.put(CHIMNEY_A_SOCKET_DST_ADDR, name.dst.bytes());
    socket.put_port(CHIMNEY_A_SOCKET_SRC_PORT, name.src_port);
    socket.put_port(CHIMNEY_A_SOCKET_DST_PORT, name.dst_port);
    if (name.cookie != 0)
        socket.put_u64(CHIMNEY_A_SOCKET_COOKIE, name.cookie);
    writer.put_nest(CHIMNEY_A_SELECTOR_SOCKET, socket);
}

/// As one attribute of this type, or several if many sockets are named.
void put_selector(AttributeWriter& request, std::uint16_t type, const KernelSelector& selector) {
    std::span names(selector.sockets);
    for (; !names.empty(); names = names.subspan(std::min(names.size(), sockets_in_selector))) {
        AttributeWriter writer;
        for (const auto& name : names.first(std::min(names.size(), sockets_in_selector)))
            put_socket(writer, name);
        request.put_nest(type, writer);
    }
    if (!selector.sockets.empty())
        return;
    AttributeWriter writer;
    put_endpoint(writer, src_types, selector.src);
    put_endpoint(writer, dst_types, selector.dst);
    if (writer.bytes().empty())
        writer.put_flag(CHIMNEY_A_SELECTOR_ALL);
    request.put_nest(type, writer);
}

constexpr std::uint8_t command_of(OpKind kind) {
    switch (kind) {
    case CHIMNEY_OP_KIND_INITIATE:
        return CHIMNEY_CMD_INITIATE;
    case CHIMNEY_OP_KIND_TERMINATE:
        return CHIMNEY_CMD_TERMINATE;
    case CHIMNEY_OP_KIND_UPDATE:
        return CHIMNEY_CMD_UPDATE;
    case CHIMNEY_OP_KIND_QUERY:
        return CHIMNEY_CMD_QUERY;
    default:
        return CHIMNEY_CMD_INVALIDATE;
    }
}

} // namespace

std::string interface_name(std::uint32_t ifindex) {
    std::array<char, IF_NAMESIZE> name{};
    return if_indextoname(ifindex, name.data()) ? name.data() : "";
}

Result<Operation> decode_operation(const Message& message) {
    AttributeReader a(message.attributes);
    auto id = a.u32(CHIMNEY_A_OP_ID);
    auto kind = read_enum<OpKind>(a, CHIMNEY_A_OP_KIND);
    auto state = read_enum<OpState>(a, CHIMNEY_A_OP_STATE);
    Operation op;
    op.start_ns = a.u64(CHIMNEY_A_OP_START).value_or(0);
    op.duration_ns = a.u64(CHIMNEY_A_OP_DURATION).value_or(0);
    op.trees = a.u32(CHIMNEY_A_OP_TREES).value_or(0);
    op.grace_periods = a.u32(CHIMNEY_A_OP_GRACE_PERIODS).value_or(0);
    op.results = a.u32(CHIMNEY_A_OP_BLOCKS).value_or(0);
    op.ok = a.u32(CHIMNEY_A_OP_OK).value_or(0);
    op.failed = a.u32(CHIMNEY_A_OP_FAILED).value_or(0);
    op.refused = a.u32(CHIMNEY_A_OP_REFUSED).value_or(0);
    op.dry_run = a.flag(CHIMNEY_A_OP_DRY_RUN);
    op.total = a.u32(CHIMNEY_A_OP_TOTAL).value_or(0);
    if (!a.ok() || !id || !kind || !state)
        return malformed("operation");
    op.id = *id;
    op.kind = *kind;
    op.state = *state;
    return op;
}

Result<Message> Client::request_one(const Request& request) {
    auto messages = socket_.request(request);
    if (!messages)
        return tl::unexpected(messages.error());
    if (messages->size() != 1)
        return malformed("answer");
    return std::move(messages->front());
}

Result<Target> Client::target_new(const TargetSpec& spec) {
    AttributeWriter writer;
    writer.put_string(CHIMNEY_A_TARGET_IFNAME, spec.dev);
    writer.put_string(CHIMNEY_A_TARGET_KIND, spec.kind);
    auto put = [&](std::uint16_t type, const std::optional<std::uint32_t>& value) {
        if (value)
            writer.put_u32(type, *value);
    };
    put(CHIMNEY_A_TARGET_TCP_ENTRIES, spec.tcp);
    put(CHIMNEY_A_TARGET_PATH_ENTRIES, spec.path);
    put(CHIMNEY_A_TARGET_NEIGHBOR_ENTRIES, spec.neighbor);
    put(CHIMNEY_A_TARGET_MAX_MTU, spec.max_mtu);
    put(CHIMNEY_A_TARGET_MAX_RCV_WND, spec.max_rcv_wnd);
    return request_one({CHIMNEY_CMD_TARGET_NEW, false, std::move(writer).take()})
        .and_then(decode_target)
        .map_error(about("cannot make a target of kind " + spec.kind + " on " + spec.dev));
}

Result<Target> Client::target_del(std::string_view dev) {
    return request_one(device_request(CHIMNEY_CMD_TARGET_DEL, dev))
        .and_then(decode_target)
        .map_error(about("cannot remove the target on " + std::string(dev)));
}

Result<Target> Client::target(std::string_view dev) {
    return request_one(device_request(CHIMNEY_CMD_TARGET_GET, dev))
        .and_then(decode_target)
        .map_error(about("cannot show the target on " + std::string(dev)));
}

Result<std::vector<Target>> Client::targets() {
    return decode_all(socket_.request({CHIMNEY_CMD_TARGET_GET, true, {}}), decode_target);
}

Result<Operation> Client::start(const KernelSelector& selector, const OperationOptions& options) {
    AttributeWriter writer;
    put_selector(writer, CHIMNEY_A_OP_SELECTOR, selector);
    if (options.owned)
        writer.put_flag(CHIMNEY_A_OP_OWNED);
    if (options.dry_run)
        writer.put_flag(CHIMNEY_A_OP_DRY_RUN);
    if (options.layer)
        writer.put_u32(CHIMNEY_A_OP_LAYERS, 1U << *options.layer);
    return request_one({command_of(options.kind), false, std::move(writer).take()})
        .and_then(decode_operation);
}

Result<Operation> Client::operation(std::uint32_t id) {
    AttributeWriter writer;
    writer.put_u32(CHIMNEY_A_OP_ID, id);
    return request_one({CHIMNEY_CMD_OP_GET, false, std::move(writer).take()})
        .and_then(decode_operation)
        .map_error(about("cannot show operation " + std::to_string(id)));
}

Result<Operation> Client::cancel(std::uint32_t id) {
    AttributeWriter writer;
    writer.put_u32(CHIMNEY_A_OP_ID, id);
    return request_one({CHIMNEY_CMD_OP_CANCEL, false, std::move(writer).take()})
        .and_then(decode_operation)
        .map_error(about("cannot cancel operation " + std::to_string(id)));
}

Result<std::vector<Operation>> Client::operations() {
    return decode_all(socket_.request({CHIMNEY_CMD_OP_GET, true, {}}), decode_operation);
}

Result<std::vector<Block>> Client::blocks(std::uint32_t operation) {
    AttributeWriter writer;
    writer.put_u32(CHIMNEY_A_BLOCK_OP_ID, operation);
    auto blocks = decode_all(
        socket_.request({CHIMNEY_CMD_BLOCK_GET, true, std::move(writer).take()}), decode_block);
    if (blocks)
        name_devices(*blocks, namer_);
    return blocks;
}

Result<Report> Client::report(std::uint32_t id) {
    auto op = operation(id);
    if (!op)
        return tl::unexpected(op.error());
    auto found = blocks(id);
    if (!found)
        return tl::unexpected(found.error());
    return Report{std::move(*op), std::move(*found)};
}

Result<std::vector<Connection>> Client::connections(const KernelSelector& selector) {
    AttributeWriter writer;
    put_selector(writer, CHIMNEY_A_CONN_SELECTOR, selector);
    auto conns = decode_all(socket_.request({CHIMNEY_CMD_CONN_GET, true, std::move(writer).take()}),
                            decode_connection);
    if (conns)
        name_devices(*conns, namer_);
    return conns;
}

} // namespace chimney
