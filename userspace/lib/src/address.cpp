// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/address.hpp>

#include <algorithm>

#include <arpa/inet.h>

namespace chimney {

std::optional<Address> Address::from_bytes(std::span<const std::byte> bytes) {
    if (bytes.size() != 4 && bytes.size() != 16)
        return std::nullopt;
    Address address;
    address.size_ = bytes.size();
    std::ranges::copy(bytes, address.storage_.begin());
    return address;
}

std::optional<Address> Address::parse(std::string_view text) {
    const std::string copy(text);
    std::array<std::byte, 16> bytes;
    if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1)
        return from_bytes(std::span(bytes).first(4));
    if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1)
        return from_bytes(bytes);
    return std::nullopt;
}

Address Address::masked(unsigned prefix) const {
    Address result = *this;
    for (std::size_t i = 0; i < size_; ++i) {
        unsigned first = static_cast<unsigned>(i) * 8;
        unsigned kept = prefix <= first ? 0 : std::min(prefix - first, 8U);
        result.storage_[i] &= static_cast<std::byte>(0xff00U >> kept);
    }
    return result;
}

Address Address::unmapped() const {
    static constexpr std::array<std::byte, 12> mapped = {
        std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
        std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};
    if (!is_v6() || !std::ranges::equal(bytes().first(12), mapped))
        return *this;
    return *from_bytes(bytes().last(4));
}

std::string Address::to_string() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    inet_ntop(is_v6() ? AF_INET6 : AF_INET, storage_.data(), text.data(), text.size());
    return text.data();
}

std::string format_endpoint(const Address& address, std::uint16_t port) {
    auto text = address.to_string();
    if (address.is_v6())
        text = "[" + text + "]";
    return text + ":" + std::to_string(port);
}

} // namespace chimney
