// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/netlink.hpp>

#include <cerrno>
#include <memory>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <linux/chimney.h>

#include <chimney/attributes.hpp>

#include "reply.hpp"

namespace chimney {
namespace {

constexpr int request_timeout_s = 30;
constexpr int receive_buffer = 4 << 20;
constexpr int send_buffer = 512 << 10; // and up to net.core.wmem_max
constexpr std::size_t datagram_size = 64 << 10;
constexpr int dump_attempts = 5;

using SocketPtr =
    std::unique_ptr<nl_sock, decltype([](nl_sock* socket) { nl_socket_free(socket); })>;
using MessagePtr = std::unique_ptr<nl_msg, decltype([](nl_msg* message) { nlmsg_free(message); })>;
using BufferPtr =
    std::unique_ptr<unsigned char, decltype([](unsigned char* buffer) { free(buffer); })>;

tl::unexpected<Error> fail_nl(std::string_view what, int error) {
    return fail(error == -NLE_PERM || error == -NLE_NOACCESS ? ErrorCode::permission
                                                             : ErrorCode::io,
                std::string(what) + ": " + nl_geterror(error));
}

tl::unexpected<Error> not_loaded() {
    return fail(ErrorCode::not_loaded, "the chimney module is not loaded; load it with: insmod "
                                       "chimney.ko (or modprobe chimney)");
}

Result<SocketPtr> open_generic() {
    SocketPtr socket(nl_socket_alloc());
    if (!socket)
        return fail_errno("cannot make a netlink socket", ENOMEM);
    if (int error = genl_connect(socket.get()); error < 0)
        return fail_nl("cannot open a netlink socket", error);
    nl_socket_set_buffer_size(socket.get(), receive_buffer, send_buffer);
    // The privileged form goes beyond net.core.rmem_max.
    setsockopt(nl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer,
               sizeof(receive_buffer));
    // A replayed tree may come back in a datagram that is larger.
    nl_socket_set_msg_buf_size(socket.get(), datagram_size);
    nl_socket_enable_msg_peek(socket.get());
    return socket;
}

/// Asks the controller with @p ask, genl_ctrl_resolve() or its like. On a socket of its own: on
/// ours, libnl would count sequence numbers that it has not seen answered.
template <typename Ask>
Result<int> look_up(Ask ask) {
    auto socket = open_generic();
    if (!socket)
        return tl::unexpected(socket.error());
    int id = ask(socket->get());
    if (id == -NLE_OBJ_NOTFOUND)
        return not_loaded();
    if (id < 0)
        return fail_nl("cannot look up the netlink family chimney", id);
    return id;
}

/// One datagram; empty with SO_RCVTIMEO passed or nothing there.
Result<std::vector<std::byte>> receive_datagram(nl_sock* socket, bool* overrun) {
    sockaddr_nl sender{};
    unsigned char* raw = nullptr;
    int size = nl_recv(socket, &sender, &raw, nullptr);
    BufferPtr buffer(raw);
    if (size == -NLE_AGAIN)
        return std::vector<std::byte>();
    // ENOBUFS has no code of its own in libnl.
    if (size == -NLE_NOMEM && overrun) {
        *overrun = true;
        return std::vector<std::byte>();
    }
    if (size < 0)
        return fail_nl("cannot receive from the kernel", size);
    auto* bytes = reinterpret_cast<const std::byte*>(raw);
    return std::vector<std::byte>(bytes, bytes + size);
}

class LibnlSocket : public NetlinkSocket {
  public:
    explicit LibnlSocket(SocketPtr socket) : socket_(std::move(socket)) {}

    Result<std::vector<Message>> request(const Request& request) override;

  private:
    Result<int> family();
    Result<std::vector<Message>> attempt(const Request& request, bool& interrupted);

    SocketPtr socket_;
    int family_ = 0; ///< 0 until resolved
};

Result<int> LibnlSocket::family() {
    if (family_ == 0) {
        auto id = look_up([](nl_sock* s) { return genl_ctrl_resolve(s, CHIMNEY_FAMILY_NAME); });
        if (!id)
            return id;
        family_ = *id;
    }
    return family_;
}

Result<std::vector<Message>> LibnlSocket::request(const Request& request) {
    for (int attempts = 0; attempts < dump_attempts; ++attempts) {
        bool interrupted = false;
        int known = family_;
        auto messages = attempt(request, interrupted);
        // The family gets another id when the module is loaded again.
        if (!messages && messages.error().errnum == ENOENT && known != 0) {
            family_ = 0;
            auto now = family();
            if (!now)
                return tl::unexpected(now.error());
            if (*now != known)
                continue;
        }
        if (!interrupted)
            return messages;
    }
    return fail(ErrorCode::kernel, "the kernel's table kept changing while it was read: try again",
                EINTR);
}

Result<std::vector<Message>> LibnlSocket::attempt(const Request& request, bool& interrupted) {
    auto id = family();
    if (!id)
        return tl::unexpected(id.error());
    MessagePtr message(
        nlmsg_alloc_size(NLMSG_HDRLEN + GENL_HDRLEN + request.attributes.size() + NLMSG_ALIGNTO));
    if (!message ||
        !genlmsg_put(message.get(), NL_AUTO_PORT, NL_AUTO_SEQ, *id, 0,
                     request.dump ? NLM_F_DUMP : NLM_F_ACK, request.command,
                     CHIMNEY_FAMILY_VERSION) ||
        nlmsg_append(message.get(), const_cast<std::byte*>(request.attributes.data()),
                     request.attributes.size(), NLMSG_ALIGNTO) < 0)
        return fail_errno("cannot build a netlink message", ENOMEM);
    if (int error = nl_send_auto(socket_.get(), message.get()); error < 0)
        return fail_nl("cannot send to the kernel", error);

    ReplyReader reader(nlmsg_hdr(message.get())->nlmsg_seq);
    for (;;) {
        auto datagram = receive_datagram(socket_.get(), nullptr);
        if (!datagram)
            return tl::unexpected(datagram.error());
        if (datagram->empty())
            return fail(ErrorCode::kernel,
                        "the kernel did not answer within " + std::to_string(request_timeout_s) +
                            " s",
                        ETIMEDOUT);
        auto done = reader.feed(*datagram);
        if (!done)
            return tl::unexpected(done.error());
        if (*done)
            break;
    }
    interrupted = reader.interrupted();
    return std::move(reader).take();
}

class LibnlEvents : public NetlinkEvents {
  public:
    explicit LibnlEvents(SocketPtr socket) : socket_(std::move(socket)) {}

    int fd() const override { return nl_socket_get_fd(socket_.get()); }
    Result<Events> receive() override;
    Result<void> join();

  private:
    Result<void> join_group(const char* family, const char* group);
    void dispatch(std::span<const std::byte> message, Events& events);

    SocketPtr socket_;
};

Result<void> LibnlEvents::join_group(const char* family, const char* group) {
    auto id = look_up([&](nl_sock* s) { return genl_ctrl_resolve_grp(s, family, group); });
    if (!id)
        return tl::unexpected(id.error());
    if (int error = nl_socket_add_membership(socket_.get(), *id); error < 0)
        return fail_nl(std::string("cannot join the netlink group ") + family + "." + group, error);
    return {};
}

Result<void> LibnlEvents::join() {
    // Ask after the subscription to news of families: no load of the module gets lost between.
    auto news = join_group("nlctrl", "notify");
    if (!news)
        return news;
    auto group = join_group(CHIMNEY_FAMILY_NAME, CHIMNEY_MCGRP_EVENT);
    if (!group && group.error().code != ErrorCode::not_loaded)
        return group;
    return {};
}

void LibnlEvents::dispatch(std::span<const std::byte> message, Events& events) {
    auto decoded = decode_genl(message);
    if (!decoded)
        return;
    auto type = reinterpret_cast<const nlmsghdr*>(message.data())->nlmsg_type;
    if (type == GENL_ID_CTRL) {
        AttributeReader attributes(decoded->attributes);
        if (decoded->command == CTRL_CMD_NEWFAMILY &&
            attributes.string(CTRL_ATTR_FAMILY_NAME) == CHIMNEY_FAMILY_NAME)
            (void)join_group(CHIMNEY_FAMILY_NAME, CHIMNEY_MCGRP_EVENT);
    } else if (type >= NLMSG_MIN_TYPE) {
        events.messages.push_back(std::move(*decoded));
    }
}

Result<Events> LibnlEvents::receive() {
    Events events;
    for (;;) {
        bool overrun = false;
        auto datagram = receive_datagram(socket_.get(), &overrun);
        if (!datagram)
            return tl::unexpected(datagram.error());
        events.overrun |= overrun;
        if (datagram->empty() && !overrun)
            return events;
        for (auto message : split_messages(*datagram))
            dispatch(message, events);
    }
}

} // namespace

Result<std::unique_ptr<NetlinkSocket>> open_netlink_socket() {
    auto socket = open_generic();
    if (!socket)
        return tl::unexpected(socket.error());
    int fd = nl_socket_get_fd(socket->get());
    const int on = 1;
    const timeval timeout{request_timeout_s, 0};
    for (int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK})
        if (setsockopt(fd, SOL_NETLINK, option, &on, sizeof(on)) < 0)
            return fail_errno("cannot set an option of the netlink socket", errno);
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0)
        return fail_errno("cannot set an option of the netlink socket", errno);
    return std::make_unique<LibnlSocket>(std::move(*socket));
}

Result<std::unique_ptr<NetlinkEvents>> open_netlink_events() {
    auto socket = open_generic();
    if (!socket)
        return tl::unexpected(socket.error());
    if (int error = nl_socket_set_nonblocking(socket->get()); error < 0)
        return fail_nl("cannot set up the netlink socket", error);
    auto events = std::make_unique<LibnlEvents>(std::move(*socket));
    auto joined = events->join();
    if (!joined)
        return tl::unexpected(joined.error());
    return events;
}

} // namespace chimney
