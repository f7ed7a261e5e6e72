// SPDX-License-Identifier: GPL-2.0-only
// The tables of names against the spec of the wire format.
#include <algorithm>
#include <fstream>
#include <tuple>

#include <gtest/gtest.h>

#include <chimney/types.hpp>

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
    expect_as_in_spec<TcpEvent>("tcp-event");
    expect_as_in_spec<UploadReason>("upload-reason");
    expect_as_in_spec<NeighborEvent>("event");
    expect_as_in_spec<Indication>("indication");
    expect_as_in_spec<EventSource>("event-source");
    expect_as_in_spec<Gate>("gate");
    expect_as_in_spec<StateClass>("state-class");
}

template <typename E>
std::vector<std::string> flags() {
    auto names = flag_names<E>();
    return {names.begin(), names.end()};
}

TEST(Enums, FlagsAreThoseOfTheSpec) {
    EXPECT_EQ(flags<chimney_tcp_const_flags>(), spec_entries("tcp-const-flags"));
    EXPECT_EQ(flags<chimney_tcp_cached_flags>(), spec_entries("tcp-cached-flags"));
}

/// Attributes of a set from @p first on, up to a pad, as keys of JSON.
std::vector<std::string> spec_attributes(const std::string& set, const std::string& first) {
    std::ifstream spec(CHIMNEY_SPEC);
    std::vector<std::string> names;
    bool inside = false;
    bool sets = false;
    for (std::string line; std::getline(spec, line) && line != "operations:";) {
        sets |= line == "attribute-sets:";
        if (!sets)
            continue;
        if (line.starts_with("    name: "))
            inside = line == "    name: " + set;
        if (!inside || !line.starts_with("        name: "))
            continue;
        auto name = line.substr(14);
        if ((names.empty() && name != first) || name == "pad")
            continue;
        std::ranges::replace(name, '-', '_');
        names.push_back(name);
    }
    return names;
}

TEST(Enums, CountersAndVariablesAreThoseOfTheSpec) {
    auto counters = counter_names();
    EXPECT_EQ(std::vector<std::string>(counters.begin(), counters.end()),
              spec_attributes("stats", "ip-in-receives"));
    const std::vector<std::tuple<Layer, std::string, std::string>> sets = {
        {CHIMNEY_LAYER_NEIGHBOR, "neighbor-state", "dl-source-address"},
        {CHIMNEY_LAYER_PATH, "path-state", "source-address"},
        {CHIMNEY_LAYER_TCP, "tcp-state", "const-flags"},
    };
    for (const auto& [layer, set, first] : sets) {
        std::vector<std::string> names;
        for (const auto& variable : variables(layer)) {
            // The classes of a connection have flags each.
            auto prefix = variable.name == "flags" ? to_string(variable.state_class) + "_" : "";
            names.push_back(prefix + std::string(variable.name));
            EXPECT_EQ(variable.attribute, names.size());
        }
        EXPECT_EQ(names, spec_attributes(set, first));
    }
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
