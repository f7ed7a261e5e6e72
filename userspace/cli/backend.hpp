// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Who carries out what the user asks for: the daemon, or the kernel directly.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <chimney/error.hpp>
#include <chimney/selector.hpp>
#include <chimney/types.hpp>

namespace chimney::cli {

class Backend {
  public:
    virtual ~Backend() = default;
    /// All targets, or the one on @p dev.
    virtual Result<std::vector<Target>> targets(const std::optional<std::string>& dev) = 0;
    virtual Result<Target> add_target(const TargetSpec& spec) = 0;
    virtual Result<Target> del_target(const std::string& dev) = 0;
    virtual Result<std::vector<Connection>> connections(const Selector& selector) = 0;
    virtual Result<std::vector<Operation>> operations() = 0;
    virtual Result<Report> operation(std::uint32_t id) = 0;
    /// Wait until the operations that the selector needs are done.
    virtual Result<std::vector<Report>> offload(const Selector& selector) = 0;
    virtual Result<std::vector<Report>> upload(const Selector& selector) = 0;
};

/// The daemon at @p socket, or the kernel if no daemon listens there.
Result<std::unique_ptr<Backend>> open_backend(const std::string& socket);

/// The daemon only; ErrorCode::daemon_not_running if nobody listens.
Result<std::unique_ptr<Backend>> connect_daemon(const std::string& socket);

/// The kernel, for a host without the daemon. Offloads and uploads fail with
/// @p no_daemon: nobody would own the connections or wait for the result.
Result<std::unique_ptr<Backend>> open_kernel(Error no_daemon);

} // namespace chimney::cli
