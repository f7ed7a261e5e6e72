// SPDX-License-Identifier: GPL-2.0-only
#include "backend.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chimney/protocol.hpp>
#include <chimney/unique_fd.hpp>

namespace chimney::cli {
namespace {

/// Far more than the report of the largest operation the kernel keeps.
constexpr std::size_t reply_limit = std::size_t{1} << 30;

class DaemonBackend : public Backend {
  public:
    DaemonBackend(UniqueFd socket, std::string path)
        : socket_(std::move(socket)), path_(std::move(path)) {}

    Result<std::vector<Target>> targets(const std::optional<std::string>& dev) override {
        auto parameters = Json::object();
        if (dev)
            parameters["dev"] = *dev;
        return call(method::list_targets, parameters).and_then(parse_targets);
    }
    Result<Target> add_target(const TargetSpec& spec) override {
        return only(call(method::add_target, target_spec_to_json(spec)).and_then(parse_targets));
    }
    Result<Target> del_target(const std::string& dev) override {
        return only(call(method::del_target, {{"dev", dev}}).and_then(parse_targets));
    }
    Result<std::vector<Connection>> connections(const Selector& selector) override {
        return call(method::list_connections, with(selector)).and_then(parse_connections);
    }
    Result<std::vector<Operation>> operations() override {
        return call(method::list_operations, Json::object()).and_then(parse_operations);
    }
    Result<Report> operation(std::uint32_t id) override {
        return only(call(method::show_operation, {{"id", id}}).and_then(parse_reports));
    }
    Result<Operation> cancel(std::uint32_t id) override {
        return only(call(method::cancel_operation, {{"id", id}}).and_then(parse_operations));
    }
    Result<std::vector<Report>> operate(const Selector& selector, const OperationOptions& options,
                                        Observer* observer) override;
    Result<std::vector<Statistics>> statistics(const std::optional<std::string>& dev) override {
        auto parameters = Json::object();
        if (dev)
            parameters["dev"] = *dev;
        return call(method::list_statistics, parameters).and_then(parse_statistics);
    }
    Result<std::vector<Statistics>> reset_statistics(const std::string& dev) override {
        return call(method::reset_statistics, {{"dev", dev}}).and_then(parse_statistics);
    }
    Result<Settings> settings(const std::string& dev, const std::vector<Change>& changes) override {
        Json parameters = {{"dev", dev}};
        for (const auto& [name, value] : changes)
            parameters[name] = value;
        return call(method::set_parameters, parameters).and_then(parse_settings);
    }
    Result<void> fault(const std::string& dev, const std::string& script) override {
        return call(method::set_faults, {{"dev", dev}, {"script", script}}).map([](const Json&) {});
    }
    Result<void> monitor(const Tell& tell) override;
    Result<Json> call(std::string_view method, const Json& parameters) override;

  private:
    static Json with(const Selector& selector) {
        return {{"selector", selector_to_json(selector)}};
    }

    template <typename T>
    static Result<T> only(Result<std::vector<T>> items) {
        if (!items)
            return tl::unexpected(items.error());
        if (items->size() != 1)
            return fail(ErrorCode::protocol, "chimneyd answered with " +
                                                 std::to_string(items->size()) +
                                                 " items instead of one");
        return std::move(items->front());
    }

    Result<Json> next_reply();
    Result<std::optional<std::string>> next_message(int fd);
    Result<void> cancel_all(const std::vector<Operation>& operations);
    Result<void> send_all(std::string_view bytes);

    UniqueFd socket_;
    std::string path_;
    Framer framer_{reply_limit};
};

Result<void> DaemonBackend::send_all(std::string_view bytes) {
    while (!bytes.empty()) {
        auto sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return fail_errno("cannot send to chimneyd", errno);
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
}

Result<Json> DaemonBackend::call(std::string_view method, const Json& parameters) {
    if (auto sent = send_all(encode_call(method, parameters)); !sent)
        return tl::unexpected(sent.error());
    return next_reply();
}

Result<Json> DaemonBackend::next_reply() {
    return next_message(-1).and_then(
        [](const std::optional<std::string>& message) { return decode_reply(*message); });
}

/// Nothing if @p fd becomes readable before a message has come.
Result<std::optional<std::string>> DaemonBackend::next_message(int fd) {
    std::array<char, 65536> buffer;
    for (;;) {
        if (auto message = framer_.next())
            return message;
        std::array<pollfd, 2> waiting{{{socket_.get(), POLLIN, 0}, {fd, POLLIN, 0}}};
        if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR)
            return fail_errno("cannot wait for chimneyd", errno);
        if (waiting[1].revents)
            return std::nullopt;
        if (!waiting[0].revents)
            continue;
        auto size = recv(socket_.get(), buffer.data(), buffer.size(), 0);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return fail_errno("cannot receive from chimneyd", errno);
        if (size == 0)
            return fail(ErrorCode::io, "chimneyd closed the connection before it answered: see "
                                       "its log for the reason");
        if (!framer_.feed({buffer.data(), static_cast<std::size_t>(size)}))
            return fail(ErrorCode::protocol, "the answer of chimneyd is too long");
    }
}

Result<std::vector<Report>> DaemonBackend::operate(const Selector& selector,
                                                   const OperationOptions& options,
                                                   Observer* observer) {
    auto parameters = with(selector);
    if (options.layer)
        parameters["layer"] = to_string(*options.layer);
    if (auto sent = send_all(encode_call(method_of(options), parameters, observer != nullptr));
        !sent)
        return tl::unexpected(sent.error());
    std::vector<Operation> operations;
    bool cancel = false;
    for (;;) {
        auto message = next_message(observer ? observer->cancel_fd() : -1);
        if (!message)
            return tl::unexpected(message.error());
        if (*message) {
            auto reply = decode_whole_reply(**message);
            if (!reply)
                return tl::unexpected(reply.error());
            if (!reply->continues)
                return parse_reports(reply->parameters);
            auto parsed = parse_operations(reply->parameters);
            if (!parsed)
                return tl::unexpected(parsed.error());
            operations = std::move(*parsed);
            observer->progress(operations);
        } else {
            observer->cancelled();
            cancel = true;
        }
        // Before the first reply, nobody knows what to cancel.
        if (!cancel || operations.empty())
            continue;
        if (auto done = cancel_all(operations); !done)
            return tl::unexpected(done.error());
        cancel = false;
    }
}

/// Over a connection of its own: answers come in the order of the calls.
Result<void> DaemonBackend::cancel_all(const std::vector<Operation>& operations) {
    auto daemon = connect_daemon(path_);
    if (!daemon)
        return tl::unexpected(daemon.error());
    for (const auto& op : operations)
        if (auto done = (*daemon)->cancel(op.id); !done)
            return tl::unexpected(done.error());
    return {};
}

Result<void> DaemonBackend::monitor(const Tell& tell) {
    auto reply = call(method::monitor, Json::object());
    while (reply) {
        auto events = parse_events(*reply);
        if (!events)
            return tl::unexpected(events.error());
        if (!tell(*events, reply->value("lost", false)))
            return {};
        reply = next_reply();
    }
    return tl::unexpected(reply.error());
}

} // namespace

Result<std::unique_ptr<Backend>> connect_daemon(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path))
        return fail(ErrorCode::usage, "'" + path + "' cannot be the path of a socket: it must " +
                                          "have 1 to " +
                                          std::to_string(sizeof(address.sun_path) - 1) + " bytes");
    std::memcpy(address.sun_path, path.data(), path.size());
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket)
        return fail_errno("cannot make a socket", errno);
    if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0)
        return std::make_unique<DaemonBackend>(std::move(socket), path);
    int error = errno;
    if (error == ENOENT || error == ECONNREFUSED)
        return fail(ErrorCode::daemon_not_running,
                    "chimneyd is not running (no socket at " + path +
                        "); start it with: systemctl start chimneyd, or: chimneyd &",
                    error);
    if (error == EACCES || error == EPERM)
        return fail(ErrorCode::permission,
                    "permission denied on " + path + ": run as root or join the group that owns it",
                    error);
    return fail_errno("cannot connect to chimneyd at " + path, error);
}

Result<std::unique_ptr<Backend>> open_backend(const std::string& socket) {
    auto daemon = connect_daemon(socket);
    if (daemon || daemon.error().code != ErrorCode::daemon_not_running)
        return daemon;
    return open_kernel(daemon.error());
}

} // namespace chimney::cli
