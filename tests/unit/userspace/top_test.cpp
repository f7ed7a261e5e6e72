// SPDX-License-Identifier: GPL-2.0-only
// Rates between two looks at the counters.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "top.hpp"

namespace chimney::cli {
namespace {

Connection make_connection(std::uint64_t cookie, std::uint64_t sent, std::uint64_t received) {
    Connection connection;
    connection.cookie = cookie;
    connection.dev = "eth0";
    connection.src = *Address::parse("10.0.0.1");
    connection.dst = *Address::parse("10.0.0.2");
    connection.src_port = static_cast<std::uint16_t>(40000 + cookie);
    connection.dst_port = 80;
    connection.sent_bytes = sent;
    connection.received_bytes = received;
    return connection;
}

Target make_target() {
    Target target;
    target.dev = "eth0";
    target.tcp.used = 3;
    return target;
}

class TopTest : public testing::Test {
  protected:
    Traffic measure(TrafficOrder order) {
        return measure_traffic(before, now, {make_target()}, 2.0, order);
    }

    std::vector<std::uint64_t> cookies(TrafficOrder order) {
        std::vector<std::uint64_t> result;
        for (const auto& one : measure(order).connections)
            result.push_back(one.connection.cookie);
        return result;
    }

    std::vector<Connection> before = {make_connection(1, 1000, 5000), make_connection(2, 0, 0),
                                      make_connection(3, 9000, 9000)};
    std::vector<Connection> now = {make_connection(1, 5000, 5000), make_connection(2, 100, 3000),
                                   make_connection(3, 20, 40), make_connection(4, 777, 777)};
};

TEST_F(TopTest, RatesAreBytesEachSecond) {
    auto traffic = measure(TrafficOrder::both);
    ASSERT_EQ(traffic.connections.size(), 4U);
    EXPECT_EQ(traffic.connections[0].sent, 2000U);
    EXPECT_EQ(traffic.connections[0].received, 0U);
    // It went home and out again, and counts from the beginning.
    EXPECT_EQ(traffic.connections[2].connection.cookie, 3U);
    EXPECT_EQ(traffic.connections[2].sent, 10U);
    EXPECT_EQ(traffic.connections[2].received, 20U);
    // It is new, so that nobody knows since when.
    EXPECT_EQ(traffic.connections[3].sent, 0U);
    ASSERT_EQ(traffic.targets.size(), 1U);
    EXPECT_EQ(traffic.targets[0].sent, 2060U);
    EXPECT_EQ(traffic.targets[0].received, 1520U);
}

TEST_F(TopTest, TheBusiestComesFirst) {
    EXPECT_EQ(cookies(TrafficOrder::both), (std::vector<std::uint64_t>{1, 2, 3, 4}));
    EXPECT_EQ(cookies(TrafficOrder::received), (std::vector<std::uint64_t>{2, 3, 1, 4}));
    EXPECT_EQ(cookies(TrafficOrder::sent), (std::vector<std::uint64_t>{1, 2, 3, 4}));
}

TEST_F(TopTest, TheTextHasATableOfEach) {
    auto text = render_traffic({}, measure(TrafficOrder::received));
    EXPECT_TRUE(
        text.starts_with("target  out  sent       received\n"
                         "eth0    3    2.0 KiB/s  1.5 KiB/s\n"
                         "\n"
                         "connection                     state      target  sent       received\n"
                         "10.0.0.1:40002 -> 10.0.0.2:80  offloaded  eth0    50 B/s     1.5 KiB/s\n"
                         "10.0.0.1:40003 -> 10.0.0.2:80  offloaded  eth0    10 B/s     20 B/s\n"))
        << text;
}

TEST_F(TopTest, TheDocumentHasRatesBesideTheRest) {
    auto document = traffic_document(measure(TrafficOrder::both));
    const auto& first = document["top"]["connections"][0];
    EXPECT_EQ(first["sport"], 40001);
    EXPECT_EQ(first["sent_rate"], 2000);
    EXPECT_EQ(document["top"]["targets"][0]["sent_rate"], 2060);
}

} // namespace
} // namespace chimney::cli
