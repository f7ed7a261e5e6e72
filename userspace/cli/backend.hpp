// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Who carries out what the user asks for: the daemon, or the kernel directly.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <chimney/client.hpp>
#include <chimney/error.hpp>
#include <chimney/json.hpp>
#include <chimney/replay.hpp>
#include <chimney/selector.hpp>
#include <chimney/types.hpp>

namespace chimney::cli {

/// Takes events; @p lost some before them were missed. Returns whether to go on.
using Tell = std::function<bool(const std::vector<Event>& events, bool lost)>;

/// Who looks on while operations run.
class Observer {
  public:
    virtual ~Observer() = default;
    /// How far the operations are; told at the start and about once a second.
    virtual void progress(const std::vector<Operation>& operations) = 0;
    /// Readable when the operations are to be cancelled; -1 if they cannot be.
    virtual int cancel_fd() const = 0;
    /// It was seen. What is not on its way to or from a target stays where it is.
    virtual void cancelled() = 0;
};

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
    virtual Result<Operation> cancel(std::uint32_t id) = 0;
    /// Wait until the operations that the selector needs are done.
    /// @param observer may be nullptr
    virtual Result<std::vector<Report>>
    operate(const Selector& selector, const OperationOptions& options, Observer* observer) = 0;
    /// Counters of all targets, or of the one on @p dev.
    virtual Result<std::vector<Statistics>> statistics(const std::optional<std::string>& dev) = 0;
    virtual Result<std::vector<Statistics>> reset_statistics(const std::string& dev) = 0;
    /// Change parameters of a target, if there are changes; all of them as they are then.
    virtual Result<Settings> settings(const std::string& dev,
                                      const std::vector<Change>& changes) = 0;
    virtual Result<void> fault(const std::string& dev, const std::string& script) = 0;
    /// Hand over events as they come, until @p tell returns false.
    virtual Result<void> monitor(const Tell& tell) = 0;
    /// What only the daemon can do; the document it answers with.
    virtual Result<Json> call(std::string_view method, const Json& parameters) = 0;
};

/// The daemon at @p socket, or the kernel if no daemon listens there.
Result<std::unique_ptr<Backend>> open_backend(const std::string& socket);

/// The daemon only; ErrorCode::daemon_not_running if nobody listens.
Result<std::unique_ptr<Backend>> connect_daemon(const std::string& socket);

/// The kernel, for a host without the daemon. Nothing can be offloaded, nor anything done that only
/// the daemon can: that fails with @p no_daemon. Nobody would own the connections.
Result<std::unique_ptr<Backend>> open_kernel(Error no_daemon);

/// Sends trees that were made up; their objects end with it.
class Replayer {
  public:
    virtual ~Replayer() = default;
    virtual Result<ReplayResult> replay(const std::string& dev, const ReplayStep& step) = 0;
};

/// A netlink socket of our own: the kernel ties the objects to it.
Result<std::unique_ptr<Replayer>> open_replayer();

} // namespace chimney::cli
