// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Which connections: what a user says, and what the kernel takes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <chimney/address.hpp>
#include <chimney/error.hpp>

namespace chimney {

/// One end of a connection: address with prefix, port, or both. Empty matches everything.
struct EndpointFilter {
    std::optional<Address> address; ///< host bits cleared
    unsigned prefix = 0;            ///< leading bits of address that count
    std::optional<std::uint16_t> port;

    bool matches(const Address& other, std::uint16_t other_port) const;
    std::string to_string() const;
    bool operator==(const EndpointFilter&) const = default;
};

/// What a user asks for; the parts are combined with "and".
struct Selector {
    bool all = false;
    std::optional<EndpointFilter> src;
    std::optional<EndpointFilter> dst;
    std::optional<pid_t> pid;

    bool empty() const { return !all && !src && !dst && !pid; }
    /// In the grammar parse_selector() reads.
    std::string to_string() const;
    bool operator==(const Selector&) const = default;
};

/// One connection, named exactly.
struct SocketName {
    Address src;
    Address dst;
    std::uint16_t src_port = 0;
    std::uint16_t dst_port = 0;
    std::uint64_t cookie = 0; ///< 0 for any
    bool operator==(const SocketName&) const = default;
};

/// What one request to the kernel can say: a filter, or sockets named one by one.
struct KernelSelector {
    EndpointFilter src;
    EndpointFilter dst;
    std::vector<SocketName> sockets; ///< if not empty, the filter is not used
    bool operator==(const KernelSelector&) const = default;
};

/// `ADDR[/PREFIX][:PORT]`, `:PORT`, or `[ADDR6][/PREFIX][:PORT]`.
Result<EndpointFilter> parse_endpoint(std::string_view text);

/// Any of `src ENDPOINT`, `dst ENDPOINT`, `pid PID`, `all`. No words give an empty selector.
Result<Selector> parse_selector(std::span<const std::string_view> words);

/// Whether the parts of a selector make sense together (all alone, one address family).
Result<void> check_selector(const Selector& selector);

} // namespace chimney
