// SPDX-License-Identifier: GPL-2.0-only
#include "decode.hpp"

namespace chimney {
namespace {

std::optional<SocketName> read_socket(const AttributeReader& attributes) {
    auto nest = attributes.bytes(CHIMNEY_A_EVENT_SOCKET);
    if (!nest)
        return std::nullopt;
    AttributeReader a(*nest);
    auto src = read_address(a, CHIMNEY_A_SOCKET_SRC_ADDR);
    auto dst = read_address(a, CHIMNEY_A_SOCKET_DST_ADDR);
    if (!src || !dst)
        return std::nullopt;
    return SocketName{*src, *dst, a.port(CHIMNEY_A_SOCKET_SRC_PORT).value_or(0),
                      a.port(CHIMNEY_A_SOCKET_DST_PORT).value_or(0),
                      a.u64(CHIMNEY_A_SOCKET_COOKIE).value_or(0)};
}

template <typename E>
std::string read_name(AttributeReader& attributes, std::uint16_t type) {
    auto value = read_enum<E>(attributes, type);
    return value ? to_string(*value) : "";
}

std::string read_name(AttributeReader& a, EventSource source) {
    switch (source) {
    case CHIMNEY_EVENT_SOURCE_TCP:
        return read_name<TcpEvent>(a, CHIMNEY_A_EVENT_TCP_EVENT);
    case CHIMNEY_EVENT_SOURCE_NEIGHBOR:
        return read_name<NeighborEvent>(a, CHIMNEY_A_EVENT_NEIGHBOR_EVENT);
    case CHIMNEY_EVENT_SOURCE_TARGET:
        return read_name<Indication>(a, CHIMNEY_A_EVENT_INDICATION);
    default:
        return a.string(CHIMNEY_A_EVENT_CLAUSE).value_or("");
    }
}

} // namespace

Result<Event> decode_event(const Message& message, InterfaceNamer namer) {
    AttributeReader a(message.attributes);
    auto source = read_enum<EventSource>(a, CHIMNEY_A_EVENT_SOURCE);
    if (!source)
        return malformed("event");
    Event event;
    event.source = *source;
    event.name = read_name(a, *source);
    event.upload_reason = read_enum<UploadReason>(a, CHIMNEY_A_EVENT_UPLOAD_REASON);
    event.information = a.u32(CHIMNEY_A_EVENT_INFORMATION);
    event.ifindex = a.u32(CHIMNEY_A_EVENT_IFINDEX).value_or(0);
    if (event.ifindex != 0)
        event.dev = namer(event.ifindex);
    event.context = a.u64(CHIMNEY_A_EVENT_CONTEXT);
    event.socket = read_socket(a);
    event.time_ns = a.u64(CHIMNEY_A_EVENT_TIME).value_or(0);
    if (!a.ok() || event.name.empty())
        return malformed("event");
    return event;
}

} // namespace chimney
