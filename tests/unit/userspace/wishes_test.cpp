// SPDX-License-Identifier: GPL-2.0-only
// What chimneyd remembers of connections, and when it offloads them again.
#include <gtest/gtest.h>

#include "wishes.hpp"

namespace chimney::daemon {
namespace {

constexpr std::uint32_t bond = 7;
constexpr std::uint32_t other = 8;

Block connection(std::uint64_t cookie, std::uint32_t ifindex = bond) {
    Block block;
    block.layer = CHIMNEY_LAYER_TCP;
    block.status = CHIMNEY_STATUS_SUCCESS;
    block.ifindex = ifindex;
    block.src = Address::parse("10.0.0.1").value();
    block.dst = Address::parse("10.0.0.2").value();
    block.src_port = 1000;
    block.dst_port = 80;
    block.cookie = cookie;
    return block;
}

Block refused(std::uint64_t cookie, Reason reason) {
    Block block = connection(cookie, 0);
    block.status.reset();
    block.reason = reason;
    return block;
}

Report operation(OpKind kind, std::vector<Block> blocks) {
    Report report;
    report.operation.kind = kind;
    report.blocks = std::move(blocks);
    return report;
}

Report offload(std::vector<Block> blocks) {
    return operation(CHIMNEY_OP_KIND_INITIATE, std::move(blocks));
}

Event told(std::string name, std::uint32_t ifindex = bond) {
    Event event;
    event.source = CHIMNEY_EVENT_SOURCE_TARGET;
    event.name = std::move(name);
    event.ifindex = ifindex;
    return event;
}

/// The cookies of all requests.
std::vector<std::uint64_t> cookies(const std::vector<KernelSelector>& requests) {
    std::vector<std::uint64_t> all;
    for (const auto& request : requests)
        for (const auto& name : request.sockets)
            all.push_back(name.cookie);
    return all;
}

class WishesTest : public testing::Test {
  protected:
    void come_home() {
        wishes.note(told("upload-all"));
        wishes.note(told("resume"));
    }

    Wishes wishes;
};

TEST_F(WishesTest, WhatATargetWantedBackIsDueWhenItResumes) {
    wishes.note(offload({connection(1), connection(2), connection(3, other)}));
    wishes.note(told("upload-all"));
    EXPECT_TRUE(wishes.due().empty());

    wishes.note(told("resume"));

    EXPECT_EQ(wishes.due(), std::set<std::uint32_t>{bond});
    EXPECT_EQ(cookies(wishes.again(bond)), (std::vector<std::uint64_t>{1, 2}));
    EXPECT_TRUE(wishes.due().empty());
}

TEST_F(WishesTest, APauseAloneTakesNothingHome) {
    wishes.note(offload({connection(1)}));

    wishes.note(told("pause"));
    wishes.note(told("resume"));

    EXPECT_TRUE(wishes.due().empty());
}

TEST_F(WishesTest, WhatSomebodyTookBackStaysAtHome) {
    wishes.note(offload({connection(1), connection(2)}));
    wishes.note(operation(CHIMNEY_OP_KIND_TERMINATE, {connection(1)}));

    come_home();

    EXPECT_EQ(cookies(wishes.again(bond)), std::vector<std::uint64_t>{2});
}

TEST_F(WishesTest, WhatThePolicyHasAgainIsItsBusiness) {
    wishes.note(offload({connection(1), connection(2)}));
    wishes.forget({1});

    come_home();

    EXPECT_EQ(cookies(wishes.again(bond)), std::vector<std::uint64_t>{2});
}

TEST_F(WishesTest, ADryRunAndAFailureAreNoWishes) {
    auto dry = offload({connection(1)});
    dry.operation.dry_run = true;
    wishes.note(dry);
    auto failed = connection(2);
    failed.status = CHIMNEY_STATUS_TCP_ENTRIES;
    wishes.note(offload({failed, refused(3, CHIMNEY_REASON_TARGET_PAUSED)}));

    EXPECT_EQ(wishes.size(), 0U);
}

TEST_F(WishesTest, AnAttemptThatCameTooEarlyIsMadeAgain) {
    wishes.note(offload({connection(1), connection(2)}));
    come_home();
    wishes.again(bond);

    wishes.note(offload({refused(1, CHIMNEY_REASON_TARGET_PAUSED), connection(2)}), bond);

    EXPECT_EQ(wishes.due(), std::set<std::uint32_t>{bond});
    EXPECT_EQ(cookies(wishes.again(bond)), (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(WishesTest, WhatCannotGoOutAgainIsForgotten) {
    wishes.note(offload({connection(1)}));
    come_home();
    wishes.again(bond);

    wishes.note(offload({refused(1, CHIMNEY_REASON_ORPHAN)}), bond);

    EXPECT_EQ(wishes.size(), 0U);
    EXPECT_TRUE(wishes.due().empty());
}

TEST_F(WishesTest, AnotherUploadAllMakesItWait) {
    wishes.note(offload({connection(1)}));
    come_home();

    wishes.note(told("upload-all"));
    EXPECT_TRUE(wishes.due().empty());
    wishes.note(told("resume"));

    EXPECT_EQ(cookies(wishes.again(bond)), std::vector<std::uint64_t>{1});
}

TEST_F(WishesTest, ConnectionsThatEndedAreForgotten) {
    wishes.note(offload({connection(1), connection(2), connection(3, other)}));
    wishes.note(told("upload-all", other));
    Connection alive;
    alive.cookie = 2;

    wishes.keep({alive});

    // Those of a target that has everything back are not shown as offloaded, but still wanted.
    EXPECT_EQ(wishes.size(), 2U);
    wishes.note(told("resume", other));
    EXPECT_EQ(cookies(wishes.again(other)), std::vector<std::uint64_t>{3});
}

} // namespace
} // namespace chimney::daemon
