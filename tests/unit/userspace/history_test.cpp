// SPDX-License-Identifier: GPL-2.0-only
// What is on disk after operations, restarts and crashes.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "history.hpp"
#include "state_file.hpp"
#include "temporary_directory.hpp"

namespace chimney::daemon {
namespace {

constexpr std::size_t plenty = 1 << 20;

Report report(std::uint32_t id, OpKind kind = CHIMNEY_OP_KIND_INITIATE) {
    Report made;
    made.operation.id = id;
    made.operation.kind = kind;
    made.operation.state = CHIMNEY_OP_STATE_DONE;
    made.operation.start_ns = 1'700'000'000'000'000'000 + id * 1'000'000'000ULL;
    made.operation.requester = "policy";
    Block block;
    block.layer = CHIMNEY_LAYER_TCP;
    block.status = CHIMNEY_STATUS_SUCCESS;
    block.src = Address::parse("10.0.0.1").value();
    block.dst = Address::parse("10.0.0.2").value();
    block.src_port = static_cast<std::uint16_t>(1000 + id);
    block.dst_port = 80;
    made.blocks.push_back(block);
    return made;
}

class HistoryTest : public testing::Test {
  protected:
    std::vector<std::uint32_t> ids(const History& history, const Json& parameters = {}) {
        auto filter = parse_history_filter(parameters);
        EXPECT_TRUE(filter);
        auto document = history.list(*filter);
        EXPECT_TRUE(document);
        std::vector<std::uint32_t> found;
        for (const auto& operation : document->at("operations"))
            found.push_back(operation.at("id"));
        return found;
    }

    using Ids = std::vector<std::uint32_t>;
    test::TemporaryDirectory directory;
    std::filesystem::path path = directory.path() / "new";
};

TEST_F(HistoryTest, IsEmptyAtFirst) {
    EXPECT_EQ(ids(History(path, plenty)), Ids{});
}

TEST_F(HistoryTest, OutlivesItsObject) {
    {
        History history(path, plenty);
        ASSERT_TRUE(history.add(report(1)));
        EXPECT_TRUE(history.has(1));
    }
    History history(path, plenty);
    ASSERT_TRUE(history.add(report(2)));
    EXPECT_EQ(ids(history), (Ids{1, 2}));
    // Those of an earlier daemon may have been of an earlier module, too.
    EXPECT_FALSE(history.has(1));
}

TEST_F(HistoryTest, OneOperationHasItsBlocks) {
    History history(path, plenty);
    ASSERT_TRUE(history.add(report(1)));
    ASSERT_TRUE(history.add(report(2)));
    HistoryFilter filter;
    filter.id = 2;
    auto document = history.list(filter);
    auto reports = parse_reports(*document);
    ASSERT_TRUE(reports) << reports.error().message;
    EXPECT_EQ(*reports, std::vector{report(2)});
    EXPECT_FALSE(history.list({})->at("operations")[0].contains("blocks"));
}

TEST_F(HistoryTest, Filters) {
    History history(path, plenty);
    auto failed = report(2, CHIMNEY_OP_KIND_TERMINATE);
    failed.blocks[0].status = CHIMNEY_STATUS_TCP_ENTRIES;
    auto refused = report(3);
    refused.blocks[0].status.reset();
    refused.blocks[0].reason = CHIMNEY_REASON_NO_TARGET;
    for (const auto& one : {report(1), failed, refused})
        ASSERT_TRUE(history.add(one));

    EXPECT_EQ(ids(history, {{"kind", "terminate"}}), Ids{2});
    EXPECT_EQ(ids(history, {{"status", "TCP_ENTRIES"}}), Ids{2});
    EXPECT_EQ(ids(history, {{"status", "no-target"}}), Ids{3});
    EXPECT_EQ(ids(history, {{"last", 2U}}), (Ids{2, 3}));
    EXPECT_EQ(ids(history, {{"selector", {{"src", ":1003"}}}}), Ids{3});
    EXPECT_EQ(ids(history, {{"selector", {{"dst", "10.0.0.0/24:80"}}}}), (Ids{1, 2, 3}));
    EXPECT_EQ(ids(history, {{"selector", {{"dst", ":81"}}}}), Ids{});
    EXPECT_EQ(ids(history, {{"since", "2023-11-14T22:13:22"}}), (Ids{2, 3}));
    EXPECT_EQ(ids(history, {{"until", "2023-11-14T22:13:22"}}), Ids{1});
    EXPECT_FALSE(parse_history_filter({{"selector", {{"pid", 1}}}}));
}

TEST_F(HistoryTest, IsBounded) {
    constexpr std::size_t limit = 8192;
    History history(path, limit);
    for (std::uint32_t id = 1; id <= 200; ++id)
        ASSERT_TRUE(history.add(report(id)));
    std::uintmax_t used = 0;
    for (const auto& file : std::filesystem::directory_iterator(path))
        used += file.file_size();
    EXPECT_LE(used, limit);
    auto kept = ids(history);
    ASSERT_FALSE(kept.empty());
    EXPECT_EQ(kept.back(), 200U);
    EXPECT_EQ(kept.size(), 200U - kept.front() + 1);
}

TEST_F(HistoryTest, AHugeOperationIsKeptWithoutItsBlocks) {
    History history(path, 8192);
    ASSERT_TRUE(history.add(report(1)));
    auto huge = report(2);
    huge.blocks.resize(1000, huge.blocks[0]);
    ASSERT_TRUE(history.add(huge));
    EXPECT_EQ(ids(history), (Ids{1, 2}));
    HistoryFilter filter;
    filter.id = 2;
    auto reports = parse_reports(*history.list(filter));
    ASSERT_TRUE(reports) << reports.error().message;
    EXPECT_TRUE(reports->front().blocks.empty());
}

TEST_F(HistoryTest, HalfALineOfACrashIsLeftOut) {
    History history(path, plenty);
    ASSERT_TRUE(history.add(report(1)));
    std::ofstream(path / "history.jsonl", std::ios::app) << "{\"id\": 2, \"kin";
    ASSERT_TRUE(history.add(report(3)));
    ASSERT_TRUE(history.add(report(4)));
    EXPECT_EQ(ids(history), (Ids{1, 3, 4}));
}

TEST(StateFile, KeepsAnObject) {
    test::TemporaryDirectory directory;
    StateFile file(directory.path() / "new");
    EXPECT_EQ(file.load(), Json::object());
    ASSERT_TRUE(file.store({{"quarantined", {"veth0"}}}));
    EXPECT_EQ(file.load(), (Json{{"quarantined", {"veth0"}}}));
    EXPECT_FALSE(boot_id().empty());
}

TEST(StateFile, WhatIsNoObjectIsAnError) {
    test::TemporaryDirectory directory;
    std::ofstream(directory.path() / "state.json") << "half an obj";
    EXPECT_FALSE(StateFile(directory.path()).load());
    EXPECT_FALSE(StateFile("/proc/nowhere").store(Json::object()));
}

} // namespace
} // namespace chimney::daemon
