// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Connections that somebody wants to be offloaded, wherever they are at the moment.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include <chimney/selector.hpp>
#include <chimney/types.hpp>

namespace chimney::daemon {

/// What was offloaded on request and not taken back on request. When a target has asked for
/// everything back (upload-all) and resumes, this is what goes out again.
class Wishes {
  public:
    /// Learn from an operation that somebody asked for; @p again is the target if again() led to
    /// it, otherwise 0.
    void note(const Report& report, std::uint32_t again = 0);
    /// Learn from what a target tells.
    void note(const Event& event);
    /// Targets that have resumed and whose connections are still to go out again.
    const std::set<std::uint32_t>& due() const { return due_; }
    /// Requests for what is due on a target. Each connection is forgotten until note() hears
    /// that it is offloaded, or that the target was not ready for it yet.
    std::vector<KernelSelector> again(std::uint32_t ifindex);
    /// Forget connections that the policy has again.
    void forget(const std::set<std::uint64_t>& cookies);
    /// Forget all but @p alive; for a caller who has seen size() grow.
    void keep(const std::vector<Connection>& alive);
    /// Connections that are remembered.
    std::size_t size() const { return wishes_.size(); }

  private:
    struct Wish {
        std::uint32_t ifindex;
        SocketName name;
    };
    std::map<std::uint64_t, Wish> wishes_; ///< by cookie
    std::set<std::uint32_t> drained_;      ///< targets that wanted everything back
    std::set<std::uint32_t> due_;
};

} // namespace chimney::daemon
