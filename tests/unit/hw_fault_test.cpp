// SPDX-License-Identifier: GPL-2.0-only
// Scripts of faults against their grammar, hw/fault.h, and the device that obeys them.
#include "hw_board.h"

#include <algorithm>
#include <string>

namespace {

// What the parser has against a script, or "" if nothing.
std::string Complaint(const char* text) {
    auto script = std::make_unique<hw_script>();
    std::array<char, HW_ERROR_SIZE> error{};

    return hw_script_parse(script.get(), text, error.data()) ? "" : error.data();
}

std::unique_ptr<hw_script> Parse(const char* text) {
    auto script = std::make_unique<hw_script>();
    std::array<char, HW_ERROR_SIZE> error{};

    EXPECT_TRUE(hw_script_parse(script.get(), text, error.data())) << error.data();
    return script;
}

// The statuses the device answers the same command with, several times.
std::vector<int> Statuses(Board& board, const hw_command& command, int times) {
    std::vector<int> statuses;

    while (times--)
        statuses.push_back(board.Status(command));
    return statuses;
}

const hw_command kMiss = Destroy(HW_OP_TCP_DESTROY, 0); // HW_ST_BAD_CONTEXT

TEST(HwFaultParser, UnderstandsTheWholeGrammar) {
    const auto script =
        Parse("seed 7; on tcp-create 3 status tcp-entries\n"
              "on any 10% delay 5ms # a comment; not a statement\n"
              " ;; on tcp-destroy 1 lost; on path-create duplicate\n"
              "stall commands; event retrieve low-activity tcp 2; event pause;"
              "event abort tcp 1; event neighbor-query 4; reset; hang; resume; clear");
    const auto& s = script->statements;

    ASSERT_EQ(script->count, 14U);
    EXPECT_EQ(s[0].kind, HW_DO_SEED);
    EXPECT_EQ(s[0].seed, 7U);
    EXPECT_EQ(s[1].kind, HW_DO_RULE);
    EXPECT_EQ(s[1].rule.opcode, HW_OP_TCP_CREATE);
    EXPECT_EQ(s[1].rule.countdown, 3U);
    EXPECT_EQ(s[1].rule.kind, HW_FAULT_STATUS);
    EXPECT_EQ(s[1].rule.value, u32{HW_ST_NO_TCP_ENTRY});
    EXPECT_EQ(s[2].rule.opcode, 0);
    EXPECT_EQ(s[2].rule.percent, 10);
    EXPECT_EQ(s[2].rule.kind, HW_FAULT_DELAY);
    EXPECT_EQ(s[2].rule.value, 5000U);
    EXPECT_EQ(s[3].rule.kind, HW_FAULT_LOST);
    EXPECT_EQ(s[4].rule.kind, HW_FAULT_DUPLICATE);
    EXPECT_EQ(s[4].rule.countdown, 0U);
    EXPECT_EQ(s[5].kind, HW_DO_STALL);
    EXPECT_EQ(s[6].kind, HW_DO_EVENT);
    EXPECT_EQ(s[6].event, HW_EVENT_RETRIEVE);
    EXPECT_EQ(s[6].information, u32{HW_REASON_LOW_ACTIVITY});
    EXPECT_EQ(s[6].context, 2U);
    EXPECT_EQ(s[7].event, HW_EVENT_PAUSE);
    EXPECT_EQ(s[8].event, HW_EVENT_ABORT);
    EXPECT_EQ(s[8].context, 1U);
    EXPECT_EQ(s[9].event, HW_EVENT_NEIGHBOR_QUERY);
    EXPECT_EQ(s[9].context, 4U);
    EXPECT_EQ(s[10].kind, HW_DO_RESET);
    EXPECT_EQ(s[11].kind, HW_DO_HANG);
    EXPECT_EQ(s[12].kind, HW_DO_RESUME);
    EXPECT_EQ(s[13].kind, HW_DO_CLEAR);
}

TEST(HwFaultParser, NamesTheWordAndWhatWouldBeRight) {
    const std::vector<std::pair<const char*, const char*>> cases = {
        {"sed 7",
         "\"sed\" is not a statement: seed, on, clear, stall, hang, resume, reset or event"},
        {"seed", "the statement ends before a number up to 4294967295"},
        {"seed 4294967296", "\"4294967296\" is not a number up to 4294967295"},
        {"on create lost", "\"create\" is not a command such as tcp-create, path-relink or any"},
        {"on any", "the statement ends before a fault: status, delay, lost or duplicate"},
        {"on any 0 lost", "\"0\" is not a number from 1 on, or a percentage"},
        {"on any 101% lost", "\"101%\" is not a percentage from 1% to 100%"},
        {"on any 5x lost", "\"5x\" is not a number from 1 on, or a percentage"},
        {"on any status ok", "\"ok\" is not a result such as failed, resources or tcp-entries"},
        {"on any delay 5", "\"5\" is not a time up to 60s, such as 5ms"},
        {"on any delay 61s", "\"61s\" is not a time up to 60s, such as 5ms"},
        {"on any lost twice", "\"twice\" is not expected here: the statement is complete"},
        {"clear; stall", "the statement ends before commands"},
        {"stall completions", "\"completions\" is not commands"},
        {"event party", "\"party\" is not an event such as retrieve, abort or pause"},
        {"event retrieve",
         "the statement ends before a reason such as upload-requested or low-activity"},
        {"event retrieve small-io", "the statement ends before tcp and the number of a context"},
        {"event abort path 1", "\"path\" is not tcp and the number of a context"},
        {"event abort tcp one", "\"one\" is not the number of a context"},
    };

    for (const auto& [text, complaint] : cases)
        EXPECT_EQ(Complaint(text), complaint);
    const std::string longWord(200, 'x');
    EXPECT_EQ(Complaint(longWord.c_str()).find("\"xxx"), 0U);
}

TEST(HwFaultParser, TakesAnEmptyScriptAndNoEndlessOne) {
    std::string text;

    EXPECT_EQ(Parse("")->count, 0U);
    EXPECT_EQ(Parse("  # nothing\n;;\n")->count, 0U);
    for (int i = 0; i < HW_MAX_STATEMENTS; i++)
        text += "clear;";
    EXPECT_EQ(Complaint(text.c_str()), "");
    text += "clear";
    EXPECT_EQ(Complaint(text.c_str()), "the script has more than 64 statements");
}

// Every status an initiate can end with.
TEST(HwFault, AnyResultCanBeAsked) {
    const std::vector<std::pair<const char*, hw_result>> results = {
        {"failed", HW_ST_FAILED},
        {"busy", HW_ST_BUSY},
        {"family", HW_ST_FAMILY},
        {"invalid", HW_ST_INVALID},
        {"resources", HW_ST_NO_MEMORY},
        {"tcp-entries", HW_ST_NO_TCP_ENTRY},
        {"path-entries", HW_ST_NO_PATH_ENTRY},
        {"neighbor-entries", HW_ST_NO_NEIGHBOR_ENTRY},
        {"hw-address-entries", HW_ST_MAC_ENTRIES},
        {"ip-address-entries", HW_ST_IP_ENTRIES},
        {"tcp-xmit-buffer", HW_ST_XMIT_BUFFER},
        {"tcp-rcv-buffer", HW_ST_RCV_BUFFER},
        {"tcp-rcv-window", HW_ST_RCV_WINDOW},
        {"vlan-entries", HW_ST_VLAN_ENTRIES},
        {"vlan-mismatch", HW_ST_VLAN_MISMATCH},
        {"path-mtu", HW_ST_MTU},
        {"connection-rejected", HW_ST_REJECTED},
    };

    for (const auto& [word, result] : results) {
        Board board;

        board.Fault((std::string("on neighbor-create status ") + word).c_str());
        EXPECT_EQ(board.Status(Neighbor(0)), result) << word;
        EXPECT_EQ(board.Read(HW_REG_NEIGHBOR_USED), 0U) << "not executed";
    }
}

TEST(HwFault, ActsOnTheNumberedCommandOnce) {
    Board board;

    board.Fault("on tcp-destroy 3 status failed");
    board.Do(Neighbor(0)); // is not counted
    EXPECT_EQ(Statuses(board, kMiss, 5),
              (std::vector<int>{HW_ST_BAD_CONTEXT, HW_ST_BAD_CONTEXT, HW_ST_FAILED,
                                HW_ST_BAD_CONTEXT, HW_ST_BAD_CONTEXT}));
}

TEST(HwFault, RulesActUntilCleared) {
    Board board;

    board.Fault("on any status failed");
    EXPECT_EQ(Statuses(board, kMiss, 2), (std::vector<int>{HW_ST_FAILED, HW_ST_FAILED}));
    board.Fault("clear");
    EXPECT_EQ(board.Status(kMiss), HW_ST_BAD_CONTEXT);
}

TEST(HwFault, SameSeedSameRun) {
    const auto run = [](const char* script) {
        Board board;

        board.Fault(script);
        return Statuses(board, kMiss, 200);
    };
    const auto first = run("seed 7; on any 30% status failed");
    const auto failed = std::ranges::count(first, int{HW_ST_FAILED});

    EXPECT_EQ(run("seed 7; on any 30% status failed"), first);
    EXPECT_NE(run("seed 8; on any 30% status failed"), first);
    EXPECT_GT(failed, 30);
    EXPECT_LT(failed, 90);
    EXPECT_EQ(std::ranges::count(run("on any 100% status failed"), int{HW_ST_FAILED}), 200);
}

TEST(HwFault, LostIsExecutedAndNotAnswered) {
    Board board;

    board.Fault("on neighbor-create 1 lost");
    EXPECT_TRUE(board.Post(Neighbor(0)).empty());
    EXPECT_EQ(board.Read(HW_REG_NEIGHBOR_USED), 1U);
    EXPECT_EQ(board.Read(HW_REG_COMMAND_HEAD), board.Read(HW_REG_COMMAND_TAIL));
    EXPECT_EQ(board.Status(Neighbor(1)), HW_ST_OK) << "goes on";
}

TEST(HwFault, DuplicateIsAnsweredTwice) {
    Board board;

    board.Fault("on neighbor-create 1 duplicate");
    hw_command command = Neighbor(0);
    command.cookie = 99;
    const auto completions = board.Post(command);
    ASSERT_EQ(completions.size(), 2U);
    EXPECT_EQ(completions[0].cookie, 99U);
    EXPECT_EQ(completions[1].cookie, 99U);
    EXPECT_EQ(completions[0].status, HW_ST_OK);
    EXPECT_EQ(completions[1].status, HW_ST_OK) << "executed once";
}

TEST(HwFault, DelayedIsAnsweredWhenItIsTimeAndOthersBefore) {
    Board board;

    board.now = 0xffffffff; // the clock wraps meanwhile
    board.Fault("on neighbor-create 1 delay 5ms");
    EXPECT_TRUE(board.Post(Neighbor(0)).empty());
    EXPECT_EQ(board.alarm, 5000U);
    EXPECT_EQ(board.Read(HW_REG_NEIGHBOR_USED), 1U) << "it is executed at once";
    EXPECT_EQ(board.Post(kMiss).size(), 1U);
    EXPECT_TRUE(board.Wait(4999).empty());
    EXPECT_EQ(board.alarm, 1U);
    const auto late = board.Wait(1);
    ASSERT_EQ(late.size(), 1U);
    EXPECT_EQ(late[0].opcode, HW_OP_NEIGHBOR_CREATE);
}

TEST(HwFault, DelayedWaitsForRoomInTheRing) {
    Board board;
    u32 taken = 0;

    board.Fault("on neighbor-create 1 delay 1us");
    EXPECT_TRUE(board.Post(Neighbor(0)).empty());
    for (u32 round = 0; round < 2; round++) { // fill the ring of completions
        for (u32 i = 0; i < kConfig.commands; i++)
            ASSERT_TRUE(board.Queue(kMiss));
        board.RingDoorbell();
        board.Run();
    }
    board.now += 10;
    board.Run();
    while (const auto completion = board.Take()) {
        EXPECT_EQ(completion->opcode, HW_OP_TCP_DESTROY);
        taken++;
    }
    EXPECT_EQ(taken, kConfig.completions);
    board.GiveBack();
    EXPECT_EQ(board.Wait(0).size(), 1U);
}

TEST(HwFault, StallFillsTheCommandRing) {
    Board board;

    board.Fault("stall commands");
    for (u32 i = 0; i < kConfig.commands; i++)
        ASSERT_TRUE(board.Queue(kMiss));
    board.RingDoorbell();
    EXPECT_TRUE(board.Wait(0).empty());
    EXPECT_FALSE(board.Queue(kMiss));
    board.Fault("event pause");
    EXPECT_EQ(board.Wait(0).size(), 1U) << "it still tells";
    board.Fault("resume");
    EXPECT_EQ(board.Wait(0).size(), kConfig.commands);
}

TEST(HwFault, HangEndsWithResumeOrReset) {
    Board board;

    board.Do(Neighbor(0));
    board.Fault("hang; event pause");
    EXPECT_TRUE(board.Post(kMiss).empty());
    board.Fault("resume");
    EXPECT_EQ(board.Wait(0).size(), 2U);
    board.Fault("hang");
    board.Reset();
    board.Write(HW_REG_CONTROL, HW_CONTROL_ENABLE);
    EXPECT_EQ(board.Status(Neighbor(0)), HW_ST_OK) << "works, and is empty";
}

TEST(HwFault, ResetLosesConnectionsAndAsksForAReset) {
    Board board;

    board.Do(Neighbor(0));
    board.Do(Path(0, 0));
    board.Do(Tcp(0, 0));
    const int interrupts = board.interrupts;
    board.Fault("reset");
    EXPECT_TRUE(board.running.empty());
    EXPECT_EQ(board.written_back, std::vector<u64>{0});
    EXPECT_TRUE(board.Read(HW_REG_STATUS) & HW_STATUS_ERROR);
    EXPECT_EQ(board.interrupts, interrupts + 1);
    EXPECT_TRUE(board.Post(Neighbor(0)).empty());
    board.Reset();
    board.Write(HW_REG_CONTROL, HW_CONTROL_ENABLE);
    EXPECT_EQ(board.Status(Neighbor(0)), HW_ST_OK);
}

TEST(HwFault, EventsComeInTheirOrder) {
    Board board;

    board.Fault(
        "event retrieve timeout-expiration tcp 3; event abort tcp 2; event neighbor-query 1;"
        "event neighbor-in-doubt; event pause; event resume; event upload-all");
    const auto events = board.Wait(0);
    const std::vector<std::array<u32, 3>> expected = {
        {HW_EVENT_RETRIEVE, 3, HW_REASON_TIMEOUT_EXPIRATION},
        {HW_EVENT_ABORT, 2, 0},
        {HW_EVENT_NEIGHBOR_QUERY, 1, 0},
        {HW_EVENT_IN_DOUBT, 0, 0},
        {HW_EVENT_PAUSE, 0, 0},
        {HW_EVENT_RESUME, 0, 0},
        {HW_EVENT_UPLOAD_ALL, 0, 0},
    };

    ASSERT_EQ(events.size(), expected.size());
    for (size_t i = 0; i < events.size(); i++) {
        EXPECT_EQ(events[i].opcode, HW_OP_EVENT);
        EXPECT_EQ((std::array<u32, 3>{events[i].status, events[i].context, events[i].information}),
                  expected[i]);
    }
}

TEST(HwFault, ScriptsTakeTurns) {
    Board board;
    const auto script = Parse("event pause");

    EXPECT_TRUE(hw_fault(board.Device(), script.get()));
    EXPECT_FALSE(hw_fault(board.Device(), script.get())) << "the first has not taken effect";
    EXPECT_EQ(board.Wait(0).size(), 1U);
    EXPECT_TRUE(hw_fault(board.Device(), script.get()));
}

TEST(HwFault, PowerOffForgetsWhatIsHeldBack) {
    Board board;

    board.Fault("on any delay 1s");
    EXPECT_TRUE(board.Post(kMiss).empty());
    EXPECT_TRUE(hw_fault(board.Device(), Parse("clear").get()));
    board.PullThePlug(); // a leak would be found by the sanitizer
}

} // namespace
