// SPDX-License-Identifier: GPL-2.0-only
#include <gtest/gtest.h>

#include "config.hpp"

namespace chimney::daemon {
namespace {

TEST(Config, AllSettings) {
    auto config = parse_config("socket = '/tmp/s'\ngroup = \"lab\"\non-exit = \"stay\"\n", "f");
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(*config, (Config{"/tmp/s", "lab", OnExit::stay}));
    EXPECT_EQ(parse_config("", "f"), Config{});
}

TEST(Config, ErrorsHaveLineAndColumn) {
    auto message = [](std::string_view text) { return parse_config(text, "f").error().message; };
    EXPECT_TRUE(message("group = \"a\"\ncolour = 1\n").starts_with("f:2:1: there is no setting"))
        << message("group = \"a\"\ncolour = 1\n");
    EXPECT_EQ(message("on-exit = \"later\""), "f:1:11: on-exit 'later' is neither home nor stay");
    EXPECT_EQ(message("\ngroup = 7"), "f:2:9: the value of group must be a string in quotes");
    EXPECT_TRUE(message("group = ").starts_with("f:1:")) << message("group = ");
    // Settings are not abbreviated.
    EXPECT_FALSE(parse_config("sock = '/tmp/s'", "f"));
}

TEST(Config, TheFileMayBeMissingUnlessItWasNamed) {
    EXPECT_EQ(read_config("/nonexistent/chimneyd.toml", false), Config{});
    EXPECT_FALSE(read_config("/nonexistent/chimneyd.toml", true));
}

} // namespace
} // namespace chimney::daemon
