// SPDX-License-Identifier: GPL-2.0-only
#include "server.hpp"

#include <array>
#include <cerrno>

#include <spdlog/spdlog.h>
#include <sys/socket.h>

namespace chimney::daemon {
namespace {

/// A call is a selector and little more.
constexpr std::size_t call_limit = 64 << 10;
/// How long a lost announcement may delay an answer.
constexpr std::uint64_t poll_interval_us = 1'000'000;

} // namespace

/// One caller: reads calls, queues answers while its socket is full.
class Peer : public Caller, public std::enable_shared_from_this<Peer> {
  public:
    Peer(Server& server, UniqueFd socket) : server_(server), socket_(std::move(socket)) {}

    bool attach() {
        auto source = watch<&Peer::ready>(server_.loop_, socket_.get(), this);
        if (source)
            source_ = std::move(*source);
        return source.has_value();
    }

    void send(std::string message) override {
        outgoing_ += message;
        flush();
    }

    std::size_t backlog() const override { return outgoing_.size(); }

    std::string describe() const override {
        ucred credentials{};
        socklen_t size = sizeof(credentials);
        if (getsockopt(socket_.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) < 0)
            return "unknown";
        return fmt::format("uid {} pid {}", credentials.uid, credentials.pid);
    }

  private:
    void ready(std::uint32_t events) {
        auto alive = shared_from_this(); // it may drop itself
        if (events & EPOLLOUT)
            flush();
        if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            read();
    }

    void read() {
        std::array<char, 16384> buffer;
        auto size = recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (size < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (size <= 0) {
            server_.drop(*this);
            return;
        }
        if (!framer_.feed({buffer.data(), static_cast<std::size_t>(size)})) {
            spdlog::warn("a call of {} is longer than {} bytes: closing", describe(), call_limit);
            server_.drop(*this);
            return;
        }
        while (auto call = framer_.next()) {
            server_.service_.handle(shared_from_this(), *call);
            server_.arm_poll();
        }
    }

    void flush() {
        while (!outgoing_.empty()) {
            auto sent = ::send(socket_.get(), outgoing_.data(), outgoing_.size(), MSG_NOSIGNAL);
            if (sent < 0 && errno == EINTR)
                continue;
            if (sent < 0 && errno != EAGAIN)
                outgoing_.clear(); // the end of the connection is told by EPOLLHUP
            if (sent < 0)
                break;
            outgoing_.erase(0, static_cast<std::size_t>(sent));
        }
        sd_event_source_set_io_events(source_.get(),
                                      outgoing_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
    }

    Server& server_;
    UniqueFd socket_;
    Framer framer_{call_limit};
    std::string outgoing_;
    EventSource source_;
};

Result<std::unique_ptr<Server>> Server::create(sd_event* loop, Listener listener, Service& service,
                                               NetlinkEvents& events) {
    std::unique_ptr<Server> server(new Server(loop, std::move(listener), service, events));
    if (auto attached = server->attach(); !attached)
        return tl::unexpected(attached.error());
    return server;
}

Server::~Server() = default;

Result<void> Server::attach() {
    auto accept = watch<&Server::accept_peer>(loop_, listener_.fd(), this);
    if (!accept)
        return tl::unexpected(accept.error());
    auto events = watch<&Server::receive_events>(loop_, events_.fd(), this);
    if (!events)
        return tl::unexpected(events.error());
    auto timer = make_timer<&Server::poll>(loop_, this);
    if (!timer)
        return tl::unexpected(timer.error());
    accept_source_ = std::move(*accept);
    events_source_ = std::move(*events);
    poll_timer_ = std::move(*timer);
    arm_poll();
    return {};
}

void Server::accept_peer() {
    UniqueFd socket(accept4(listener_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
            spdlog::warn("cannot accept a caller: {}", describe_errno(errno));
        return;
    }
    auto peer = std::make_shared<Peer>(*this, std::move(socket));
    if (peer->attach())
        peers_.emplace(peer.get(), peer);
}

void Server::receive_events() {
    auto events = events_.receive();
    if (!events) {
        spdlog::error("{}", events.error().message);
        return;
    }
    service_.on_events(*events);
    arm_poll();
}

void Server::reload() {
    if (auto reloaded = service_.reload(); !reloaded)
        spdlog::error("the policy stays as it was: {}", reloaded.error().message);
    arm_poll();
}

void Server::poll() {
    service_.poll();
    arm_poll();
}

void Server::drop(Peer& peer) {
    peers_.erase(&peer);
}

void Server::arm_poll() {
    if (!service_.waiting())
        disarm(poll_timer_);
    else if (sd_event_source_get_enabled(poll_timer_.get(), nullptr) == 0)
        arm(poll_timer_, poll_interval_us);
}

} // namespace chimney::daemon
