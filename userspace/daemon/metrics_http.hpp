// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// The metrics for scrapers that speak HTTP.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <chimney/error.hpp>

#include "event.hpp"

struct MHD_Daemon;

namespace chimney::daemon {

/// Answers GET /metrics on 127.0.0.1, from the event loop, which must outlive it.
class MetricsHttp {
  public:
    using Text = std::function<Result<std::string>()>;

    /// @param port 0 takes one that is free
    /// @param text called for each scrape
    static Result<std::unique_ptr<MetricsHttp>> create(sd_event* loop, std::uint16_t port,
                                                       Text text);
    MetricsHttp(const MetricsHttp&) = delete;
    MetricsHttp& operator=(const MetricsHttp&) = delete;

    /// The port that it listens on.
    std::uint16_t port() const;

  private:
    struct Stop {
        void operator()(MHD_Daemon* daemon) const;
    };

    explicit MetricsHttp(Text text) : text_(std::move(text)) {}
    Result<void> attach(sd_event* loop, std::uint16_t port);
    void run();

    Text text_;
    std::unique_ptr<MHD_Daemon, Stop> daemon_;
    EventSource ready_source_;
    EventSource timer_;
};

} // namespace chimney::daemon
