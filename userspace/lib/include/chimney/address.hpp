// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// IPv4 and IPv6 addresses.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chimney {

/// An IPv4 or IPv6 address; a value. The default is 0.0.0.0.
class Address {
  public:
    /// From 4 or 16 bytes in network order, as they are on the wire.
    static std::optional<Address> from_bytes(std::span<const std::byte> bytes);
    /// From text: dotted quad, or IPv6 without brackets.
    static std::optional<Address> parse(std::string_view text);

    /// 4 or 16 bytes in network order.
    std::span<const std::byte> bytes() const { return {storage_.data(), size_}; }
    bool is_v6() const { return size_ == 16; }
    /// Length in bits: 32 or 128.
    unsigned bits() const { return static_cast<unsigned>(size_) * 8; }

    /// The address with all but the first @p prefix bits cleared.
    Address masked(unsigned prefix) const;
    /// An IPv4-mapped IPv6 address as IPv4; any other address unchanged.
    Address unmapped() const;
    std::string to_string() const;

    bool operator==(const Address&) const = default;

  private:
    std::array<std::byte, 16> storage_{};
    std::size_t size_ = 4;
};

/// "10.0.0.1:80" or "[fe80::1]:80".
std::string format_endpoint(const Address& address, std::uint16_t port);

} // namespace chimney
