// SPDX-License-Identifier: GPL-2.0-only
// What the policy does, what it leaves alone, and when it tries again.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "enforcer.hpp"

namespace chimney::daemon {
namespace {

using std::chrono::seconds;

Candidate candidate(std::uint64_t cookie, std::string dev = "veth0") {
    Candidate made;
    made.name = {Address::parse("10.0.0.1").value(), Address::parse("10.0.0.2").value(),
                 static_cast<std::uint16_t>(1000 + cookie), 80, cookie};
    made.inode = cookie;
    made.dev = std::move(dev);
    return made;
}

Rule rule(Action action, std::string name = "r") {
    Rule made;
    made.name = std::move(name);
    made.action = action;
    return made;
}

Block block(std::uint64_t cookie, Status status) {
    Block made;
    made.layer = CHIMNEY_LAYER_TCP;
    made.status = status;
    made.cookie = cookie;
    return made;
}

Block refused(std::uint64_t cookie, Reason reason) {
    Block made;
    made.layer = CHIMNEY_LAYER_TCP;
    made.reason = reason;
    made.cookie = cookie;
    return made;
}

Report report(OpKind kind, std::vector<Block> blocks) {
    Report made;
    made.operation.kind = kind;
    made.blocks = std::move(blocks);
    return made;
}

class EnforcerTest : public testing::Test {
  protected:
    EnforcerTest() {
        Target target;
        target.dev = "veth0";
        target.tcp.max = 100;
        situation.targets = {target};
        situation.candidates = {candidate(1)};
        situation.now = Clock::time_point(seconds(1000));
        policy.rules = {rule(Action::offload)};
    }

    /// One round; the steps of the connections in their order.
    std::vector<Step> round() {
        enforcer.observe(situation);
        decisions = enforcer.decide(policy, situation);
        enforcer.begin(decisions);
        std::vector<Step> steps;
        for (const auto& decision : decisions)
            steps.push_back(decision.step);
        return steps;
    }

    std::string why() { return decisions.at(0).why; }

    void end(OpKind kind, std::vector<Block> blocks) {
        enforcer.note_result(report(kind, std::move(blocks)), situation.now);
    }

    void away(std::vector<std::uint64_t> cookies) {
        situation.connections.clear();
        for (auto cookie : cookies) {
            Connection connection;
            connection.cookie = cookie;
            situation.connections.push_back(connection);
        }
    }

    /// The policy offloads connection 1.
    void offload() {
        EXPECT_EQ(round(), std::vector{Step::offload}) << why();
        end(CHIMNEY_OP_KIND_INITIATE, {block(1, CHIMNEY_STATUS_SUCCESS)});
        away({1});
    }

    Enforcer enforcer;
    Policy policy;
    Situation situation;
    std::vector<Decision> decisions;
};

TEST_F(EnforcerTest, WhatARuleWantsIsOffloadedOnce) {
    offload();
    EXPECT_EQ(round(), std::vector{Step::stay});
    EXPECT_EQ(why(), "rule r offloads it");
    EXPECT_EQ(enforcer.counts().at("r"), 1U);
}

TEST_F(EnforcerTest, WhatNoRuleWantsIsLeftAlone) {
    policy.rules.clear();
    EXPECT_EQ(round(), std::vector{Step::stay});
    EXPECT_EQ(why(), "no rule matches");
    away({1});
    EXPECT_EQ(round(), std::vector{Step::stay});
}

TEST_F(EnforcerTest, WhatThePolicyOffloadedComesHomeWhenItChanges) {
    offload();
    round();
    policy.rules = {rule(Action::never)};
    EXPECT_EQ(round(), std::vector{Step::upload});
    end(CHIMNEY_OP_KIND_TERMINATE, {block(1, CHIMNEY_STATUS_SUCCESS)});
    away({});
    EXPECT_EQ(round(), std::vector{Step::stay});
    EXPECT_EQ(why(), "rule r never offloads it");
}

TEST_F(EnforcerTest, WhatWasUploadedByHandStaysUntilItIsReleased) {
    offload();
    enforcer.note_hand(report(CHIMNEY_OP_KIND_TERMINATE, {block(1, CHIMNEY_STATUS_SUCCESS)}));
    away({});
    EXPECT_EQ(round(), std::vector{Step::stay});
    EXPECT_EQ(why(), "it was taken back by hand");
    EXPECT_EQ(enforcer.held(), std::set<std::uint64_t>{1});

    EXPECT_EQ(enforcer.release(std::set<std::uint64_t>{1, 2}), 1U);

    EXPECT_EQ(round(), std::vector{Step::offload});
}

TEST_F(EnforcerTest, WhatWasOffloadedByHandStaysAwayButInQuarantine) {
    enforcer.note_hand(report(CHIMNEY_OP_KIND_INITIATE, {block(1, CHIMNEY_STATUS_SUCCESS)}));
    away({1});
    policy.rules = {rule(Action::never)};
    EXPECT_EQ(round(), std::vector{Step::stay});
    EXPECT_EQ(why(), "it was offloaded by hand");

    policy.rules = {rule(Action::quarantine)};
    EXPECT_EQ(round(), std::vector{Step::upload});
    EXPECT_EQ(enforcer.forbidden(policy, situation.candidates).size(), 1U);
}

TEST_F(EnforcerTest, ADryRunAndAnUploadThatFailedAreNoHand) {
    auto dry = report(CHIMNEY_OP_KIND_INITIATE, {block(1, CHIMNEY_STATUS_SUCCESS)});
    dry.operation.dry_run = true;
    enforcer.note_hand(dry);
    enforcer.note_hand(report(CHIMNEY_OP_KIND_TERMINATE, {block(1, CHIMNEY_STATUS_FAILURE)}));
    EXPECT_EQ(enforcer.size(), 0U);
}

TEST_F(EnforcerTest, AShortageIsTriedAgainLaterAndLater) {
    for (int wait : {1, 2, 4, 8}) {
        EXPECT_EQ(round(), std::vector{Step::offload}) << wait;
        end(CHIMNEY_OP_KIND_INITIATE, {block(1, CHIMNEY_STATUS_TCP_ENTRIES)});
        situation.now += seconds(wait) - std::chrono::milliseconds(1);
        EXPECT_EQ(round(), std::vector{Step::stay}) << wait;
        EXPECT_EQ(why(), "next attempt in 1 s: TCP_ENTRIES");
        situation.now += std::chrono::milliseconds(1);
    }
}

TEST_F(EnforcerTest, ARefusalOfTheHostWaitsLonger) {
    round();
    end(CHIMNEY_OP_KIND_INITIATE, {refused(1, CHIMNEY_REASON_ULP)});
    EXPECT_EQ(round(), std::vector{Step::stay});
    EXPECT_TRUE(why().starts_with("next attempt in 60 s: ")) << why();
}

TEST_F(EnforcerTest, NoWaitIsLongerThanTenMinutes) {
    for (int i = 0; i < 20; ++i) {
        round();
        end(CHIMNEY_OP_KIND_INITIATE, {refused(1, CHIMNEY_REASON_ULP)});
        situation.now += seconds(600);
    }
    EXPECT_EQ(round(), std::vector{Step::offload});
}

TEST_F(EnforcerTest, WhatATargetGaveBackWaits) {
    offload();
    round();
    Event event;
    event.name = "retrieve";
    event.upload_reason = CHIMNEY_UPLOAD_SMALL_IO;
    event.socket = situation.candidates[0].name;
    enforcer.note_event(event, situation.now);
    away({});
    EXPECT_EQ(round(), std::vector{Step::stay});
    EXPECT_EQ(why(), "next attempt in 10 s: the target gave it back: small-io");
    situation.now += seconds(10);
    EXPECT_EQ(round(), std::vector{Step::offload});
}

TEST_F(EnforcerTest, WhatCameHomeByItselfWaits) {
    offload();
    round();
    away({});
    EXPECT_EQ(round(), std::vector{Step::stay});
    EXPECT_EQ(why(), "next attempt in 10 s: it came home by itself");
}

TEST_F(EnforcerTest, ATargetThatPausesIsWaitedFor) {
    offload();
    round();
    situation.targets[0].gate = CHIMNEY_GATE_DRAINING;
    away({});
    EXPECT_EQ(round(), std::vector{Step::stay});
    EXPECT_EQ(why(), "the target on veth0 is draining");
    situation.targets[0].gate = CHIMNEY_GATE_OPEN;
    EXPECT_EQ(round(), std::vector{Step::offload});
}

TEST_F(EnforcerTest, AResumeEndsWaiting) {
    round();
    end(CHIMNEY_OP_KIND_INITIATE, {refused(1, CHIMNEY_REASON_TARGET_PAUSED)});
    EXPECT_EQ(round(), std::vector{Step::stay});
    Event event;
    event.source = CHIMNEY_EVENT_SOURCE_TARGET;
    event.name = "resume";
    enforcer.note_event(event, situation.now);
    EXPECT_EQ(round(), std::vector{Step::offload});
}

TEST_F(EnforcerTest, WhatFailedIsTriedAtOnceWhenThingsChange) {
    round();
    end(CHIMNEY_OP_KIND_INITIATE, {refused(1, CHIMNEY_REASON_NO_TARGET)});
    EXPECT_EQ(round(), std::vector{Step::stay});
    enforcer.forget_failures();
    EXPECT_EQ(round(), std::vector{Step::offload});
}

TEST_F(EnforcerTest, OnlyAsManyAsFitAreOffloaded) {
    situation.targets[0].tcp = {98, 100};
    situation.candidates = {candidate(1), candidate(2), candidate(3), candidate(4, "other")};
    EXPECT_EQ(round(), (std::vector{Step::offload, Step::offload, Step::stay, Step::offload}));
    EXPECT_EQ(decisions[2].why, "the target on veth0 is full");
}

TEST_F(EnforcerTest, ARuleHasItsMaximum) {
    policy.rules[0].max = 1;
    situation.candidates = {candidate(1), candidate(2)};
    EXPECT_EQ(round(), (std::vector{Step::offload, Step::stay}));
    EXPECT_EQ(decisions[1].why, "rule r has its 1 connections");
    end(CHIMNEY_OP_KIND_INITIATE, {block(1, CHIMNEY_STATUS_SUCCESS)});
    away({1});
    EXPECT_EQ(round(), (std::vector{Step::stay, Step::stay}));
    // The first one ends.
    situation.candidates = {candidate(2)};
    away({});
    EXPECT_EQ(round(), std::vector{Step::offload});
}

TEST_F(EnforcerTest, NothingGoesIntoQuarantine) {
    EXPECT_TRUE(enforcer.quarantine("veth0"));
    EXPECT_FALSE(enforcer.quarantine("veth0"));
    EXPECT_EQ(round(), std::vector{Step::stay});
    EXPECT_EQ(why(), "the target on veth0 is quarantined");
    EXPECT_EQ(enforcer.forbidden({}, situation.candidates).size(), 1U);
    EXPECT_TRUE(enforcer.release("veth0"));
    EXPECT_EQ(enforcer.forbidden({}, situation.candidates).size(), 0U);
    EXPECT_EQ(round(), std::vector{Step::offload});
}

TEST_F(EnforcerTest, WhatIsOnItsWayIsLeftAlone) {
    away({1});
    situation.connections[0].state = CHIMNEY_CONN_STATE_UPLOADING;
    policy.rules = {rule(Action::quarantine)};
    EXPECT_EQ(round(), std::vector{Step::stay});
    EXPECT_EQ(why(), "it is on its way");
}

TEST_F(EnforcerTest, WhatIsOffloadedAtTheStartIsAdopted) {
    away({1});
    EXPECT_EQ(round(), std::vector{Step::stay});
    EXPECT_EQ(enforcer.counts().at("r"), 1U);
    policy.rules.clear();
    EXPECT_EQ(round(), std::vector{Step::upload});
}

TEST_F(EnforcerTest, ConnectionsThatEndAreForgotten) {
    offload();
    round();
    EXPECT_EQ(enforcer.size(), 1U);
    situation.candidates.clear();
    away({});
    round();
    EXPECT_EQ(enforcer.size(), 0U);
}

TEST_F(EnforcerTest, HandsAndQuarantinesOutliveTheDaemon) {
    enforcer.note_hand(report(CHIMNEY_OP_KIND_TERMINATE, {block(1, CHIMNEY_STATUS_SUCCESS)}));
    enforcer.quarantine("veth7");
    auto state = enforcer.save();

    Enforcer next;
    next.restore(state);
    EXPECT_EQ(next.held(), std::set<std::uint64_t>{1});
    EXPECT_EQ(next.quarantined(), std::set<std::string>{"veth7"});

    // Cookies of another boot name other sockets.
    state["boot_id"] = "another";
    Enforcer rebooted;
    rebooted.restore(state);
    EXPECT_TRUE(rebooted.held().empty());
    EXPECT_EQ(rebooted.quarantined(), std::set<std::string>{"veth7"});
}

TEST_F(EnforcerTest, ADecisionAsJson) {
    situation.candidates[0].command = "nginx";
    policy.rules[0].line = 4;
    round();
    auto json = decisions_document(decisions)["decisions"][0];
    EXPECT_EQ(json["dst"], "10.0.0.2");
    EXPECT_EQ(json["dport"], 80);
    EXPECT_EQ(json["command"], "nginx");
    EXPECT_FALSE(json.contains("cgroup"));
    EXPECT_EQ(json["rule"], "r");
    EXPECT_EQ(json["line"], 4);
    EXPECT_EQ(json["step"], "offload");
}

} // namespace
} // namespace chimney::daemon
