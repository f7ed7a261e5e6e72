// SPDX-License-Identifier: GPL-2.0-only
#include <fstream>

#include <gtest/gtest.h>

#include <chimney/config.hpp>

#include "temporary_directory.hpp"

namespace chimney {
namespace {

/// All mistakes of a text, as they are printed.
std::string mistakes(std::string_view text) {
    auto config = parse_config(text);
    return config ? "none" : mistakes_error("f", config.error()).message;
}

/// The only rule of a text.
Rule rule(std::string_view text) {
    auto config = parse_config("[[rule]]\naction = 'offload'\n" + std::string(text));
    EXPECT_TRUE(config) << mistakes_error("f", config.error()).message;
    return config ? config->policy.rules.at(0) : Rule{};
}

TEST(Config, AllSettings) {
    auto config = parse_config("socket = '/tmp/s'\ngroup = \"lab\"\non-exit = \"stay\"\n"
                               "state = '/tmp/state'\n"
                               "metrics-port = 9494\n");
    ASSERT_TRUE(config);
    EXPECT_EQ(*config, (Config{"/tmp/s", "lab", OnExit::stay, "/tmp/state", 9494, {}}));
    EXPECT_EQ(parse_config(""), Config{});
}

TEST(Config, MistakesHaveLineAndColumn) {
    EXPECT_TRUE(mistakes("group = \"a\"\ncolour = 1\n").starts_with("f:2:1: there is no setting"))
        << mistakes("group = \"a\"\ncolour = 1\n");
    EXPECT_EQ(mistakes("on-exit = \"later\""), "f:1:11: on-exit 'later' is neither home nor stay");
    EXPECT_EQ(mistakes("\ngroup = 7"), "f:2:9: the value of group must be a string in quotes");
    EXPECT_TRUE(mistakes("group = ").starts_with("f:1:")) << mistakes("group = ");
    // Settings are not abbreviated.
    EXPECT_NE(mistakes("sock = '/tmp/s'"), "none");
}

TEST(Config, EveryMistakeOfAFileIsTold) {
    EXPECT_EQ(mistakes("group = 7\n"
                       "[[rule]]\n"
                       "action = 'ofload'\n"
                       "dst = '10.0.0.0/33'\n"
                       "  min-age = 'soon'\n"
                       "[[rule]]\n"
                       "user = 'nobody-has-this-name'\n"),
              "f:1:9: the value of group must be a string in quotes\n"
              "f:3:10: there is no action 'ofload': use offload, never or quarantine\n"
              "f:4:7: prefix length '33' is not a number from 0 to 32\n"
              "f:5:13: the value of min-age must be a number of seconds, alone or with a unit: "
              "\"30 s\", \"5 min\", \"1 h\"\n"
              "f:6:1: the rule says not what to do: give it an action, offload, never or "
              "quarantine\n"
              "f:7:8: there is no user 'nobody-has-this-name': give a name of /etc/passwd or a "
              "number");
}

TEST(Config, MistakesOfRules) {
    auto in_rule = [](const std::string& text) {
        return mistakes("[[rule]]\naction = 'never'\n" + text);
    };
    EXPECT_TRUE(in_rule("port = 80").starts_with("f:3:1: there is no part of a rule 'port': use"))
        << in_rule("port = 80");
    EXPECT_TRUE(in_rule("max = 3").starts_with("f:1:1: max is for rules that offload"))
        << in_rule("max = 3");
    EXPECT_EQ(in_rule("cgroup = 'system.slice'"),
              "f:3:10: the cgroup 'system.slice' must begin with /, as in /system.slice");
    EXPECT_TRUE(in_rule("src = '10.0.0.1'\ndst = '::1'").starts_with("f:1:1: src 10.0.0.1 and"))
        << in_rule("src = '10.0.0.1'\ndst = '::1'");
    EXPECT_EQ(in_rule("name = 'a'\n[[rule]]\naction = 'never'\nname = 'a'"),
              "f:4:1: another rule has the name 'a'");
    EXPECT_EQ(mistakes("rule = 1"),
              "f:1:8: rules are written as tables in a list: begin each with [[rule]]");
    EXPECT_EQ(in_rule("min-bytes = -1"),
              "f:3:13: the value of min-bytes must be a number of bytes, alone or with a unit: "
              "\"64 KiB\", \"10 MB\"");
}

TEST(Config, APartOfARule) {
    EXPECT_EQ(rule("").name, "#1");
    EXPECT_EQ(rule("").line, 1U);
    EXPECT_EQ(rule("").action, Action::offload);
    EXPECT_EQ(rule("name = 'web'").name, "web");
    EXPECT_EQ(rule("dst = ':80'").dst->port, 80);
    EXPECT_EQ(rule("src = '10.1.0.0/16'").src->to_string(), "10.1.0.0/16");
    EXPECT_EQ(rule("user = 'root'").user, 0U);
    EXPECT_EQ(rule("user = '1000'").user, 1000U);
    EXPECT_EQ(rule("cgroup = '/a'").cgroup, "/a");
    EXPECT_EQ(rule("command = 'nginx'").command, "nginx");
    EXPECT_EQ(rule("dev = 'eth0'").dev, "eth0");
    EXPECT_EQ(rule("max = 7").max, 7U);
}

TEST(Config, AmountsHaveUnits) {
    EXPECT_EQ(rule("min-age = 90").min_age_s, 90U);
    EXPECT_EQ(rule("min-age = '90'").min_age_s, 90U);
    EXPECT_EQ(rule("min-age = '2 min'").min_age_s, 120U);
    EXPECT_EQ(rule("min-age = '1h'").min_age_s, 3600U);
    EXPECT_EQ(rule("min-bytes = '64 KiB'").min_bytes, 65536U);
    EXPECT_EQ(rule("min-rate = '1MB'").min_rate, 1000000U);
    EXPECT_NE(mistakes("[[rule]]\naction = 'never'\nmin-bytes = '99999999999 GiB'"), "none");
}

TEST(Config, TheFileMayBeMissingUnlessItWasNamed) {
    EXPECT_EQ(read_config("/nonexistent/chimneyd.toml", false), Config{});
    EXPECT_FALSE(read_config("/nonexistent/chimneyd.toml", true));
}

TEST(Config, AFileIsNamedInItsMistakes) {
    test::TemporaryDirectory directory;
    auto path = (directory.path() / "chimneyd.toml").string();
    std::ofstream(path) << "group = 7\n";
    auto config = read_config(path, true);
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().message, path + ":1:9: the value of group must be a string in quotes");
}

} // namespace
} // namespace chimney
