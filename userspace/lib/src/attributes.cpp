// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/attributes.hpp>

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <netlink/attr.h>

namespace chimney {
namespace {

template <typename T>
std::span<const std::byte> as_bytes(const T& value) {
    return std::as_bytes(std::span<const T, 1>(&value, 1));
}

} // namespace

void AttributeWriter::put_u8(std::uint16_t type, std::uint8_t value) {
    put(type, as_bytes(value));
}

void AttributeWriter::put_u16(std::uint16_t type, std::uint16_t value) {
    put(type, as_bytes(value));
}

void AttributeWriter::put_u32(std::uint16_t type, std::uint32_t value) {
    put(type, as_bytes(value));
}

void AttributeWriter::put_u64(std::uint16_t type, std::uint64_t value) {
    put(type, as_bytes(value));
}

void AttributeWriter::put_port(std::uint16_t type, std::uint16_t port) {
    put(type, as_bytes(htons(port)));
}

void AttributeWriter::put_string(std::uint16_t type, std::string_view text) {
    std::vector<std::byte> payload(text.size() + 1);
    std::memcpy(payload.data(), text.data(), text.size());
    put(type, payload);
}

void AttributeWriter::put(std::uint16_t type, std::span<const std::byte> payload) {
    nlattr header{};
    header.nla_type = type;
    header.nla_len = static_cast<std::uint16_t>(NLA_HDRLEN + payload.size());
    auto head = as_bytes(header);
    bytes_.insert(bytes_.end(), head.begin(), head.end());
    bytes_.insert(bytes_.end(), payload.begin(), payload.end());
    bytes_.resize(NLA_ALIGN(bytes_.size()));
}

void AttributeWriter::put_nest(std::uint16_t type, const AttributeWriter& inner) {
    put(type | NLA_F_NESTED, inner.bytes());
}

AttributeReader::AttributeReader(std::span<const std::byte> bytes) {
    // libnl's walk only reads, but its types are not const.
    auto* at = reinterpret_cast<nlattr*>(const_cast<std::byte*>(bytes.data()));
    int left = static_cast<int>(bytes.size());
    for (; nla_ok(at, left); at = nla_next(at, &left))
        attributes_.push_back(
            {static_cast<std::uint16_t>(nla_type(at)),
             {static_cast<const std::byte*>(nla_data(at)), static_cast<std::size_t>(nla_len(at))}});
    ok_ = left == 0;
}

std::optional<std::span<const std::byte>> AttributeReader::bytes(std::uint16_t type) const {
    auto found = std::ranges::find(attributes_, type, &Attribute::type);
    if (found == attributes_.end())
        return std::nullopt;
    return found->payload;
}

bool AttributeReader::flag(std::uint16_t type) const {
    return bytes(type).has_value();
}

template <typename T>
std::optional<T> AttributeReader::scalar(std::uint16_t type) {
    auto payload = bytes(type);
    if (!payload)
        return std::nullopt;
    if (payload->size() != sizeof(T)) {
        ok_ = false;
        return std::nullopt;
    }
    T value;
    std::memcpy(&value, payload->data(), sizeof(value));
    return value;
}

std::optional<std::uint8_t> AttributeReader::u8(std::uint16_t type) {
    return scalar<std::uint8_t>(type);
}

std::optional<std::uint16_t> AttributeReader::u16(std::uint16_t type) {
    return scalar<std::uint16_t>(type);
}

std::optional<std::uint32_t> AttributeReader::u32(std::uint16_t type) {
    return scalar<std::uint32_t>(type);
}

std::optional<std::uint64_t> AttributeReader::u64(std::uint16_t type) {
    return scalar<std::uint64_t>(type);
}

std::optional<std::uint16_t> AttributeReader::port(std::uint16_t type) {
    auto value = scalar<std::uint16_t>(type);
    if (value)
        value = ntohs(*value);
    return value;
}

std::optional<std::string> AttributeReader::string(std::uint16_t type) {
    auto payload = bytes(type);
    if (!payload)
        return std::nullopt;
    std::string_view text(reinterpret_cast<const char*>(payload->data()), payload->size());
    return std::string(text.substr(0, text.find('\0')));
}

} // namespace chimney
