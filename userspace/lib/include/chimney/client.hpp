// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// The requests of the chimney family as functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <chimney/error.hpp>
#include <chimney/netlink.hpp>
#include <chimney/selector.hpp>
#include <chimney/types.hpp>

namespace chimney {

/// Name of an interface, empty if there is none with that index.
using InterfaceNamer = std::string (*)(std::uint32_t ifindex);

/// Name of an interface of this network namespace.
std::string interface_name(std::uint32_t ifindex);

/// Typed requests over a NetlinkSocket, which must outlive the client.
class Client {
  public:
    explicit Client(NetlinkSocket& socket, InterfaceNamer namer = interface_name)
        : socket_(socket), namer_(namer) {}

    Result<Target> target_new(const TargetSpec& spec);
    /// Remove a target; waits until its connections are home. Returns it as it was.
    Result<Target> target_del(std::string_view dev);
    Result<Target> target(std::string_view dev);
    Result<std::vector<Target>> targets();

    /// Start to offload; the operation usually still runs when this returns.
    /// @param owned connections come home when the NetlinkSocket is closed
    Result<Operation> initiate(const KernelSelector& selector, bool owned);
    /// Start to upload.
    Result<Operation> terminate(const KernelSelector& selector);

    Result<Operation> operation(std::uint32_t id);
    Result<std::vector<Operation>> operations();
    Result<std::vector<Block>> blocks(std::uint32_t operation);
    /// An operation with its blocks.
    Result<Report> report(std::uint32_t operation);
    Result<std::vector<Connection>> connections(const KernelSelector& selector);

  private:
    Result<Message> request_one(const Request& request);
    Result<Operation> start(std::uint8_t command, const KernelSelector& selector, bool owned);

    NetlinkSocket& socket_;
    InterfaceNamer namer_;
};

/// An operation from a reply or an op-ntf notification.
Result<Operation> decode_operation(const Message& message);

} // namespace chimney
