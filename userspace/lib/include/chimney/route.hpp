// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Where the host would send a datagram.
#pragma once

#include <map>
#include <string>
#include <utility>

#include <chimney/address.hpp>
#include <chimney/client.hpp>
#include <chimney/error.hpp>
#include <chimney/unique_fd.hpp>

namespace chimney {

/// Answers from the routing table, each asked for once. Made for a moment: routes change.
class RouteTable {
  public:
    virtual ~RouteTable() = default;
    /// Name of the device a connection between two addresses leaves through; empty if none.
    virtual std::string device(const Address& src, const Address& dst) = 0;
};

/// The kernel's.
class KernelRoutes : public RouteTable {
  public:
    std::string device(const Address& src, const Address& dst) override;

  private:
    std::uint32_t ask(const Address& src, const Address& dst);

    UniqueFd socket_;
    std::map<std::pair<std::string, std::string>, std::string> known_;
};

} // namespace chimney
