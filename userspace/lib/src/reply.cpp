// SPDX-License-Identifier: GPL-2.0-only
#include "reply.hpp"

#include <algorithm>
#include <cstring>

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <chimney/attributes.hpp>

#include "decode.hpp"

namespace chimney {
namespace {

/// The kernel's MAX_ERRNO.
constexpr int max_errno = 4095;

template <typename T>
std::optional<T> read(std::span<const std::byte> bytes, std::size_t at) {
    if (bytes.size() < at + sizeof(T))
        return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof(value));
    return value;
}

std::span<const std::byte> after(std::span<const std::byte> bytes, std::size_t skip) {
    return bytes.subspan(std::min(NLMSG_ALIGN(skip), bytes.size()));
}

std::string sentence(int errnum, const ExtAck& extack) {
    if (!extack.message.empty())
        return extack.message;
    if (extack.missing_type)
        return "the kernel misses attribute " + std::to_string(*extack.missing_type) +
               " in the request";
    if (errnum == EPERM)
        return "permission denied: this needs CAP_NET_ADMIN in the network namespace, run it as "
               "root";
    return "the kernel refused the request: " + describe_errno(errnum);
}

} // namespace

ExtAck parse_extack(std::span<const std::byte> message, std::size_t fixed) {
    ExtAck extack;
    AttributeReader attributes(after(message, NLMSG_HDRLEN + fixed));
    extack.message = attributes.string(NLMSGERR_ATTR_MSG).value_or("");
    extack.offset = attributes.u32(NLMSGERR_ATTR_OFFS);
    extack.missing_type = attributes.u32(NLMSGERR_ATTR_MISS_TYPE);
    return extack;
}

Error kernel_error(int errnum, const ExtAck& extack) {
    auto code = errnum == EPERM                        ? ErrorCode::permission
                : errnum == ENOENT || errnum == ENODEV ? ErrorCode::not_found
                                                       : ErrorCode::kernel;
    return {code, errnum, sentence(errnum, extack)};
}

std::vector<std::span<const std::byte>> split_messages(std::span<const std::byte> datagram) {
    std::vector<std::span<const std::byte>> messages;
    while (auto header = read<nlmsghdr>(datagram, 0)) {
        if (header->nlmsg_len < NLMSG_HDRLEN || header->nlmsg_len > datagram.size())
            break;
        messages.push_back(datagram.first(header->nlmsg_len));
        datagram = after(datagram, header->nlmsg_len);
    }
    return messages;
}

std::optional<Message> decode_genl(std::span<const std::byte> message) {
    auto header = read<genlmsghdr>(message, NLMSG_HDRLEN);
    if (!header)
        return std::nullopt;
    auto attributes = after(message, NLMSG_HDRLEN + GENL_HDRLEN);
    return Message{header->cmd, {attributes.begin(), attributes.end()}};
}

Result<bool> ReplyReader::feed(std::span<const std::byte> datagram) {
    for (auto message : split_messages(datagram)) {
        auto header = *read<nlmsghdr>(message, 0);
        // Late answers to a request that was given up.
        if (header.nlmsg_seq != sequence_)
            continue;
        auto done = one(message, header);
        if (!done || *done)
            return done;
    }
    return false;
}

Result<bool> ReplyReader::one(std::span<const std::byte> message, const nlmsghdr& header) {
    if (header.nlmsg_flags & NLM_F_DUMP_INTR)
        interrupted_ = true;
    if (header.nlmsg_type != NLMSG_ERROR && header.nlmsg_type != NLMSG_DONE) {
        if (header.nlmsg_type >= NLMSG_MIN_TYPE)
            if (auto decoded = decode_genl(message))
                messages_.push_back(std::move(*decoded));
        return false;
    }
    int error = read<int>(message, NLMSG_HDRLEN).value_or(0);
    if (error == 0)
        return true;
    if (error > 0 || error < -max_errno)
        return malformed("errno");
    std::size_t fixed = sizeof(int);
    if (header.nlmsg_type == NLMSG_ERROR) {
        // The request follows the errno: its header only, or all of it.
        fixed = sizeof(nlmsgerr);
        if (auto echoed = read<nlmsgerr>(message, NLMSG_HDRLEN);
            echoed && !(header.nlmsg_flags & NLM_F_CAPPED))
            fixed = sizeof(int) + echoed->msg.nlmsg_len;
    }
    ExtAck extack;
    if (header.nlmsg_flags & NLM_F_ACK_TLVS)
        extack = parse_extack(message, fixed);
    return tl::unexpected(kernel_error(-error, extack));
}

} // namespace chimney
