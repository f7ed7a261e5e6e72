// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// What the decoders of the kernel's messages share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <chimney/client.hpp>

namespace chimney {

inline tl::unexpected<Error> malformed(std::string_view what) {
    return fail(ErrorCode::protocol, "the kernel sent a malformed " + std::string(what) +
                                         ": do chimney.ko and this program have one version?");
}

inline std::optional<Address> read_address(const AttributeReader& attributes, std::uint16_t type) {
    auto bytes = attributes.bytes(type);
    return bytes ? Address::from_bytes(*bytes) : std::nullopt;
}

template <typename E>
std::optional<E> read_enum(AttributeReader& attributes, std::uint16_t type) {
    auto value = attributes.u32(type);
    return value ? std::optional(static_cast<E>(*value)) : std::nullopt;
}

/// The state in the nest of its layer. @param first the nest of the first layer
inline std::optional<State> read_state(const AttributeReader& attributes, std::uint16_t first,
                                       Layer layer, StateClass state_class) {
    auto nest = attributes.bytes(static_cast<std::uint16_t>(first + layer));
    return nest ? decode_state(layer, state_class, *nest) : std::nullopt;
}

/// Decodes each message of a dump.
template <typename T>
Result<std::vector<T>> decode_all(const Result<std::vector<Message>>& messages,
                                  Result<T> (*decode)(const Message&)) {
    if (!messages)
        return tl::unexpected(messages.error());
    std::vector<T> items;
    items.reserve(messages->size());
    for (const auto& message : *messages) {
        auto item = decode(message);
        if (!item)
            return tl::unexpected(item.error());
        items.push_back(std::move(*item));
    }
    return items;
}

/// Names what was asked for in front of what the kernel says; the other errors need no such help.
inline auto about(std::string what) {
    return [what = std::move(what)](Error error) {
        if (error.code == ErrorCode::kernel || error.code == ErrorCode::not_found)
            error.message = what + ": " + error.message;
        return error;
    };
}

/// A request about the target on a device: all sets that name one do it alike.
inline AttributeWriter device_attributes(std::string_view dev) {
    AttributeWriter writer;
    writer.put_string(CHIMNEY_A_TARGET_IFNAME, dev);
    return writer;
}

inline Request device_request(std::uint8_t command, std::string_view dev) {
    return {command, false, device_attributes(dev).take()};
}

} // namespace chimney
