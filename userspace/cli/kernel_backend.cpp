// SPDX-License-Identifier: GPL-2.0-only
#include "backend.hpp"

#include <cerrno>
#include <utility>

#include <poll.h>

#include <chimney/client.hpp>
#include <chimney/netlink.hpp>
#include <chimney/resolve.hpp>

namespace chimney::cli {
namespace {

class KernelBackend : public Backend {
  public:
    KernelBackend(std::unique_ptr<NetlinkSocket> socket, Error no_daemon)
        : socket_(std::move(socket)), client_(*socket_), no_daemon_(std::move(no_daemon)) {}

    Result<std::vector<Target>> targets(const std::optional<std::string>& dev) override {
        if (!dev)
            return client_.targets();
        return client_.target(*dev).map([](Target target) { return std::vector{target}; });
    }
    Result<Target> add_target(const TargetSpec& spec) override { return client_.target_new(spec); }
    Result<Target> del_target(const std::string& dev) override { return client_.target_del(dev); }
    Result<std::vector<Connection>> connections(const Selector& selector) override {
        return find_connections(client_, Resolver{}, selector);
    }
    Result<std::vector<Operation>> operations() override { return client_.operations(); }
    Result<Report> operation(std::uint32_t id) override { return client_.report(id); }
    Result<std::vector<Report>> operate(const Selector&, const OperationOptions&) override {
        return tl::unexpected(no_daemon_);
    }
    Result<std::vector<Statistics>> statistics(const std::optional<std::string>& dev) override {
        return client_.statistics(dev);
    }
    Result<std::vector<Statistics>> reset_statistics(const std::string& dev) override {
        return client_.reset_statistics(dev);
    }
    Result<Settings> settings(const std::string& dev, const std::vector<Change>& changes) override {
        return changes.empty() ? client_.settings(dev) : client_.change_settings(dev, changes);
    }
    Result<void> fault(const std::string& dev, const std::string& script) override {
        return client_.fault(dev, script);
    }
    Result<void> monitor(const Tell& tell) override;
    Result<Json> call(std::string_view, const Json&) override { return tl::unexpected(no_daemon_); }

  private:
    std::unique_ptr<NetlinkSocket> socket_;
    Client client_;
    Error no_daemon_;
};

Result<void> KernelBackend::monitor(const Tell& tell) {
    auto socket = open_netlink_events();
    if (!socket)
        return tl::unexpected(socket.error());
    for (;;) {
        pollfd waiting{(*socket)->fd(), POLLIN, 0};
        if (poll(&waiting, 1, -1) < 0 && errno != EINTR)
            return fail_errno("cannot wait for events", errno);
        auto received = (*socket)->receive();
        if (!received)
            return tl::unexpected(received.error());
        std::vector<Event> events;
        for (const auto& message : received->messages) {
            if (message.command != CHIMNEY_CMD_EVENT_NTF)
                continue;
            auto event = decode_event(message);
            if (!event)
                return tl::unexpected(event.error());
            events.push_back(std::move(*event));
        }
        if ((!events.empty() || received->overrun) && !tell(events, received->overrun))
            return {};
    }
}

class KernelReplayer : public Replayer {
  public:
    explicit KernelReplayer(std::unique_ptr<NetlinkSocket> socket)
        : socket_(std::move(socket)), client_(*socket_) {}

    Result<ReplayResult> replay(const std::string& dev, const ReplayStep& step) override {
        return client_.replay(dev, step);
    }

  private:
    std::unique_ptr<NetlinkSocket> socket_;
    Client client_;
};

} // namespace

Result<std::unique_ptr<Replayer>> open_replayer() {
    auto socket = open_netlink_socket();
    if (!socket)
        return tl::unexpected(socket.error());
    return std::make_unique<KernelReplayer>(std::move(*socket));
}

Result<std::unique_ptr<Backend>> open_kernel(Error no_daemon) {
    auto socket = open_netlink_socket();
    if (!socket)
        return tl::unexpected(socket.error());
    return std::make_unique<KernelBackend>(std::move(*socket), std::move(no_daemon));
}

} // namespace chimney::cli
