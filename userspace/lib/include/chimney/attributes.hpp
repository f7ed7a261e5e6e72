// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Encoding and decoding of netlink attributes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <chimney/error.hpp>

namespace chimney {

/// Builds a list of attributes.
class AttributeWriter {
  public:
    void put_flag(std::uint16_t type) { put(type, {}); }
    void put_u8(std::uint16_t type, std::uint8_t value);
    void put_u16(std::uint16_t type, std::uint16_t value);
    void put_u32(std::uint16_t type, std::uint32_t value);
    void put_u64(std::uint16_t type, std::uint64_t value);
    /// A port: 16 bits in network order.
    void put_port(std::uint16_t type, std::uint16_t port);
    void put_string(std::uint16_t type, std::string_view text);
    void put(std::uint16_t type, std::span<const std::byte> payload);
    /// The attributes of @p inner as one nested attribute; at most 64 KiB.
    void put_nest(std::uint16_t type, const AttributeWriter& inner);

    const std::vector<std::byte>& bytes() const { return bytes_; }
    std::vector<std::byte> take() && { return std::move(bytes_); }

  private:
    std::vector<std::byte> bytes_;
};

/// One attribute in a list.
struct Attribute {
    std::uint16_t type = 0;
    std::span<const std::byte> payload;
};

/// The attributes of a message, looked up by type. Refers to the message's bytes.
///
/// An attribute of the wrong size reads as absent and makes ok() false, so that
/// a decoder reads everything first and checks once.
class AttributeReader {
  public:
    explicit AttributeReader(std::span<const std::byte> bytes);

    bool ok() const { return ok_; }
    const std::vector<Attribute>& all() const { return attributes_; }

    bool flag(std::uint16_t type) const;
    std::optional<std::uint8_t> u8(std::uint16_t type);
    std::optional<std::uint16_t> u16(std::uint16_t type);
    std::optional<std::uint32_t> u32(std::uint16_t type);
    std::optional<std::uint64_t> u64(std::uint16_t type);
    std::optional<std::uint16_t> port(std::uint16_t type);
    std::optional<std::string> string(std::uint16_t type);
    std::optional<std::span<const std::byte>> bytes(std::uint16_t type) const;

  private:
    template <typename T>
    std::optional<T> scalar(std::uint16_t type);

    std::vector<Attribute> attributes_;
    bool ok_ = true;
};

} // namespace chimney
