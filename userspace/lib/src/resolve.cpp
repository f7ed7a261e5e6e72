// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/resolve.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <system_error>

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chimney/attributes.hpp>
#include <chimney/unique_fd.hpp>

#include "reply.hpp"

namespace chimney {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t datagram_size = 64 << 10;

/// States of a socket that has a peer; those of no process have inode 0 anyway.
constexpr std::uint32_t connected_states = 1U << BPF_TCP_ESTABLISHED | 1U << BPF_TCP_FIN_WAIT1 |
                                           1U << BPF_TCP_FIN_WAIT2 | 1U << BPF_TCP_CLOSE_WAIT |
                                           1U << BPF_TCP_LAST_ACK | 1U << BPF_TCP_CLOSING;

struct DiagRequest {
    nlmsghdr header;
    inet_diag_req_v2 body;
};

/// Bytes that the peer acknowledged and that came from it.
std::uint64_t count_bytes(std::span<const std::byte> info) {
    tcp_info counters{};
    std::memcpy(&counters, info.data(), std::min(info.size(), sizeof(counters)));
    return counters.tcpi_bytes_acked + counters.tcpi_bytes_received;
}

TcpSocket to_socket(const inet_diag_msg& message, std::span<const std::byte> extensions) {
    auto address = [&](const void* words) {
        auto size = message.idiag_family == AF_INET6 ? 16U : 4U;
        return Address::from_bytes({static_cast<const std::byte*>(words), size})->unmapped();
    };
    AttributeReader reader(extensions);
    const auto& id = message.id;
    return {{address(id.idiag_src), address(id.idiag_dst), ntohs(id.idiag_sport),
             ntohs(id.idiag_dport),
             static_cast<std::uint64_t>(id.idiag_cookie[1]) << 32 | id.idiag_cookie[0]},
            message.idiag_inode,
            reader.u64(INET_DIAG_CGROUP_ID).value_or(0),
            count_bytes(reader.bytes(INET_DIAG_INFO).value_or(std::span<const std::byte>())),
            message.idiag_uid};
}

Result<UniqueFd> ask_sock_diag(std::uint8_t family) {
    UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    if (!socket)
        return fail_errno("cannot open a sock_diag socket", errno);
    DiagRequest request{};
    request.header.nlmsg_len = sizeof(request);
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.sdiag_family = family;
    request.body.sdiag_protocol = IPPROTO_TCP;
    request.body.idiag_states = connected_states;
    request.body.idiag_ext = 1U << (INET_DIAG_INFO - 1);
    if (send(socket.get(), &request, sizeof(request), 0) < 0)
        return fail_errno("cannot ask sock_diag for the TCP sockets", errno);
    return socket;
}

Result<void> list_family(std::uint8_t family, std::vector<TcpSocket>& sockets) {
    auto socket = ask_sock_diag(family);
    if (!socket)
        return tl::unexpected(socket.error());
    std::vector<std::byte> buffer(datagram_size);
    for (;;) {
        auto size = recv(socket->get(), buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return fail_errno("cannot read the TCP sockets from sock_diag", size ? errno : EIO);
        for (auto message : split_messages(std::span(buffer).first(size))) {
            auto type = reinterpret_cast<const nlmsghdr*>(message.data())->nlmsg_type;
            if (type == NLMSG_DONE)
                return {};
            auto payload = message.subspan(NLMSG_HDRLEN);
            if (type == NLMSG_ERROR) {
                // A kernel without IPv6 knows no such sockets.
                int error = 0;
                if (payload.size() >= sizeof(error))
                    std::memcpy(&error, payload.data(), sizeof(error));
                if (error == -ENOENT)
                    return {};
                return fail_errno("sock_diag refused to list the TCP sockets", -error);
            }
            inet_diag_msg body{};
            if (payload.size() >= sizeof(body)) {
                std::memcpy(&body, payload.data(), sizeof(body));
                sockets.push_back(to_socket(body, payload.subspan(NLMSG_ALIGN(sizeof(body)))));
            }
        }
    }
}

tl::unexpected<Error> fail_process(pid_t pid, const std::error_code& error) {
    auto name = "process " + std::to_string(pid);
    if (error.value() == ENOENT || error.value() == ESRCH)
        return fail(ErrorCode::not_found, name + " does not exist: give the pid of a running one",
                    error.value());
    return fail_errno("cannot look into " + name, error.value());
}

/// N of "socket:[N]".
std::optional<std::uint64_t> socket_inode(std::string_view link) {
    constexpr std::string_view before = "socket:[";
    if (!link.starts_with(before) || !link.ends_with(']'))
        return std::nullopt;
    std::uint64_t inode = 0;
    auto end = link.data() + link.size() - 1;
    auto [stop, error] = std::from_chars(link.data() + before.size(), end, inode);
    return error == std::errc() && stop == end ? std::optional(inode) : std::nullopt;
}

/// A process elsewhere would silently seem to have no connection.
Result<void> check_namespace(pid_t pid, const fs::path& proc) {
    std::error_code error;
    auto theirs = fs::read_symlink(proc / std::to_string(pid) / "ns" / "net", error);
    if (error)
        return fail_process(pid, error);
    auto ours = fs::read_symlink(proc / "self" / "ns" / "net", error);
    if (!error && ours != theirs)
        return fail(ErrorCode::not_found,
                    "process " + std::to_string(pid) +
                        " is in another network namespace: use chimneyd and chimneyctl there, "
                        "with ip netns exec or nsenter");
    return {};
}

} // namespace

Result<std::vector<TcpSocket>> list_tcp_sockets() {
    std::vector<TcpSocket> sockets;
    for (std::uint8_t family : {AF_INET, AF_INET6}) {
        auto listed = list_family(family, sockets);
        if (!listed)
            return tl::unexpected(listed.error());
    }
    return sockets;
}

Result<std::set<std::uint64_t>> socket_inodes(pid_t pid, const fs::path& proc) {
    std::set<std::uint64_t> inodes;
    std::error_code error;
    for (fs::directory_iterator entry(proc / std::to_string(pid) / "fd", error), end;
         !error && entry != end; entry.increment(error)) {
        std::error_code gone; // closed meanwhile
        if (auto inode = socket_inode(fs::read_symlink(entry->path(), gone).native()))
            inodes.insert(*inode);
    }
    if (error)
        return fail_process(pid, error);
    return inodes;
}

void name_socket(std::vector<KernelSelector>& requests, const SocketName& name) {
    if (requests.empty() || requests.back().sockets.size() == max_sockets_per_request)
        requests.emplace_back();
    requests.back().sockets.push_back(name);
}

Result<std::vector<KernelSelector>> Resolver::operator()(const Selector& selector) const {
    EndpointFilter src = selector.src.value_or(EndpointFilter{});
    EndpointFilter dst = selector.dst.value_or(EndpointFilter{});
    if (!selector.pid)
        return std::vector{KernelSelector{src, dst, {}}};

    auto here = check_namespace(*selector.pid, proc);
    if (!here)
        return tl::unexpected(here.error());
    auto inodes = socket_inodes(*selector.pid, proc);
    if (!inodes)
        return tl::unexpected(inodes.error());
    auto sockets = list();
    if (!sockets)
        return tl::unexpected(sockets.error());

    std::vector<KernelSelector> requests;
    for (const auto& socket : *sockets) {
        const auto& name = socket.name;
        if (!inodes->contains(socket.inode) || !src.matches(name.src, name.src_port) ||
            !dst.matches(name.dst, name.dst_port))
            continue;
        name_socket(requests, name);
    }
    return requests;
}

Result<std::vector<Connection>> find_connections(Client& client, const Resolver& resolver,
                                                 const Selector& selector) {
    auto requests = resolver(selector);
    if (!requests)
        return tl::unexpected(requests.error());
    std::vector<Connection> found;
    for (const auto& request : *requests) {
        auto part = client.connections(request);
        if (!part)
            return part;
        std::ranges::move(*part, std::back_inserter(found));
    }
    return found;
}

} // namespace chimney
