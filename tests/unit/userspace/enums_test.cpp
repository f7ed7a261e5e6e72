// SPDX-License-Identifier: GPL-2.0-only
// The tables of names against the spec of the wire format.
#include <fstream>

#include <gtest/gtest.h>

#include <chimney/enums.hpp>

namespace chimney {
namespace {

std::string trim(std::string_view text) {
    auto first = text.find_first_not_of(' ');
    auto last = text.find_last_not_of(' ');
    return first == text.npos ? "" : std::string(text.substr(first, last - first + 1));
}

/// "[a, b, c]" as a list.
std::vector<std::string> split_flow_list(std::string_view text) {
    std::vector<std::string> items;
    text = text.substr(text.find('[') + 1);
    text = text.substr(0, text.find(']'));
    while (!text.empty()) {
        auto comma = text.find(',');
        items.push_back(trim(text.substr(0, comma)));
        text = comma == text.npos ? "" : text.substr(comma + 1);
    }
    return items;
}

/// Entries of one definition. Reads the three shapes the spec writes them in, nothing more.
std::vector<std::string> spec_entries(const std::string& definition) {
    std::ifstream spec(CHIMNEY_SPEC);
    std::vector<std::string> entries;
    bool inside = false;
    for (std::string line; std::getline(spec, line);) {
        if (line == "attribute-sets:")
            break;
        auto indent = line.find_first_not_of(' ');
        auto text = trim(line);
        if (indent == 4 && text.starts_with("name: "))
            inside = text == "name: " + definition;
        if (!inside)
            continue;
        if (indent == 4 && text.starts_with("entries: ["))
            return split_flow_list(text);
        if (indent == 8 && text.starts_with("name: "))
            entries.push_back(text.substr(6));
        else if (indent == 6 && text.starts_with("- "))
            entries.push_back(text.substr(2));
    }
    return entries;
}

template <typename E>
void expect_as_in_spec(const std::string& definition) {
    auto names = enum_names<E>();
    EXPECT_EQ(std::vector<std::string>(names.begin(), names.end()), spec_entries(definition))
        << definition;
    for (std::size_t i = 0; i < names.size(); ++i)
        EXPECT_EQ(from_string<E>(names[i]), static_cast<E>(i));
}

TEST(Enums, TablesAreThoseOfTheSpec) {
    expect_as_in_spec<Status>("status");
    expect_as_in_spec<Layer>("layer");
    expect_as_in_spec<Role>("role");
    expect_as_in_spec<OpKind>("op-kind");
    expect_as_in_spec<OpState>("op-state");
    expect_as_in_spec<ConnState>("conn-state");
    expect_as_in_spec<TcpState>("tcp-state");
    expect_as_in_spec<Reason>("reason");
}

TEST(Enums, StatusesHaveTheirNdisNames) {
    EXPECT_EQ(ndis_name(CHIMNEY_STATUS_PARTIAL_SUCCESS), "PARTIAL_SUCCESS");
    EXPECT_EQ(status_from_ndis_name("TCP_ENTRIES"), CHIMNEY_STATUS_TCP_ENTRIES);
    EXPECT_EQ(status_from_ndis_name("tcp-entries"), std::nullopt);
}

TEST(Enums, ValuesOfANewerKernelKeepTheirNumber) {
    EXPECT_EQ(to_string(static_cast<Reason>(999)), "unknown-999");
    EXPECT_EQ(ndis_name(static_cast<Status>(77)), "UNKNOWN_77");
    EXPECT_EQ(describe(static_cast<Reason>(999)), "a reason this version does not know");
    EXPECT_EQ(from_string<Reason>("nonsense"), std::nullopt);
}

} // namespace
} // namespace chimney
