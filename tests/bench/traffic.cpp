// SPDX-License-Identifier: GPL-2.0-only
//
// traffic ADDRESS PORT STREAMS: connections to a child of this process, which listens in the
// namespace "far". Each line of the standard input is one measurement
//
//     send|recv|echo SIZE COUNT
//
// COUNT messages of SIZE bytes go to the child, or from it, or there and back, on all
// connections at once. The answer is the time they took, in microseconds.
#include <array>
#include <barrier>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr const char* kFarNamespace = "/run/netns/far";
constexpr std::size_t kLargest = std::size_t{128} << 10;
// Follows what is sent and measured, whose last bytes wait for no delayed ACK then.
constexpr std::size_t kTail = 4096;

[[noreturn]] void Throw(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

int Check(int result, const char* what) {
    if (result < 0)
        Throw(what);
    return result;
}

class Fd {
  public:
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&&) = delete;
    ~Fd() {
        if (fd_ >= 0)
            close(fd_);
    }
    int get() const { return fd_; }

  private:
    int fd_;
};

enum class Kind : std::uint32_t { kSend, kRecv, kEcho };

struct Work {
    Kind kind;
    std::uint32_t size;
    std::uint64_t count;
};

// One end of a connection.
class Stream {
  public:
    explicit Stream(Fd fd) : fd_(std::move(fd)), buffer_(kLargest) {}

    void Send(std::size_t size) {
        for (std::size_t done = 0; done < size;)
            done += Check(
                static_cast<int>(send(fd_.get(), buffer_.data() + done, size - done, MSG_NOSIGNAL)),
                "send");
    }

    // False at the end of the stream.
    bool Receive(std::size_t size) {
        for (std::size_t done = 0; done < size;) {
            const auto got = Check(
                static_cast<int>(recv(fd_.get(), buffer_.data() + done, size - done, 0)), "recv");
            if (!got)
                return false;
            done += got;
        }
        return true;
    }

    void SendAll(const Work& work) {
        for (std::uint64_t i = 0; i < work.count; i++)
            Send(work.size);
    }

    // As many bytes at a time as there are.
    void ReceiveAll(const Work& work) {
        for (auto left = work.count * work.size; left;)
            left -= Check(static_cast<int>(recv(fd_.get(), buffer_.data(),
                                                std::min<std::uint64_t>(left, kLargest), 0)),
                          "recv");
    }

    // The peer knows what to do when this returns.
    void Announce(const Work& work) {
        if (send(fd_.get(), &work, sizeof(work), MSG_NOSIGNAL) != sizeof(work))
            Throw("send");
        Receive(1);
    }

    bool Announced(Work& work) {
        const auto got = recv(fd_.get(), &work, sizeof(work), MSG_WAITALL);
        return got == sizeof(work);
    }

  private:
    Fd fd_;
    std::vector<char> buffer_;
};

void Serve(Stream stream) {
    Work work{};
    while (stream.Announced(work)) {
        stream.Send(1);
        switch (work.kind) {
        case Kind::kSend:
            stream.ReceiveAll(work);
            stream.Send(1);
            stream.Receive(kTail);
            break;
        case Kind::kRecv:
            stream.SendAll(work);
            break;
        case Kind::kEcho:
            for (std::uint64_t i = 0; i < work.count && stream.Receive(work.size); i++)
                stream.Send(work.size);
            break;
        }
    }
}

void Perform(Stream& stream, const Work& work) {
    switch (work.kind) {
    case Kind::kSend:
        stream.SendAll(work);
        stream.Send(kTail);
        stream.Receive(1);
        break;
    case Kind::kRecv:
        stream.ReceiveAll(work);
        break;
    case Kind::kEcho:
        for (std::uint64_t i = 0; i < work.count; i++) {
            stream.Send(work.size);
            stream.Receive(work.size);
        }
        break;
    }
}

std::chrono::microseconds Measure(std::vector<Stream>& streams, const Work& work) {
    using Clock = std::chrono::steady_clock;
    Clock::time_point begin;
    std::barrier start(static_cast<std::ptrdiff_t>(streams.size()),
                       [&begin]() noexcept { begin = Clock::now(); });
    {
        std::vector<std::jthread> threads;
        for (auto& stream : streams)
            threads.emplace_back([&start, &stream, &work] {
                stream.Announce(work);
                start.arrive_and_wait();
                Perform(stream, work);
            });
    }
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
}

sockaddr_in Address(const char* text, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
        throw std::invalid_argument(std::string("not an address: ") + text);
    return address;
}

Fd Socket() {
    return Fd(Check(socket(AF_INET, SOCK_STREAM, 0), "socket"));
}

Fd Listen(const sockaddr_in& address) {
    Fd listener = Socket();
    const int on = 1;
    Check(setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), "setsockopt");
    Check(bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
          "bind");
    Check(listen(listener.get(), SOMAXCONN), "listen");
    return listener;
}

void EnterFar() {
    const Fd space(Check(open(kFarNamespace, O_RDONLY | O_CLOEXEC), kFarNamespace));
    Check(setns(space.get(), CLONE_NEWNET), "setns");
}

// The child: one thread a connection, until all have ended.
void ServeAll(const sockaddr_in& address, std::size_t count, Fd ready) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    EnterFar();
    const Fd listener = Listen(address);
    Check(static_cast<int>(write(ready.get(), "", 1)), "write");
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < count; i++) {
        Fd fd(Check(accept(listener.get(), nullptr, nullptr), "accept"));
        threads.emplace_back(
            [stream = Stream(std::move(fd))]() mutable { Serve(std::move(stream)); });
    }
}

void StartServer(const sockaddr_in& address, std::size_t count) {
    std::array<int, 2> ends{};
    Check(pipe(ends.data()), "pipe");
    const Fd read_end(ends[0]);
    Fd write_end(ends[1]);
    if (Check(fork(), "fork") == 0) {
        ServeAll(address, count, std::move(write_end));
        _exit(0);
    }
    char byte = 0;
    Check(static_cast<int>(read(read_end.get(), &byte, 1)), "read");
}

std::vector<Stream> Connect(const sockaddr_in& address, std::size_t count) {
    std::vector<Stream> streams;
    for (std::size_t i = 0; i < count; i++) {
        Fd fd = Socket();
        Check(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)),
              "connect");
        streams.emplace_back(std::move(fd));
    }
    return streams;
}

Kind KindOf(std::string_view word) {
    if (word == "send")
        return Kind::kSend;
    if (word == "recv")
        return Kind::kRecv;
    if (word == "echo")
        return Kind::kEcho;
    throw std::invalid_argument("no such work: " + std::string(word));
}

void Obey(std::vector<Stream>& streams) {
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string kind;
        Work work{};
        if (!(words >> kind >> work.size >> work.count) || work.size > kLargest)
            throw std::invalid_argument("not a measurement: " + line);
        work.kind = KindOf(kind);
        std::cout << Measure(streams, work).count() << std::endl;
    }
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 4) {
        std::cerr << "usage: traffic ADDRESS PORT STREAMS\n";
        return 2;
    }
    const auto address = Address(argv[1], static_cast<std::uint16_t>(std::stoul(argv[2])));
    const std::size_t count = std::stoul(argv[3]);
    StartServer(address, count);
    {
        std::vector<Stream> streams = Connect(address, count);
        std::cout << "ready" << std::endl;
        Obey(streams);
    }
    wait(nullptr);
    return 0;
} catch (const std::exception& error) {
    std::cerr << "traffic: " << error.what() << '\n';
    return 1;
}
