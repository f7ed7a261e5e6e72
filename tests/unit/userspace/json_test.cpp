// SPDX-License-Identifier: GPL-2.0-only
// Golden documents: a change here breaks scripts of users.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chimney/json.hpp>
#include <chimney/protocol.hpp>

#include "samples.hpp"

namespace chimney {
namespace {

TEST(Json, Targets) {
    auto document = targets_document({test::sample_target()});
    EXPECT_EQ(format_json(document),
              R"({"schema":1,"targets":[{"dev":"veth0","ifindex":7,"kind":"sim",)"
              R"("tcp":{"used":3,"max":4096},"path":{"used":1,"max":1024},)"
              R"("neighbor":{"used":1,"max":256},"max_mtu":1500,"max_rcv_wnd":0,)"
              R"("violations":0}]})");
    EXPECT_EQ(parse_targets(document), std::vector{test::sample_target()});
}

TEST(Json, Connections) {
    auto document = connections_document({test::sample_connection()});
    EXPECT_EQ(format_json(document),
              R"({"schema":1,"connections":[{"context":"0x2a","state":"offloaded",)"
              R"("tcp_state":"established","dev":"veth0","ifindex":7,"src":"10.0.0.1",)"
              R"("sport":40000,"dst":"10.0.0.2","dport":7,"cookie":"0x1001","uid":1000,)"
              R"("inode":4711,"operation":7,"owned":true,"sent_bytes":1024,"received_bytes":3,)"
              R"("outstanding_bytes":0,"held_segments":0,"forwarded_segments":0,"guard":0}]})");
    EXPECT_EQ(parse_connections(document), std::vector{test::sample_connection()});
}

TEST(Json, Operations) {
    auto operation = test::sample_report().operation;
    auto document = operations_document({operation});
    EXPECT_EQ(format_json(document),
              R"({"schema":1,"operations":[{"id":7,"kind":"initiate","state":"done",)"
              R"("start":"2026-11-21T09:40:00.000000042Z","duration_ns":12300000,"trees":1,)"
              R"("grace_periods":1,"results":8,"connections":4,"ok":2,"failed":1,"refused":1}]})");
    EXPECT_EQ(parse_operations(document), std::vector{operation});
}

TEST(Json, BlocksHaveWhatTheirLayerHas) {
    auto document = reports_document({test::sample_report()});
    const auto& blocks = document["operations"][0]["blocks"];
    ASSERT_EQ(blocks.size(), 8U);
    EXPECT_EQ(format_json(blocks[0]),
              R"({"index":0,"layer":"neighbor","role":"new","status":"SUCCESS",)"
              R"("context":"0xffff888000000001","dev":"veth0","ifindex":7,"dst":"10.0.0.2",)"
              R"("mac":"52:54:00:12:34:56"})");
    EXPECT_EQ(format_json(blocks[1]),
              R"({"index":1,"layer":"path","role":"new","status":"PARTIAL_SUCCESS",)"
              R"("dev":"veth0","ifindex":7,"src":"10.0.0.1","dst":"10.0.0.2","mtu":1500})");
    EXPECT_EQ(format_json(blocks[2]),
              R"({"index":2,"layer":"tcp","role":"new","status":"SUCCESS","context":"0x2a",)"
              R"("dev":"veth0","ifindex":7,"src":"10.0.0.1","sport":40000,"dst":"10.0.0.2",)"
              R"("dport":7,"cookie":"0xac40","tcp_state":"established","send_bytes":65536,)"
              R"("receive_bytes":0})");
    EXPECT_EQ(format_json(blocks[7]),
              R"({"index":7,"layer":"tcp","reason":"ulp","src":"10.0.0.1","sport":40003,)"
              R"("dst":"10.0.0.2","dport":7,"cookie":"0xac43","send_bytes":0,"receive_bytes":0})");
    EXPECT_EQ(parse_reports(document), std::vector{test::sample_report()});
}

TEST(Json, ValuesOfANewerKernelSurvive) {
    auto report = test::sample_report();
    report.blocks[0].status = static_cast<Status>(77);
    report.blocks[7].reason = static_cast<Reason>(78);
    EXPECT_EQ(parse_reports(reports_document({report})), std::vector{report});
}

TEST(Json, Errors) {
    EXPECT_EQ(format_json(error_document({ErrorCode::not_loaded, 0, "load it"})),
              R"({"schema":1,"error":{"code":"not-loaded","message":"load it"}})");
}

TEST(Json, BytesThatAreNotUtf8AreReplaced) {
    EXPECT_EQ(format_json({{"dev", "a\xff"}}), "{\"dev\":\"a\xef\xbf\xbd\"}");
}

TEST(Json, MalformedDocumentsAreErrors) {
    for (const char* text :
         {R"({})", R"({"targets":7})", R"({"targets":[{"dev":7}]})", R"({"targets":[7]})"}) {
        auto targets = parse_targets(Json::parse(text));
        ASSERT_FALSE(targets) << text;
        EXPECT_EQ(targets.error().code, ErrorCode::protocol);
    }
    for (const auto& [key, value] : std::vector<std::pair<const char*, const char*>>{
             {"context", "42"}, {"mac", "52:54"}, {"status", "NICE"}, {"dst", "host"}}) {
        auto document = reports_document({test::sample_report()});
        document["operations"][0]["blocks"][0][key] = value;
        EXPECT_FALSE(parse_reports(document)) << key;
    }
}

TEST(Json, SelectorsTravelInTheirGrammar) {
    Selector selector;
    selector.src = *parse_endpoint("10.0.0.0/8:80");
    selector.pid = 7;
    auto json = selector_to_json(selector);
    EXPECT_EQ(format_json(json), R"({"src":"10.0.0.0/8:80","pid":7})");
    EXPECT_EQ(parse_selector_json(json), selector);
    EXPECT_FALSE(parse_selector_json({{"all", true}, {"pid", 7}}));
    EXPECT_FALSE(parse_selector_json({{"src", 7}}));
    EXPECT_FALSE(parse_selector_json({{"src", "host"}}));
}

TEST(Protocol, CallsAndReplies) {
    EXPECT_EQ(encode_call(method::ping, Json::object()),
              std::string(R"({"method":"org.chimney.Ping","parameters":{}})") + '\0');
    auto call = decode_call(R"({"method":"org.chimney.Ping"})");
    ASSERT_TRUE(call);
    EXPECT_TRUE(call->parameters.is_object());
    for (const char* text : {"", "7", "{", R"({"method":7})", R"({"method":"x","parameters":7})"})
        EXPECT_FALSE(decode_call(text)) << text;

    auto error = decode_reply(encode_error({ErrorCode::kernel, 22, "port out of range"}).c_str());
    ASSERT_FALSE(error);
    EXPECT_EQ(error.error().code, ErrorCode::kernel);
    EXPECT_EQ(error.error().errnum, 22);
    EXPECT_EQ(error.error().message, "port out of range");
    EXPECT_FALSE(decode_reply(R"({"error":"org.varlink.service.MethodNotFound"})"));
    EXPECT_EQ(decode_reply(R"({"parameters":{"a":1}})").value(), Json({{"a", 1}}));
}

TEST(Protocol, TheFramerCutsAtNul) {
    Framer framer(8);
    EXPECT_TRUE(framer.feed("ab"));
    EXPECT_EQ(framer.next(), std::nullopt);
    EXPECT_TRUE(framer.feed(std::string_view("c\0d\0e", 5)));
    EXPECT_EQ(framer.next(), "abc");
    EXPECT_EQ(framer.next(), "d");
    EXPECT_EQ(framer.next(), std::nullopt);
    EXPECT_FALSE(framer.feed("123456789"));
}

} // namespace
} // namespace chimney
