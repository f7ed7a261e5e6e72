// SPDX-License-Identifier: GPL-2.0-only
// Requests as the kernel would see them, and what becomes of its answers.
#include <gtest/gtest.h>

#include <chimney/client.hpp>

#include "fake_netlink.hpp"

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
    auto op = client.initiate(selector, true);
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
    auto op = client.terminate({});
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
    ASSERT_TRUE(client.initiate(selector, false));
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
