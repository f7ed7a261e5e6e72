// SPDX-License-Identifier: GPL-2.0-only
// A client of an echo server that sends and receives by io_uring: each connection has a
// send and a receive under way at the same time, and what comes back is compared.

#include <arpa/inet.h>
#include <liburing.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <random>
#include <system_error>
#include <vector>

namespace {

constexpr size_t connections = 8;
constexpr size_t chunk = 32 << 10;
constexpr size_t total = 2 << 20;

int check(int result, const char* what) {
    if (result < 0)
        throw std::system_error(-result, std::generic_category(), what);
    return result;
}

struct Connection {
    int fd = -1;
    std::vector<char> data;
    std::vector<char> echo = std::vector<char>(total);
    size_t sent = 0;
    size_t received = 0;
};

enum class Kind : unsigned { send, receive };

class Client {
  public:
    Client(const char* address, int port) {
        check(io_uring_queue_init(64, &ring_, 0), "io_uring_queue_init");
        for (size_t i = 0; i < connections; i++)
            all_[i] = connect_one(address, port, i);
    }
    ~Client() { io_uring_queue_exit(&ring_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    void run() {
        for (size_t i = 0; i < connections; i++) {
            submit(i, Kind::send);
            submit(i, Kind::receive);
        }
        for (size_t done = 0; done < 2 * connections;)
            done += complete();
        for (const auto& connection : all_)
            if (connection.echo != connection.data)
                throw std::runtime_error("the echo differs");
    }

  private:
    static Connection connect_one(const char* address, int port, size_t seed) {
        Connection connection;
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(static_cast<uint16_t>(port));
        inet_pton(AF_INET, address, &name.sin_addr);
        connection.fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(connection.fd, reinterpret_cast<sockaddr*>(&name), sizeof(name)) < 0)
            throw std::system_error(errno, std::generic_category(), "connect");
        std::mt19937 random(static_cast<unsigned>(seed));
        connection.data.resize(total);
        for (auto& byte : connection.data)
            byte = static_cast<char>(random());
        return connection;
    }

    void submit(size_t number, Kind kind) {
        auto& connection = all_[number];
        io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
        if (kind == Kind::receive)
            io_uring_prep_recv(sqe, connection.fd, connection.echo.data() + connection.received,
                               total - connection.received, 0);
        else if (number % 2 == 0)
            io_uring_prep_send(sqe, connection.fd, connection.data.data() + connection.sent,
                               std::min(chunk, total - connection.sent), 0);
        else
            io_uring_prep_send_zc(sqe, connection.fd, connection.data.data() + connection.sent,
                                  std::min(chunk, total - connection.sent), 0, 0);
        io_uring_sqe_set_data64(sqe, number << 1 | static_cast<unsigned>(kind));
        check(io_uring_submit(&ring_), "io_uring_submit");
    }

    // Deal with one completion; how many directions have come to their end by it.
    size_t complete() {
        io_uring_cqe* cqe = nullptr;
        check(io_uring_wait_cqe(&ring_, &cqe), "io_uring_wait_cqe");
        size_t number = io_uring_cqe_get_data64(cqe) >> 1;
        auto kind = static_cast<Kind>(io_uring_cqe_get_data64(cqe) & 1);
        bool notification = cqe->flags & IORING_CQE_F_NOTIF;
        int result = notification ? 0 : check(cqe->res, "send or receive");
        io_uring_cqe_seen(&ring_, cqe);
        if (notification)
            return 0;
        if (result == 0)
            throw std::runtime_error("the stream ends early");
        size_t& count = kind == Kind::send ? all_[number].sent : all_[number].received;
        count += static_cast<size_t>(result);
        if (count == total)
            return 1;
        submit(number, kind);
        return 0;
    }

    io_uring ring_{};
    std::vector<Connection> all_ = std::vector<Connection>(connections);
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: uring_client ADDRESS PORT\n";
        return 2;
    }
    try {
        Client(argv[1], std::atoi(argv[2])).run();
    } catch (const std::exception& error) {
        std::cerr << "uring_client: " << error.what() << "\n";
        return 1;
    }
}
