// SPDX-License-Identifier: GPL-2.0-only
// The daemon over a real unix socket and a real event loop, with a fake kernel.
#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "backend.hpp"
#include "fake_netlink.hpp"
#include "server.hpp"
#include "temporary_directory.hpp"

namespace chimney::daemon {
namespace {

using test::operation_message;

class ServerTest : public testing::Test {
  protected:
    ServerTest() {
        spdlog::set_level(spdlog::level::off);
        kernel.answer(CHIMNEY_CMD_INITIATE,
                      {operation_message(7, CHIMNEY_OP_STATE_RUNNING, CHIMNEY_CMD_INITIATE)});
        kernel.answer(CHIMNEY_CMD_OP_GET,
                      {operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_OP_GET)});
        kernel.answer(CHIMNEY_CMD_BLOCK_GET, {test::tcp_block_message(7)});
        sd_event* raw = nullptr;
        sd_event_new(&raw);
        loop.reset(raw);
        auto listener = Listener::open(path, std::nullopt);
        EXPECT_TRUE(listener) << listener.error().message;
        auto created = Server::create(loop.get(), std::move(*listener), service, events);
        EXPECT_TRUE(created);
        server = std::move(*created);
    }

    UniqueFd connect() {
        UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
        return fd;
    }

    /// Run the loop until nothing is ready.
    void settle() {
        while (sd_event_run(loop.get(), 0) > 0)
            ;
    }

    void call(const UniqueFd& fd, std::string_view method, const Json& parameters) {
        auto text = encode_call(method, parameters);
        EXPECT_EQ(send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(text.size()));
        settle();
    }

    void offload(const UniqueFd& fd) { call(fd, method::offload, {{"selector", {{"all", true}}}}); }

    std::string receive(const UniqueFd& fd) {
        std::array<char, 65536> buffer;
        auto size = recv(fd.get(), buffer.data(), buffer.size(), 0);
        return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : "";
    }

    test::TemporaryDirectory directory;
    std::string path = directory.path() / "new" / "socket";
    test::FakeNetlink kernel;
    test::FakeEvents events;
    Service service{kernel, true, {}, test::fake_name};
    EventLoop loop;
    std::unique_ptr<Server> server;
};

TEST_F(ServerTest, AnswersSeveralCallsInPieces) {
    auto fd = connect();
    auto text = encode_call(method::ping, Json::object());
    text += text;
    for (char c : text) {
        ASSERT_EQ(send(fd.get(), &c, 1, 0), 1);
        settle();
    }
    auto replies = receive(fd);
    EXPECT_EQ(std::count(replies.begin(), replies.end(), '\0'), 2);
}

TEST_F(ServerTest, AnOffloadIsAnsweredByTheEvent) {
    auto fd = connect();
    offload(fd);
    EXPECT_EQ(receive(fd), "");
    events.push(operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_OP_NTF));
    settle();
    auto reply = decode_reply(receive(fd).c_str());
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ((*reply)["operations"][0]["id"], 7);
}

TEST_F(ServerTest, ALostEventDelaysTheAnswerOnly) {
    auto fd = connect();
    offload(fd);
    sd_event_run(loop.get(), 5'000'000);
    EXPECT_TRUE(decode_reply(receive(fd).c_str()));
}

TEST_F(ServerTest, APolicyThatIsReadAgainIsCarriedOut) {
    auto file = (directory.path() / "chimneyd.toml").string();
    service.set_policy({}, file);
    settle();
    std::ofstream(file) << "[[rule]]\naction = 'offload'\n";
    server->reload();
    sd_event_run(loop.get(), 5'000'000);
    EXPECT_EQ(std::ranges::count(kernel.requests, CHIMNEY_CMD_CONN_GET, &Request::command), 1);
}

TEST_F(ServerTest, AnOverrunIsMadeUpFor) {
    auto fd = connect();
    offload(fd);
    events.overrun();
    settle();
    EXPECT_TRUE(decode_reply(receive(fd).c_str()));
}

TEST_F(ServerTest, ACallerThatLeavesIsForgotten) {
    auto stays = connect();
    {
        auto leaves = connect();
        offload(leaves);
    }
    settle();
    EXPECT_EQ(server->peers(), 1U);
    events.push(operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_OP_NTF));
    settle();
    call(stays, method::ping, Json::object());
    EXPECT_TRUE(decode_reply(receive(stays).c_str()));
}

TEST_F(ServerTest, AnEndlessCallIsCutOff) {
    auto fd = connect();
    std::string chunk(16384, 'x');
    for (int i = 0; i < 8 && send(fd.get(), chunk.data(), chunk.size(), MSG_NOSIGNAL) > 0; ++i)
        settle();
    EXPECT_EQ(server->peers(), 0U);
}

TEST_F(ServerTest, ALargeAnswerIsSentInPieces) {
    std::vector<Message> blocks(5000, test::tcp_block_message(7));
    kernel.answer(CHIMNEY_CMD_BLOCK_GET, blocks);
    auto fd = connect();
    call(fd, method::show_operation, {{"id", 7}});
    Framer framer(1 << 30);
    std::optional<std::string> reply;
    for (int i = 0; i < 10000 && !reply; ++i) {
        framer.feed(receive(fd));
        settle();
        reply = framer.next();
    }
    ASSERT_TRUE(reply);
    EXPECT_EQ(parse_reports(decode_reply(*reply).value())->front().blocks.size(), 5000U);
}

TEST_F(ServerTest, TheSocketIsForOwnerAndGroup) {
    struct stat info {};
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0660U);
}

TEST_F(ServerTest, ASecondDaemonIsRefused) {
    auto second = Listener::open(path, std::nullopt);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("another chimneyd is running"), std::string::npos);
    server.reset();
    EXPECT_NE(access(path.c_str(), F_OK), 0);
    EXPECT_TRUE(Listener::open(path, std::nullopt));
}

TEST(Listener, ReplacesAStaleSocketOnly) {
    test::TemporaryDirectory directory;
    std::string path = directory.path() / "socket";
    {
        UniqueFd stale(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path.data(), path.size());
        ASSERT_EQ(bind(stale.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    }
    EXPECT_TRUE(Listener::open(path, std::nullopt));
    std::ofstream(path) << "a file";
    auto refused = Listener::open(path, std::nullopt);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("is not a socket"), std::string::npos);
    EXPECT_FALSE(Listener::open(path, "no-such-group-here"));
    EXPECT_FALSE(Listener::open(std::string(200, 'x'), std::nullopt));
}

/// Wants to cancel as soon as it knows that something runs.
class ImpatientObserver : public cli::Observer {
  public:
    void progress(const std::vector<Operation>& operations) override {
        EXPECT_EQ(operations.front().id, 7U);
        eventfd_write(wish_.get(), 1);
    }
    int cancel_fd() const override { return wish_.get(); }
    void cancelled() override { wish_ = UniqueFd(); }

  private:
    UniqueFd wish_{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
};

TEST_F(ServerTest, AClientCancelsWhatItWaitsFor) {
    auto running = operation_message(7, CHIMNEY_OP_STATE_RUNNING, CHIMNEY_CMD_OP_GET);
    auto cancelled = operation_message(7, CHIMNEY_OP_STATE_CANCELLED, CHIMNEY_CMD_OP_NTF);
    std::atomic<bool> over = false;
    kernel.answer(CHIMNEY_CMD_OP_GET, {running});
    kernel.answers[CHIMNEY_CMD_OP_CANCEL] = [&](const Request&) {
        kernel.answer(CHIMNEY_CMD_OP_GET, {cancelled});
        events.push(cancelled);
        return std::vector{running};
    };
    Result<std::vector<Report>> reports;
    std::thread client([&] {
        ImpatientObserver observer;
        reports = cli::connect_daemon(path).and_then([&](const auto& backend) {
            return backend->operate(parse_selector(std::array<std::string_view, 1>{"all"}).value(),
                                    OperationOptions{}, &observer);
        });
        over = true;
    });
    while (!over)
        sd_event_run(loop.get(), 10'000);
    client.join();
    ASSERT_TRUE(reports) << reports.error().message;
    EXPECT_EQ(reports->front().operation.state, CHIMNEY_OP_STATE_CANCELLED);
    EXPECT_EQ(reports->front().blocks.size(), 1U);
}

TEST(DaemonBackend, SaysThatNobodyListens) {
    test::TemporaryDirectory directory;
    auto backend = cli::connect_daemon(directory.path() / "socket");
    ASSERT_FALSE(backend);
    EXPECT_EQ(backend.error().code, ErrorCode::daemon_not_running);
    EXPECT_NE(backend.error().message.find("chimneyd is not running (no socket at "),
              std::string::npos);
}

} // namespace
} // namespace chimney::daemon
