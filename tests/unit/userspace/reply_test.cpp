// SPDX-License-Identifier: GPL-2.0-only
// From bytes to messages, errors and extended acks.
#include <cerrno>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <chimney/attributes.hpp>

#include "reply.hpp"

namespace chimney {
namespace {

constexpr std::uint32_t sequence = 42;
constexpr std::uint16_t family = 0x20;

using Bytes = std::vector<std::byte>;

template <typename T>
void append(Bytes& bytes, const T& value) {
    auto view = std::as_bytes(std::span<const T, 1>(&value, 1));
    bytes.insert(bytes.end(), view.begin(), view.end());
}

Bytes make_message(std::uint16_t type, std::uint16_t flags, const Bytes& payload,
                   std::uint32_t seq = sequence) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + payload.size());
    header.nlmsg_type = type;
    header.nlmsg_flags = flags;
    header.nlmsg_seq = seq;
    Bytes message;
    append(message, header);
    message.insert(message.end(), payload.begin(), payload.end());
    message.resize(NLMSG_ALIGN(message.size()));
    return message;
}

Bytes make_reply(std::uint8_t command, std::uint16_t flags = 0, std::uint32_t seq = sequence) {
    Bytes payload;
    append(payload, genlmsghdr{command, 1, 0});
    AttributeWriter attributes;
    attributes.put_u32(1, 7);
    payload.insert(payload.end(), attributes.bytes().begin(), attributes.bytes().end());
    return make_message(family, flags, payload, seq);
}

Bytes make_extack(std::string_view text) {
    AttributeWriter attributes;
    attributes.put_string(NLMSGERR_ATTR_MSG, text);
    attributes.put_u32(NLMSGERR_ATTR_OFFS, 20);
    return std::move(attributes).take();
}

/// @param echoed payload of the request that follows its header, for an ack that is not capped
Bytes make_error(int error, std::uint16_t flags, const Bytes& echoed, const Bytes& extack) {
    Bytes payload;
    append(payload, static_cast<int>(0U - static_cast<unsigned>(error)));
    nlmsghdr request{};
    request.nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + echoed.size());
    append(payload, request);
    payload.insert(payload.end(), echoed.begin(), echoed.end());
    payload.insert(payload.end(), extack.begin(), extack.end());
    return make_message(NLMSG_ERROR, flags, payload);
}

Bytes operator+(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

TEST(ReplyReader, AnErrnoThatIsNoneIsMalformed) {
    for (int error : {std::numeric_limits<int>::min(), 4096, -1}) {
        ReplyReader reader(sequence);
        auto done = reader.feed(make_error(error, NLM_F_CAPPED, {}, {}));
        ASSERT_FALSE(done);
        EXPECT_EQ(done.error().code, ErrorCode::protocol);
    }
}

TEST(ReplyReader, ADoEndsWithItsAck) {
    ReplyReader reader(sequence);
    EXPECT_EQ(reader.feed(make_reply(3)), false);
    EXPECT_EQ(reader.feed(make_error(0, NLM_F_CAPPED, {}, {})), true);
    auto messages = std::move(reader).take();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].command, 3);
    EXPECT_EQ(AttributeReader(messages[0].attributes).u32(1), 7U);
}

TEST(ReplyReader, ADumpComesInSeveralDatagrams) {
    ReplyReader reader(sequence);
    Bytes done;
    append(done, 0);
    EXPECT_EQ(reader.feed(make_reply(3, NLM_F_MULTI) + make_reply(3, NLM_F_MULTI)), false);
    EXPECT_EQ(reader.feed(make_reply(3, NLM_F_MULTI) + make_message(NLMSG_DONE, NLM_F_MULTI, done)),
              true);
    EXPECT_FALSE(reader.interrupted());
    EXPECT_EQ(std::move(reader).take().size(), 3U);
}

TEST(ReplyReader, ADisturbedDumpIsMarked) {
    ReplyReader reader(sequence);
    Bytes done;
    append(done, 0);
    EXPECT_EQ(reader.feed(make_message(NLMSG_DONE, NLM_F_DUMP_INTR, done)), true);
    EXPECT_TRUE(reader.interrupted());
}

TEST(ReplyReader, AnswersToAnotherRequestAreSkipped) {
    ReplyReader reader(sequence);
    EXPECT_EQ(reader.feed(make_reply(3, 0, sequence - 1)), false);
    EXPECT_EQ(reader.feed(make_error(0, NLM_F_CAPPED, {}, {})), true);
    EXPECT_TRUE(std::move(reader).take().empty());
}

TEST(ReplyReader, TheSentenceOfACappedAckIsTheError) {
    ReplyReader reader(sequence);
    auto done = reader.feed(
        make_error(ENODEV, NLM_F_CAPPED | NLM_F_ACK_TLVS, {}, make_extack("veth0 has no target")));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "veth0 has no target");
    EXPECT_EQ(done.error().errnum, ENODEV);
    EXPECT_EQ(done.error().code, ErrorCode::not_found);
}

TEST(ReplyReader, TheSentenceFollowsAnEchoedRequest) {
    ReplyReader reader(sequence);
    Bytes echoed(24);
    auto done =
        reader.feed(make_error(EINVAL, NLM_F_ACK_TLVS, echoed, make_extack("port out of range")));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "port out of range");
    EXPECT_EQ(done.error().code, ErrorCode::kernel);
}

TEST(ReplyReader, TheSentenceOfARefusedDumpIsInDone) {
    ReplyReader reader(sequence);
    Bytes payload;
    append(payload, -ENOENT);
    auto done = reader.feed(
        make_message(NLMSG_DONE, NLM_F_ACK_TLVS, payload + make_extack("no operation 9")));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().message, "no operation 9");
}

TEST(ReplyReader, WithoutASentenceTheErrnoSpeaks) {
    ReplyReader reader(sequence);
    auto done = reader.feed(make_error(EPERM, NLM_F_CAPPED, {}, {}));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::permission);
    EXPECT_NE(done.error().message.find("CAP_NET_ADMIN"), std::string::npos);
}

TEST(ExtAck, NamesTheMissingAttribute) {
    AttributeWriter attributes;
    attributes.put_u32(NLMSGERR_ATTR_MISS_TYPE, 4);
    auto message = make_error(EINVAL, NLM_F_CAPPED | NLM_F_ACK_TLVS, {}, attributes.bytes());
    auto extack = parse_extack(message, sizeof(nlmsgerr));
    EXPECT_EQ(extack.missing_type, 4U);
    EXPECT_EQ(extack.offset, std::nullopt);
    EXPECT_EQ(kernel_error(EINVAL, extack).message, "the kernel misses attribute 4 in the request");
}

TEST(SplitMessages, StopsAtATruncatedMessage) {
    auto two = make_reply(1) + make_reply(2);
    EXPECT_EQ(split_messages(two).size(), 2U);
    for (std::size_t cut = 1; cut < two.size(); ++cut)
        EXPECT_LE(split_messages(std::span(two).first(cut)).size(), 1U) << cut;
    // A length that lies must not lead outside.
    std::uint32_t length = 0;
    std::memcpy(two.data(), &length, sizeof(length));
    EXPECT_TRUE(split_messages(two).empty());
}

TEST(Attributes, WrongSizesAreNotOk) {
    AttributeWriter writer;
    writer.put_u8(1, 5);
    writer.put_string(2, "eth0");
    writer.put_port(3, 0x1234);
    AttributeReader reader(writer.bytes());
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.string(2), "eth0");
    EXPECT_EQ(reader.port(3), 0x1234);
    EXPECT_EQ(reader.bytes(3)->front(), std::byte{0x12});
    EXPECT_EQ(reader.u32(4), std::nullopt);
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.u32(1), std::nullopt);
    EXPECT_FALSE(reader.ok());
    EXPECT_FALSE(AttributeReader(std::span(writer.bytes()).first(6)).ok());
}

} // namespace
} // namespace chimney
