// SPDX-License-Identifier: GPL-2.0-only
// Which rule wins.
#include <gtest/gtest.h>

#include <chimney/policy.hpp>

namespace chimney {
namespace {

Candidate candidate() {
    return {.name = {Address::parse("10.0.0.1").value(), Address::parse("10.0.0.2").value(), 40000,
                     80, 1},
            .inode = 7,
            .uid = 33,
            .cgroup = "/system.slice/nginx.service",
            .command = "nginx",
            .dev = "eth0",
            .age_s = 10,
            .bytes = 1000,
            .rate = 100};
}

Rule rule(std::string name, Action action = Action::offload) {
    Rule made;
    made.name = std::move(name);
    made.action = action;
    return made;
}

std::string winner(const Policy& policy, const Candidate& of, bool out = false) {
    auto verdict = policy.judge(of, out);
    return verdict.rule ? verdict.rule->name : "";
}

TEST(Policy, ARuleWithoutPartsMatchesEverything) {
    EXPECT_TRUE(rule("a").matches(candidate()));
}

TEST(Policy, EveryPartMustHold) {
    auto matches = [](auto set) {
        auto made = rule("a");
        set(made);
        return made.matches(candidate());
    };
    EXPECT_TRUE(matches([](Rule& r) { r.dst = parse_endpoint("10.0.0.0/24:80").value(); }));
    EXPECT_FALSE(matches([](Rule& r) { r.dst = parse_endpoint(":81").value(); }));
    EXPECT_TRUE(matches([](Rule& r) { r.src = parse_endpoint(":40000").value(); }));
    EXPECT_FALSE(matches([](Rule& r) { r.src = parse_endpoint("10.0.0.2").value(); }));
    EXPECT_TRUE(matches([](Rule& r) { r.user = 33; }));
    EXPECT_FALSE(matches([](Rule& r) { r.user = 0; }));
    EXPECT_TRUE(matches([](Rule& r) { r.command = "nginx"; }));
    EXPECT_FALSE(matches([](Rule& r) { r.command = "ngin"; }));
    EXPECT_TRUE(matches([](Rule& r) { r.dev = "eth0"; }));
    EXPECT_FALSE(matches([](Rule& r) { r.dev = "eth1"; }));
}

TEST(Policy, ACgroupHoldsThoseBelowIt) {
    for (auto [root, expected] : {std::pair("/system.slice", true),
                                  {"/system.slice/", true},
                                  {"/system.slice/nginx.service", true},
                                  {"/", true},
                                  {"/system", false},
                                  {"/system.slice/nginx.service/worker", false}}) {
        auto made = rule("a");
        made.cgroup = root;
        EXPECT_EQ(made.matches(candidate()), expected) << root;
    }
    auto made = rule("a");
    made.cgroup = "/";
    auto unknown = candidate();
    unknown.cgroup.clear();
    EXPECT_FALSE(made.matches(unknown));
}

TEST(Policy, TheFirstMatchWins) {
    auto other = rule("other");
    other.dev = "eth1";
    Policy policy{{other, rule("first", Action::never), rule("second")}};
    EXPECT_EQ(winner(policy, candidate()), "first");
    EXPECT_EQ(winner({{other}}, candidate()), "");
}

TEST(Policy, WhatHasNotReachedAThresholdGoesOnToTheNextRule) {
    auto old = rule("old");
    old.min_age_s = 11;
    old.min_bytes = 1001;
    old.min_rate = 101;
    Policy policy{{old, rule("rest", Action::never)}};

    auto verdict = policy.judge(candidate(), false);

    EXPECT_EQ(verdict.rule->name, "rest");
    EXPECT_EQ(verdict.waiting,
              "rule old waits: age 10 s of 11 s, 1000 of 1001 bytes, 100 of 101 bytes/s");
}

TEST(Policy, ThresholdsAreForConnectionsAtHome) {
    auto old = rule("old");
    old.min_age_s = 11;
    Policy policy{{old, rule("rest", Action::never)}};
    EXPECT_EQ(winner(policy, candidate(), true), "old");
    auto grown = candidate();
    grown.age_s = 11;
    EXPECT_EQ(winner(policy, grown), "old");
}

} // namespace
} // namespace chimney
