// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Connections of callers on the event loop.
#pragma once

#include <map>
#include <memory>

#include <chimney/unique_fd.hpp>

#include "event.hpp"
#include "listener.hpp"
#include "service.hpp"

namespace chimney::daemon {

class Peer;

/// Accepts callers, hands their calls to the service, feeds it events and polls while it waits.
/// All in one thread; the event loop, the service and the events must outlive it.
class Server {
  public:
    static Result<std::unique_ptr<Server>> create(sd_event* loop, Listener listener,
                                                  Service& service, NetlinkEvents& events);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Have the service read its policy again, and act on it.
    void reload();
    std::size_t peers() const { return peers_.size(); }

  private:
    friend class Peer;
    Server(sd_event* loop, Listener listener, Service& service, NetlinkEvents& events)
        : loop_(loop), listener_(std::move(listener)), service_(service), events_(events) {}

    Result<void> attach();
    void accept_peer();
    void receive_events();
    void poll();
    void drop(Peer& peer);
    void arm_poll();

    sd_event* loop_;
    Listener listener_;
    Service& service_;
    NetlinkEvents& events_;
    std::map<Peer*, std::shared_ptr<Peer>> peers_;
    EventSource accept_source_;
    EventSource events_source_;
    EventSource poll_timer_;
};

} // namespace chimney::daemon
