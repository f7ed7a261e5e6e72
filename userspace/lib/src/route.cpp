// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/route.hpp>

#include <array>
#include <cstring>
#include <span>

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <chimney/attributes.hpp>

namespace chimney {
namespace {

struct RouteHeader {
    nlmsghdr netlink;
    rtmsg route;
};

} // namespace

std::string KernelRoutes::device(const Address& src, const Address& dst) {
    auto [found, made] = known_.try_emplace({src.to_string(), dst.to_string()});
    if (made)
        if (auto ifindex = ask(src, dst))
            found->second = interface_name(ifindex);
    return found->second;
}

/// 0 if there is no route.
std::uint32_t KernelRoutes::ask(const Address& src, const Address& dst) {
    if (!socket_)
        socket_ = UniqueFd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    AttributeWriter attributes;
    attributes.put(RTA_SRC, src.bytes());
    attributes.put(RTA_DST, dst.bytes());
    RouteHeader header{};
    header.netlink.nlmsg_len =
        static_cast<std::uint32_t>(sizeof(header) + attributes.bytes().size());
    header.netlink.nlmsg_type = RTM_GETROUTE;
    header.netlink.nlmsg_flags = NLM_F_REQUEST;
    header.route.rtm_family = dst.is_v6() ? AF_INET6 : AF_INET;
    header.route.rtm_src_len = static_cast<unsigned char>(src.bits());
    header.route.rtm_dst_len = static_cast<unsigned char>(dst.bits());
    std::vector<std::byte> message(sizeof(header));
    std::memcpy(message.data(), &header, sizeof(header));
    message.insert(message.end(), attributes.bytes().begin(), attributes.bytes().end());

    std::array<std::byte, 8192> answer;
    if (send(socket_.get(), message.data(), message.size(), 0) < 0)
        return 0;
    auto size = recv(socket_.get(), answer.data(), answer.size(), 0);
    if (size < static_cast<ssize_t>(sizeof(header)))
        return 0;
    std::memcpy(&header, answer.data(), sizeof(header));
    if (header.netlink.nlmsg_type != RTM_NEWROUTE)
        return 0;
    AttributeReader reader(
        {answer.data() + sizeof(header), static_cast<std::size_t>(size) - sizeof(header)});
    return reader.u32(RTA_OIF).value_or(0);
}

} // namespace chimney
