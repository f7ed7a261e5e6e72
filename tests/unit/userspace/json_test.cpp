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
              R"("ipv4":true,"ipv6":false,"sack":true,"gate":"open","violations":0,)"
              R"("breaches":{},"memory":10240,"host_memory":1216,"quarantined":false}]})");
    auto broken = test::sample_target();
    broken.breaches = {{"OP-06", 2}};
    broken.memory.reset();
    EXPECT_EQ(parse_targets(targets_document({broken})), std::vector{broken});
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
              R"("grace_periods":1,"results":8,"connections":4,"ok":2,"failed":1,"refused":1,)"
              R"("dry_run":false,"total":0}]})");
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

TEST(Json, VariablesAreGroupedByClass) {
    auto document = reports_document({test::sample_dry_run()});
    const auto& block = document["operations"][0]["blocks"][2];
    EXPECT_EQ(format_json(block["state"]),
              R"({"const":{"flags":["timestamps","ecn"],"remote_port":7,"local_port":40000,)"
              R"("remote_mss":1460,"congestion_control":"cubic"},)"
              R"("cached":{"flags":["nagle"],"ttl_or_hop_limit":64},)"
              R"("delegated":{"state":"established","snd_una":4294967295,)"
              R"("keep_alive_timeout_delta":-1,"retransmit_timeout_delta":0}})");
    EXPECT_EQ(block["class"], "complete");
    EXPECT_EQ(parse_reports(document), std::vector{test::sample_dry_run()});
}

TEST(Json, Events) {
    EXPECT_EQ(format_json(event_to_json(test::sample_event())),
              R"({"time":"2026-11-21T09:40:00.000000042Z","source":"tcp","event":"retrieve",)"
              R"("upload_reason":"high-drop-rate","information":5,"dev":"veth0","ifindex":7,)"
              R"("context":"0x2a","src":"10.0.0.1","sport":40000,"dst":"10.0.0.2","dport":7,)"
              R"("cookie":"0x1001"})");
    EXPECT_EQ(parse_events(events_document({test::sample_event()})),
              std::vector{test::sample_event()});
}

TEST(Json, StatisticsAndParameters) {
    auto statistics = test::sample_statistics();
    auto document = statistics_document({statistics});
    EXPECT_EQ(document["statistics"][0]["version"], 4);
    EXPECT_EQ(document["statistics"][0]["tcp_out_resets"], 16);
    EXPECT_EQ(parse_statistics(document), std::vector{statistics});
    EXPECT_EQ(format_json(settings_document(test::sample_settings())),
              R"({"schema":1,"parameters":[{"dev":"veth0","ifindex":7,"ack-frequency":1,)"
              R"("max-retransmissions":2,"doubt-reachability-retransmissions":3,)"
              R"("duplicate-ack-threshold":4,"delayed-ack-ticks":5,"sws-prevention-ticks":6,)"
              R"("push-ticks":7,"nce-stale-ticks":8}]})");
    EXPECT_EQ(parse_settings(settings_document(test::sample_settings())), test::sample_settings());
}

TEST(Json, AReplayHasDefaults) {
    auto steps = parse_replay(Json::parse(R"({"replay":[
        {"kind":"initiate","tree":[
            {"layer":"neighbor","object":"N1","state":{"cached":{}},"dependents":[
                {"layer":"path","dependents":[
                    {"layer":"tcp","object":"T1","send_data":"0aff","buffered_bytes":2}]}]}]},
        {"kind":"query","deadline_ms":9,"tree":[{"layer":"tcp","object":"T1"}]},
        {"kind":"terminate","tree":[{"layer":"tcp","object":"T1"}]},
        {"kind":"invalidate","tree":[{"layer":"tcp","object":"T1"}]}]})"));
    ASSERT_TRUE(steps) << steps.error().message;
    ASSERT_EQ(steps->size(), 4U);
    const auto& blocks = (*steps)[0].blocks;
    ASSERT_EQ(blocks.size(), 3U);
    EXPECT_EQ(blocks[0].role, CHIMNEY_ROLE_NEW);
    EXPECT_EQ(blocks[0].state, (State{CHIMNEY_STATE_CLASS_CACHED, {}}));
    EXPECT_EQ(blocks[1].role, CHIMNEY_ROLE_PLACEHOLDER);
    EXPECT_EQ(blocks[2].role, CHIMNEY_ROLE_LINKER);
    EXPECT_EQ(blocks[2].send_data, (std::vector{std::byte{0x0a}, std::byte{0xff}}));
    EXPECT_EQ(blocks[2].buffered_data, std::vector<std::byte>(2));
    EXPECT_EQ((*steps)[1].deadline_ms, 9U);
    EXPECT_EQ((*steps)[1].blocks[0].state, (State{CHIMNEY_STATE_CLASS_COMPLETE, {}}));
    EXPECT_EQ((*steps)[2].blocks[0].state, (State{CHIMNEY_STATE_CLASS_DELEGATED, {}}));
    EXPECT_EQ((*steps)[3].blocks[0].state, std::nullopt);
}

TEST(Json, WhatIsWrongWithAReplayIsSaid) {
    auto tree = [](std::string_view block) {
        return R"({"replay":[{"kind":"initiate","tree":[)" + std::string(block) + "]}]}";
    };
    const std::vector<std::pair<std::string, std::string>> table = {
        {"{}", "no list 'replay'"},
        {R"({"replay":[]})", "no list 'replay'"},
        {R"({"replay":[7]})", "replay[0] is not an object"},
        {R"({"replay":[{"tree":[]}]})", "replay[0].kind is missing"},
        {R"({"replay":[{"kind":"send"}]})", "replay[0].kind \"send\" is not initiate"},
        {R"({"replay":[{"kind":"query"}]})", "replay[0].tree is missing"},
        {R"({"replay":[{"kind":"query","tree":[]}]})", "replay[0].tree is not a list of blocks"},
        {R"({"replay":[{"kind":"query","deadline_ms":0,"tree":[]}]})", "from 1 to 60000"},
        {tree(R"({"layer":"path","dependants":[]})"), "tree[0].dependants is no key"},
        {tree(R"({"object":"N1"})"), "tree[0].layer is missing"},
        {tree(R"({"layer":"path","object":7})"), "tree[0].object is not a name"},
        {tree(R"({"layer":"path","role":"new"})"), "a placeholder has no object"},
        {tree(R"({"layer":"path","object":"P","state":{}})"), "state has no variables"},
        {tree(R"({"layer":"path","object":"P","state":{"cached":{"mtu":1}}})"),
         "state.cached.mtu is no key there is: use path_mtu"},
        {tree(R"({"layer":"path","object":"P","state":{"cached":{"path_mtu":-1}}})"),
         "path_mtu is not a number from 0 to 4294967295"},
        {tree(R"({"layer":"path","object":"P","state":{"const":{"source_address":"host"}}})"),
         "'host' is not an IP address"},
        {tree(R"({"layer":"neighbor","object":"N",)"
              R"("state":{"cached":{"dl_destination_address":"52:54"}}},{"layer":"tcp"})"),
         "tree[1].layer is tcp where a neighbor must be"},
        {tree(R"({"layer":"neighbor","object":"N",)"
              R"("state":{"cached":{"dl_destination_address":"5254"}}})"),
         "'5254' is not a link-layer address"},
        {tree(R"({"layer":"tcp","object":"T","state":{"delegated":{"state":"open"}}})"),
         "'open' is no TCP state"},
        {tree(R"({"layer":"tcp","object":"T","state":{"const":{"flags":["fast"]}}})"),
         "has the unknown name fast"},
        {tree(R"({"layer":"tcp","object":"T","state":{"const":{"snd_wind_scale":256}}})"),
         "from 0 to 255"},
        {tree(R"({"layer":"tcp","object":"T","send_data":"0g"})"), "hexadecimal"},
        {tree(R"({"layer":"tcp","object":"T","send_bytes":61441})"), "from 0 to 61440"},
        {tree(R"({"layer":"tcp","object":"T","dependents":[]})"), "nothing depends on"},
    };
    for (const auto& [text, sentence] : table) {
        auto steps = parse_replay(Json::parse(text));
        ASSERT_FALSE(steps) << text;
        EXPECT_EQ(steps.error().code, ErrorCode::usage) << text;
        EXPECT_NE(steps.error().message.find(sentence), std::string::npos)
            << text << ": " << steps.error().message;
    }
}

TEST(Json, WhatCameBackCanBeReplayed) {
    ReplayResult result{CHIMNEY_OP_KIND_INITIATE, CHIMNEY_OP_STATE_DONE, {}};
    for (const auto& block : test::sample_dry_run().blocks) {
        auto& copy = result.blocks.emplace_back();
        copy.layer = block.layer;
        copy.object = to_string(block.layer);
        copy.state = block.state;
        copy.status = CHIMNEY_STATUS_SUCCESS;
        copy.slot = true;
    }
    result.blocks.back().send_data = {std::byte{1}, std::byte{2}};
    result.blocks.back().send_bytes = 2;
    auto document = results_document({result});
    EXPECT_EQ(document["replay"][0]["tree"][0]["dependents"][0]["dependents"][0]["send_data"],
              "0102");
    auto steps = parse_replay(document);
    ASSERT_TRUE(steps) << steps.error().message;
    ASSERT_EQ(steps->front().blocks.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(steps->front().blocks[i].state, result.blocks[i].state);
        EXPECT_EQ(steps->front().blocks[i].object, result.blocks[i].object);
        EXPECT_EQ(steps->front().blocks[i].send_data, result.blocks[i].send_data);
    }
    EXPECT_EQ(parse_replay(replay_document(*steps)), steps);
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
