// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// From the bytes of netlink datagrams to messages and errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <chimney/error.hpp>
#include <chimney/netlink.hpp>

struct nlmsghdr;

namespace chimney {

/// What the kernel says about a refused request beside the errno.
struct ExtAck {
    std::string message;
    std::optional<std::uint32_t> offset;       ///< of the bad attribute in the request
    std::optional<std::uint32_t> missing_type; ///< attribute that is missing
};

/// Reads the attributes of an NLMSG_ERROR or NLMSG_DONE message.
/// @param message the whole message with its header
/// @param fixed bytes of payload before the attributes
ExtAck parse_extack(std::span<const std::byte> message, std::size_t fixed);

/// The error that an NLMSG_ERROR message stands for.
Error kernel_error(int errnum, const ExtAck& extack);

/// Collects the datagrams that answer one request.
class ReplyReader {
  public:
    explicit ReplyReader(std::uint32_t sequence) : sequence_(sequence) {}

    /// True when the answer is complete, false when more must come.
    Result<bool> feed(std::span<const std::byte> datagram);
    /// The table changed while it was dumped: ask again.
    bool interrupted() const { return interrupted_; }
    std::vector<Message> take() && { return std::move(messages_); }

  private:
    Result<bool> one(std::span<const std::byte> message, const nlmsghdr& header);

    std::uint32_t sequence_;
    bool interrupted_ = false;
    std::vector<Message> messages_;
};

/// The messages of a datagram, each with its header.
std::vector<std::span<const std::byte>> split_messages(std::span<const std::byte> datagram);

/// The payload of a generic netlink message as a Message, if it is one.
std::optional<Message> decode_genl(std::span<const std::byte> message);

} // namespace chimney
