// SPDX-License-Identifier: GPL-2.0-only
//
// handover ADDRESS PORT COUNT SOURCE...: COUNT connections from the SOURCE addresses to a child
// of this process, which listens in the namespace "far" and echoes. Each line of the standard input
// is a request, answered by a line of numbers; times are in microseconds:
//
//     offload            handed to the target: time, offloaded, refused or failed, grace periods
//     upload             taken back: likewise
//     repair             saved, closed and restored by TCP_REPAIR: time to save, to restore
//     filtered           likewise behind a filter, whose time is in both
//     unread BYTES       so many bytes wait for the application on each connection: 0
//     read BYTES         it reads and compares them: connections where they are right
//     unsent BYTES       so many bytes wait behind a closed window on each connection: 0
//     drain              the far end reads and compares all: connections where they are right
//     check              each connection echoes: connections where it does
//     ping               from now on the first connection is used each millisecond: 0
//     pong               no longer: longest and median round trip, round trips
//
// What checkpoint and restore tools do with TCP_REPAIR is what libsoccr does, in its order. They
// freeze the process meanwhile, and so does this one: it does not use the connections. And they
// keep segments from the ports that are closed meanwhile, which would answer with a reset.
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <memory>
#include <mutex>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nftables/libnftables.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chimney/client.hpp>
#include <chimney/resolve.hpp>
#include <chimney/unique_fd.hpp>

namespace {

using Clock = std::chrono::steady_clock;
using chimney::UniqueFd;
using std::chrono::microseconds;

constexpr const char* kFarNamespace = "/run/netns/far";
constexpr std::uint16_t kFirstPort = 10000;
constexpr std::size_t kPorts = 50000;
constexpr auto kPingInterval = std::chrono::milliseconds(1);
constexpr int kNearBuffer = 1 << 20;
// Written at a time until a window is closed.
constexpr std::size_t kChunk = 2048;

// What the far end is told to do, with a number of bytes for each connection.
enum Order : std::uint32_t {
    kSend,
    kLeaveUnread,
    kRead,
};

[[noreturn]] void Throw(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

template <typename T>
T Check(T result, const char* what) {
    if (result < 0)
        Throw(what);
    return result;
}

sockaddr_in Address(const std::string& text, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1)
        throw std::invalid_argument("not an address: " + text);
    return address;
}

const sockaddr* Generic(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

sockaddr* Generic(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address);
}

UniqueFd Socket() {
    return UniqueFd(Check(socket(AF_INET, SOCK_STREAM, 0), "socket"));
}

template <typename T>
void Set(int fd, int level, int option, const T& value, const char* what) {
    Check(setsockopt(fd, level, option, &value, sizeof(value)), what);
}

template <typename T>
T Get(int fd, int level, int option, const char* what) {
    T value{};
    socklen_t size = sizeof(value);
    Check(getsockopt(fd, level, option, &value, &size), what);
    return value;
}

std::uint32_t Ioctl(int fd, unsigned long request, const char* what) {
    int value = 0;
    Check(ioctl(fd, request, &value), what);
    return static_cast<std::uint32_t>(value);
}

void SendAll(int fd, const char* data, std::size_t size) {
    for (std::size_t done = 0; done < size;)
        done += Check(send(fd, data + done, size - done, MSG_NOSIGNAL), "send");
}

void ReceiveAll(int fd, char* data, std::size_t size) {
    for (std::size_t done = 0; done < size;) {
        auto got = Check(recv(fd, data + done, size - done, 0), "recv");
        if (!got)
            throw std::runtime_error("a connection has ended");
        done += got;
    }
}

void UseManyFiles() {
    rlimit limit{};
    limit.rlim_cur = limit.rlim_max = 1 << 20;
    Check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

// What is sent on connection @index.
std::string Pattern(std::size_t index, std::size_t size) {
    std::string pattern(size, '\0');
    auto value = static_cast<std::uint32_t>(index) * 2654435761U;
    for (auto& byte : pattern) {
        value = value * 1664525 + 1013904223;
        byte = static_cast<char>(value >> 24);
    }
    return pattern;
}

bool ReceivesPattern(int fd, std::size_t index, std::size_t size) {
    std::string got(size, '\0');
    ReceiveAll(fd, got.data(), got.size());
    return got == Pattern(index, size);
}

// -------- the far end, in a process of its own --------

class Far {
  public:
    Far(const sockaddr_in& address, std::size_t count, UniqueFd orders)
        : orders_(std::move(orders)), poll_(Check(epoll_create1(0), "epoll_create1")) {
        const UniqueFd space(Check(open(kFarNamespace, O_RDONLY | O_CLOEXEC), kFarNamespace));
        Check(setns(space.get(), CLONE_NEWNET), "setns");
        const UniqueFd listener = Socket();
        Set(listener.get(), SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR");
        Check(bind(listener.get(), Generic(address), sizeof(address)), "bind");
        Check(listen(listener.get(), SOMAXCONN), "listen");
        Answer(0);
        Watch(orders_.get(), count);
        for (std::size_t i = 0; i < count; i++) {
            fds_.emplace_back(Check(accept(listener.get(), nullptr, nullptr), "accept"));
            Watch(fds_[i].get(), i);
        }
        Answer(0);
    }

    void Serve() {
        std::array<epoll_event, 256> events{};
        for (;;) {
            auto ready = epoll_wait(poll_.get(), events.data(), events.size(), -1);
            if (ready < 0 && errno == EINTR)
                continue;
            Check(ready, "epoll_wait");
            for (int i = 0; i < ready; i++) {
                if (events[i].data.u64 < fds_.size())
                    Echo(fds_[events[i].data.u64].get());
                else if (!Obey())
                    return;
            }
        }
    }

  private:
    void Watch(int fd, std::uint64_t index) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = index;
        Check(epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
    }

    void Ignore(int fd) { Check(epoll_ctl(poll_.get(), EPOLL_CTL_DEL, fd, nullptr), "epoll_ctl"); }

    void Answer(std::uint32_t good) { Check(write(orders_.get(), &good, sizeof(good)), "write"); }

    void Echo(int fd) {
        std::array<char, 4096> buffer{};
        auto got = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got > 0)
            SendAll(fd, buffer.data(), got);
        else if (!got || errno != EAGAIN)
            Ignore(fd);
    }

    bool Obey() {
        std::vector<std::uint32_t> order(1 + fds_.size());
        const std::size_t size = order.size() * sizeof(order.front());
        if (Check(read(orders_.get(), order.data(), size), "read") != ssize_t(size))
            return false;
        std::uint32_t good = 0;
        for (std::size_t i = 0; i < fds_.size(); i++)
            good += Obey(order[0], i, order[1 + i]);
        Answer(good);
        return true;
    }

    bool Obey(std::uint32_t order, std::size_t index, std::size_t size) {
        const int fd = fds_[index].get();
        if (order == kRead)
            return ReceivesPattern(fd, index, size);
        if (order == kSend)
            SendAll(fd, Pattern(index, size).data(), size);
        else
            Ignore(fd);
        return true;
    }

    UniqueFd orders_;
    UniqueFd poll_;
    std::vector<UniqueFd> fds_;
};

// -------- TCP_REPAIR --------

struct Queue {
    std::uint32_t seq = 0; // behind the last byte
    std::uint32_t unsent = 0;
    std::vector<char> data;
};

struct Saved {
    sockaddr_in local{};
    sockaddr_in remote{};
    tcp_info info{};
    int mss = 0;
    int timestamp = 0;
    int sndbuf = 0;
    int rcvbuf = 0;
    tcp_repair_window window{};
    Queue in;
    Queue out;
};

Queue SaveQueue(int fd, int queue, std::uint32_t size) {
    Queue saved;
    Set(fd, SOL_TCP, TCP_REPAIR_QUEUE, queue, "TCP_REPAIR_QUEUE");
    saved.seq = Get<std::uint32_t>(fd, SOL_TCP, TCP_QUEUE_SEQ, "TCP_QUEUE_SEQ");
    saved.data.resize(size);
    if (size &&
        Check(recv(fd, saved.data.data(), size, MSG_PEEK | MSG_DONTWAIT), "recv") != ssize_t(size))
        throw std::runtime_error("a queue changes while it is saved");
    return saved;
}

Saved Save(int fd) {
    Saved saved;
    socklen_t size = sizeof(saved.local);
    Set(fd, SOL_TCP, TCP_REPAIR, 1, "TCP_REPAIR");
    Check(getsockname(fd, Generic(saved.local), &size), "getsockname");
    Check(getpeername(fd, Generic(saved.remote), &size), "getpeername");
    saved.info = Get<tcp_info>(fd, SOL_TCP, TCP_INFO, "TCP_INFO");
    const auto outq = Ioctl(fd, SIOCOUTQ, "SIOCOUTQ");
    const auto unsent = Ioctl(fd, SIOCOUTQNSD, "SIOCOUTQNSD");
    const auto inq = Ioctl(fd, SIOCINQ, "SIOCINQ");
    saved.mss = Get<int>(fd, SOL_TCP, TCP_MAXSEG, "TCP_MAXSEG");
    if (saved.info.tcpi_options & TCPI_OPT_TIMESTAMPS)
        saved.timestamp = Get<int>(fd, SOL_TCP, TCP_TIMESTAMP, "TCP_TIMESTAMP");
    saved.window = Get<tcp_repair_window>(fd, SOL_TCP, TCP_REPAIR_WINDOW, "TCP_REPAIR_WINDOW");
    saved.sndbuf = Get<int>(fd, SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF");
    saved.rcvbuf = Get<int>(fd, SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF");
    saved.in = SaveQueue(fd, TCP_RECV_QUEUE, inq);
    saved.out = SaveQueue(fd, TCP_SEND_QUEUE, outq);
    saved.out.unsent = unsent;
    return saved;
}

void SetQueueSeq(int fd, int queue, std::uint32_t seq) {
    Set(fd, SOL_TCP, TCP_REPAIR_QUEUE, queue, "TCP_REPAIR_QUEUE");
    Set(fd, SOL_TCP, TCP_QUEUE_SEQ, seq, "TCP_QUEUE_SEQ");
}

void RestoreOptions(int fd, const Saved& saved) {
    std::array<tcp_repair_opt, 4> options{};
    socklen_t count = 0;
    if (saved.info.tcpi_options & TCPI_OPT_SACK)
        options[count++] = {TCPOPT_SACK_PERMITTED, 0};
    if (saved.info.tcpi_options & TCPI_OPT_WSCALE)
        options[count++] = {TCPOPT_WINDOW,
                            static_cast<std::uint32_t>(saved.info.tcpi_snd_wscale |
                                                       saved.info.tcpi_rcv_wscale << 16)};
    if (saved.info.tcpi_options & TCPI_OPT_TIMESTAMPS)
        options[count++] = {TCPOPT_TIMESTAMP, 0};
    options[count++] = {TCPOPT_MAXSEG, static_cast<std::uint32_t>(saved.mss)};
    Check(setsockopt(fd, SOL_TCP, TCP_REPAIR_OPTIONS, options.data(),
                     count * sizeof(options.front())),
          "TCP_REPAIR_OPTIONS");
    if (saved.info.tcpi_options & TCPI_OPT_TIMESTAMPS)
        Set(fd, SOL_TCP, TCP_TIMESTAMP, saved.timestamp, "TCP_TIMESTAMP");
}

void RestoreQueue(int fd, int queue, const char* data, std::size_t size) {
    if (!size)
        return;
    Set(fd, SOL_TCP, TCP_REPAIR_QUEUE, queue, "TCP_REPAIR_QUEUE");
    SendAll(fd, data, size);
}

UniqueFd Restore(const Saved& saved) {
    UniqueFd restored = Socket();
    const int fd = restored.get();
    const auto inq = static_cast<std::uint32_t>(saved.in.data.size());
    const auto outq = static_cast<std::uint32_t>(saved.out.data.size());
    const auto sent = outq - saved.out.unsent;

    Set(fd, SOL_TCP, TCP_REPAIR, 1, "TCP_REPAIR");
    Set(fd, SOL_SOCKET, SO_SNDBUFFORCE, saved.sndbuf / 2, "SO_SNDBUFFORCE");
    Set(fd, SOL_SOCKET, SO_RCVBUFFORCE, saved.rcvbuf / 2, "SO_RCVBUFFORCE");
    SetQueueSeq(fd, TCP_RECV_QUEUE, saved.in.seq - inq);
    SetQueueSeq(fd, TCP_SEND_QUEUE, saved.out.seq - outq);
    Check(bind(fd, Generic(saved.local), sizeof(saved.local)), "bind");
    Check(connect(fd, Generic(saved.remote), sizeof(saved.remote)), "connect");
    RestoreOptions(fd, saved);
    RestoreQueue(fd, TCP_RECV_QUEUE, saved.in.data.data(), inq);
    RestoreQueue(fd, TCP_SEND_QUEUE, saved.out.data.data(), sent);
    Set(fd, SOL_TCP, TCP_REPAIR_WINDOW, saved.window, "TCP_REPAIR_WINDOW");
    Set(fd, SOL_TCP, TCP_REPAIR, saved.out.unsent ? TCP_REPAIR_OFF_NO_WP : TCP_REPAIR_OFF,
        "TCP_REPAIR");
    // What was never sent needs no repair.
    SendAll(fd, saved.out.data.data() + sent, saved.out.unsent);
    return restored;
}

// -------- the near end --------

/// Keeps all from the far end out, with nftables.
class Filter {
  public:
    explicit Filter(const sockaddr_in& far) : context_(nft_ctx_new(NFT_CTX_DEFAULT)) {
        if (!context_)
            throw std::runtime_error("nftables cannot be used");
        std::array<char, INET_ADDRSTRLEN> address{};
        inet_ntop(AF_INET, &far.sin_addr, address.data(), address.size());
        close_ = "add table ip handover; "
                 "add chain ip handover in { type filter hook input priority 0; }; "
                 "add rule ip handover in ip saddr " +
                 std::string(address.data()) + " tcp sport " + std::to_string(ntohs(far.sin_port)) +
                 " drop";
        // The first time loads modules.
        Close();
        Open();
    }

    void Close() { Run(close_.c_str()); }
    void Open() { Run("delete table ip handover"); }

  private:
    void Run(const char* command) {
        if (nft_run_cmd_from_buffer(context_.get(), command))
            throw std::runtime_error(std::string("nftables refuse: ") + command);
    }

    std::unique_ptr<nft_ctx, decltype([](nft_ctx* context) { nft_ctx_free(context); })> context_;
    std::string close_;
};

class Near {
  public:
    Near(const sockaddr_in& address, std::size_t count, const std::vector<std::string>& sources)
        : address_(address), filter_(address) {
        StartFar(count);
        for (std::size_t i = 0; i < count; i++)
            fds_.push_back(Connect(sources.at(i / kPorts), kFirstPort + i % kPorts));
        AwaitFar();
        auto netlink = chimney::open_netlink_socket();
        if (!netlink)
            throw std::runtime_error(netlink.error().message);
        netlink_ = std::move(*netlink);
    }

    std::string Answer(const std::string& request, std::uint32_t size) {
        if (request == "offload")
            return Move(CHIMNEY_OP_KIND_INITIATE);
        if (request == "upload")
            return Move(CHIMNEY_OP_KIND_TERMINATE);
        if (request == "repair")
            return Repair(false);
        if (request == "filtered")
            return Repair(true);
        if (request == "unread")
            return LeaveUnread(size);
        if (request == "read")
            return Read(size);
        if (request == "unsent")
            return LeaveUnsent(size);
        if (request == "drain")
            return std::to_string(Command(kRead, sent_));
        if (request == "check")
            return CheckEcho();
        if (request == "ping")
            return StartPing();
        if (request == "pong")
            return StopPing();
        throw std::invalid_argument("no such request: " + request);
    }

    void Stop() {
        orders_ = UniqueFd();
        wait(nullptr);
    }

  private:
    void StartFar(std::size_t count) {
        std::array<int, 2> ends{};
        Check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()), "socketpair");
        orders_ = UniqueFd(ends[0]);
        UniqueFd other(ends[1]);
        if (Check(fork(), "fork") == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            orders_ = UniqueFd();
            Far(address_, count, std::move(other)).Serve();
            _exit(0);
        }
        other = UniqueFd();
        AwaitFar();
    }

    std::uint32_t AwaitFar() {
        std::uint32_t good = 0;
        if (Check(read(orders_.get(), &good, sizeof(good)), "read") != sizeof(good))
            throw std::runtime_error("the far end has ended");
        return good;
    }

    std::uint32_t Command(Order order, std::vector<std::uint32_t> sizes) {
        sizes.insert(sizes.begin(), order);
        Check(write(orders_.get(), sizes.data(), sizes.size() * sizeof(sizes.front())), "write");
        return AwaitFar();
    }

    UniqueFd Connect(const std::string& source, std::size_t port) {
        UniqueFd fd = Socket();
        const auto local = Address(source, static_cast<std::uint16_t>(port));
        Check(bind(fd.get(), Generic(local), sizeof(local)), "bind");
        Check(connect(fd.get(), Generic(address_), sizeof(address_)), "connect");
        return fd;
    }

    /// They are named, as their sockets are for TCP_REPAIR; too many for that a filter finds.
    chimney::KernelSelector Selector() const {
        chimney::KernelSelector selector;
        selector.dst.port = ntohs(address_.sin_port);
        if (fds_.size() > chimney::max_sockets_per_request)
            return selector;
        for (const auto& fd : fds_) {
            sockaddr_in local{};
            socklen_t size = sizeof(local);
            Check(getsockname(fd.get(), Generic(local), &size), "getsockname");
            selector.sockets.push_back(
                {*chimney::Address::from_bytes(std::as_bytes(std::span(&local.sin_addr, 1))),
                 *chimney::Address::from_bytes(std::as_bytes(std::span(&address_.sin_addr, 1))),
                 ntohs(local.sin_port), ntohs(address_.sin_port), 0});
        }
        return selector;
    }

    std::string Move(chimney::OpKind kind) {
        const auto selector = Selector();
        chimney::OperationOptions options;
        options.kind = kind;
        chimney::Client client(*netlink_);
        auto op = client.start(selector, options);
        while (op && op->running()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            op = client.operation(op->id);
        }
        if (!op)
            throw std::runtime_error(op.error().message);
        std::ostringstream answer;
        answer << op->duration_ns / 1000 << ' ' << op->ok << ' ' << op->failed + op->refused << ' '
               << op->grace_periods;
        return answer.str();
    }

    std::string Repair(bool filtered) {
        const std::lock_guard frozen(use_);
        // Without a filter nothing may come; the ACK that is due is all that might be sent again.
        if (pinging_)
            Set(fds_.front().get(), SOL_TCP, TCP_QUICKACK, 1, "TCP_QUICKACK");
        std::vector<Saved> saved;
        saved.reserve(fds_.size());
        const auto begin = Clock::now();
        if (filtered)
            filter_.Close();
        for (auto& fd : fds_) {
            saved.push_back(Save(fd.get()));
            fd = UniqueFd();
        }
        const auto middle = Clock::now();
        for (std::size_t i = 0; i < fds_.size(); i++)
            fds_[i] = Restore(saved[i]);
        if (filtered)
            filter_.Open();
        const auto end = Clock::now();
        std::ostringstream answer;
        answer << std::chrono::duration_cast<microseconds>(middle - begin).count() << ' '
               << std::chrono::duration_cast<microseconds>(end - middle).count();
        return answer.str();
    }

    std::string LeaveUnread(std::uint32_t size) {
        for (const auto& fd : fds_)
            Set(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, kNearBuffer, "SO_RCVBUFFORCE");
        Command(kSend, std::vector(fds_.size(), size));
        for (const auto& fd : fds_)
            while (Ioctl(fd.get(), SIOCINQ, "SIOCINQ") < size)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return "0";
    }

    std::string Read(std::uint32_t size) {
        std::uint64_t good = 0;
        for (std::size_t i = 0; i < fds_.size(); i++)
            good += ReceivesPattern(fds_[i].get(), i, size);
        return std::to_string(good);
    }

    std::string LeaveUnsent(std::uint32_t size) {
        sent_.assign(fds_.size(), 0);
        Command(kLeaveUnread, sent_);
        for (const auto& fd : fds_)
            Set(fd.get(), SOL_SOCKET, SO_SNDBUFFORCE, kNearBuffer, "SO_SNDBUFFORCE");
        // A window that is too small for a segment is used up by a probe, after some time.
        for (std::size_t closed = 0; closed < fds_.size();) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            closed = 0;
            for (std::size_t i = 0; i < fds_.size(); i++)
                closed += FillWindow(i);
        }
        for (std::size_t i = 0; i < fds_.size(); i++)
            Write(i, size - std::min(size, Ioctl(fds_[i].get(), SIOCOUTQ, "SIOCOUTQ")));
        return "0";
    }

    bool FillWindow(std::size_t index) {
        const int fd = fds_[index].get();
        if (!Ioctl(fd, SIOCOUTQNSD, "SIOCOUTQNSD")) {
            Write(index, kChunk);
            return false;
        }
        Set(fd, SOL_TCP, TCP_REPAIR, 1, "TCP_REPAIR");
        const auto window =
            Get<tcp_repair_window>(fd, SOL_TCP, TCP_REPAIR_WINDOW, "TCP_REPAIR_WINDOW");
        Set(fd, SOL_TCP, TCP_REPAIR, TCP_REPAIR_OFF_NO_WP, "TCP_REPAIR");
        return !window.snd_wnd &&
               Ioctl(fd, SIOCOUTQ, "SIOCOUTQ") == Ioctl(fd, SIOCOUTQNSD, "SIOCOUTQNSD");
    }

    // The next bytes of the pattern.
    void Write(std::size_t index, std::size_t size) {
        const auto pattern = Pattern(index, sent_[index] + size);
        SendAll(fds_[index].get(), pattern.data() + sent_[index], size);
        sent_[index] += size;
    }

    std::string CheckEcho() {
        turn_++;
        std::uint64_t good = 0;
        for (std::uint64_t i = 0; i < fds_.size(); i++) {
            const std::array<std::uint64_t, 2> said{turn_, i};
            SendAll(fds_[i].get(), reinterpret_cast<const char*>(said.data()), sizeof(said));
        }
        for (std::uint64_t i = 0; i < fds_.size(); i++) {
            std::array<std::uint64_t, 2> heard{};
            ReceiveAll(fds_[i].get(), reinterpret_cast<char*>(heard.data()), sizeof(heard));
            good += heard == std::array<std::uint64_t, 2>{turn_, i};
        }
        return std::to_string(good);
    }

    std::string StartPing() {
        pinging_ = true;
        trips_.clear();
        pinger_ = std::jthread([this] {
            for (auto due = Clock::now(); pinging_; due += kPingInterval) {
                std::this_thread::sleep_until(due);
                char byte = 0;
                const std::lock_guard frozen(use_);
                SendAll(fds_.front().get(), &byte, 1);
                ReceiveAll(fds_.front().get(), &byte, 1);
                const auto now = Clock::now();
                trips_.push_back(std::chrono::duration_cast<microseconds>(now - due));
                // What was missed is not made up for.
                due = std::max(due, now - kPingInterval);
            }
        });
        return "0";
    }

    std::string StopPing() {
        pinging_ = false;
        pinger_.join();
        std::ranges::sort(trips_);
        std::ostringstream answer;
        answer << trips_.back().count() << ' ' << trips_[trips_.size() / 2].count() << ' '
               << trips_.size();
        return answer.str();
    }

    sockaddr_in address_;
    Filter filter_;
    UniqueFd orders_;
    std::vector<UniqueFd> fds_;
    std::unique_ptr<chimney::NetlinkSocket> netlink_;
    std::vector<std::uint32_t> sent_;
    std::uint64_t turn_ = 0;
    std::mutex use_;
    std::atomic<bool> pinging_ = false;
    std::vector<microseconds> trips_;
    std::jthread pinger_;
};

} // namespace

int main(int argc, char** argv) try {
    if (argc < 5) {
        std::cerr << "usage: handover ADDRESS PORT COUNT SOURCE...\n";
        return 2;
    }
    UseManyFiles();
    const auto address = Address(argv[1], static_cast<std::uint16_t>(std::stoul(argv[2])));
    Near near(address, std::stoul(argv[3]), {argv + 4, argv + argc});
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream words(line);
        std::string request;
        std::uint32_t size = 0;
        words >> request >> size;
        std::cout << near.Answer(request, size) << std::endl;
    }
    near.Stop();
    return 0;
} catch (const std::exception& error) {
    std::cerr << "handover: " << error.what() << '\n';
    return 1;
}
