// SPDX-License-Identifier: GPL-2.0-only
#include "server.hpp"

#include <array>
#include <cerrno>

#include <spdlog/spdlog.h>
#include <sys/epoll.h>
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
        sd_event_source* source = nullptr;
        int error = sd_event_add_io(
            server_.loop_, &source, socket_.get(), EPOLLIN,
            [](sd_event_source*, int, std::uint32_t events, void* self) {
                // Keeps the object alive while it may drop itself.
                static_cast<Peer*>(self)->shared_from_this()->ready(events);
                return 0;
            },
            this);
        source_.reset(source);
        return error >= 0;
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
    sd_event_source* source = nullptr;
    int error = sd_event_add_io(
        loop_, &source, listener_.fd(), EPOLLIN,
        [](sd_event_source*, int, std::uint32_t, void* self) {
            static_cast<Server*>(self)->accept_peer();
            return 0;
        },
        this);
    accept_source_.reset(source);
    if (error < 0)
        return fail_errno("cannot watch the socket", -error);

    source = nullptr;
    error = sd_event_add_io(
        loop_, &source, events_.fd(), EPOLLIN,
        [](sd_event_source*, int, std::uint32_t, void* self) {
            static_cast<Server*>(self)->receive_events();
            return 0;
        },
        this);
    events_source_.reset(source);
    if (error < 0)
        return fail_errno("cannot watch the netlink events", -error);

    source = nullptr;
    error = sd_event_add_time_relative(
        loop_, &source, CLOCK_MONOTONIC, poll_interval_us, 0,
        [](sd_event_source*, std::uint64_t, void* self) {
            auto* server = static_cast<Server*>(self);
            server->service_.poll();
            server->arm_poll();
            return 0;
        },
        this);
    poll_source_.reset(source);
    if (error < 0)
        return fail_errno("cannot set a timer", -error);
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
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

void Server::drop(Peer& peer) {
    peers_.erase(&peer);
}

void Server::arm_poll() {
    if (!service_.waiting()) {
        sd_event_source_set_enabled(poll_source_.get(), SD_EVENT_OFF);
        return;
    }
    int enabled = SD_EVENT_OFF;
    sd_event_source_get_enabled(poll_source_.get(), &enabled);
    if (enabled != SD_EVENT_OFF)
        return;
    sd_event_source_set_time_relative(poll_source_.get(), poll_interval_us);
    sd_event_source_set_enabled(poll_source_.get(), SD_EVENT_ONESHOT);
}

} // namespace chimney::daemon
