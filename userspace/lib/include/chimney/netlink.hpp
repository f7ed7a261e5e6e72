// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// The seam to the kernel: generic netlink messages of the chimney family.
///
/// Everything above this header can be tested without a kernel, with another
/// implementation of the two interfaces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <chimney/error.hpp>

namespace chimney {

/// A request: command and encoded attributes.
struct Request {
    std::uint8_t command = 0;
    bool dump = false;
    std::vector<std::byte> attributes;
};

/// A reply or notification: command and encoded attributes.
struct Message {
    std::uint8_t command = 0;
    std::vector<std::byte> attributes;
};

/// Sends one request at a time and waits for its answer. The kernel ties owned
/// connections to the socket: they come home when the object is destroyed.
class NetlinkSocket {
  public:
    virtual ~NetlinkSocket() = default;
    /// All messages that answer the request; dumps that were disturbed are repeated.
    virtual Result<std::vector<Message>> request(const Request& request) = 0;
};

/// What came in at once.
struct Events {
    std::vector<Message> messages;
    bool overrun = false; ///< the kernel dropped events since the last call
};

/// Receives the notifications of the multicast group "event".
class NetlinkEvents {
  public:
    virtual ~NetlinkEvents() = default;
    /// Readable when there is something to receive.
    virtual int fd() const = 0;
    /// Everything that is there; does not wait.
    virtual Result<Events> receive() = 0;
};

/// A socket in the caller's network namespace. Works before the module is
/// loaded, too: then each request fails with ErrorCode::not_loaded.
Result<std::unique_ptr<NetlinkSocket>> open_netlink_socket();

/// Likewise for events; joins the group as soon as the module is loaded.
Result<std::unique_ptr<NetlinkEvents>> open_netlink_events();

} // namespace chimney
