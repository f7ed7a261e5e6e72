// SPDX-License-Identifier: GPL-2.0-only
// An echo server for many connections: one thread, edge-triggered epoll.

#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <string>
#include <system_error>
#include <unordered_map>

namespace {

int check(int result, const char* what) {
    if (result < 0)
        throw std::system_error(errno, std::generic_category(), what);
    return result;
}

class Server {
  public:
    Server(const char* address, int port) {
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_port = htons(static_cast<uint16_t>(port));
        inet_pton(AF_INET, address, &name.sin_addr);
        check(bind(listener_, reinterpret_cast<sockaddr*>(&name), sizeof(name)), "bind");
        check(listen(listener_, 4096), "listen");
        watch(listener_, EPOLLIN);
    }

    [[noreturn]] void run() {
        std::array<epoll_event, 64> events{};
        for (;;) {
            int count = check(epoll_wait(epoll_, events.data(), events.size(), -1), "epoll_wait");
            for (int i = 0; i < count; i++) {
                if (events[i].data.fd == listener_)
                    accept_one();
                else
                    serve(events[i].data.fd);
            }
        }
    }

  private:
    void watch(int fd, uint32_t events) {
        epoll_event event{};
        event.events = events;
        event.data.fd = fd;
        check(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    }

    void accept_one() {
        int fd = check(accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK), "accept");
        pending_[fd];
        watch(fd, EPOLLIN | EPOLLOUT | EPOLLET);
    }

    // Whatever the edge was: read and write until neither goes on.
    void serve(int fd) {
        std::array<char, 4096> buffer{};
        std::string& pending = pending_[fd];
        ssize_t size = 0;
        do {
            size = read(fd, buffer.data(), buffer.size());
            if (size > 0)
                pending.append(buffer.data(), static_cast<size_t>(size));
            if (!pending.empty()) {
                ssize_t sent = write(fd, pending.data(), pending.size());
                if (sent > 0)
                    pending.erase(0, static_cast<size_t>(sent));
            }
        } while (size > 0);
        if (size == 0 || errno != EAGAIN) {
            close(fd);
            pending_.erase(fd);
        }
    }

    int epoll_ = check(epoll_create1(0), "epoll_create1");
    int listener_ = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
    std::unordered_map<int, std::string> pending_;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: epoll_server ADDRESS PORT\n";
        return 2;
    }
    rlimit limit{8192, 8192};
    setrlimit(RLIMIT_NOFILE, &limit);
    Server(argv[1], std::atoi(argv[2])).run();
}
