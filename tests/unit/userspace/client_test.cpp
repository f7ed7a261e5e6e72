// SPDX-License-Identifier: GPL-2.0-only
// Requests as the kernel would see them, and what becomes of its answers.
#include <gtest/gtest.h>

#include <chimney/client.hpp>
#include <chimney/resolve.hpp>

#include "fake_netlink.hpp"
#include "samples.hpp"

namespace chimney {
namespace {

using test::FakeNetlink;
using test::to_bytes;

class ClientTest : public testing::Test {
  protected:
    /// The attributes inside a nested attribute of the last request.
    AttributeReader nested(std::uint16_t type) {
        return AttributeReader(*AttributeReader(kernel.requests.back().attributes).bytes(type));
    }

    FakeNetlink kernel;
    Client client{kernel, test::fake_name};
};

std::vector<std::byte> copy(std::optional<std::span<const std::byte>> bytes) {
    return bytes ? std::vector<std::byte>(bytes->begin(), bytes->end()) : std::vector<std::byte>{};
}

Message target_message() {
    AttributeWriter w;
    w.put_u32(CHIMNEY_A_TARGET_IFINDEX, 7);
    w.put_string(CHIMNEY_A_TARGET_IFNAME, "veth0");
    w.put_string(CHIMNEY_A_TARGET_KIND, "sim");
    w.put_u32(CHIMNEY_A_TARGET_TCP_ENTRIES, 4096);
    w.put_u32(CHIMNEY_A_TARGET_TCP_USED, 3);
    w.put_u64(CHIMNEY_A_TARGET_VIOLATIONS, 1);
    return {CHIMNEY_CMD_TARGET_NEW, std::move(w).take()};
}

TEST_F(ClientTest, TargetNewSendsOnlyWhatWasGiven) {
    kernel.answer(CHIMNEY_CMD_TARGET_NEW, {target_message()});
    TargetSpec spec;
    spec.dev = "veth0";
    spec.kind = "sim";
    spec.tcp = 4096;
    auto target = client.target_new(spec);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->tcp, (Entries{3, 4096}));
    EXPECT_EQ(target->violations, 1U);
    AttributeReader sent(kernel.requests.back().attributes);
    EXPECT_EQ(sent.string(CHIMNEY_A_TARGET_IFNAME), "veth0");
    EXPECT_EQ(sent.u32(CHIMNEY_A_TARGET_TCP_ENTRIES), 4096U);
    EXPECT_EQ(sent.all().size(), 3U);
}

TEST_F(ClientTest, AFilterBecomesAttributes) {
    kernel.answer(CHIMNEY_CMD_INITIATE,
                  {test::operation_message(7, CHIMNEY_OP_STATE_RUNNING, CHIMNEY_CMD_INITIATE)});
    KernelSelector selector;
    selector.dst = *parse_endpoint("10.1.0.0/16:80");
    OperationOptions options;
    options.owned = true;
    auto op = client.start(selector, options);
    ASSERT_TRUE(op) << op.error().message;
    EXPECT_EQ(op->id, 7U);
    EXPECT_TRUE(op->running());
    EXPECT_TRUE(AttributeReader(kernel.requests.back().attributes).flag(CHIMNEY_A_OP_OWNED));
    auto sent = nested(CHIMNEY_A_OP_SELECTOR);
    EXPECT_EQ(copy(sent.bytes(CHIMNEY_A_SELECTOR_DST_ADDR)), to_bytes({10, 1, 0, 0}));
    EXPECT_EQ(sent.u8(CHIMNEY_A_SELECTOR_DST_PREFIX), 16);
    EXPECT_EQ(sent.port(CHIMNEY_A_SELECTOR_DST_PORT), 80);
    EXPECT_EQ(sent.all().size(), 3U);
}

TEST_F(ClientTest, AnEmptyFilterSaysAll) {
    kernel.answer(CHIMNEY_CMD_TERMINATE,
                  {test::operation_message(8, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_TERMINATE,
                                           CHIMNEY_OP_KIND_TERMINATE)});
    OperationOptions options;
    options.kind = CHIMNEY_OP_KIND_TERMINATE;
    auto op = client.start({}, options);
    ASSERT_TRUE(op) << op.error().message;
    EXPECT_EQ(op->kind, CHIMNEY_OP_KIND_TERMINATE);
    EXPECT_FALSE(AttributeReader(kernel.requests.back().attributes).flag(CHIMNEY_A_OP_OWNED));
    auto sent = nested(CHIMNEY_A_OP_SELECTOR);
    EXPECT_TRUE(sent.flag(CHIMNEY_A_SELECTOR_ALL));
    EXPECT_EQ(sent.all().size(), 1U);
}

TEST_F(ClientTest, SocketsAreNamedOneByOne) {
    kernel.answer(CHIMNEY_CMD_INITIATE,
                  {test::operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_INITIATE)});
    KernelSelector selector;
    selector.sockets = {{*Address::parse("10.0.0.1"), *Address::parse("10.0.0.2"), 1, 2, 99},
                        {*Address::parse("::1"), *Address::parse("::2"), 3, 4, 0}};
    ASSERT_TRUE(client.start(selector, {}));
    auto sent = nested(CHIMNEY_A_OP_SELECTOR);
    ASSERT_EQ(sent.all().size(), 2U);
    AttributeReader first(sent.all()[0].payload);
    EXPECT_EQ(copy(first.bytes(CHIMNEY_A_SOCKET_SRC_ADDR)), to_bytes({10, 0, 0, 1}));
    EXPECT_EQ(first.port(CHIMNEY_A_SOCKET_DST_PORT), 2);
    EXPECT_EQ(first.u64(CHIMNEY_A_SOCKET_COOKIE), 99U);
    AttributeReader second(sent.all()[1].payload);
    EXPECT_EQ(second.bytes(CHIMNEY_A_SOCKET_SRC_ADDR)->size(), 16U);
    EXPECT_FALSE(second.flag(CHIMNEY_A_SOCKET_COOKIE));
}

TEST_F(ClientTest, ManySocketsAreSeveralSelectorsOfOneRequest) {
    kernel.answer(CHIMNEY_CMD_INITIATE,
                  {test::operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_INITIATE)});
    const auto here = *Address::parse("::1");
    KernelSelector selector;
    for (std::uint16_t port = 1; port <= max_sockets_per_request; ++port)
        selector.sockets.push_back({here, here, port, 80, port});
    ASSERT_TRUE(client.start(selector, {}));
    std::uint16_t port = 1;
    const AttributeReader request(kernel.requests.back().attributes);
    for (const auto& [type, payload] : request.all()) {
        EXPECT_EQ(type, CHIMNEY_A_OP_SELECTOR);
        const AttributeReader named(payload);
        for (const auto& socket : named.all())
            EXPECT_EQ(AttributeReader(socket.payload).port(CHIMNEY_A_SOCKET_SRC_PORT), port++);
    }
    EXPECT_GT(request.all().size(), 1U);
    EXPECT_EQ(port, max_sockets_per_request + 1);
}

TEST_F(ClientTest, BlocksAreDecodedAndNamed) {
    AttributeWriter refused;
    refused.put_u32(CHIMNEY_A_BLOCK_INDEX, 3);
    refused.put_u32(CHIMNEY_A_BLOCK_LAYER, CHIMNEY_LAYER_TCP);
    refused.put_u32(CHIMNEY_A_BLOCK_REASON, CHIMNEY_REASON_ULP);
    kernel.answer(CHIMNEY_CMD_BLOCK_GET,
                  {test::tcp_block_message(7), {CHIMNEY_CMD_BLOCK_GET, std::move(refused).take()}});
    auto blocks = client.blocks(7);
    ASSERT_TRUE(blocks) << blocks.error().message;
    ASSERT_EQ(blocks->size(), 2U);
    const auto& block = blocks->front();
    EXPECT_EQ(block.role, CHIMNEY_ROLE_NEW);
    EXPECT_EQ(block.status, CHIMNEY_STATUS_SUCCESS);
    EXPECT_EQ(block.reason, std::nullopt);
    EXPECT_EQ(block.context, 0x2aU);
    EXPECT_EQ(block.dev, "veth7");
    EXPECT_EQ(block.dst->to_string(), "10.0.0.2");
    EXPECT_EQ(block.src_port, 40000);
    EXPECT_EQ(block.send_bytes, 65536U);
    EXPECT_EQ(blocks->back().reason, CHIMNEY_REASON_ULP);
    EXPECT_EQ(blocks->back().role, std::nullopt);
    EXPECT_EQ(blocks->back().dev, "");
    EXPECT_TRUE(kernel.requests.back().dump);
}

TEST_F(ClientTest, VariablesAreDecodedAndEncodedAlike) {
    auto dry = test::sample_dry_run();
    for (const auto& block : dry.blocks) {
        auto nest = encode_state(block.layer, *block.state);
        EXPECT_EQ(decode_state(block.layer, CHIMNEY_STATE_CLASS_COMPLETE, nest.bytes()),
                  block.state);
        AttributeWriter w;
        w.put_u32(CHIMNEY_A_BLOCK_INDEX, 0);
        w.put_u32(CHIMNEY_A_BLOCK_LAYER, block.layer);
        w.put_u32(CHIMNEY_A_BLOCK_ROLE, CHIMNEY_ROLE_NEW);
        w.put_u32(CHIMNEY_A_BLOCK_STATUS, CHIMNEY_STATUS_PENDING);
        w.put_u32(CHIMNEY_A_BLOCK_CLASS, CHIMNEY_STATE_CLASS_COMPLETE);
        w.put_nest(static_cast<std::uint16_t>(std::uint16_t{CHIMNEY_A_BLOCK_NEIGHBOR_VARIABLES} +
                                              block.layer),
                   nest);
        kernel.answer(CHIMNEY_CMD_BLOCK_GET, {{CHIMNEY_CMD_BLOCK_GET, std::move(w).take()}});
        auto blocks = client.blocks(7);
        ASSERT_TRUE(blocks) << blocks.error().message;
        EXPECT_EQ(blocks->front().state, block.state);
    }
    // The wire has the sizes of the kernel's members.
    auto tcp = encode_state(CHIMNEY_LAYER_TCP, test::sample_tcp_state());
    AttributeReader reader(tcp.bytes());
    EXPECT_EQ(reader.u16(CHIMNEY_A_TCP_STATE_CONST_FLAGS),
              CHIMNEY_TCP_TIMESTAMPS | CHIMNEY_TCP_ECN);
    EXPECT_EQ(reader.port(CHIMNEY_A_TCP_STATE_REMOTE_PORT), 7);
    EXPECT_EQ(reader.u8(CHIMNEY_A_TCP_STATE_TTL_OR_HOP_LIMIT), 64);
    EXPECT_TRUE(reader.ok());
}

TEST_F(ClientTest, AReplayNumbersItsObjects) {
    kernel.answers[CHIMNEY_CMD_REPLAY] = [](const Request&) -> Result<std::vector<Message>> {
        AttributeWriter block;
        block.put_u32(CHIMNEY_A_REPLAY_BLOCK_LAYER, CHIMNEY_LAYER_NEIGHBOR);
        block.put_u32(CHIMNEY_A_REPLAY_BLOCK_ROLE, CHIMNEY_ROLE_NEW);
        block.put_u32(CHIMNEY_A_REPLAY_BLOCK_STATUS, CHIMNEY_STATUS_RESOURCES);
        AttributeWriter w;
        w.put_u32(CHIMNEY_A_REPLAY_KIND, CHIMNEY_OP_KIND_INITIATE);
        w.put_u32(CHIMNEY_A_REPLAY_STATE, CHIMNEY_OP_STATE_DONE);
        w.put_nest(CHIMNEY_A_REPLAY_BLOCK, block);
        return std::vector<Message>{{CHIMNEY_CMD_REPLAY, std::move(w).take()}};
    };
    ReplayStep step;
    step.blocks.resize(1);
    std::vector<std::uint32_t> numbers;
    for (const char* name : {"N1", "N2", "N1"}) {
        step.blocks.front().object = name;
        auto result = client.replay("veth0", step);
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(result->blocks.front().object, name);
        EXPECT_EQ(result->blocks.front().status, CHIMNEY_STATUS_RESOURCES);
        EXPECT_FALSE(succeeded(*result));
        numbers.push_back(
            nested(CHIMNEY_A_REPLAY_BLOCK).u32(CHIMNEY_A_REPLAY_BLOCK_OBJECT).value_or(0));
    }
    EXPECT_EQ(numbers, (std::vector<std::uint32_t>{1, 2, 1}));
    // More blocks than were sent.
    step.blocks.clear();
    EXPECT_EQ(client.replay("veth0", step).error().code, ErrorCode::protocol);
}

TEST_F(ClientTest, CountersOfAFamilyMayBeMissing) {
    kernel.answers[CHIMNEY_CMD_STATS_GET] =
        [](const Request& request) -> Result<std::vector<Message>> {
        AttributeReader asked(request.attributes);
        if (asked.u16(CHIMNEY_A_STATS_FAMILY) != 2)
            return fail(ErrorCode::kernel, "the target keeps none", EOPNOTSUPP);
        AttributeWriter w;
        w.put_u32(CHIMNEY_A_STATS_IFINDEX, 7);
        w.put_string(CHIMNEY_A_STATS_IFNAME, "veth0");
        w.put_u16(CHIMNEY_A_STATS_FAMILY, 2);
        w.put_u64(CHIMNEY_A_STATS_TCP_OUT_RESETS, 5);
        return std::vector<Message>{{CHIMNEY_CMD_STATS_GET, std::move(w).take()}};
    };
    auto statistics = client.statistics("veth0");
    ASSERT_TRUE(statistics) << statistics.error().message;
    ASSERT_EQ(statistics->size(), 1U);
    EXPECT_EQ(statistics->front().version, IpVersion::v4);
    EXPECT_EQ(statistics->front().counters.back(), 5U);
}

TEST_F(ClientTest, EventsAreDecoded) {
    auto event = decode_event(test::event_message(), test::fake_name);
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->name, "retrieve");
    EXPECT_EQ(event->upload_reason, CHIMNEY_UPLOAD_SMALL_IO);
    EXPECT_EQ(event->dev, "veth7");
    EXPECT_EQ(event->socket->dst_port, 7);
    AttributeWriter w;
    w.put_u32(CHIMNEY_A_EVENT_SOURCE, CHIMNEY_EVENT_SOURCE_VIOLATION);
    w.put_string(CHIMNEY_A_EVENT_CLAUSE, "OP-06");
    EXPECT_EQ(decode_event({CHIMNEY_CMD_EVENT_NTF, w.bytes()}, test::fake_name)->name, "OP-06");
    // A source without what it tells.
    AttributeWriter bare;
    bare.put_u32(CHIMNEY_A_EVENT_SOURCE, CHIMNEY_EVENT_SOURCE_TARGET);
    EXPECT_FALSE(decode_event({CHIMNEY_CMD_EVENT_NTF, bare.bytes()}, test::fake_name));
}

TEST_F(ClientTest, MalformedAnswersAreErrors) {
    // Neither result nor reason.
    AttributeWriter bare;
    bare.put_u32(CHIMNEY_A_BLOCK_INDEX, 0);
    bare.put_u32(CHIMNEY_A_BLOCK_LAYER, CHIMNEY_LAYER_TCP);
    kernel.answer(CHIMNEY_CMD_BLOCK_GET, {{CHIMNEY_CMD_BLOCK_GET, bare.bytes()}});
    EXPECT_EQ(client.blocks(7).error().code, ErrorCode::protocol);
    // A port of four bytes.
    bare.put_u32(CHIMNEY_A_BLOCK_REASON, 1);
    bare.put_u32(CHIMNEY_A_BLOCK_SRC_PORT, 1);
    kernel.answer(CHIMNEY_CMD_BLOCK_GET, {{CHIMNEY_CMD_BLOCK_GET, bare.bytes()}});
    EXPECT_EQ(client.blocks(7).error().code, ErrorCode::protocol);
    // No answer at all.
    kernel.answer(CHIMNEY_CMD_OP_GET, {});
    EXPECT_EQ(client.operation(7).error().code, ErrorCode::protocol);
}

TEST_F(ClientTest, RefusalsNameWhatWasAskedFor) {
    kernel.answers[CHIMNEY_CMD_TARGET_GET] = [](const Request&) -> Result<std::vector<Message>> {
        return fail(ErrorCode::not_found, "no such device", ENODEV);
    };
    EXPECT_EQ(client.target("eth9").error().message,
              "cannot show the target on eth9: no such device");
    kernel.answers[CHIMNEY_CMD_TARGET_GET] = [](const Request&) -> Result<std::vector<Message>> {
        return fail(ErrorCode::not_loaded, "load it");
    };
    EXPECT_EQ(client.target("eth9").error().message, "load it");
}

TEST_F(ClientTest, ConnectionsAreDecoded) {
    AttributeWriter w;
    w.put_u32(CHIMNEY_A_CONN_STATE, CHIMNEY_CONN_STATE_OFFLOADED);
    w.put_u32(CHIMNEY_A_CONN_TCP_STATE, CHIMNEY_TCP_STATE_CLOSE_WAIT);
    w.put_u32(CHIMNEY_A_CONN_IFINDEX, 2);
    w.put(CHIMNEY_A_CONN_SRC_ADDR, to_bytes({10, 0, 0, 1}));
    w.put(CHIMNEY_A_CONN_DST_ADDR, to_bytes({10, 0, 0, 2}));
    w.put_port(CHIMNEY_A_CONN_DST_PORT, 80);
    w.put_flag(CHIMNEY_A_CONN_OWNED);
    w.put_u64(CHIMNEY_A_CONN_GUARD, 3);
    kernel.answer(CHIMNEY_CMD_CONN_GET, {{CHIMNEY_CMD_CONN_GET, std::move(w).take()}});
    auto conns = client.connections({});
    ASSERT_TRUE(conns) << conns.error().message;
    ASSERT_EQ(conns->size(), 1U);
    EXPECT_EQ(conns->front().tcp_state, CHIMNEY_TCP_STATE_CLOSE_WAIT);
    EXPECT_EQ(conns->front().dev, "veth2");
    EXPECT_TRUE(conns->front().owned);
    EXPECT_EQ(conns->front().guard, 3U);
}

} // namespace
} // namespace chimney
