// SPDX-License-Identifier: GPL-2.0-only
// What is found out about connections: with the sockets, processes and routes of this machine, and
// a hierarchy of control groups made of directories.
#include <array>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <chimney/unique_fd.hpp>

#include "census.hpp"
#include "temporary_directory.hpp"

namespace chimney::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A connection over the loopback device, both of its ends.
struct Loopback {
    Loopback() {
        UniqueFd listener(socket(AF_INET, SOCK_STREAM, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        bind(listener.get(), generic, size);
        listen(listener.get(), 1);
        getsockname(listener.get(), generic, &size);
        port = ntohs(address.sin_port);
        near = UniqueFd(socket(AF_INET, SOCK_STREAM, 0));
        connect(near.get(), generic, size);
        far = UniqueFd(accept(listener.get(), nullptr, nullptr));
    }

    UniqueFd near;
    UniqueFd far;
    std::uint16_t port = 0;
};

/// A routing table of one device.
class FakeRoutes : public RouteTable {
  public:
    std::string device(const Address&, const Address&) override { return "eth9"; }
};

Policy uses(std::optional<std::string> Rule::*field) {
    Rule rule;
    rule.*field = "any";
    return {{rule}};
}

class CensusTest : public testing::Test {
  protected:
    CensusTest() {
        sources.list = [this] { return Result<std::vector<TcpSocket>>(sockets); };
        sources.routes = [] { return std::make_unique<FakeRoutes>(); };
        TcpSocket socket;
        socket.name.cookie = 1;
        socket.inode = 100;
        sockets = {socket};
    }

    Candidate only(Census& census, const Policy& policy = {}) {
        auto candidates = census.take(policy, now);
        EXPECT_TRUE(candidates);
        EXPECT_EQ(candidates->size(), 1U);
        return candidates->front();
    }

    Sources sources;
    std::vector<TcpSocket> sockets;
    Clock::time_point now{seconds(1000)};
};

TEST_F(CensusTest, AConnectionOfThisMachine) {
    Loopback loopback;
    std::array<char, 1000> data{};
    ASSERT_EQ(send(loopback.near.get(), data.data(), data.size(), 0), 1000);
    ASSERT_EQ(recv(loopback.far.get(), data.data(), data.size(), MSG_WAITALL), 1000);

    Census census;
    auto candidates = census.take(uses(&Rule::command), now);

    ASSERT_TRUE(candidates) << candidates.error().message;
    auto is_near = [&](const Candidate& c) { return c.name.dst_port == loopback.port; };
    auto found = std::ranges::find_if(*candidates, is_near);
    ASSERT_NE(found, candidates->end());
    EXPECT_EQ(found->dev, "lo");
    EXPECT_EQ(found->uid, getuid());
    // The kernel cuts names of commands.
    EXPECT_EQ(found->command, std::string("userspace_test").substr(0, 15));
    auto is_far = [&](const Candidate& c) { return c.name.src_port == loopback.port; };
    auto far = std::ranges::find_if(*candidates, is_far);
    ASSERT_NE(far, candidates->end());
    EXPECT_EQ(far->bytes, 1000U);
}

TEST_F(CensusTest, AgesCountFromTheFirstLook) {
    Census census(sources);
    EXPECT_EQ(only(census).age_s, 0U);
    now += milliseconds(2900);
    EXPECT_EQ(only(census).age_s, 2U);
    // Another connection that got the same place in the list.
    sockets[0].name.cookie = 2;
    EXPECT_EQ(only(census).age_s, 0U);
}

TEST_F(CensusTest, ARateIsBetweenTwoLooks) {
    Census census(sources);
    sockets[0].bytes = 1000;
    EXPECT_EQ(only(census).rate, 0U);
    sockets[0].bytes = 3000;
    now += seconds(2);
    EXPECT_EQ(only(census).rate, 1000U);
    EXPECT_EQ(only(census).bytes, 3000U);
    // Too soon for a new one.
    sockets[0].bytes = 4000;
    now += milliseconds(10);
    EXPECT_EQ(only(census).rate, 1000U);
}

TEST_F(CensusTest, WhatNoProcessHasOpenIsNoCandidate) {
    sockets[0].inode = 0;
    Census census(sources);
    EXPECT_EQ(census.take({}, now)->size(), 0U);
}

TEST_F(CensusTest, ControlGroupsAreKnownByTheirInodes) {
    test::TemporaryDirectory directory;
    auto group = directory.path() / "system.slice" / "nginx.service";
    std::filesystem::create_directories(group);
    struct stat info {};
    ASSERT_EQ(stat(group.c_str(), &info), 0);
    sockets[0].cgroup = info.st_ino;
    sources.cgroups = directory.path();
    Census census(sources);

    EXPECT_EQ(only(census, uses(&Rule::cgroup)).cgroup, "/system.slice/nginx.service");
    EXPECT_EQ(only(census).cgroup, "");
    ASSERT_EQ(stat(directory.path().c_str(), &info), 0);
    sockets[0].cgroup = info.st_ino;
    EXPECT_EQ(only(census, uses(&Rule::cgroup)).cgroup, "/");
}

TEST_F(CensusTest, TheDeviceIsThatOfTheRoute) {
    Census census(sources);
    EXPECT_EQ(only(census).dev, "eth9");
    KernelRoutes routes;
    auto loopback = Address::parse("127.0.0.1").value();
    EXPECT_EQ(routes.device(loopback, loopback), "lo");
    EXPECT_EQ(routes.device(loopback, Address::parse("::1").value()), "");
}

TEST_F(CensusTest, WithoutAListThereIsAnError) {
    sources.list = [] { return Result<std::vector<TcpSocket>>(fail(ErrorCode::io, "no list")); };
    Census census(sources);
    EXPECT_EQ(census.take({}, now).error().message, "no list");
}

} // namespace
} // namespace chimney::daemon
