// SPDX-License-Identifier: GPL-2.0-only
#include <fstream>

#include <gtest/gtest.h>

#include <chimney/resolve.hpp>

#include "temporary_directory.hpp"

namespace chimney {
namespace {

namespace fs = std::filesystem;

TcpSocket make_socket(std::uint16_t src_port, std::string_view dst, std::uint64_t inode) {
    return {{*Address::parse("10.0.0.1"), *Address::parse(dst), src_port, 80, inode + 1}, inode};
}

Result<std::vector<TcpSocket>> two_sockets() {
    return std::vector{make_socket(1, "10.0.0.2", 100), make_socket(2, "10.0.0.3", 200),
                       make_socket(3, "10.0.0.2", 300)};
}

Result<std::vector<TcpSocket>> many_sockets() {
    std::vector<TcpSocket> sockets;
    for (std::uint16_t port = 1; port <= max_sockets_per_request + 1; ++port)
        sockets.push_back(make_socket(port, "10.0.0.2", 100));
    return sockets;
}

/// A /proc with process 7, which has the sockets 100 and 200 open.
class ResolveTest : public testing::Test {
  protected:
    ResolveTest() {
        add_process("7", "net:[1]");
        add_process("8", "net:[2]");
        fs::create_directories(proc.path() / "self" / "ns");
        fs::create_symlink("net:[1]", proc.path() / "self" / "ns" / "net");
        resolve.proc = proc.path();
        resolve.list = two_sockets;
    }

    void add_process(const char* pid, const char* netns) {
        auto directory = proc.path() / pid;
        fs::create_directories(directory / "fd");
        fs::create_directories(directory / "ns");
        fs::create_symlink(netns, directory / "ns" / "net");
        fs::create_symlink("/dev/null", directory / "fd" / "0");
        fs::create_symlink("socket:[100]", directory / "fd" / "3");
        fs::create_symlink("socket:[200]", directory / "fd" / "4");
        fs::create_symlink("socket:[200x]", directory / "fd" / "5");
        fs::create_symlink("pipe:[300]", directory / "fd" / "6");
    }

    Result<std::vector<KernelSelector>> operator()(std::vector<std::string_view> words) {
        return resolve(*parse_selector(words));
    }

    test::TemporaryDirectory proc;
    Resolver resolve;
};

TEST_F(ResolveTest, AFilterPassesThrough) {
    auto requests = (*this)({"dst", "10.0.0.0/24:80"});
    ASSERT_TRUE(requests);
    ASSERT_EQ(requests->size(), 1U);
    EXPECT_EQ(requests->front().dst, *parse_endpoint("10.0.0.0/24:80"));
    EXPECT_TRUE(requests->front().sockets.empty());
}

TEST_F(ResolveTest, AProcessBecomesItsSockets) {
    auto requests = (*this)({"pid", "7"});
    ASSERT_TRUE(requests) << requests.error().message;
    ASSERT_EQ(requests->size(), 1U);
    ASSERT_EQ(requests->front().sockets.size(), 2U);
    EXPECT_EQ(requests->front().sockets[0].cookie, 101U);
    EXPECT_EQ(requests->front().sockets[1].src_port, 2);
}

TEST_F(ResolveTest, TheOtherPartsMustMatchToo) {
    auto requests = (*this)({"pid", "7", "dst", "10.0.0.3"});
    ASSERT_TRUE(requests);
    ASSERT_EQ(requests->size(), 1U);
    ASSERT_EQ(requests->front().sockets.size(), 1U);
    EXPECT_EQ(requests->front().sockets[0].src_port, 2);
    EXPECT_TRUE((*this)({"pid", "7", "dst", "10.0.0.9"})->empty());
}

TEST_F(ResolveTest, ManySocketsNeedSeveralRequests) {
    resolve.list = many_sockets;
    auto requests = (*this)({"pid", "7"});
    ASSERT_TRUE(requests);
    ASSERT_EQ(requests->size(), 2U);
    EXPECT_EQ(requests->front().sockets.size(), max_sockets_per_request);
    EXPECT_EQ(requests->back().sockets.size(), 1U);
}

TEST_F(ResolveTest, AMissingProcessIsNamed) {
    auto requests = (*this)({"pid", "99"});
    ASSERT_FALSE(requests);
    EXPECT_EQ(requests.error().code, ErrorCode::not_found);
    EXPECT_NE(requests.error().message.find("process 99 does not exist"), std::string::npos);
}

TEST_F(ResolveTest, AProcessElsewhereIsNotTakenForOneWithoutConnections) {
    auto requests = (*this)({"pid", "8"});
    ASSERT_FALSE(requests);
    EXPECT_NE(requests.error().message.find("another network namespace"), std::string::npos);
}

} // namespace
} // namespace chimney
