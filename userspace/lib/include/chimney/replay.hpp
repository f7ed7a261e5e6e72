// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// State trees that are made up and sent to a target without sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <chimney/enums.hpp>
#include <chimney/error.hpp>
#include <chimney/state.hpp>
#include <chimney/types.hpp>

namespace chimney {

/// Data that one block can carry: a netlink attribute ends at 64 KiB.
inline constexpr std::size_t max_replay_bytes = 61440;

/// One block of a tree, as it is sent and as it comes back.
struct ReplayBlock {
    Layer layer = CHIMNEY_LAYER_NEIGHBOR;
    Role role = CHIMNEY_ROLE_NEW;
    std::string object; ///< name of the object; empty for a placeholder
    std::optional<State> state;
    std::vector<std::byte> send_data;
    std::vector<std::byte> buffered_data;

    // What came back.
    std::optional<Status> status;
    bool slot = false; ///< the target wrote the context slot
    std::uint64_t send_bytes = 0;
    std::uint64_t receive_bytes = 0;
    std::uint64_t indicated_bytes = 0;
    std::uint32_t events = 0;

    bool operator==(const ReplayBlock&) const = default;
};

/// One operation on one tree.
struct ReplayStep {
    OpKind kind = CHIMNEY_OP_KIND_INITIATE;
    std::optional<std::uint32_t> deadline_ms;
    std::vector<ReplayBlock> blocks; ///< depth first, breadth next
    bool operator==(const ReplayStep&) const = default;
};

/// What came back.
struct ReplayResult {
    OpKind kind = CHIMNEY_OP_KIND_INITIATE;
    OpState state = CHIMNEY_OP_STATE_DONE;
    std::vector<ReplayBlock> blocks; ///< none if the target missed the deadline
    bool operator==(const ReplayResult&) const = default;
};

/// Whether every block that names an object ended with success.
bool succeeded(const ReplayResult& result);

/// What a dry run showed, as steps: initiate, query and terminate for each target.
/// @return an error if the state of an object is not known
Result<std::vector<ReplayStep>> capture(const std::vector<Report>& reports);

} // namespace chimney
