// SPDX-License-Identifier: GPL-2.0-only
// What the daemon does with calls, announcements and callers that go away.
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chimney/json.hpp>

#include "fake_netlink.hpp"
#include "service.hpp"

namespace chimney::daemon {
namespace {

using test::FakeNetlink;
using test::operation_message;

class FakeCaller : public Caller {
  public:
    void send(std::string message) override { messages.push_back(std::move(message)); }
    std::string describe() const override { return "test"; }
    std::size_t backlog() const override { return unread; }
    std::vector<std::string> messages;
    std::size_t unread = 0;
};

/// For the listing function below, which cannot capture.
std::uint64_t own_inode = 0;

class ServiceTest : public testing::Test {
  protected:
    ServiceTest() {
        spdlog::set_level(spdlog::level::off);
        for (std::uint8_t command : {CHIMNEY_CMD_INITIATE, CHIMNEY_CMD_TERMINATE})
            kernel.answer(command, {operation_message(7, CHIMNEY_OP_STATE_RUNNING, command)});
        set_state(CHIMNEY_OP_STATE_RUNNING);
        kernel.answer(CHIMNEY_CMD_BLOCK_GET, {test::tcp_block_message(7)});
    }

    /// The state op-get tells of operation 7.
    void set_state(OpState state) {
        kernel.answer(CHIMNEY_CMD_OP_GET, {operation_message(7, state, CHIMNEY_CMD_OP_GET)});
    }

    void call(std::string_view method, const Json& parameters) {
        auto text = encode_call(method, parameters);
        text.pop_back();
        service.handle(caller, text);
    }

    void offload() { call(method::offload, {{"selector", {{"all", true}}}}); }

    void announce(std::uint32_t id, OpState state = CHIMNEY_OP_STATE_DONE) {
        service.on_events({{operation_message(id, state, CHIMNEY_CMD_OP_NTF)}, false});
    }

    Result<Json> reply(std::size_t index = 0) {
        if (caller->messages.size() <= index)
            return fail(ErrorCode::io, "no reply yet");
        return decode_reply(std::string_view(caller->messages[index].c_str()));
    }

    FakeNetlink kernel;
    std::shared_ptr<FakeCaller> caller = std::make_shared<FakeCaller>();
    Service service{kernel, true, {}, test::fake_name};
};

TEST_F(ServiceTest, AnOffloadIsAnsweredWhenItsEndIsAnnounced) {
    offload();
    EXPECT_TRUE(caller->messages.empty());
    EXPECT_TRUE(service.waiting());
    set_state(CHIMNEY_OP_STATE_DONE);
    announce(7);
    ASSERT_TRUE(reply()) << reply().error().message;
    auto reports = parse_reports(*reply());
    ASSERT_TRUE(reports);
    EXPECT_EQ(reports->front().operation.id, 7U);
    EXPECT_EQ(reports->front().blocks.front().dev, "veth7");
    EXPECT_FALSE(service.waiting());
    announce(7);
    EXPECT_EQ(caller->messages.size(), 1U);
}

TEST_F(ServiceTest, ACallerMayAskForMoreAndIsToldHowFarItIs) {
    auto text = encode_call(method::offload, {{"selector", {{"all", true}}}}, true);
    service.handle(caller, std::string_view(text.c_str()));
    service.poll();
    caller->unread = 1;
    service.poll(); // he reads too slowly to want more of that
    set_state(CHIMNEY_OP_STATE_DONE);
    announce(7);
    ASSERT_EQ(caller->messages.size(), 3U);
    for (bool last : {false, false, true}) {
        auto whole = decode_whole_reply(std::string_view(caller->messages.front().c_str()));
        ASSERT_TRUE(whole);
        EXPECT_EQ(whole->continues, !last);
        EXPECT_EQ(whole->parameters["operations"][0]["id"], 7);
        EXPECT_EQ(whole->parameters["operations"][0].contains("blocks"), last);
        caller->messages.erase(caller->messages.begin());
    }
}

TEST_F(ServiceTest, AnOperationIsCancelledByItsNumber) {
    kernel.answer(CHIMNEY_CMD_OP_CANCEL,
                  {operation_message(7, CHIMNEY_OP_STATE_RUNNING, CHIMNEY_CMD_OP_CANCEL)});
    call(method::cancel_operation, {{"id", 7}});
    EXPECT_EQ(AttributeReader(kernel.requests.back().attributes).u32(CHIMNEY_A_OP_ID), 7U);
    ASSERT_TRUE(reply());
    EXPECT_EQ((*reply())["operations"][0]["id"], 7);
    call(method::cancel_operation, Json::object());
    EXPECT_FALSE(reply(1));
}

TEST_F(ServiceTest, AnOperationMayBeDoneInTheReply) {
    kernel.answer(CHIMNEY_CMD_INITIATE,
                  {operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_INITIATE)});
    set_state(CHIMNEY_OP_STATE_DONE);
    offload();
    EXPECT_TRUE(reply());
    EXPECT_FALSE(service.waiting());
}

TEST_F(ServiceTest, AnAnnouncementBeforeTheReplyIsMadeUpForByPolling) {
    // It names an operation nobody waits for yet and so is forgotten.
    kernel.answers[CHIMNEY_CMD_INITIATE] = [this](const Request&) -> Result<std::vector<Message>> {
        announce(7);
        return std::vector{operation_message(7, CHIMNEY_OP_STATE_RUNNING, CHIMNEY_CMD_INITIATE)};
    };
    set_state(CHIMNEY_OP_STATE_DONE);
    offload();
    EXPECT_FALSE(reply());
    service.poll();
    EXPECT_TRUE(reply());
}

TEST_F(ServiceTest, AnnouncementsOfOtherOperationsAndStatesAreIgnored) {
    offload();
    announce(6);
    announce(7, CHIMNEY_OP_STATE_RUNNING);
    service.on_events({{operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_TARGET_ADD_NTF),
                        Message{CHIMNEY_CMD_OP_NTF, test::to_bytes({1, 2, 3})}},
                       false});
    EXPECT_TRUE(caller->messages.empty());
}

TEST_F(ServiceTest, ATimedOutOperationIsAnAnswerToo) {
    offload();
    set_state(CHIMNEY_OP_STATE_TIMED_OUT);
    announce(7, CHIMNEY_OP_STATE_TIMED_OUT);
    ASSERT_TRUE(reply());
    EXPECT_EQ((*reply())["operations"][0]["state"], "timed-out");
}

TEST_F(ServiceTest, DroppedEventsLeadToAResync) {
    offload();
    set_state(CHIMNEY_OP_STATE_DONE);
    service.on_events({{}, true});
    EXPECT_TRUE(reply());
}

TEST_F(ServiceTest, PollingLeavesARunningOperationAlone) {
    offload();
    service.poll();
    EXPECT_TRUE(caller->messages.empty());
    EXPECT_TRUE(service.waiting());
}

TEST_F(ServiceTest, AnOperationTheKernelForgotIsAnError) {
    offload();
    kernel.answers[CHIMNEY_CMD_OP_GET] = [](const Request&) -> Result<std::vector<Message>> {
        return fail(ErrorCode::not_found, "no such operation", ENOENT);
    };
    service.poll();
    auto answer = reply();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message,
              "the result of operation 7 is lost: cannot show operation 7: no such operation");
    EXPECT_FALSE(service.waiting());
}

TEST_F(ServiceTest, ACallerThatGoesAwayDisturbsNobody) {
    auto other = std::make_shared<FakeCaller>();
    offload();
    std::swap(caller, other);
    offload();
    other.reset();
    set_state(CHIMNEY_OP_STATE_DONE);
    announce(7);
    EXPECT_TRUE(reply());
    EXPECT_FALSE(service.waiting());
}

TEST_F(ServiceTest, OwnershipFollowsTheSetting) {
    auto owned = [&] {
        return AttributeReader(kernel.requests.back().attributes).flag(CHIMNEY_A_OP_OWNED);
    };
    offload();
    EXPECT_TRUE(owned());
    Service stay{kernel, false, {}, test::fake_name};
    stay.handle(caller,
                R"({"method":"org.chimney.Offload","parameters":{"selector":{"all":true}}})");
    EXPECT_FALSE(owned());
    call(method::upload, {{"selector", {{"all", true}}}});
    EXPECT_EQ(kernel.requests.back().command, CHIMNEY_CMD_TERMINATE);
    EXPECT_FALSE(owned());
}

TEST_F(ServiceTest, AnOffloadOfSeveralRequestsIsAnsweredOnce) {
    std::uint32_t next = 7;
    kernel.answers[CHIMNEY_CMD_INITIATE] = [&](const Request&) -> Result<std::vector<Message>> {
        return std::vector{
            operation_message(next++, CHIMNEY_OP_STATE_RUNNING, CHIMNEY_CMD_INITIATE)};
    };
    kernel.answers[CHIMNEY_CMD_OP_GET] =
        [](const Request& request) -> Result<std::vector<Message>> {
        auto id = *AttributeReader(request.attributes).u32(CHIMNEY_A_OP_ID);
        return std::vector{operation_message(id, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_OP_GET)};
    };
    Resolver resolver;
    resolver.list = [] {
        std::vector<TcpSocket> sockets(max_sockets_per_request + 1);
        for (auto& socket : sockets)
            socket.inode = own_inode;
        return Result<std::vector<TcpSocket>>(sockets);
    };
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    struct stat info {};
    fstat(socket.get(), &info);
    own_inode = info.st_ino;
    Service many{kernel, true, resolver, test::fake_name};
    many.handle(caller, encode_call(method::offload, {{"selector", {{"pid", getpid()}}}}).c_str());
    many.on_events({{operation_message(8, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_OP_NTF)}, false});
    EXPECT_TRUE(caller->messages.empty());
    many.on_events({{operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_OP_NTF)}, false});
    ASSERT_TRUE(reply()) << reply().error().message;
    auto reports = parse_reports(*reply());
    ASSERT_EQ(reports->size(), 2U);
    EXPECT_EQ((*reports)[0].operation.id, 7U);
    EXPECT_EQ((*reports)[1].operation.id, 8U);
}

TEST_F(ServiceTest, ARefusalOfTheKernelReachesTheCaller) {
    kernel.answers[CHIMNEY_CMD_INITIATE] = [](const Request&) -> Result<std::vector<Message>> {
        return fail(ErrorCode::kernel, "the prefix is longer than the address", EINVAL);
    };
    offload();
    auto answer = reply();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "the prefix is longer than the address");
    EXPECT_EQ(answer.error().errnum, EINVAL);
}

TEST_F(ServiceTest, BadCallsAreErrors) {
    for (const char* text : {
             "nonsense",
             R"({"method":"org.chimney.Frobnicate"})",
             R"({"method":"org.chimney.Offload"})",
             R"({"method":"org.chimney.Offload","parameters":{"selector":7}})",
             R"({"method":"org.chimney.Offload","parameters":{"selector":{}}})",
             R"({"method":"org.chimney.Offload","parameters":{"selector":{"dst":"host"}}})",
             R"({"method":"org.chimney.DelTarget"})",
             R"({"method":"org.chimney.DelTarget","parameters":{"dev":7}})",
             R"({"method":"org.chimney.AddTarget","parameters":{"dev":"veth0"}})",
             R"({"method":"org.chimney.ListConnections"})",
             R"({"method":"org.chimney.ShowOperation","parameters":{"id":"x"}})",
         }) {
        caller->messages.clear();
        service.handle(caller, text);
        ASSERT_EQ(caller->messages.size(), 1U) << text;
        EXPECT_FALSE(reply()) << text;
    }
    EXPECT_TRUE(kernel.requests.empty());
}

TEST_F(ServiceTest, OperationsAreCalledByTheirNames) {
    const std::vector<std::tuple<std::string_view, std::uint8_t, OpKind>> table = {
        {method::update, CHIMNEY_CMD_UPDATE, CHIMNEY_OP_KIND_UPDATE},
        {method::query, CHIMNEY_CMD_QUERY, CHIMNEY_OP_KIND_QUERY},
        {method::invalidate, CHIMNEY_CMD_INVALIDATE, CHIMNEY_OP_KIND_INVALIDATE},
        {method::explain, CHIMNEY_CMD_INITIATE, CHIMNEY_OP_KIND_INITIATE},
    };
    for (const auto& [name, command, kind] : table) {
        kernel.answer(command, {operation_message(7, CHIMNEY_OP_STATE_RUNNING, command, kind)});
        call(name, {{"selector", {{"all", true}}}, {"layer", "path"}});
        EXPECT_EQ(kernel.requests.back().command, command);
        AttributeReader sent(kernel.requests.back().attributes);
        EXPECT_EQ(sent.flag(CHIMNEY_A_OP_DRY_RUN), name == method::explain);
        EXPECT_FALSE(sent.flag(CHIMNEY_A_OP_OWNED));
        EXPECT_EQ(sent.u32(CHIMNEY_A_OP_LAYERS), 1U << CHIMNEY_LAYER_PATH);
    }
    call(method::query, {{"selector", {{"all", true}}}, {"layer", "ether"}});
    EXPECT_FALSE(reply());
}

TEST_F(ServiceTest, ListenersGetEvents) {
    call(method::monitor, Json::object());
    ASSERT_EQ(parse_events(reply(0).value()), std::vector<Event>());
    service.on_events({{test::event_message()}, false});
    auto events = parse_events(reply(1).value());
    ASSERT_TRUE(events) << events.error().message;
    ASSERT_EQ(events->size(), 1U);
    EXPECT_EQ(events->front().name, "retrieve");
    EXPECT_EQ(events->front().dev, "veth7");
    // Nothing to tell.
    service.on_events({{operation_message(7, CHIMNEY_OP_STATE_DONE, CHIMNEY_CMD_OP_NTF)}, false});
    EXPECT_EQ(caller->messages.size(), 2U);
}

TEST_F(ServiceTest, AListenerThatReadsTooSlowlyIsToldSo) {
    call(method::monitor, Json::object());
    caller->unread = 2 << 20;
    service.on_events({{test::event_message()}, false});
    EXPECT_EQ(caller->messages.size(), 1U);
    caller->unread = 0;
    service.on_events({{test::event_message()}, false});
    EXPECT_EQ(reply(1).value()["lost"], true);
    service.on_events({{test::event_message()}, false});
    EXPECT_EQ(reply(2).value()["lost"], false);
}

TEST_F(ServiceTest, ParametersAreShownOrChanged) {
    kernel.answer(CHIMNEY_CMD_PARAMS_GET, {test::settings_message(CHIMNEY_CMD_PARAMS_GET)});
    kernel.answer(CHIMNEY_CMD_PARAMS_SET, {test::settings_message(CHIMNEY_CMD_PARAMS_SET)});
    call(method::set_parameters, {{"dev", "veth0"}});
    EXPECT_EQ(kernel.requests.back().command, CHIMNEY_CMD_PARAMS_GET);
    ASSERT_TRUE(parse_settings(reply(0).value()));
    call(method::set_parameters, {{"dev", "veth0"}, {"ack-frequency", 2}});
    AttributeReader sent(kernel.requests.back().attributes);
    EXPECT_EQ(kernel.requests.back().command, CHIMNEY_CMD_PARAMS_SET);
    EXPECT_EQ(sent.u8(CHIMNEY_A_PARAMS_ACK_FREQUENCY), 2);
    EXPECT_EQ(sent.all().size(), 2U);
    auto asked = kernel.requests.size();
    for (const Json& bad :
         {Json{{"dev", "veth0"}, {"speed", 1}}, Json{{"dev", "veth0"}, {"ack-frequency", 256}},
          Json{{"dev", "veth0"}, {"ack-frequency", "x"}}, Json::object()}) {
        caller->messages.clear();
        call(method::set_parameters, bad);
        EXPECT_FALSE(reply()) << bad;
    }
    EXPECT_EQ(kernel.requests.size(), asked);
}

TEST_F(ServiceTest, OtherCallsAreAnsweredAtOnce) {
    call(method::ping, Json::object());
    EXPECT_EQ(reply(0).value(), Json({{"version", CHIMNEY_VERSION}, {"on_exit", "home"}}));
    call(method::list_operations, Json::object());
    EXPECT_EQ((*reply(1))["operations"][0]["id"], 7);
    call(method::show_operation, {{"id", 7}});
    EXPECT_EQ((*reply(2))["operations"][0]["blocks"].size(), 1U);
    kernel.answer(CHIMNEY_CMD_CONN_GET, {});
    call(method::list_connections, {{"selector", Json::object()}});
    EXPECT_EQ(reply(3).value(), connections_document({}));
    kernel.answer(CHIMNEY_CMD_TARGET_GET, {});
    call(method::list_targets, Json::object());
    EXPECT_EQ(reply(4).value(), targets_document({}));
}

} // namespace
} // namespace chimney::daemon
