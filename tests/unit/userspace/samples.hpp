// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Values that several golden tests print.
#pragma once

#include <chimney/types.hpp>

namespace chimney::test {

inline Block tcp_block(std::uint32_t index, std::uint16_t src_port, Status status) {
    Block block;
    block.index = index;
    block.layer = CHIMNEY_LAYER_TCP;
    block.role = CHIMNEY_ROLE_NEW;
    block.status = status;
    block.ifindex = 7;
    block.dev = "veth0";
    block.src = Address::parse("10.0.0.1");
    block.dst = Address::parse("10.0.0.2");
    block.src_port = src_port;
    block.dst_port = 7;
    block.cookie = 0x1000U + src_port;
    block.tcp_state = CHIMNEY_TCP_STATE_ESTABLISHED;
    return block;
}

inline Block path_block(std::uint32_t index, const char* dst, Status status) {
    Block block;
    block.index = index;
    block.layer = CHIMNEY_LAYER_PATH;
    block.role = CHIMNEY_ROLE_NEW;
    block.status = status;
    block.ifindex = 7;
    block.dev = "veth0";
    block.src = Address::parse("10.0.0.1");
    block.dst = Address::parse(dst);
    block.mtu = 1500;
    return block;
}

inline Block neighbor_block(std::uint32_t index, Role role) {
    Block block;
    block.index = index;
    block.layer = CHIMNEY_LAYER_NEIGHBOR;
    block.role = role;
    block.status = CHIMNEY_STATUS_SUCCESS;
    block.context = 0xffff888000000001;
    block.ifindex = 7;
    block.dev = "veth0";
    block.dst = Address::parse("10.0.0.2");
    block.mac = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
    return block;
}

/// One of each: success, a full target, a refused connection, two paths, two neighbors.
inline Report sample_report() {
    Report report;
    report.operation = {7,
                        CHIMNEY_OP_KIND_INITIATE,
                        CHIMNEY_OP_STATE_DONE,
                        1'795'254'000'000'000'042,
                        12'300'000,
                        1,
                        1,
                        8,
                        2,
                        1,
                        1};
    auto first = tcp_block(2, 40000, CHIMNEY_STATUS_SUCCESS);
    first.context = 0x2a;
    first.send_bytes = 65536;
    auto second = tcp_block(3, 40001, CHIMNEY_STATUS_TCP_ENTRIES);
    auto third = tcp_block(5, 40002, CHIMNEY_STATUS_SUCCESS);
    third.receive_bytes = 1536;
    Block refused = tcp_block(7, 40003, CHIMNEY_STATUS_SUCCESS);
    refused.role.reset();
    refused.status.reset();
    refused.tcp_state.reset();
    refused.ifindex = 0;
    refused.dev.clear();
    refused.reason = CHIMNEY_REASON_ULP;
    report.blocks = {neighbor_block(0, CHIMNEY_ROLE_NEW),
                     path_block(1, "10.0.0.2", CHIMNEY_STATUS_PARTIAL_SUCCESS),
                     first,
                     second,
                     path_block(4, "10.0.0.3", CHIMNEY_STATUS_SUCCESS),
                     third,
                     neighbor_block(6, CHIMNEY_ROLE_LINKER),
                     refused};
    return report;
}

inline State sample_neighbor_state() {
    return {CHIMNEY_STATE_CLASS_COMPLETE,
            {{CHIMNEY_A_NEIGHBOR_STATE_VLAN_ID, 0U},
             {CHIMNEY_A_NEIGHBOR_STATE_DL_DESTINATION_ADDRESS, "52:54:00:12:34:56"},
             {CHIMNEY_A_NEIGHBOR_STATE_NIC_REACHABILITY_DELTA, 12U}}};
}

inline State sample_path_state() {
    return {CHIMNEY_STATE_CLASS_COMPLETE,
            {{CHIMNEY_A_PATH_STATE_SOURCE_ADDRESS, *Address::parse("10.0.0.1")},
             {CHIMNEY_A_PATH_STATE_DESTINATION_ADDRESS, *Address::parse("10.0.0.2")},
             {CHIMNEY_A_PATH_STATE_PATH_MTU, 1500U}}};
}

inline State sample_tcp_state() {
    return {
        CHIMNEY_STATE_CLASS_COMPLETE,
        {{CHIMNEY_A_TCP_STATE_CONST_FLAGS, std::uint32_t{CHIMNEY_TCP_TIMESTAMPS | CHIMNEY_TCP_ECN}},
         {CHIMNEY_A_TCP_STATE_REMOTE_PORT, 7U},
         {CHIMNEY_A_TCP_STATE_LOCAL_PORT, 40000U},
         {CHIMNEY_A_TCP_STATE_REMOTE_MSS, 1460U},
         {CHIMNEY_A_TCP_STATE_CONGESTION_CONTROL, "cubic"},
         {CHIMNEY_A_TCP_STATE_CACHED_FLAGS, std::uint32_t{CHIMNEY_TCP_NAGLE}},
         {CHIMNEY_A_TCP_STATE_TTL_OR_HOP_LIMIT, 64U},
         {CHIMNEY_A_TCP_STATE_STATE, std::uint32_t{CHIMNEY_TCP_STATE_ESTABLISHED}},
         {CHIMNEY_A_TCP_STATE_SND_UNA, 4294967295U},
         {CHIMNEY_A_TCP_STATE_KEEP_ALIVE_TIMEOUT_DELTA, 4294967295U},
         {CHIMNEY_A_TCP_STATE_RETRANSMIT_TIMEOUT_DELTA, 0U}}};
}

/// A dry run with one object of each layer, and 100 bytes to send.
inline Report sample_dry_run() {
    Report report;
    report.operation = sample_report().operation;
    report.operation.dry_run = true;
    report.operation.ok = 0;
    report.operation.failed = 1;
    report.operation.refused = 0;
    report.blocks = {neighbor_block(0, CHIMNEY_ROLE_NEW),
                     path_block(1, "10.0.0.2", CHIMNEY_STATUS_PENDING),
                     tcp_block(2, 40000, CHIMNEY_STATUS_PENDING)};
    report.blocks[0].state = sample_neighbor_state();
    report.blocks[1].state = sample_path_state();
    report.blocks[2].state = sample_tcp_state();
    report.blocks[2].send_bytes = 100;
    return report;
}

inline Event sample_event() {
    Event event;
    event.source = CHIMNEY_EVENT_SOURCE_TCP;
    event.name = "retrieve";
    event.upload_reason = CHIMNEY_UPLOAD_HIGH_DROP_RATE;
    event.information = CHIMNEY_UPLOAD_HIGH_DROP_RATE;
    event.ifindex = 7;
    event.dev = "veth0";
    event.context = 0x2a;
    event.socket =
        SocketName{*Address::parse("10.0.0.1"), *Address::parse("10.0.0.2"), 40000, 7, 0x1001};
    event.time_ns = 1'795'254'000'000'000'042;
    return event;
}

inline Statistics sample_statistics() {
    Statistics statistics;
    statistics.ifindex = 7;
    statistics.dev = "veth0";
    for (std::uint64_t i = 0; i < counter_names().size(); ++i)
        statistics.counters.push_back(i);
    return statistics;
}

inline Settings sample_settings() {
    Settings settings;
    settings.ifindex = 7;
    settings.dev = "veth0";
    for (std::uint32_t i = 1; i <= parameters().size(); ++i)
        settings.values.push_back(i);
    return settings;
}

inline Target sample_target() {
    Target target;
    target.ifindex = 7;
    target.dev = "veth0";
    target.kind = "sim";
    target.tcp = {3, 4096};
    target.path = {1, 1024};
    target.neighbor = {1, 256};
    target.max_mtu = 1500;
    target.ipv4 = true;
    target.sack = true;
    target.memory = 10240;
    target.host_memory = 1216;
    return target;
}

inline Connection sample_connection() {
    Connection conn;
    conn.context = 0x2a;
    conn.ifindex = 7;
    conn.dev = "veth0";
    conn.src = *Address::parse("10.0.0.1");
    conn.dst = *Address::parse("10.0.0.2");
    conn.src_port = 40000;
    conn.dst_port = 7;
    conn.cookie = 0x1001;
    conn.uid = 1000;
    conn.inode = 4711;
    conn.operation = 7;
    conn.owned = true;
    conn.sent_bytes = 1024;
    conn.received_bytes = 3;
    return conn;
}

} // namespace chimney::test
