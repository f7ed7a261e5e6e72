// SPDX-License-Identifier: GPL-2.0-only
// What the daemon asks the kernel for because of rules and quarantines, and what it remembers.
#include <fstream>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "fake_netlink.hpp"
#include "service.hpp"
#include "temporary_directory.hpp"

namespace chimney::daemon {
namespace {

using test::operation_message;

constexpr std::uint64_t cookie = 0x1001; ///< of the block the fake kernel shows

class FakeCaller : public Caller {
  public:
    void send(std::string message) override { messages.push_back(std::move(message)); }
    std::string describe() const override { return "test"; }
    std::size_t backlog() const override { return 0; }
    std::vector<std::string> messages;
};

class FakeRoutes : public RouteTable {
  public:
    std::string device(const Address&, const Address&) override { return "veth7"; }
};

/// One connection, which all of this is about.
Sources sources() {
    Sources made;
    made.list = [] {
        TcpSocket socket;
        socket.name = {Address::parse("10.0.0.1").value(), Address::parse("10.0.0.2").value(),
                       40000, 7, cookie};
        socket.inode = 1;
        return Result<std::vector<TcpSocket>>(std::vector{socket});
    };
    made.routes = [] { return std::make_unique<FakeRoutes>(); };
    return made;
}

class ServicePolicyTest : public testing::Test {
  protected:
    ServicePolicyTest() {
        spdlog::set_level(spdlog::level::off);
        for (std::uint8_t command : {CHIMNEY_CMD_INITIATE, CHIMNEY_CMD_TERMINATE})
            kernel.answers[command] = [this,
                                       command](const Request&) -> Result<std::vector<Message>> {
                auto kind = command == CHIMNEY_CMD_INITIATE ? CHIMNEY_OP_KIND_INITIATE
                                                            : CHIMNEY_OP_KIND_TERMINATE;
                kernel.answer(CHIMNEY_CMD_OP_GET, {operation_message(7, CHIMNEY_OP_STATE_DONE,
                                                                     CHIMNEY_CMD_OP_GET, kind)});
                return std::vector{operation_message(7, CHIMNEY_OP_STATE_RUNNING, command, kind)};
            };
        kernel.answer(CHIMNEY_CMD_BLOCK_GET, {test::tcp_block_message(7)});
        kernel.answer(CHIMNEY_CMD_TARGET_GET, {target()});
        home();
    }

    static Message target() {
        AttributeWriter w;
        w.put_u32(CHIMNEY_A_TARGET_IFINDEX, 7);
        w.put_string(CHIMNEY_A_TARGET_IFNAME, "veth7");
        w.put_u32(CHIMNEY_A_TARGET_TCP_ENTRIES, 10);
        return {CHIMNEY_CMD_TARGET_GET, std::move(w).take()};
    }

    void home() { kernel.answer(CHIMNEY_CMD_CONN_GET, {}); }
    void away() {
        AttributeWriter w;
        w.put_u32(CHIMNEY_A_CONN_STATE, CHIMNEY_CONN_STATE_OFFLOADED);
        w.put_u32(CHIMNEY_A_CONN_TCP_STATE, CHIMNEY_TCP_STATE_ESTABLISHED);
        w.put_u32(CHIMNEY_A_CONN_IFINDEX, 7);
        w.put(CHIMNEY_A_CONN_SRC_ADDR, test::to_bytes({10, 0, 0, 1}));
        w.put(CHIMNEY_A_CONN_DST_ADDR, test::to_bytes({10, 0, 0, 2}));
        w.put_port(CHIMNEY_A_CONN_SRC_PORT, 40000);
        w.put_port(CHIMNEY_A_CONN_DST_PORT, 7);
        w.put_u64(CHIMNEY_A_CONN_COOKIE, cookie);
        kernel.answer(CHIMNEY_CMD_CONN_GET, {Message{CHIMNEY_CMD_CONN_GET, std::move(w).take()}});
    }

    void send(std::string_view method, const Json& parameters = Json::object()) {
        caller->messages.clear();
        auto text = encode_call(method, parameters);
        text.pop_back();
        service->handle(caller, text);
    }

    /// The answer to a call.
    Result<Json> call(std::string_view method, const Json& parameters = Json::object()) {
        send(method, parameters);
        end();
        return answer();
    }

    Result<Json> answer() {
        if (caller->messages.empty())
            return fail(ErrorCode::io, "no reply yet");
        return decode_reply(caller->messages[0].c_str());
    }

    /// The operation that runs ends.
    void end() {
        service->on_events(
            {{operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_OP_NTF)}, false});
    }

    std::size_t count(std::uint8_t command) {
        return static_cast<std::size_t>(
            std::ranges::count(kernel.requests, command, &Request::command));
    }

    Result<Json> apply(const std::string& text) {
        return call(method::apply_policy, {{"text", text}});
    }

    std::string decision() {
        auto decisions = call(method::test_policy);
        return decisions ? (*decisions)["decisions"][0]["why"].get<std::string>()
                         : decisions.error().message;
    }

    void restart() {
        service = std::make_unique<Service>(kernel, true, Resolver{}, test::fake_name, sources());
        service->keep_state(directory.path());
    }

    test::TemporaryDirectory directory;
    test::FakeNetlink kernel;
    std::shared_ptr<FakeCaller> caller = std::make_shared<FakeCaller>();
    std::unique_ptr<Service> service =
        std::make_unique<Service>(kernel, true, Resolver{}, test::fake_name, sources());
};

constexpr auto offload_all = "[[rule]]\naction = 'offload'\n";
const Json everything = {{"selector", {{"all", true}}}};

TEST_F(ServicePolicyTest, WithoutRulesNothingIsLookedAt) {
    EXPECT_FALSE(service->waiting());
    service->poll();
    EXPECT_TRUE(kernel.requests.empty());
}

TEST_F(ServicePolicyTest, ARuleOffloadsAndKeepsOut) {
    auto decisions = apply(offload_all);
    ASSERT_TRUE(decisions) << decisions.error().message;
    EXPECT_EQ((*decisions)["decisions"][0]["step"], "offload");
    ASSERT_EQ(count(CHIMNEY_CMD_INITIATE), 1U);
    EXPECT_TRUE(service->waiting());
    away();
    service->poll();
    EXPECT_EQ(count(CHIMNEY_CMD_INITIATE), 1U);
    EXPECT_EQ((*call(method::show_policy))["policy"]["rules"][0]["connections"], 1);
    ASSERT_TRUE(apply(""));
    EXPECT_EQ(count(CHIMNEY_CMD_TERMINATE), 1U);
}

TEST_F(ServicePolicyTest, ARoundWaitsForTheOneBefore) {
    service->set_policy(parse_config(offload_all)->policy, "f");
    service->poll();
    kernel.answer(CHIMNEY_CMD_OP_GET,
                  {operation_message(7, CHIMNEY_OP_STATE_RUNNING, CHIMNEY_CMD_OP_GET)});
    service->poll();
    EXPECT_EQ(count(CHIMNEY_CMD_INITIATE), 1U);
}

TEST_F(ServicePolicyTest, ApplyTellsWhatBecameOfEachConnection) {
    send(method::apply_policy, {{"text", offload_all}});
    EXPECT_TRUE(caller->messages.empty());
    end();
    auto applied = answer();
    ASSERT_TRUE(applied) << applied.error().message;
    auto decision = (*applied)["decisions"][0];
    EXPECT_EQ(decision["operation"], 7);
    EXPECT_EQ(decision["status"], "SUCCESS");
    EXPECT_FALSE((*call(method::test_policy))["decisions"][0].contains("status"));
}

TEST_F(ServicePolicyTest, ApplyWithNothingToDoIsAnsweredAtOnce) {
    send(method::apply_policy, {{"text", "[[rule]]\naction = 'never'\n"}});
    auto applied = answer();
    ASSERT_TRUE(applied) << applied.error().message;
    EXPECT_EQ((*applied)["decisions"][0]["step"], "stay");
    EXPECT_FALSE((*applied)["decisions"][0].contains("operation"));
}

TEST_F(ServicePolicyTest, ApplyWaitsForTheRoundBefore) {
    service->set_policy(parse_config(offload_all)->policy, "f");
    service->poll();
    away();
    send(method::apply_policy, {{"text", ""}});
    EXPECT_EQ(count(CHIMNEY_CMD_TERMINATE), 0U);
    end(); // of the round
    EXPECT_EQ(count(CHIMNEY_CMD_TERMINATE), 1U);
    EXPECT_TRUE(caller->messages.empty());
    end();
    auto applied = answer();
    ASSERT_TRUE(applied) << applied.error().message;
    EXPECT_EQ((*applied)["decisions"][0]["step"], "upload");
    EXPECT_EQ((*applied)["decisions"][0]["status"], "SUCCESS");
}

TEST_F(ServicePolicyTest, WhatCannotBeStartedHasNoResult) {
    kernel.answers[CHIMNEY_CMD_INITIATE] = [](const Request&) {
        return Result<std::vector<Message>>(fail(ErrorCode::kernel, "no"));
    };
    send(method::apply_policy, {{"text", offload_all}});
    auto applied = answer();
    ASSERT_TRUE(applied) << applied.error().message;
    EXPECT_EQ((*applied)["decisions"][0]["step"], "offload");
    EXPECT_FALSE((*applied)["decisions"][0].contains("operation"));
}

TEST_F(ServicePolicyTest, ATargetThatWasNotAddedChangesNothing) {
    kernel.answer(CHIMNEY_CMD_BLOCK_GET, {test::tcp_block_message(7, CHIMNEY_STATUS_FAILURE)});
    ASSERT_TRUE(apply(offload_all));
    auto waits = decision();
    EXPECT_TRUE(waits.starts_with("next attempt in 60 s")) << waits;
    kernel.answers[CHIMNEY_CMD_TARGET_NEW] = [](const Request&) {
        return Result<std::vector<Message>>(fail(ErrorCode::kernel, "no"));
    };
    ASSERT_FALSE(call(method::add_target, {{"dev", "veth7"}, {"kind", "sim"}}));
    EXPECT_EQ(decision(), waits);
    kernel.answer(CHIMNEY_CMD_TARGET_NEW, {target()});
    ASSERT_TRUE(call(method::add_target, {{"dev", "veth7"}, {"kind", "sim"}}));
    EXPECT_EQ(decision(), "rule #1 offloads it");
}

TEST_F(ServicePolicyTest, ATestChangesNothing) {
    auto decisions = call(method::test_policy, {{"text", offload_all}});
    ASSERT_TRUE(decisions);
    EXPECT_EQ((*decisions)["decisions"][0]["step"], "offload");
    service->poll();
    EXPECT_EQ(count(CHIMNEY_CMD_INITIATE), 0U);
}

TEST_F(ServicePolicyTest, MistakesLeaveThePolicyAsItIs) {
    ASSERT_TRUE(apply(offload_all));
    auto answer = call(method::apply_policy, {{"text", "rule = 7"}, {"file", "new.toml"}});
    ASSERT_FALSE(answer);
    EXPECT_TRUE(answer.error().message.starts_with("new.toml:1:8: ")) << answer.error().message;
    EXPECT_EQ((*call(method::show_policy))["policy"]["rules"].size(), 1U);
    EXPECT_FALSE(call(method::apply_policy, {{"text", 7}}));
}

TEST_F(ServicePolicyTest, AReloadReadsTheFile) {
    auto file = (directory.path() / "chimneyd.toml").string();
    std::ofstream(file) << offload_all;
    service->set_policy({}, file);
    ASSERT_TRUE(service->reload());
    EXPECT_EQ((*call(method::show_policy))["policy"]["rules"].size(), 1U);
    std::ofstream(file) << "nonsense";
    EXPECT_FALSE(service->reload());
    EXPECT_EQ((*call(method::show_policy))["policy"]["rules"].size(), 1U);
}

TEST_F(ServicePolicyTest, WhatWasUploadedByHandIsHeldUntilItIsReleased) {
    restart();
    ASSERT_TRUE(apply(offload_all));
    away();
    ASSERT_TRUE(call(method::upload, everything));
    home();
    EXPECT_EQ(decision(), "it was taken back by hand");
    restart();
    service->set_policy(parse_config(offload_all)->policy, "f");
    EXPECT_EQ(decision(), "it was taken back by hand");
    auto offloads = count(CHIMNEY_CMD_INITIATE);
    EXPECT_EQ((*call(method::release, everything))["released"], 1);
    EXPECT_EQ(count(CHIMNEY_CMD_INITIATE), offloads + 1);
    EXPECT_EQ((*call(method::release, everything))["released"], 0);
}

TEST_F(ServicePolicyTest, AQuarantineTakesHomeAndRefuses) {
    restart();
    away();
    auto reports = call(method::quarantine_target, {{"dev", "veth7"}});
    ASSERT_TRUE(reports) << reports.error().message;
    EXPECT_EQ((*reports)["operations"][0]["kind"], "terminate");
    home();
    restart();
    EXPECT_EQ((*call(method::list_targets))["targets"][0]["quarantined"], true);
    auto refused = call(method::offload, everything);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::refused);
    EXPECT_EQ(refused.error().message,
              "1 of the 1 selected connections must stay at home: the target on veth7 is "
              "quarantined: chimneyctl target release veth7 lifts that");
    EXPECT_EQ(count(CHIMNEY_CMD_INITIATE), 0U);
    // A dry run offloads nothing.
    EXPECT_TRUE(call(method::explain, everything));
    ASSERT_TRUE(call(method::release_target, {{"dev", "veth7"}}));
    EXPECT_FALSE(call(method::release_target, {{"dev", "veth7"}}));
    EXPECT_TRUE(call(method::offload, everything));
}

TEST_F(ServicePolicyTest, WhatWasUnderWayIntoAQuarantineComesHome) {
    auto text = encode_call(method::offload, everything);
    text.pop_back();
    service->handle(caller, text);
    EXPECT_EQ(count(CHIMNEY_CMD_INITIATE), 1U);
    ASSERT_TRUE(call(method::quarantine_target, {{"dev", "veth7"}}));
    EXPECT_EQ(count(CHIMNEY_CMD_TERMINATE), 1U);
}

TEST_F(ServicePolicyTest, ARuleOfQuarantineRefusesByHand) {
    ASSERT_TRUE(apply("[[rule]]\naction = 'quarantine'\ndst = ':7'\n"));
    EXPECT_EQ(call(method::offload, everything).error().code, ErrorCode::refused);
    EXPECT_TRUE(call(method::offload, {{"selector", {{"dst", ":8"}}}}));
}

TEST_F(ServicePolicyTest, OperationsGoIntoTheHistory) {
    EXPECT_FALSE(call(method::list_history));
    restart();
    ASSERT_TRUE(call(method::offload, everything));
    restart();
    kernel.answers.erase(CHIMNEY_CMD_OP_GET);
    auto operations = parse_operations(*call(method::list_history));
    ASSERT_EQ(operations->size(), 1U);
    EXPECT_EQ(operations->front().requester, "test");
    auto shown = parse_reports(*call(method::show_operation, {{"id", 7}}));
    EXPECT_EQ(shown->front().blocks.size(), 1U);
    EXPECT_FALSE(call(method::show_operation, {{"id", 8}}));
}

TEST_F(ServicePolicyTest, OperationsOfOthersGoIntoTheHistoryOnce) {
    restart();
    kernel.answer(CHIMNEY_CMD_OP_GET,
                  {operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_OP_GET)});
    end();
    end();
    auto operations = parse_operations(*call(method::list_history));
    ASSERT_EQ(operations->size(), 1U);
    EXPECT_EQ(operations->front().requester, "");
}

TEST_F(ServicePolicyTest, BadCallsAreErrors) {
    for (auto method : {method::quarantine_target, method::release_target, method::release})
        EXPECT_FALSE(call(method)) << method;
    EXPECT_FALSE(call(method::list_history, {{"selector", {{"pid", 1}}}}));
}

} // namespace
} // namespace chimney::daemon
