// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// A kernel made of canned answers, behind the netlink interfaces.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <vector>

#include <sys/eventfd.h>
#include <unistd.h>

#include <linux/chimney.h>

#include <chimney/attributes.hpp>
#include <chimney/netlink.hpp>
#include <chimney/types.hpp>
#include <chimney/unique_fd.hpp>

namespace chimney::test {

inline std::vector<std::byte> to_bytes(std::initializer_list<int> values) {
    std::vector<std::byte> bytes;
    for (int value : values)
        bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

inline Message operation_message(std::uint32_t id, OpState state, std::uint8_t command,
                                 OpKind kind = CHIMNEY_OP_KIND_INITIATE) {
    AttributeWriter w;
    w.put_u32(CHIMNEY_A_OP_ID, id);
    w.put_u32(CHIMNEY_A_OP_KIND, kind);
    w.put_u32(CHIMNEY_A_OP_STATE, state);
    w.put_u64(CHIMNEY_A_OP_START, 1'000'000'000);
    w.put_u64(CHIMNEY_A_OP_DURATION, 12'300'000);
    w.put_u32(CHIMNEY_A_OP_TREES, 1);
    w.put_u32(CHIMNEY_A_OP_GRACE_PERIODS, 1);
    w.put_u32(CHIMNEY_A_OP_BLOCKS, 3);
    w.put_u32(CHIMNEY_A_OP_OK, 1);
    return {command, std::move(w).take()};
}

inline Message tcp_block_message(std::uint32_t operation,
                                 std::uint32_t status = CHIMNEY_STATUS_SUCCESS) {
    AttributeWriter w;
    w.put_u32(CHIMNEY_A_BLOCK_OP_ID, operation);
    w.put_u32(CHIMNEY_A_BLOCK_INDEX, 2);
    w.put_u32(CHIMNEY_A_BLOCK_LAYER, CHIMNEY_LAYER_TCP);
    w.put_u32(CHIMNEY_A_BLOCK_ROLE, CHIMNEY_ROLE_NEW);
    w.put_u32(CHIMNEY_A_BLOCK_STATUS, status);
    w.put_u64(CHIMNEY_A_BLOCK_CONTEXT, 0x2a);
    w.put_u32(CHIMNEY_A_BLOCK_IFINDEX, 7);
    w.put(CHIMNEY_A_BLOCK_SRC_ADDR, to_bytes({10, 0, 0, 1}));
    w.put(CHIMNEY_A_BLOCK_DST_ADDR, to_bytes({10, 0, 0, 2}));
    w.put_port(CHIMNEY_A_BLOCK_SRC_PORT, 40000);
    w.put_port(CHIMNEY_A_BLOCK_DST_PORT, 7);
    w.put_u64(CHIMNEY_A_BLOCK_COOKIE, 0x1001);
    w.put_u32(CHIMNEY_A_BLOCK_TCP_STATE, CHIMNEY_TCP_STATE_ESTABLISHED);
    w.put_u64(CHIMNEY_A_BLOCK_SEND_BYTES, 65536);
    w.put_u64(CHIMNEY_A_BLOCK_RECEIVE_BYTES, 0);
    return {CHIMNEY_CMD_BLOCK_GET, std::move(w).take()};
}

inline Message event_message() {
    AttributeWriter socket;
    socket.put(CHIMNEY_A_SOCKET_SRC_ADDR, to_bytes({10, 0, 0, 1}));
    socket.put(CHIMNEY_A_SOCKET_DST_ADDR, to_bytes({10, 0, 0, 2}));
    socket.put_port(CHIMNEY_A_SOCKET_SRC_PORT, 40000);
    socket.put_port(CHIMNEY_A_SOCKET_DST_PORT, 7);
    AttributeWriter w;
    w.put_u32(CHIMNEY_A_EVENT_SOURCE, CHIMNEY_EVENT_SOURCE_TCP);
    w.put_u32(CHIMNEY_A_EVENT_TCP_EVENT, CHIMNEY_TCP_RETRIEVE);
    w.put_u32(CHIMNEY_A_EVENT_INFORMATION, CHIMNEY_UPLOAD_SMALL_IO);
    w.put_u32(CHIMNEY_A_EVENT_UPLOAD_REASON, CHIMNEY_UPLOAD_SMALL_IO);
    w.put_u32(CHIMNEY_A_EVENT_IFINDEX, 7);
    w.put_u64(CHIMNEY_A_EVENT_CONTEXT, 0x2a);
    w.put_nest(CHIMNEY_A_EVENT_SOCKET, socket);
    w.put_u64(CHIMNEY_A_EVENT_TIME, 1'000'000'000);
    return {CHIMNEY_CMD_EVENT_NTF, std::move(w).take()};
}

inline Message settings_message(std::uint8_t command) {
    AttributeWriter w;
    w.put_u32(CHIMNEY_A_PARAMS_IFINDEX, 7);
    w.put_string(CHIMNEY_A_PARAMS_IFNAME, "veth0");
    w.put_u8(CHIMNEY_A_PARAMS_ACK_FREQUENCY, 2);
    w.put_u32(CHIMNEY_A_PARAMS_PUSH_TICKS, 500000);
    return {command, std::move(w).take()};
}

inline std::string fake_name(std::uint32_t ifindex) {
    return "veth" + std::to_string(ifindex);
}

/// Answers requests and remembers them. A command without an answer of its own is refused.
class FakeNetlink : public NetlinkSocket {
  public:
    using Answer = std::function<Result<std::vector<Message>>(const Request&)>;

    Result<std::vector<Message>> request(const Request& request) override {
        requests.push_back(request);
        auto answer = answers.find(request.command);
        if (answer == answers.end())
            return fail(ErrorCode::kernel, "the fake kernel refuses", EOPNOTSUPP);
        return answer->second(request);
    }

    void answer(std::uint8_t command, std::vector<Message> messages) {
        answers[command] = [messages](const Request&) { return messages; };
    }

    std::map<std::uint8_t, Answer> answers;
    std::vector<Request> requests;
};

/// Events that a test queues.
class FakeEvents : public NetlinkEvents {
  public:
    int fd() const override { return fd_.get(); }
    Result<Events> receive() override {
        eventfd_t count = 0;
        eventfd_read(fd_.get(), &count);
        return std::exchange(queue_, {});
    }
    void push(Message message) {
        queue_.messages.push_back(std::move(message));
        eventfd_write(fd_.get(), 1);
    }
    void overrun() {
        queue_.overrun = true;
        eventfd_write(fd_.get(), 1);
    }

  private:
    UniqueFd fd_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    Events queue_;
};

} // namespace chimney::test
