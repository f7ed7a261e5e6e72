// SPDX-License-Identifier: GPL-2.0-only
//
// netlink COUNT ADDRESS PORT SOURCE FIRST: what netlink messages cost, for COUNT connections from
// the ports FIRST... of SOURCE, and for as many entries of the tables of conntrack and routes. Each
// line of the standard input is a request, answered by the microseconds of this process from the
// first message to the last answer; messages are made before and taken to pieces afterwards:
//
//     offload, upload    name all connections, as many in a request as fit
//     results            read what became of each
//     list               read the state of each
//     ct-add, ct-list, ct-del
//     route-add, route-list, route-del
//
// Entries are added and removed in batches, as fast tools do it: many messages in one send, of
// which the last is acknowledged.
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netlink/msg.h>
#include <netlink/netfilter/ct.h>
#include <netlink/netlink.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include <chimney/client.hpp>
#include <chimney/resolve.hpp>

namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

constexpr std::size_t kBatch = 32 << 10;
constexpr std::uint32_t kTimeout = 3600;
constexpr std::uint16_t kServicePort = 80;
constexpr std::uint8_t kEstablished = 3; // of conntrack, for TCP
constexpr int kBuffer = 4 << 20;

template <auto Free>
struct Freer {
    template <typename T>
    void operator()(T* object) const {
        Free(object);
    }
};

using NlSocket = std::unique_ptr<nl_sock, Freer<nl_socket_free>>;
using NlMessage = std::unique_ptr<nl_msg, Freer<nlmsg_free>>;
using NlAddress = std::unique_ptr<nl_addr, Freer<nl_addr_put>>;
using Conntrack = std::unique_ptr<nfnl_ct, Freer<nfnl_ct_put>>;
using Route = std::unique_ptr<rtnl_route, Freer<rtnl_route_put>>;

int Check(int result, const char* what) {
    if (result < 0)
        throw std::runtime_error(std::string(what) + ": " + nl_geterror(result));
    return result;
}

template <typename T>
T Need(chimney::Result<T> result) {
    if (!result)
        throw std::runtime_error(result.error().message);
    return std::move(*result);
}

nanoseconds ProcessorTime() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

// Adds up what the requests of a client take.
class Metered : public chimney::NetlinkSocket {
  public:
    Metered() : socket_(Need(chimney::open_netlink_socket())) {}

    chimney::Result<std::vector<chimney::Message>> request(const chimney::Request& r) override {
        const auto begin = ProcessorTime();
        auto answers = socket_->request(r);
        took_ += ProcessorTime() - begin;
        return answers;
    }

    nanoseconds TakeTime() { return std::exchange(took_, nanoseconds(0)); }

  private:
    std::unique_ptr<chimney::NetlinkSocket> socket_;
    nanoseconds took_{0};
};

// -------- chimney --------

class Connections {
  public:
    Connections(std::size_t count, const std::string& address, std::uint16_t port,
                const std::string& source, std::uint16_t first)
        : count_(count) {
        for (std::size_t i = 0; i < count; i++)
            chimney::name_socket(named_,
                                 {*chimney::Address::parse(source),
                                  *chimney::Address::parse(address),
                                  static_cast<std::uint16_t>(first + i), port, 0});
        all_.dst.port = port;
    }

    nanoseconds Move(chimney::OpKind kind) {
        chimney::OperationOptions options;
        options.kind = kind;
        operations_.clear();
        socket_.TakeTime();
        for (const auto& selector : named_)
            operations_.push_back(Need(client_.start(selector, options)).id);
        const auto took = socket_.TakeTime();
        std::size_t moved = 0;
        for (const auto id : operations_)
            moved += Wait(id);
        if (moved != count_)
            throw std::runtime_error("connections were not moved");
        return took;
    }

    nanoseconds Results() {
        socket_.TakeTime();
        std::size_t count = 0;
        for (const auto id : operations_)
            count += Need(client_.blocks(id)).size();
        Expect(count);
        return socket_.TakeTime();
    }

    nanoseconds List() {
        socket_.TakeTime();
        Expect(Need(client_.connections(all_)).size());
        return socket_.TakeTime();
    }

  private:
    // Connections that an operation moved.
    std::size_t Wait(std::uint32_t id) {
        auto op = Need(client_.operation(id));
        while (op.running()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
            op = Need(client_.operation(id));
        }
        return op.ok;
    }

    void Expect(std::size_t count) const {
        if (count < count_)
            throw std::runtime_error("the kernel told of fewer connections than there are");
    }

    Metered socket_;
    chimney::Client client_{socket_};
    std::size_t count_;
    std::vector<chimney::KernelSelector> named_;
    chimney::KernelSelector all_;
    std::vector<std::uint32_t> operations_;
};

// -------- the peers --------

NlAddress Ipv4(std::uint32_t address) {
    const auto bytes = htonl(address);
    NlAddress result(nl_addr_build(AF_INET, &bytes, sizeof(bytes)));
    nl_addr_set_prefixlen(result.get(), 32);
    return result;
}

// Entries of a table that belongs to a netlink protocol.
class Table {
  public:
    using Build = std::function<NlMessage(std::uint32_t index)>;

    Table(int protocol, std::size_t count) : count_(count), socket_(nl_socket_alloc()) {
        nl_socket_disable_auto_ack(socket_.get());
        Check(nl_connect(socket_.get(), protocol), "nl_connect");
        Check(nl_socket_set_buffer_size(socket_.get(), kBuffer, kBuffer), "buffer size");
    }

    nanoseconds Change(const Build& build) {
        std::vector<std::vector<char>> batches(1);
        for (std::uint32_t i = 0; i < count_; i++) {
            const auto message = build(i);
            auto* header = nlmsg_hdr(message.get());
            nl_complete_msg(socket_.get(), message.get());
            header->nlmsg_flags |= NLM_F_REQUEST;
            const bool full = batches.back().size() + 2 * header->nlmsg_len > kBatch;
            if (full || i + 1 == count_)
                header->nlmsg_flags |= NLM_F_ACK;
            const auto* bytes = reinterpret_cast<const char*>(header);
            batches.back().insert(batches.back().end(), bytes, bytes + header->nlmsg_len);
            batches.back().resize(NLMSG_ALIGN(batches.back().size()));
            if (full)
                batches.emplace_back();
        }
        if (batches.back().empty())
            batches.pop_back();
        const auto begin = ProcessorTime();
        for (auto& batch : batches) {
            Check(nl_sendto(socket_.get(), batch.data(), batch.size()), "nl_sendto");
            Receive();
        }
        return ProcessorTime() - begin;
    }

    nanoseconds List(NlMessage request) {
        nl_complete_msg(socket_.get(), request.get());
        const auto begin = ProcessorTime();
        Check(nl_send(socket_.get(), request.get()), "nl_send");
        const auto entries = Receive();
        const auto took = ProcessorTime() - begin;
        if (entries < count_)
            throw std::runtime_error("the kernel told of fewer entries than there are");
        return took;
    }

  private:
    // Answers up to the last one.
    std::size_t Receive() {
        for (std::size_t entries = 0;;) {
            sockaddr_nl from{};
            unsigned char* buffer = nullptr;
            auto left = Check(nl_recv(socket_.get(), &from, &buffer, nullptr), "nl_recv");
            const std::unique_ptr<unsigned char, Freer<free>> keeper(buffer);
            auto* header = reinterpret_cast<nlmsghdr*>(buffer);
            for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left)) {
                if (header->nlmsg_type == NLMSG_ERROR) {
                    const auto* error = static_cast<const nlmsgerr*>(nlmsg_data(header));
                    if (error->error)
                        throw std::system_error(-error->error, std::generic_category(), "netlink");
                    return entries;
                }
                if (header->nlmsg_type == NLMSG_DONE)
                    return entries;
                entries++;
            }
        }
    }

    std::size_t count_;
    NlSocket socket_;
};

// What a function of libnl makes of an object.
template <typename Builder, typename Object>
NlMessage Built(Builder build, Object* object, int flags) {
    nl_msg* message = nullptr;
    Check(build(object, flags, &message), "request");
    return NlMessage(message);
}

// For all entries of IPv4, with the header of the table's protocol.
template <typename Header>
NlMessage DumpRequest(int type, unsigned char Header::*family) {
    NlMessage message(nlmsg_alloc_simple(type, NLM_F_REQUEST | NLM_F_DUMP));
    Header header{};
    header.*family = AF_INET;
    Check(nlmsg_append(message.get(), &header, sizeof(header), NLMSG_ALIGNTO), "request");
    return message;
}

Conntrack Flow(std::uint32_t index) {
    Conntrack ct(nfnl_ct_alloc());
    const auto client = Ipv4(0x0b000001 + (index >> 14));
    const auto server = Ipv4(0x0c000001);
    const auto port = static_cast<std::uint16_t>(1024 + (index & 0x3fff));
    nfnl_ct_set_family(ct.get(), AF_INET);
    nfnl_ct_set_proto(ct.get(), IPPROTO_TCP);
    nfnl_ct_set_tcp_state(ct.get(), kEstablished);
    nfnl_ct_set_timeout(ct.get(), kTimeout);
    for (const int reply : {0, 1}) {
        nfnl_ct_set_src(ct.get(), reply, (reply ? server : client).get());
        nfnl_ct_set_dst(ct.get(), reply, (reply ? client : server).get());
        nfnl_ct_set_src_port(ct.get(), reply, reply ? kServicePort : port);
        nfnl_ct_set_dst_port(ct.get(), reply, reply ? port : kServicePort);
    }
    return ct;
}

NlMessage AddFlow(std::uint32_t index) {
    return Built(nfnl_ct_build_add_request, Flow(index).get(), NLM_F_CREATE | NLM_F_EXCL);
}

NlMessage DeleteFlow(std::uint32_t index) {
    return Built(nfnl_ct_build_delete_request, Flow(index).get(), 0);
}

NlMessage ListFlows() {
    return DumpRequest(NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_GET, &nfgenmsg::nfgen_family);
}

Route HostRoute(std::uint32_t index) {
    Route route(rtnl_route_alloc());
    auto* hop = rtnl_route_nh_alloc();
    rtnl_route_set_family(route.get(), AF_INET);
    rtnl_route_set_scope(route.get(), RT_SCOPE_LINK);
    Check(rtnl_route_set_dst(route.get(), Ipv4(0x0d000001 + index).get()), "route");
    rtnl_route_nh_set_ifindex(hop, static_cast<int>(if_nametoindex("lo")));
    rtnl_route_add_nexthop(route.get(), hop);
    return route;
}

NlMessage AddRoute(std::uint32_t index) {
    return Built(rtnl_route_build_add_request, HostRoute(index).get(), NLM_F_CREATE | NLM_F_EXCL);
}

NlMessage DeleteRoute(std::uint32_t index) {
    return Built(rtnl_route_build_del_request, HostRoute(index).get(), 0);
}

NlMessage ListRoutes() {
    return DumpRequest(RTM_GETROUTE, &rtmsg::rtm_family);
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 6) {
        std::cerr << "usage: netlink COUNT ADDRESS PORT SOURCE FIRST\n";
        return 2;
    }
    const auto count = std::stoul(argv[1]);
    Connections connections(count, argv[2], static_cast<std::uint16_t>(std::stoul(argv[3])),
                            argv[4], static_cast<std::uint16_t>(std::stoul(argv[5])));
    Table flows(NETLINK_NETFILTER, count);
    Table routes(NETLINK_ROUTE, count);
    const std::map<std::string, std::function<nanoseconds()>> requests{
        {"offload", [&] { return connections.Move(CHIMNEY_OP_KIND_INITIATE); }},
        {"upload", [&] { return connections.Move(CHIMNEY_OP_KIND_TERMINATE); }},
        {"results", [&] { return connections.Results(); }},
        {"list", [&] { return connections.List(); }},
        {"ct-add", [&] { return flows.Change(AddFlow); }},
        {"ct-list", [&] { return flows.List(ListFlows()); }},
        {"ct-del", [&] { return flows.Change(DeleteFlow); }},
        {"route-add", [&] { return routes.Change(AddRoute); }},
        {"route-list", [&] { return routes.List(ListRoutes()); }},
        {"route-del", [&] { return routes.Change(DeleteRoute); }},
    };
    std::cout << "ready" << std::endl;
    for (std::string line; std::getline(std::cin, line);)
        std::cout << std::chrono::duration_cast<microseconds>(requests.at(line)()).count()
                  << std::endl;
    return 0;
} catch (const std::exception& error) {
    std::cerr << "netlink: " << error.what() << '\n';
    return 1;
}
