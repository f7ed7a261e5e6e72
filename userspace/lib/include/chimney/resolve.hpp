// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// From what a user says to what the kernel takes: processes become sockets.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <vector>

#include <chimney/client.hpp>
#include <chimney/error.hpp>
#include <chimney/selector.hpp>

namespace chimney {

/// A TCP socket of the network namespace with its identity in the file system.
struct TcpSocket {
    SocketName name;
    std::uint64_t inode = 0;  ///< 0 if no process has it open
    std::uint64_t cgroup = 0; ///< inode of its directory; 0 if the kernel does not tell
    std::uint64_t bytes = 0;  ///< acknowledged by the peer and received
    uid_t uid = 0;
};

/// TCP sockets of this network namespace that have a peer, by sock_diag.
Result<std::vector<TcpSocket>> list_tcp_sockets();

/// Inodes of the sockets a process has open.
Result<std::set<std::uint64_t>> socket_inodes(pid_t pid, const std::filesystem::path& proc);

/// Sockets one request can name: it fits into the send buffer of a user without privileges.
inline constexpr std::size_t max_sockets_per_request = 4096;

/// Names one more socket, in another request if the last one names as many as it can.
void name_socket(std::vector<KernelSelector>& requests, const SocketName& name);

/// Turns selectors into requests. The members are replaced in tests.
struct Resolver {
    std::filesystem::path proc = "/proc";
    Result<std::vector<TcpSocket>> (*list)() = list_tcp_sockets;

    /// The requests that together stand for @p selector; none if a process is
    /// named and has no matching connection.
    Result<std::vector<KernelSelector>> operator()(const Selector& selector) const;
};

/// The offloaded connections a selector names; an empty one names all.
Result<std::vector<Connection>> find_connections(Client& client, const Resolver& resolver,
                                                 const Selector& selector);

} // namespace chimney
