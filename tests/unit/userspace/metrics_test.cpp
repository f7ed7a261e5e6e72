// SPDX-License-Identifier: GPL-2.0-only
#include <fstream>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include "metrics.hpp"
#include "samples.hpp"

namespace chimney::daemon {
namespace {

bool has(const std::string& text, const std::string& line) {
    return text.find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, TargetsAndConnections) {
    auto target = test::sample_target();
    target.breaches = {{"OP-06", 2}};
    target.quarantined = true;
    auto text = Metrics().text({target}, {test::sample_connection()});
    EXPECT_TRUE(has(text, R"(chimney_target_entries{dev="veth0",layer="tcp"} 3)")) << text;
    EXPECT_TRUE(has(text, R"(chimney_target_entries_limit{dev="veth0",layer="path"} 1024)"));
    EXPECT_TRUE(has(text, R"(chimney_target_open{dev="veth0"} 0)"));
    EXPECT_TRUE(has(text, R"(chimney_target_memory_bytes{dev="veth0"} 10240)"));
    EXPECT_TRUE(has(text, R"(chimney_host_memory_bytes{dev="veth0"} 1216)"));
    EXPECT_TRUE(has(text, R"(chimney_contract_breaches_total{dev="veth0",clause="OP-06"} 2)"));
    EXPECT_TRUE(has(text, R"(chimney_connections{state="offloaded"} 1)"));
    EXPECT_TRUE(has(text, R"(chimney_connections{state="lost"} 0)"));
    EXPECT_TRUE(text.ends_with("\n# EOF\n"));
}

TEST(Metrics, OperationsByWhatBecameOfTheirConnections) {
    Metrics metrics;
    auto report = test::sample_report(); // 2 made it, 1 did not, 1 was refused, in 12.3 ms
    metrics.note(report);
    metrics.note(report);
    report.operation.dry_run = true;
    metrics.note(report);
    auto text = metrics.text({}, {});
    auto total = [](const std::string& status, int count) {
        return "chimney_operation_connections_total{kind=\"initiate\",status=\"" + status + "\"} " +
               std::to_string(count);
    };
    EXPECT_TRUE(has(text, total("success", 4))) << text;
    EXPECT_TRUE(has(text, total("tcp-entries", 2)));
    EXPECT_TRUE(has(text, total("ulp", 2)));
    auto bucket = [](const std::string& bound, int count) {
        return "chimney_operation_duration_seconds_bucket{kind=\"initiate\",le=\"" + bound +
               "\"} " + std::to_string(count);
    };
    EXPECT_TRUE(has(text, bucket("0.01", 0))) << text;
    EXPECT_TRUE(has(text, bucket("0.1", 2)));
    EXPECT_TRUE(has(text, bucket("+Inf", 2)));
    EXPECT_TRUE(has(text, R"(chimney_operation_duration_seconds_sum{kind="initiate"} 0.0246)"));
}

TEST(Metrics, TheDashboardAsksForWhatThereIs) {
    Metrics metrics;
    metrics.note(test::sample_report());
    auto target = test::sample_target();
    target.breaches = {{"OP-06", 2}};
    auto text = metrics.text({target}, {});
    std::ostringstream dashboard;
    ASSERT_TRUE(dashboard << std::ifstream(CHIMNEY_DASHBOARD).rdbuf());
    auto json = dashboard.str();
    static const std::regex name("chimney_[a-z_]+");
    std::set<std::string> names(std::sregex_token_iterator(json.begin(), json.end(), name), {});
    EXPECT_GT(names.size(), 6U);
    for (const auto& each : names)
        EXPECT_NE(text.find("\n" + each + "{"), std::string::npos) << each;
}

} // namespace
} // namespace chimney::daemon
