// SPDX-License-Identifier: GPL-2.0-only
#include "backend.hpp"

#include <algorithm>
#include <array>
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
    Result<Operation> cancel(std::uint32_t id) override { return client_.cancel(id); }
    Result<std::vector<Report>> operate(const Selector& selector, const OperationOptions& options,
                                        Observer* observer) override;
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
    Result<void> wait(const std::vector<std::uint32_t>& ids, NetlinkEvents& events,
                      Observer* observer);

    std::unique_ptr<NetlinkSocket> socket_;
    Client client_;
    Error no_daemon_;
};

Result<std::vector<Report>> KernelBackend::operate(const Selector& selector,
                                                   const OperationOptions& options,
                                                   Observer* observer) {
    if (options.kind == CHIMNEY_OP_KIND_INITIATE && !options.dry_run)
        return tl::unexpected(no_daemon_);
    auto events = open_netlink_events();
    if (!events)
        return tl::unexpected(events.error());
    auto requests = Resolver{}(selector);
    if (!requests)
        return tl::unexpected(requests.error());
    std::vector<std::uint32_t> ids;
    for (const auto& request : *requests) {
        auto op = client_.start(request, options);
        if (!op)
            return tl::unexpected(op.error());
        ids.push_back(op->id);
    }
    if (auto waited = wait(ids, **events, observer); !waited)
        return tl::unexpected(waited.error());
    std::vector<Report> reports;
    for (auto id : ids) {
        auto report = client_.report(id);
        if (!report)
            return tl::unexpected(report.error());
        reports.push_back(std::move(*report));
    }
    return reports;
}

/// An event only says that it is time to look; one may get lost.
Result<void> KernelBackend::wait(const std::vector<std::uint32_t>& ids, NetlinkEvents& events,
                                 Observer* observer) {
    constexpr int interval_ms = 1000;
    for (;;) {
        std::vector<Operation> operations;
        for (auto id : ids) {
            auto op = client_.operation(id);
            if (!op)
                return tl::unexpected(op.error());
            operations.push_back(std::move(*op));
        }
        if (std::ranges::none_of(operations, &Operation::running))
            return {};
        if (observer)
            observer->progress(operations);
        std::array<pollfd, 2> waiting{
            {{events.fd(), POLLIN, 0}, {observer ? observer->cancel_fd() : -1, POLLIN, 0}}};
        if (poll(waiting.data(), waiting.size(), interval_ms) < 0 && errno != EINTR)
            return fail_errno("cannot wait for events", errno);
        if (auto received = events.receive(); !received)
            return tl::unexpected(received.error());
        if (!waiting[1].revents)
            continue;
        observer->cancelled();
        for (auto id : ids)
            if (auto op = client_.cancel(id); !op)
                return tl::unexpected(op.error());
    }
}

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
