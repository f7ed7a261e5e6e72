// SPDX-License-Identifier: GPL-2.0-only
// Golden text output.
#include <gtest/gtest.h>

#include "render.hpp"
#include "samples.hpp"

namespace chimney::cli {
namespace {

constexpr Style plain = {};
constexpr Style boxes = {true, false};
constexpr Style colors = {true, true};
constexpr Style detailed = {false, false, true};

TEST(Render, Report) {
    EXPECT_EQ(
        render_report(boxes, test::sample_report()),
        R"(operation 7 initiate: 4 connections, 2 offloaded, 2 not, 12.3 ms, 1 grace period, send 64 KiB, receive 1.5 KiB
neighbor 10.0.0.2 52:54:00:12:34:56 dev veth0      new     SUCCESS
├─ path 10.0.0.1 → 10.0.0.2 mtu 1500               new     PARTIAL_SUCCESS
│  ├─ tcp 10.0.0.1:40000 → 10.0.0.2:7 established  new     SUCCESS          send 64 KiB  receive 0 B
│  └─ tcp 10.0.0.1:40001 → 10.0.0.2:7 established  new     TCP_ENTRIES      send 0 B  receive 0 B
└─ path 10.0.0.1 → 10.0.0.3 mtu 1500               new     SUCCESS
   └─ tcp 10.0.0.1:40002 → 10.0.0.2:7 established  new     SUCCESS          send 0 B  receive 1.5 KiB
neighbor 10.0.0.2 52:54:00:12:34:56 dev veth0      linker  SUCCESS
refused:
   tcp 10.0.0.1:40003 → 10.0.0.2:7  ulp: an upper layer protocol (such as kTLS) is attached
)");
}

TEST(Render, ReportWithoutUtf8IsAscii) {
    auto text = render_report(plain, test::sample_report());
    for (char c : text)
        ASSERT_TRUE(static_cast<unsigned char>(c) < 0x80) << text;
    EXPECT_NE(text.find("|- path 10.0.0.1 -> 10.0.0.2 mtu 1500"), std::string::npos) << text;
    EXPECT_NE(text.find("|  `- tcp 10.0.0.1:40001"), std::string::npos) << text;
    EXPECT_NE(text.find("   `- tcp 10.0.0.1:40002"), std::string::npos) << text;
}

TEST(Render, ColorsFollowTheStatus) {
    auto text = render_report(colors, test::sample_report());
    EXPECT_NE(text.find("\033[32mSUCCESS\033[0m"), std::string::npos);
    EXPECT_NE(text.find("\033[33mPARTIAL_SUCCESS\033[0m"), std::string::npos);
    EXPECT_NE(text.find("\033[31mTCP_ENTRIES\033[0m"), std::string::npos);
}

TEST(Render, Operations) {
    Operation op;
    op.id = 8;
    op.kind = CHIMNEY_OP_KIND_TERMINATE;
    op.ok = 1;
    op.requester = "policy";
    const auto date = std::string("1970-01-01 00:00:00.000000 ").size();
    EXPECT_EQ(render_operation(plain, op).substr(date),
              "operation 8 terminate: 1 connection, 1 uploaded, 0 not, still running, 0 grace "
              "periods for policy\n");
    op.total = 3;
    EXPECT_EQ(render_operation(plain, op).substr(date),
              "operation 8 terminate: 1 connection, 1 uploaded, 0 not, still running, 2 left, 0 "
              "grace periods for policy\n");
    op.state = CHIMNEY_OP_STATE_TIMED_OUT;
    op.duration_ns = 5'004'000'000;
    op.requester.clear();
    EXPECT_EQ(render_operation(plain, op).substr(date),
              "operation 8 terminate: 1 connection, 1 uploaded, 0 not, 5.00 s, timed out, 0 grace "
              "periods\n");
}

TEST(Render, Targets) {
    auto driver = test::sample_target();
    driver.dev = "enp1s0";
    driver.kind.clear();
    driver.violations = 2;
    EXPECT_EQ(render_targets(plain, {test::sample_target(), driver}),
              "veth0   kind sim     tcp 3/4096  path 1/1024  neighbor 1/256  mtu 1500  rcvwnd any  "
              "violations 0\n"
              "enp1s0  kind driver  tcp 3/4096  path 1/1024  neighbor 1/256  mtu 1500  rcvwnd any  "
              "violations 2\n");
    EXPECT_EQ(render_targets(plain, {}), "");
    auto paused = test::sample_target();
    paused.gate = CHIMNEY_GATE_PAUSED;
    paused.breaches = {{"OP-06", 2}};
    EXPECT_EQ(render_targets(detailed, {paused}),
              "veth0  kind sim  tcp 3/4096  path 1/1024  neighbor 1/256  mtu 1500  rcvwnd any  "
              "violations 0  gate paused\n"
              "   capabilities ipv4 sack\n"
              "   memory host 1.2 KiB a connection, target 10 KiB (3.3 KiB a connection)\n"
              "   OP-06 broken 2 times\n");
}

TEST(Render, ADryRunShowsStateOnDemand) {
    auto text = render_report(detailed, test::sample_dry_run());
    EXPECT_EQ(
        text,
        R"(operation 7 dry run of initiate: 1 connection, 1 would be offloaded, 0 not, 12.3 ms, send 100 B, receive 0 B
neighbor 10.0.0.2 52:54:00:12:34:56 dev veth0       new
|  const      vlan_id 0
|  cached     dl_destination_address 52:54:00:12:34:56
|  delegated  nic_reachability_delta 12
`- path 10.0.0.1 -> 10.0.0.2 mtu 1500               new
   |  const      source_address 10.0.0.1  destination_address 10.0.0.2
   |  cached     path_mtu 1500
   `- tcp 10.0.0.1:40000 -> 10.0.0.2:7 established  new  send 100 B  receive 0 B
         const      flags timestamps,ecn  remote_port 7  local_port 40000  remote_mss 1460
                    congestion_control cubic
         cached     flags nagle  ttl_or_hop_limit 64
         delegated  state established  snd_una 4294967295  keep_alive_timeout_delta off
                    retransmit_timeout_delta 0
)");
    EXPECT_EQ(render_report(plain, test::sample_dry_run()).find("vlan_id"), std::string::npos);
}

TEST(Render, AReplayMayBeginAtAnyLayer) {
    ReplayResult result{CHIMNEY_OP_KIND_TERMINATE, CHIMNEY_OP_STATE_DONE, {}};
    auto& path = result.blocks.emplace_back();
    path.layer = CHIMNEY_LAYER_PATH;
    path.role = CHIMNEY_ROLE_PLACEHOLDER;
    path.status = CHIMNEY_STATUS_SUCCESS;
    auto& tcp = result.blocks.emplace_back();
    tcp.layer = CHIMNEY_LAYER_TCP;
    tcp.role = CHIMNEY_ROLE_LINKER;
    tcp.object = "T1";
    tcp.status = CHIMNEY_STATUS_FAILURE;
    tcp.send_bytes = 100;
    tcp.events = 1;
    EXPECT_EQ(render_replay(plain, 3, result), "step 3 terminate:\n"
                                               "path       placeholder  SUCCESS\n"
                                               "`- tcp T1  linker       FAILURE  slot empty  send "
                                               "100 B  1 event\n");
    result.state = CHIMNEY_OP_STATE_TIMED_OUT;
    result.blocks.clear();
    EXPECT_EQ(render_replay(plain, 1, result),
              "step 1 terminate: timed out, the target still has the tree\n");
}

TEST(Render, Events) {
    setenv("TZ", "UTC", 1);
    tzset();
    EXPECT_EQ(render_event(plain, test::sample_event()),
              "2026-11-21 09:40:00.000000 tcp retrieve high-drop-rate dev veth0 tcp 10.0.0.1:40000 "
              "-> 10.0.0.2:7 context 0x2a\n");
    Event violation;
    violation.source = CHIMNEY_EVENT_SOURCE_VIOLATION;
    violation.name = "OP-06";
    violation.ifindex = 7;
    EXPECT_EQ(render_event(plain, violation),
              "1970-01-01 00:00:00.000000 violation OP-06 dev if7\n");
}

TEST(Render, StatisticsAndParameters) {
    auto text = render_statistics(plain, {test::sample_statistics()});
    EXPECT_TRUE(text.starts_with("veth0 IPv4\n   ip_in_receives              0\n")) << text;
    EXPECT_TRUE(text.ends_with("   tcp_out_resets              16\n")) << text;
    text = render_settings(plain, test::sample_settings());
    EXPECT_TRUE(text.starts_with("veth0\n   ack-frequency                       1  segments"))
        << text;
}

TEST(Render, Connections) {
    auto lost = test::sample_connection();
    lost.state = CHIMNEY_CONN_STATE_LOST;
    lost.owned = false;
    lost.dev.clear();
    lost.guard = 1;
    EXPECT_EQ(render_connections(plain, {test::sample_connection(), lost}),
              "tcp 10.0.0.1:40000 -> 10.0.0.2:7  established  offloaded  dev veth0  sent 1 KiB  "
              "received 3 B  outstanding 0 B  owned\n"
              "tcp 10.0.0.1:40000 -> 10.0.0.2:7  established  lost       dev if7    sent 1 KiB  "
              "received 3 B  outstanding 0 B         guard 1\n");
}

TEST(Render, Units) {
    EXPECT_EQ(format_bytes(0), "0 B");
    EXPECT_EQ(format_bytes(1023), "1023 B");
    EXPECT_EQ(format_bytes(1024), "1 KiB");
    EXPECT_EQ(format_bytes(1536), "1.5 KiB");
    EXPECT_EQ(format_bytes(5ULL << 20), "5 MiB");
    EXPECT_EQ(format_bytes(2048ULL << 30), "2048 GiB");
    EXPECT_EQ(format_duration(0), "0.0 ms");
    EXPECT_EQ(format_duration(1'500'000'000), "1.50 s");
}

} // namespace
} // namespace chimney::cli
