// SPDX-License-Identifier: GPL-2.0-only
// What a caller writes to the daemon's socket, with a kernel made of canned answers behind it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fake_netlink.hpp"
#include "server.hpp"
#include "temporary_directory.hpp"

namespace {

using namespace chimney;

const test::TemporaryDirectory& directory() {
    static test::TemporaryDirectory directory;
    return directory;
}

/// No sockets of the machine's.
Result<std::vector<TcpSocket>> no_sockets() {
    return std::vector<TcpSocket>{};
}

class Board {
  public:
    Board() {
        using test::operation_message;
        for (std::uint8_t command : {CHIMNEY_CMD_INITIATE, CHIMNEY_CMD_TERMINATE,
                                     CHIMNEY_CMD_UPDATE, CHIMNEY_CMD_QUERY, CHIMNEY_CMD_INVALIDATE})
            kernel_.answer(command, {operation_message(7, CHIMNEY_OP_STATE_RUNNING, command)});
        kernel_.answer(CHIMNEY_CMD_OP_GET,
                       {operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_OP_GET)});
        kernel_.answer(CHIMNEY_CMD_BLOCK_GET, {test::tcp_block_message(7)});
        kernel_.answer(CHIMNEY_CMD_CONN_GET, {});
        kernel_.answer(CHIMNEY_CMD_TARGET_GET, {});
        kernel_.answer(CHIMNEY_CMD_PARAMS_GET, {test::settings_message(CHIMNEY_CMD_PARAMS_GET)});
        sd_event* raw = nullptr;
        sd_event_new(&raw);
        loop_.reset(raw);
        auto listener = daemon::Listener::open(path_, std::nullopt);
        if (!listener)
            std::abort();
        auto server = daemon::Server::create(loop_.get(), std::move(*listener), service_, events_);
        if (!server)
            std::abort();
        server_ = std::move(*server);
    }

    UniqueFd connect() {
        UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path_.data(), path_.size());
        if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0)
            std::abort();
        return fd;
    }

    /// Run the loop until nothing is ready.
    void settle() {
        while (sd_event_run(loop_.get(), 0) > 0)
            ;
    }

    void announce() {
        events_.push(test::operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_OP_NTF));
        events_.push(test::event_message());
    }

  private:
    std::string path_ = directory().path() / "socket";
    test::FakeNetlink kernel_;
    test::FakeEvents events_;
    daemon::Service service_{kernel_, true, Resolver{directory().path(), no_sockets},
                             test::fake_name,
                             daemon::Sources{directory().path(), directory().path(), no_sockets,
                                             std::make_unique<KernelRoutes>}};
    daemon::EventLoop loop_;
    std::unique_ptr<daemon::Server> server_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    spdlog::set_level(spdlog::level::off);
    Board board;
    auto caller = board.connect();
    board.settle();
    while (size > 0) {
        auto sent = send(caller.get(), data, size, MSG_NOSIGNAL);
        if (sent <= 0)
            break; // the daemon has hung up
        data += sent;
        size -= static_cast<std::size_t>(sent);
        board.settle();
    }
    board.announce();
    board.settle();
    return 0;
}
