// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// The requests of the chimney family as functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <chimney/error.hpp>
#include <chimney/netlink.hpp>
#include <chimney/replay.hpp>
#include <chimney/selector.hpp>
#include <chimney/types.hpp>

namespace chimney {

/// Name of an interface, empty if there is none with that index.
using InterfaceNamer = std::string (*)(std::uint32_t ifindex);

/// Name of an interface of this network namespace.
std::string interface_name(std::uint32_t ifindex);

/// What an operation is to do.
struct OperationOptions {
    OpKind kind = CHIMNEY_OP_KIND_INITIATE;
    bool owned = false;         ///< initiate: connections come home when the NetlinkSocket closes
    bool dry_run = false;       ///< initiate: show what would be sent, and send nothing
    std::optional<Layer> layer; ///< update, query, invalidate: objects of this layer only
    bool operator==(const OperationOptions&) const = default;
};

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

    /// Start an operation; it usually still runs when this returns.
    Result<Operation> start(const KernelSelector& selector, const OperationOptions& options);

    Result<Operation> operation(std::uint32_t id);
    /// Stop an operation before its next tree. Does not wait; no error if it has ended.
    Result<Operation> cancel(std::uint32_t id);
    Result<std::vector<Operation>> operations();
    Result<std::vector<Block>> blocks(std::uint32_t operation);
    /// An operation with its blocks.
    Result<Report> report(std::uint32_t operation);
    Result<std::vector<Connection>> connections(const KernelSelector& selector);

    /// Counters of all targets, or of the one on @p dev; one item for each IP version.
    Result<std::vector<Statistics>> statistics(const std::optional<std::string>& dev);
    /// Set the counters of a target to zero; returns what they were.
    Result<std::vector<Statistics>> reset_statistics(std::string_view dev);
    Result<Settings> settings(std::string_view dev);
    /// Change some settings, at least one; returns all.
    Result<Settings> change_settings(std::string_view dev, const std::vector<Change>& changes);
    /// Make a software target misbehave as a script says.
    Result<void> fault(std::string_view dev, std::string_view script);
    /// Send a tree that was made up, and wait for what comes back. Its objects belong to the
    /// NetlinkSocket and end with it.
    Result<ReplayResult> replay(std::string_view dev, const ReplayStep& step);

  private:
    Result<Message> request_one(const Request& request);
    Result<std::vector<Statistics>> statistics_of(std::uint8_t command, std::string_view dev);

    NetlinkSocket& socket_;
    InterfaceNamer namer_;
    std::map<std::string, std::uint32_t> objects_; ///< numbers of replayed objects
};

/// An operation from a reply or an op-ntf notification.
Result<Operation> decode_operation(const Message& message);

/// An event from an event-ntf notification.
Result<Event> decode_event(const Message& message, InterfaceNamer namer = interface_name);

} // namespace chimney
