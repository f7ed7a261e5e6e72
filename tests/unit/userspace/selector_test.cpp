// SPDX-License-Identifier: GPL-2.0-only
#include <ostream>

#include <gtest/gtest.h>

#include <chimney/keyword.hpp>
#include <chimney/selector.hpp>

namespace chimney {
namespace {

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> words;
    while (!text.empty()) {
        auto blank = text.find(' ');
        words.push_back(text.substr(0, blank));
        text = blank == text.npos ? "" : text.substr(blank + 1);
    }
    return words;
}

/// Text and its normal form.
struct Good {
    std::string_view text;
    std::string_view normal;
};

void PrintTo(const Good& row, std::ostream* out) {
    *out << row.text;
}

class GoodSelector : public testing::TestWithParam<Good> {};

TEST_P(GoodSelector, IsReadAndWrittenBack) {
    auto selector = parse_selector(split(GetParam().text));
    ASSERT_TRUE(selector) << selector.error().message;
    EXPECT_EQ(selector->to_string(), GetParam().normal);
    EXPECT_EQ(parse_selector(split(selector->to_string())), selector);
}

INSTANTIATE_TEST_SUITE_P(
    Table, GoodSelector,
    testing::Values(
        Good{"all", "all"}, Good{"a", "all"}, Good{"src 10.0.0.1", "src 10.0.0.1"},
        Good{"src 10.0.0.1:80", "src 10.0.0.1:80"}, Good{"dst :80", "dst :80"},
        Good{"dst 10.0.0.0/24", "dst 10.0.0.0/24"},
        Good{"dst 10.0.0.0/24:80", "dst 10.0.0.0/24:80"},
        Good{"dst 10.0.0.7/24", "dst 10.0.0.0/24"}, Good{"dst 10.0.0.7/32", "dst 10.0.0.7"},
        Good{"dst 10.255.0.1/9", "dst 10.128.0.0/9"}, Good{"dst 1.2.3.4/0", "dst 0.0.0.0/0"},
        Good{"dst :1", "dst :1"}, Good{"dst :65535", "dst :65535"},
        Good{"d 10.0.0.2 s :1 p 7", "src :1 dst 10.0.0.2 pid 7"}, Good{"pid 1", "pid 1"},
        Good{"pid 4194304", "pid 4194304"}, Good{"dst [2001:db8::1]:443", "dst [2001:db8::1]:443"},
        Good{"dst [2001:db8::1]", "dst 2001:db8::1"}, Good{"dst 2001:db8::1", "dst 2001:db8::1"},
        Good{"dst 2001:db8::1:80", "dst 2001:db8::1:80"},
        Good{"dst 2001:db8::/32", "dst 2001:db8::/32"},
        Good{"dst [2001:db8::]/32:443", "dst [2001:db8::]/32:443"},
        Good{"dst [2001:db8:ffff::]/33:443", "dst [2001:db8:8000::]/33:443"},
        Good{"dst [::ffff:10.0.0.1]:80", "dst 10.0.0.1:80"},
        Good{"dst ::ffff:10.0.0.1/104", "dst 10.0.0.0/8"},
        Good{"dst ::ffff:10.0.0.1/95", "dst ::fffe:0:0/95"}, Good{"src ::/0", "src ::/0"},
        Good{"src :5 dst ::1", "src :5 dst ::1"}, Good{"", ""}));

/// Text and a part of the sentence it gets.
struct Bad {
    std::string_view text;
    std::string_view sentence;
};

void PrintTo(const Bad& row, std::ostream* out) {
    *out << row.text;
}

class BadSelector : public testing::TestWithParam<Bad> {};

TEST_P(BadSelector, IsRefusedWithASentence) {
    auto selector = parse_selector(split(GetParam().text));
    ASSERT_FALSE(selector) << selector->to_string();
    EXPECT_EQ(selector.error().code, ErrorCode::usage);
    EXPECT_NE(selector.error().message.find(GetParam().sentence), std::string::npos)
        << selector.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadSelector,
    testing::Values(
        Bad{"foo", "part of a selector 'foo': use src, dst, pid or all"},
        Bad{"src", "src needs a value"}, Bad{"dst", "dst needs a value"},
        Bad{"pid", "pid needs a value: pid PID"},
        Bad{"src 10.0.0.1 src 10.0.0.2", "src is given twice"},
        Bad{"all all", "all is given twice"}, Bad{"all dst :80", "give it alone"},
        Bad{"dst :80 all", "give it alone"}, Bad{"src 10.0.0.1 dst ::1", "different families"},
        Bad{"pid 0", "pid '0' is not a number"}, Bad{"pid -1", "pid '-1'"},
        Bad{"pid 1x", "pid '1x'"}, Bad{"pid 2147483648", "2147483647"},
        Bad{"dst :0", "port '0' is not a number from 1 to 65535"}, Bad{"dst :65536", "65536"},
        Bad{"dst :", "port ''"}, Bad{"dst :http", "port 'http'"}, Bad{"dst 10.0.0.1:", "port ''"},
        Bad{"dst 10.0.0.1:80:90", "is not an address"}, Bad{"dst 10.0.0", "is not an address"},
        Bad{"dst 10.0.0.256", "is not an address"}, Bad{"dst host", "'host' is not an address"},
        Bad{"dst 10.0.0.0/33", "prefix length '33' is not a number from 0 to 32"},
        Bad{"dst 10.0.0.0/", "prefix length ''"}, Bad{"dst 10.0.0.0/-1", "prefix length '-1'"},
        Bad{"dst /24", "is not an address"}, Bad{"dst /24:80", "is not an address"},
        Bad{"dst [::1", "no ']'"}, Bad{"dst [::1]80", "is not an address"},
        Bad{"dst [10.0.0.1]:80", "is not an address"}, Bad{"dst []:80", "is not an address"},
        Bad{"dst [::]/129", "from 0 to 128"}, Bad{"dst :::1", "is not an address"},
        Bad{"dst [::1]:80/64", "port '80/64'"}, Bad{"dst 10.0.0.1:80/24", "port '80/24'"},
        Bad{"dst *:80", "'*:80' is not an address"}));

TEST(EndpointFilter, MatchesByPrefixAndPort) {
    auto matches = [](std::string_view filter, std::string_view address, std::uint16_t port) {
        return parse_endpoint(filter)->matches(*Address::parse(address), port);
    };
    EXPECT_TRUE(matches("10.0.0.0/8:80", "10.1.2.3", 80));
    EXPECT_FALSE(matches("10.0.0.0/8:80", "10.1.2.3", 81));
    EXPECT_FALSE(matches("10.0.0.0/8:80", "11.1.2.3", 80));
    EXPECT_TRUE(matches("0.0.0.0/0", "1.2.3.4", 5));
    EXPECT_FALSE(matches("0.0.0.0/0", "::1", 5));
    EXPECT_TRUE(matches("2001:db8::/33", "2001:db8:7fff::1", 5));
    EXPECT_FALSE(matches("2001:db8::/33", "2001:db8:8000::1", 5));
    EXPECT_TRUE(EndpointFilter{}.matches(*Address::parse("::1"), 1));
}

TEST(Address, MappedAddressesBecomeIpv4) {
    EXPECT_EQ(Address::parse("::ffff:10.0.0.1")->unmapped(), Address::parse("10.0.0.1"));
    EXPECT_EQ(Address::parse("::1")->unmapped(), Address::parse("::1"));
}

TEST(Keyword, AmbiguityIsNamed) {
    constexpr auto words = std::to_array<std::string_view>({"op", "offload", "upload"});
    EXPECT_EQ(match_keyword("op", words, "object"), 0U);
    EXPECT_EQ(match_keyword("of", words, "object"), 1U);
    EXPECT_EQ(match_keyword("u", words, "object"), 2U);
    EXPECT_EQ(match_keyword("o", words, "object").error().message,
              "'o' may stand for op or offload: write more of it");
    EXPECT_EQ(match_keyword("", words, "object").error().message,
              "there is no object '': use op, offload or upload");
}

} // namespace
} // namespace chimney
