// SPDX-License-Identifier: GPL-2.0-only
// The device model against its datasheet, hw/device.h.
#include "hw_board.h"

#include <array>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace {

TEST(HwRegisters, ShowTheSettings) {
    const Board board;

    ASSERT_TRUE(board.Works());
    EXPECT_EQ(board.Read(HW_REG_VERSION), u32{HW_VERSION});
    EXPECT_EQ(board.Read(HW_REG_FEATURES),
              HW_FEATURE_IPV4 | HW_FEATURE_IPV6 | HW_FEATURE_SACK | HW_FEATURE_VLAN);
    EXPECT_EQ(board.Read(HW_REG_TCP_ENTRIES), kConfig.tcp_entries);
    EXPECT_EQ(board.Read(HW_REG_PATH_ENTRIES), kConfig.path_entries);
    EXPECT_EQ(board.Read(HW_REG_NEIGHBOR_ENTRIES), kConfig.neighbor_entries);
    EXPECT_EQ(board.Read(HW_REG_MAX_MTU), kConfig.max_mtu);
    EXPECT_EQ(board.Read(HW_REG_MAX_RCV_WND), kConfig.max_rcv_wnd);
    EXPECT_EQ(board.Read(HW_REG_COMMANDS), kConfig.commands);
    EXPECT_EQ(board.Read(HW_REG_COMPLETIONS), kConfig.completions);
    EXPECT_EQ(board.Read(HW_REG_MAC_ENTRIES), kConfig.mac_entries);
    EXPECT_EQ(board.Read(HW_REG_VLAN_ENTRIES), kConfig.vlan_entries);
    EXPECT_EQ(board.Read(HW_REG_IP_ENTRIES), kConfig.ip_entries);
    EXPECT_EQ(board.Read(HW_REG_VLAN), kConfig.vlan);
    EXPECT_EQ(board.Read(HW_REG_CONTROL), HW_CONTROL_ENABLE);
    EXPECT_EQ(board.Read(HW_REG_STATUS), HW_STATUS_ENABLED);
}

TEST(HwRegisters, KeepParametersUntilAReset) {
    Board board;
    const int doorbells = board.doorbells;

    EXPECT_EQ(board.Read(HW_REG_ACK_FREQUENCY), u32{HW_ACK_FREQUENCY});
    EXPECT_EQ(board.Read(HW_REG_MAX_RETRANSMISSIONS), 0U);
    EXPECT_EQ(board.Read(HW_REG_PUSH), u32{HW_PUSH});
    for (u32 reg = HW_REG_ACK_FREQUENCY; reg <= HW_REG_NCE_STALE; reg++)
        board.Write(static_cast<hw_register>(reg), reg + 100);
    for (u32 reg = HW_REG_ACK_FREQUENCY; reg <= HW_REG_NCE_STALE; reg++)
        EXPECT_EQ(board.Read(static_cast<hw_register>(reg)), reg + 100);
    EXPECT_EQ(board.doorbells, doorbells);
    board.Reset();
    EXPECT_EQ(board.Read(HW_REG_DUPLICATE_ACKS), u32{HW_DUPLICATE_ACKS});
    EXPECT_EQ(board.Read(HW_REG_NCE_STALE), u32{HW_NCE_STALE});
}

TEST(HwRegisters, IgnoreWritesIfReadOnly) {
    constexpr std::array kReadOnly = {
        HW_REG_VERSION,      HW_REG_FEATURES,         HW_REG_TCP_ENTRIES,
        HW_REG_PATH_ENTRIES, HW_REG_NEIGHBOR_ENTRIES, HW_REG_MAX_MTU,
        HW_REG_MAX_RCV_WND,  HW_REG_COMMANDS,         HW_REG_COMPLETIONS,
        HW_REG_TCP_USED,     HW_REG_PATH_USED,        HW_REG_NEIGHBOR_USED,
        HW_REG_STATUS,       HW_REG_COMMAND_HEAD,     HW_REG_COMPLETION_TAIL,
        HW_REG_MAC_ENTRIES,  HW_REG_VLAN_ENTRIES,     HW_REG_IP_ENTRIES,
        HW_REG_VLAN,
    };
    Board board;
    const int doorbells = board.doorbells;

    for (const auto reg : kReadOnly) {
        const u32 before = board.Read(reg);

        board.Write(reg, before + 1);
        EXPECT_EQ(board.Read(reg), before) << reg;
    }
    EXPECT_EQ(board.doorbells, doorbells);
}

TEST(HwCreate, RefusesSettingsOutOfBounds) {
    const auto works = [](auto change) {
        hw_config config = kConfig;

        change(config);
        return Board(config).Works();
    };

    EXPECT_TRUE(works([](hw_config&) {}));
    EXPECT_TRUE(works([](hw_config& c) { c.max_mtu = c.max_rcv_wnd = 0; }));
    EXPECT_TRUE(works([](hw_config& c) { c.commands = c.completions = 1; }));
    EXPECT_FALSE(works([](hw_config& c) { c.tcp_entries = 0; }));
    EXPECT_FALSE(works([](hw_config& c) { c.path_entries = 0; }));
    EXPECT_FALSE(works([](hw_config& c) { c.neighbor_entries = HW_MAX_ENTRIES + 1; }));
    EXPECT_FALSE(works([](hw_config& c) { c.commands = 0; }));
    EXPECT_FALSE(works([](hw_config& c) { c.commands = 12; }));
    EXPECT_FALSE(works([](hw_config& c) { c.completions = HW_MAX_RING * 2; }));
    EXPECT_FALSE(works([](hw_config& c) { c.mac_entries = HW_MAX_POOL + 1; }));
    EXPECT_FALSE(works([](hw_config& c) { c.vlan_entries = HW_MAX_POOL + 1; }));
    EXPECT_FALSE(works([](hw_config& c) { c.ip_entries = HW_MAX_POOL + 1; }));
}

TEST(HwContexts, KeepWhatTheEngineNeedsForHeaders) {
    Board board;
    const hw_command neighbor = Neighbor(1);
    const hw_command path = Path(2, 1, 1400);
    const hw_context* const n = Page(board.Do(neighbor));
    const hw_context* const p = Page(board.Do(path));
    const hw_context* const t = Page(board.Do(Tcp(3, 2)));

    ASSERT_NE(n, nullptr);
    ASSERT_NE(p, nullptr);
    ASSERT_NE(t, nullptr);
    EXPECT_EQ(t->type, HW_TCP);
    EXPECT_EQ(t->id, 3U);
    EXPECT_EQ(t->parent, p);
    EXPECT_EQ(p->parent, n);
    EXPECT_EQ(n->parent, nullptr);
    EXPECT_EQ(p->mtu, 1400U);
    EXPECT_EQ(p->family, HW_FAMILY_IPV4);
    EXPECT_EQ(std::to_array(p->path.saddr), std::to_array(path.path.saddr));
    EXPECT_EQ(std::to_array(p->path.daddr), std::to_array(path.path.daddr));
    EXPECT_EQ(std::to_array(n->neighbor.dmac), std::to_array(neighbor.neighbor.dmac));
    EXPECT_EQ(n->neighbor.vlan, 7);
    EXPECT_EQ(n->refcount, 1U);
    EXPECT_EQ(p->refcount, 1U);
    EXPECT_EQ(board.Read(HW_REG_TCP_USED), 1U);
    EXPECT_EQ(board.Read(HW_REG_PATH_USED), 1U);
    EXPECT_EQ(board.Read(HW_REG_NEIGHBOR_USED), 1U);
}

TEST(HwContexts, AgeTheReachabilityOfANeighbor) {
    Board board;
    hw_command neighbor = Neighbor(0);

    board.now = 100;
    neighbor.reachability = 250; // before the clock's zero
    EXPECT_EQ(board.Status(neighbor), HW_ST_OK);
    board.now = 1100;
    const hw_completion completion = board.Do(Destroy(HW_OP_NEIGHBOR_DESTROY, 0));
    EXPECT_EQ(completion.status, HW_ST_OK);
    EXPECT_EQ(completion.reachability, 1250U);
    EXPECT_EQ(completion.page, 0U);
}

TEST(HwRings, AnswerInOrderWithTheCookie) {
    Board board;

    for (u32 i = 0; i < kConfig.commands; i++) {
        hw_command command = Destroy(HW_OP_TCP_DESTROY, i);

        command.cookie = 0x1234567800000000ULL + i;
        ASSERT_TRUE(board.Queue(command));
    }
    board.RingDoorbell();
    board.Run();
    for (u32 i = 0; i < kConfig.commands; i++) {
        const auto completion = board.Take();

        ASSERT_TRUE(completion.has_value());
        EXPECT_EQ(completion->cookie, 0x1234567800000000ULL + i);
        EXPECT_EQ(completion->opcode, HW_OP_TCP_DESTROY);
        EXPECT_EQ(completion->context, i);
    }
    EXPECT_FALSE(board.Take().has_value());
}

TEST(HwRings, DoNothingBeforeTheDoorbell) {
    Board board;

    ASSERT_TRUE(board.Queue(Neighbor(0)));
    board.Run();
    EXPECT_EQ(board.Read(HW_REG_NEIGHBOR_USED), 0U);
    EXPECT_EQ(board.interrupts, 0);
    board.RingDoorbell();
    EXPECT_EQ(board.Read(HW_REG_NEIGHBOR_USED), 0U) << "the doorbell only signals";
    board.Run();
    EXPECT_EQ(board.Read(HW_REG_NEIGHBOR_USED), 1U);
    EXPECT_EQ(board.interrupts, 1);
    board.Run();
    EXPECT_EQ(board.interrupts, 1) << "nothing new";
}

TEST(HwRings, DoNothingWhileDisabled) {
    Board board;

    board.Write(HW_REG_CONTROL, 0);
    ASSERT_TRUE(board.Queue(Neighbor(0)));
    board.RingDoorbell();
    board.Run();
    EXPECT_EQ(board.Read(HW_REG_NEIGHBOR_USED), 0U);
    board.Write(HW_REG_CONTROL, HW_CONTROL_ENABLE);
    board.Run();
    EXPECT_EQ(board.Read(HW_REG_NEIGHBOR_USED), 1U);
}

TEST(HwRings, Wrap) {
    Board board;

    for (u32 i = 0; i < kConfig.completions * 5; i++) {
        ASSERT_EQ(board.Status(Neighbor(0)), HW_ST_OK);
        ASSERT_EQ(board.Status(Destroy(HW_OP_NEIGHBOR_DESTROY, 0)), HW_ST_OK);
    }
    EXPECT_EQ(board.Read(HW_REG_COMMAND_HEAD), kConfig.completions * 10);
    EXPECT_EQ(board.Read(HW_REG_COMPLETION_TAIL), kConfig.completions * 10);
}

TEST(HwRings, FullCommandRingHasRoomAfterTheDeviceRan) {
    Board board;

    for (u32 i = 0; i < kConfig.commands; i++)
        ASSERT_TRUE(board.Queue(Destroy(HW_OP_TCP_DESTROY, 0)));
    EXPECT_FALSE(board.Queue(Destroy(HW_OP_TCP_DESTROY, 0)));
    board.RingDoorbell();
    EXPECT_FALSE(board.Queue(Destroy(HW_OP_TCP_DESTROY, 0)));
    board.Run();
    EXPECT_TRUE(board.Queue(Destroy(HW_OP_TCP_DESTROY, 0)));
}

TEST(HwRings, FullCompletionRingStallsAndResumes) {
    Board board;
    u32 taken = 0;

    for (u32 i = 0; i < kConfig.completions + kConfig.commands; i++) {
        ASSERT_TRUE(board.Queue(Destroy(HW_OP_TCP_DESTROY, i)));
        board.RingDoorbell();
        if (i % kConfig.commands == kConfig.commands - 1)
            board.Run();
    }
    EXPECT_EQ(board.Read(HW_REG_COMPLETION_TAIL), kConfig.completions);
    EXPECT_EQ(board.Read(HW_REG_COMMAND_HEAD), kConfig.completions);
    EXPECT_TRUE(board.Read(HW_REG_STATUS) & HW_STATUS_STALLED);

    const auto first = board.Take();
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->context, taken++);
    board.Run();
    EXPECT_EQ(board.Read(HW_REG_COMMAND_HEAD), kConfig.completions) << "not given back yet";
    const int doorbells = board.doorbells;
    board.GiveBack();
    EXPECT_EQ(board.doorbells, doorbells + 1) << "the device waits for room";
    board.Run();
    EXPECT_EQ(board.Read(HW_REG_COMMAND_HEAD), kConfig.completions + 1);
    EXPECT_TRUE(board.Read(HW_REG_STATUS) & HW_STATUS_STALLED);

    while (const auto completion = board.Take()) {
        EXPECT_EQ(completion->context, taken++);
        board.GiveBack();
        board.Run();
    }
    EXPECT_EQ(taken, kConfig.completions + kConfig.commands);
    EXPECT_EQ(board.Read(HW_REG_STATUS), HW_STATUS_ENABLED);
}

TEST(HwRings, SmallestRings) {
    hw_config config = kConfig;
    config.commands = config.completions = 1;
    Board board(config);

    EXPECT_EQ(board.Status(Neighbor(0)), HW_ST_OK);
    EXPECT_EQ(board.Status(Path(0, 0)), HW_ST_OK);
    EXPECT_EQ(board.Status(Tcp(0, 0)), HW_ST_OK);
}

TEST(HwRings, RoomThatNobodyWaitsForRingsNoDoorbell) {
    Board board;

    ASSERT_TRUE(board.Queue(Destroy(HW_OP_TCP_DESTROY, 0)));
    board.RingDoorbell();
    board.Run();
    ASSERT_TRUE(board.Take().has_value());
    const int doorbells = board.doorbells;
    board.GiveBack();
    EXPECT_EQ(board.doorbells, doorbells);
}

TEST(HwRings, ModerateTheInterrupt) {
    Board board;

    for (u32 i = 0; i < kConfig.commands; i++)
        ASSERT_TRUE(board.Queue(Destroy(HW_OP_TCP_DESTROY, i)));
    board.RingDoorbell();
    board.Run();
    EXPECT_GE(board.interrupts, 1);
    EXPECT_LT(board.interrupts, static_cast<int>(kConfig.commands));
}

TEST(HwRings, BadIndexStopsTheDeviceUntilReset) {
    for (const auto reg : {HW_REG_COMMAND_TAIL, HW_REG_COMPLETION_HEAD}) {
        Board board;

        ASSERT_EQ(board.Status(Neighbor(0)), HW_ST_OK);
        const int interrupts = board.interrupts;
        board.Write(reg, 1000);
        board.Run();
        EXPECT_EQ(board.Read(HW_REG_STATUS), HW_STATUS_ENABLED | HW_STATUS_ERROR);
        EXPECT_EQ(board.interrupts, interrupts + 1);
        board.Write(reg, 1);
        board.Run();
        EXPECT_TRUE(board.Read(HW_REG_STATUS) & HW_STATUS_ERROR);
        board.Reset();
        EXPECT_EQ(board.Read(HW_REG_STATUS), 0U);
        board.Write(HW_REG_CONTROL, HW_CONTROL_ENABLE);
        EXPECT_EQ(board.Status(Neighbor(0)), HW_ST_OK);
    }
}

TEST(HwCommands, RefuseWhatIsNotDefined) {
    Board board;
    hw_command reserved = Neighbor(0);

    reserved.reserved = 1;
    EXPECT_EQ(board.Status(reserved), HW_ST_BAD_COMMAND);
    EXPECT_EQ(board.Status(hw_command{}), HW_ST_BAD_COMMAND);
    EXPECT_EQ(board.Status(Destroy(static_cast<hw_opcode>(77), 0)), HW_ST_BAD_COMMAND);
    EXPECT_EQ(board.Read(HW_REG_NEIGHBOR_USED), 0U);
}

TEST(HwCommands, SayWhichEntriesRanOut) {
    Board board;

    for (u32 i = 0; i < kConfig.neighbor_entries; i++)
        EXPECT_EQ(board.Status(Neighbor(i)), HW_ST_OK);
    EXPECT_EQ(board.Status(Neighbor(HW_NO_CONTEXT)), HW_ST_NO_NEIGHBOR_ENTRY);
    for (u32 i = 0; i < kConfig.path_entries; i++)
        EXPECT_EQ(board.Status(Path(i, 0)), HW_ST_OK);
    EXPECT_EQ(board.Status(Path(HW_NO_CONTEXT, 0)), HW_ST_NO_PATH_ENTRY);
    for (u32 i = 0; i < kConfig.tcp_entries; i++)
        EXPECT_EQ(board.Status(Tcp(i, 0)), HW_ST_OK);
    EXPECT_EQ(board.Status(Tcp(HW_NO_CONTEXT, 0)), HW_ST_NO_TCP_ENTRY);
    EXPECT_EQ(board.Status(Tcp(kConfig.tcp_entries, 0)), HW_ST_BAD_CONTEXT);
}

TEST(HwCommands, CheckLimits) {
    Board board;

    board.Do(Neighbor(0));
    EXPECT_EQ(board.Status(Path(0, 0, 1501)), HW_ST_MTU);
    EXPECT_EQ(board.Status(Path(0, 0, 1500)), HW_ST_OK);
    EXPECT_EQ(board.Status(Tcp(0, 0, kState, 65537)), HW_ST_RCV_WINDOW);
    EXPECT_EQ(board.Status(Tcp(0, 0, kState, 65536)), HW_ST_OK);

    hw_command path = Path(1, 0);
    path.family = 5;
    EXPECT_EQ(board.Status(path), HW_ST_FAMILY);
    path.family = HW_FAMILY_IPV6;
    EXPECT_EQ(board.Status(path), HW_ST_OK);
}

TEST(HwCommands, HaveNoLimitsIfSetToZero) {
    hw_config config = kConfig;
    config.max_mtu = config.max_rcv_wnd = 0;
    Board board(config);

    board.Do(Neighbor(0));
    EXPECT_EQ(board.Status(Path(0, 0, 0xffffffff)), HW_ST_OK);
    EXPECT_EQ(board.Status(Tcp(0, 0, kState, 0xffffffff)), HW_ST_OK);
}

TEST(HwCommands, NeedAParent) {
    Board board;

    EXPECT_EQ(board.Status(Path(0, 0)), HW_ST_BAD_PARENT);
    board.Do(Neighbor(0));
    EXPECT_EQ(board.Status(Path(0, 1)), HW_ST_BAD_PARENT);
    EXPECT_EQ(board.Status(Path(0, HW_NO_CONTEXT)), HW_ST_BAD_PARENT);
    EXPECT_EQ(board.Status(Tcp(0, 0)), HW_ST_BAD_PARENT);
    EXPECT_EQ(board.Status(Tcp(HW_NO_CONTEXT, 0)), HW_ST_BAD_PARENT)
        << "not attempted, whatever the table holds";
    EXPECT_TRUE(board.running.empty());
}

TEST(HwCommands, ParentMayBeCreatedByAnEarlierCommandOfTheBatch) {
    Board board;
    std::vector<int> statuses;

    ASSERT_TRUE(board.Queue(Neighbor(0)));
    ASSERT_TRUE(board.Queue(Path(0, 0)));
    ASSERT_TRUE(board.Queue(Tcp(0, 0)));
    ASSERT_TRUE(board.Queue(Path(1, 0, 9000)));
    ASSERT_TRUE(board.Queue(Tcp(1, 1)));
    board.RingDoorbell();
    board.Run();
    while (const auto completion = board.Take())
        statuses.push_back(completion->status);
    EXPECT_EQ(statuses,
              (std::vector<int>{HW_ST_OK, HW_ST_OK, HW_ST_OK, HW_ST_MTU, HW_ST_BAD_PARENT}));
}

TEST(HwCommands, RefuseAnIdThatIsTaken) {
    Board board;

    board.Do(Neighbor(0));
    board.Do(Path(0, 0));
    board.Do(Tcp(0, 0));
    EXPECT_EQ(board.Status(Neighbor(0)), HW_ST_BAD_CONTEXT);
    EXPECT_EQ(board.Status(Path(0, 0)), HW_ST_BAD_CONTEXT);
    EXPECT_EQ(board.Status(Tcp(0, 0)), HW_ST_BAD_CONTEXT);
    EXPECT_EQ(board.running, std::set<u32>{0});
}

TEST(HwCommands, DestroyChildrenFirst) {
    Board board;

    board.Do(Neighbor(0));
    board.Do(Path(0, 0));
    board.Do(Tcp(0, 0));
    EXPECT_EQ(board.Status(Destroy(HW_OP_NEIGHBOR_DESTROY, 0)), HW_ST_BUSY);
    EXPECT_EQ(board.Status(Destroy(HW_OP_PATH_DESTROY, 0)), HW_ST_BUSY);
    EXPECT_EQ(board.Status(Destroy(HW_OP_TCP_DESTROY, 0, 0x4711)), HW_ST_OK);
    EXPECT_EQ(board.written_back, std::vector<u64>{0x4711});
    EXPECT_EQ(board.Status(Destroy(HW_OP_NEIGHBOR_DESTROY, 0)), HW_ST_BUSY);
    EXPECT_EQ(board.Status(Destroy(HW_OP_PATH_DESTROY, 0)), HW_ST_OK);
    EXPECT_EQ(board.Status(Destroy(HW_OP_NEIGHBOR_DESTROY, 0)), HW_ST_OK);
    EXPECT_EQ(board.Status(Destroy(HW_OP_NEIGHBOR_DESTROY, 0)), HW_ST_BAD_CONTEXT);
    EXPECT_EQ(board.Read(HW_REG_TCP_USED), 0U);
    EXPECT_EQ(board.Read(HW_REG_PATH_USED), 0U);
    EXPECT_EQ(board.Read(HW_REG_NEIGHBOR_USED), 0U);
}

TEST(HwCommands, ReuseContexts) {
    Board board;

    board.Do(Neighbor(0));
    board.Do(Path(0, 0));
    for (int i = 0; i < 3; i++) {
        const hw_completion created = board.Do(Tcp(2, 0));

        ASSERT_EQ(created.status, HW_ST_OK);
        ASSERT_EQ(board.Status(Destroy(HW_OP_TCP_DESTROY, 2)), HW_ST_OK);
        EXPECT_EQ(Page(created)->engine, nullptr);
        EXPECT_EQ(Page(created)->parent, nullptr);
    }
    EXPECT_TRUE(board.running.empty());
}

TEST(HwEngine, FailureToCreateLeavesTheTablesAsTheyWere) {
    Board board;

    board.Do(Neighbor(0));
    const hw_context* const path = Page(board.Do(Path(0, 0)));
    const hw_completion completion = board.Do(Tcp(0, 0, kStateNoMemory));
    EXPECT_EQ(completion.status, HW_ST_NO_MEMORY);
    EXPECT_EQ(completion.page, 0U);
    EXPECT_EQ(path->refcount, 0U);
    EXPECT_EQ(board.Read(HW_REG_TCP_USED), 0U);
    EXPECT_EQ(board.Status(Tcp(0, 0)), HW_ST_OK);
}

TEST(HwEngine, FailureToDestroyKeepsTheContext) {
    Board board;

    board.Do(Neighbor(0));
    board.Do(Path(0, 0));
    board.Do(Tcp(0, 0));
    EXPECT_EQ(board.Status(Destroy(HW_OP_TCP_DESTROY, 0, kStateStuck)), HW_ST_FAILED);
    EXPECT_EQ(board.Status(Destroy(HW_OP_PATH_DESTROY, 0)), HW_ST_BUSY);
    EXPECT_EQ(board.Read(HW_REG_TCP_USED), 1U);
    EXPECT_EQ(board.Status(Destroy(HW_OP_TCP_DESTROY, 0)), HW_ST_OK);
}

hw_command Change(hw_opcode opcode, u32 id) {
    return Destroy(opcode, id, kState);
}

// The bottom of every tree below: neighbor 0, path 0, connection 0.
void OneOfEach(Board& board) {
    ASSERT_EQ(board.Status(Neighbor(0)), HW_ST_OK);
    ASSERT_EQ(board.Status(Path(0, 0)), HW_ST_OK);
    ASSERT_EQ(board.Status(Tcp(0, 0)), HW_ST_OK);
}

hw_context* Connection(const Board& board, const hw_completion& created) {
    EXPECT_TRUE(board.Works());
    return reinterpret_cast<hw_context*>(created.page);
}

TEST(HwUpdate, NeighborTakesTheNewMacAndTheHostsAge) {
    Board board;

    board.now = 1000;
    board.Do(Neighbor(0));
    hw_command update = Change(HW_OP_NEIGHBOR_UPDATE, 0);
    update.neighbor = {.dmac = {2, 0, 0, 0, 0, 9}, .smac = {1}, .vlan = 9};
    update.host_reachability = 300;
    update.reachability = 1; // the device's own stamp is not the host's to change
    EXPECT_EQ(board.Status(update), HW_ST_OK);
    board.now = 1500;
    const hw_completion now = board.Do(Change(HW_OP_NEIGHBOR_QUERY, 0));
    EXPECT_EQ(std::to_array(now.neighbor.dmac), std::to_array(update.neighbor.dmac));
    EXPECT_EQ(std::to_array(now.neighbor.smac), (std::array<u8, 6>{}));
    EXPECT_EQ(now.neighbor.vlan, 7);
    EXPECT_EQ(now.host_reachability, 800U);
    EXPECT_EQ(now.reachability, 500U);
}

TEST(HwUpdate, PathTakesTheNewMtuWithinTheLimit) {
    Board board;

    OneOfEach(board);
    hw_command update = Change(HW_OP_PATH_UPDATE, 0);
    update.mtu = 1280;
    EXPECT_EQ(board.Status(update), HW_ST_OK);
    update.mtu = 1501;
    EXPECT_EQ(board.Status(update), HW_ST_MTU);
    const hw_completion now = board.Do(Change(HW_OP_PATH_QUERY, 0));
    EXPECT_EQ(now.mtu, 1280U);
    EXPECT_EQ(now.family, HW_FAMILY_IPV4);
    EXPECT_EQ(std::to_array(now.path.daddr), std::to_array(Path(0, 0).path.daddr));
}

TEST(HwUpdate, ConnectionsAreTheEngines) {
    Board board;

    OneOfEach(board);
    hw_command update = Change(HW_OP_TCP_UPDATE, 0);
    update.rcv_wnd = kConfig.max_rcv_wnd;
    EXPECT_EQ(board.Status(update), HW_ST_OK);
    EXPECT_EQ(board.updated, std::vector<u64>{kState});
    update.rcv_wnd++;
    EXPECT_EQ(board.Status(update), HW_ST_RCV_WINDOW);
    EXPECT_EQ(board.updated.size(), 1U);
}

TEST(HwQuery, ConnectionsAreTheEngines) {
    Board board;

    OneOfEach(board);
    EXPECT_EQ(board.Status(Destroy(HW_OP_TCP_QUERY, 0, 0x4711)), HW_ST_OK);
    EXPECT_EQ(board.queried, std::vector<u64>{0x4711});
    EXPECT_EQ(board.Status(Destroy(HW_OP_TCP_QUERY, 0, kStateStuck)), HW_ST_FAILED);
}

TEST(HwCommands, NeedAContextThatLives) {
    Board board;

    for (const auto opcode :
         {HW_OP_NEIGHBOR_UPDATE, HW_OP_PATH_UPDATE, HW_OP_TCP_UPDATE, HW_OP_NEIGHBOR_QUERY,
          HW_OP_PATH_QUERY, HW_OP_TCP_QUERY, HW_OP_NEIGHBOR_INVALIDATE, HW_OP_PATH_INVALIDATE,
          HW_OP_TCP_INVALIDATE, HW_OP_PATH_RELINK}) {
        EXPECT_EQ(board.Status(Change(opcode, 0)), HW_ST_BAD_CONTEXT) << opcode;
        EXPECT_EQ(board.Status(Change(opcode, HW_NO_CONTEXT)), HW_ST_BAD_CONTEXT) << opcode;
    }
    EXPECT_TRUE(board.updated.empty());
    EXPECT_TRUE(board.queried.empty());
}

TEST(HwRelink, MovesAPathWithItsConnections) {
    Board board;
    hw_headers headers{};

    board.Do(Neighbor(0));
    hw_command other = Neighbor(1);
    other.neighbor.dmac[5] = 2;
    board.Do(other);
    board.Do(Path(0, 0));
    const hw_context* const tcp = Connection(board, board.Do(Tcp(0, 0)));
    hw_command relink = Change(HW_OP_PATH_RELINK, 0);
    relink.parent = 1;
    EXPECT_EQ(board.Status(relink), HW_ST_OK);
    ASSERT_TRUE(hw_read_headers(board.Device(), tcp, &headers));
    EXPECT_EQ(headers.id, 1U);
    EXPECT_EQ(headers.neighbor.dmac[5], 2);
    EXPECT_EQ(headers.mtu, 1500U);
    EXPECT_EQ(board.Status(Destroy(HW_OP_NEIGHBOR_DESTROY, 1)), HW_ST_BUSY);
    EXPECT_EQ(board.Status(Destroy(HW_OP_NEIGHBOR_DESTROY, 0)), HW_ST_OK);
}

TEST(HwRelink, NeedsAValidNeighbor) {
    Board board;

    OneOfEach(board);
    board.Do(Neighbor(1));
    hw_command relink = Change(HW_OP_PATH_RELINK, 0);
    relink.parent = 2;
    EXPECT_EQ(board.Status(relink), HW_ST_BAD_PARENT);
    board.Do(Change(HW_OP_NEIGHBOR_INVALIDATE, 1));
    relink.parent = 1;
    EXPECT_EQ(board.Status(relink), HW_ST_INVALID);
    EXPECT_EQ(board.Status(Destroy(HW_OP_NEIGHBOR_DESTROY, 1)), HW_ST_OK);
}

TEST(HwInvalidate, StopsSendingOnAllThatDepends) {
    for (const auto opcode :
         {HW_OP_NEIGHBOR_INVALIDATE, HW_OP_PATH_INVALIDATE, HW_OP_TCP_INVALIDATE}) {
        Board board;
        hw_headers headers{};

        board.Do(Neighbor(0));
        board.Do(Path(0, 0));
        const hw_context* const tcp = Connection(board, board.Do(Tcp(0, 0)));
        ASSERT_TRUE(hw_read_headers(board.Device(), tcp, &headers));
        EXPECT_EQ(board.Status(Change(opcode, 0)), HW_ST_OK);
        EXPECT_FALSE(hw_read_headers(board.Device(), tcp, &headers)) << opcode;
        EXPECT_EQ(board.Status(Destroy(HW_OP_TCP_DESTROY, 0)), HW_ST_OK) << "ends as any other";
        EXPECT_EQ(board.Status(Destroy(HW_OP_PATH_DESTROY, 0)), HW_ST_OK);
        EXPECT_EQ(board.Status(Destroy(HW_OP_NEIGHBOR_DESTROY, 0)), HW_ST_OK);
    }
}

TEST(HwInvalidate, AllowsNothingNewNorChanges) {
    Board board;

    OneOfEach(board);
    board.Do(Change(HW_OP_NEIGHBOR_INVALIDATE, 0));
    EXPECT_EQ(board.Status(Path(1, 0)), HW_ST_INVALID);
    EXPECT_EQ(board.Status(Tcp(1, 0)), HW_ST_INVALID);
    EXPECT_EQ(board.Status(Change(HW_OP_NEIGHBOR_UPDATE, 0)), HW_ST_INVALID);
    EXPECT_EQ(board.Status(Change(HW_OP_NEIGHBOR_QUERY, 0)), HW_ST_OK);
    board.Do(Destroy(HW_OP_TCP_DESTROY, 0));
    board.Do(Destroy(HW_OP_PATH_DESTROY, 0));
    board.Do(Destroy(HW_OP_NEIGHBOR_DESTROY, 0));
    board.Do(Neighbor(0));
    EXPECT_EQ(board.Status(Path(0, 0)), HW_ST_OK) << "the entry is as new";
}

// Contract: INIT-35, EVT-06, EVT-09, EVT-12, EVT-17
TEST(HwReachability, IsStaleWhenBothStampsAreOld) {
    Board board;
    hw_command neighbor = Neighbor(0);

    board.now = 5; // the stamps lie before the clock's zero
    board.Write(HW_REG_NCE_STALE, 1000);
    neighbor.reachability = neighbor.host_reachability = 900;
    board.Do(neighbor);
    board.now += 100;
    EXPECT_FALSE(hw_is_stale(board.Device(), 0)) << "not older than the limit";
    board.now += 1;
    EXPECT_TRUE(hw_is_stale(board.Device(), 0));

    hw_command update = Change(HW_OP_NEIGHBOR_UPDATE, 0);
    update.host_reachability = 0;
    board.Do(update);
    EXPECT_FALSE(hw_is_stale(board.Device(), 0)) << "the host's answer";
    board.now += 1001;
    EXPECT_TRUE(hw_is_stale(board.Device(), 0));
}

// Contract: EVT-08, EVT-18, QRY-15
TEST(HwReachability, ProgressConfirmsTheDevicesStampAlone) {
    Board board;

    board.Write(HW_REG_NCE_STALE, 1000);
    board.Do(Neighbor(0));
    board.Do(Path(0, 0));
    const hw_context* const tcp = Connection(board, board.Do(Tcp(0, 0)));
    board.now = 5000;
    ASSERT_TRUE(hw_is_stale(board.Device(), 0));
    hw_confirm(board.Device(), tcp);
    EXPECT_FALSE(hw_is_stale(board.Device(), 0));
    board.now = 5600;
    const hw_completion now = board.Do(Change(HW_OP_NEIGHBOR_QUERY, 0));
    EXPECT_EQ(now.reachability, 600U);
    EXPECT_EQ(now.host_reachability, 5600U);
}

// Contract: INIT-50
TEST(HwPools, SourceMacAddressesAreSharedAndLimited) {
    Board board;
    hw_command own = Neighbor(0);
    hw_command other = Neighbor(1);

    own.neighbor.smac[0] = other.neighbor.smac[0] = 2;
    other.neighbor.smac[5] = 1;
    EXPECT_EQ(board.Status(own), HW_ST_OK);
    EXPECT_EQ(board.Status(other), HW_ST_MAC_ENTRIES);
    other.neighbor.smac[5] = 0;
    EXPECT_EQ(board.Status(other), HW_ST_OK) << "the same address";
    board.Do(Destroy(HW_OP_NEIGHBOR_DESTROY, 0));
    own.neighbor.smac[5] = 1;
    EXPECT_EQ(board.Status(own), HW_ST_MAC_ENTRIES) << "still in use";
    board.Do(Destroy(HW_OP_NEIGHBOR_DESTROY, 1));
    EXPECT_EQ(board.Status(own), HW_ST_OK);

    hw_config none = kConfig;
    none.mac_entries = 0;
    Board without(none);
    EXPECT_EQ(without.Status(own), HW_ST_MAC_ENTRIES);
    EXPECT_EQ(without.Status(Neighbor(0)), HW_ST_OK) << "the interface's own";
}

// Contract: VLAN-06, VLAN-08
TEST(HwPools, VlansAreSharedAndLimited) {
    Board board;
    hw_command other = Neighbor(1);

    EXPECT_EQ(board.Status(Neighbor(0)), HW_ST_OK);
    other.neighbor.vlan = 8;
    other.neighbor.smac[0] = 2;
    EXPECT_EQ(board.Status(other), HW_ST_VLAN_ENTRIES);
    other.neighbor.smac[0] = 4;
    other.neighbor.vlan = 0;
    EXPECT_EQ(board.Status(other), HW_ST_OK) << "0 needs no entry; the MAC entry is free again";
    board.Do(Destroy(HW_OP_NEIGHBOR_DESTROY, 1));
    other.neighbor.vlan = 7;
    EXPECT_EQ(board.Status(other), HW_ST_OK) << "the same VLAN";
}

// Contract: VLAN-07, VLAN-08, VLAN-09, VLAN-10
TEST(HwPools, InterfaceWithAVlanTakesNoOther) {
    hw_config config = kConfig;
    config.vlan = 5;
    Board board(config);
    hw_command neighbor = Neighbor(0);

    EXPECT_EQ(board.Status(neighbor), HW_ST_VLAN_MISMATCH);
    neighbor.neighbor.vlan = 5;
    EXPECT_EQ(board.Status(neighbor), HW_ST_OK);
    neighbor = Neighbor(1);
    neighbor.neighbor.vlan = 0;
    EXPECT_EQ(board.Status(neighbor), HW_ST_OK);
}

TEST(HwPools, SourceIpAddressesAreSharedAndLimited) {
    hw_config config = kConfig;
    config.ip_entries = 1;
    Board board(config);
    hw_command other = Path(1, 0);

    board.Do(Neighbor(0));
    EXPECT_EQ(board.Status(Path(0, 0)), HW_ST_OK);
    EXPECT_EQ(board.Status(other), HW_ST_OK);
    board.Do(Destroy(HW_OP_PATH_DESTROY, 1));
    other.path.saddr[3] = 77;
    EXPECT_EQ(board.Status(other), HW_ST_IP_ENTRIES);
    board.Do(Destroy(HW_OP_PATH_DESTROY, 0));
    EXPECT_EQ(board.Status(other), HW_ST_OK);
}

// Contract: STA-01, STA-02, STA-05, STA-06
TEST(HwCounters, AreSeparateClearedOnReadingAndWrap) {
    Board board;
    hw_device* const device = board.Device();

    os_counter_add(&hw_counters(device, HW_FAMILY_IPV4)[HW_IP_IN_OCTETS], ~u64{0});
    os_counter_add(&hw_counters(device, HW_FAMILY_IPV4)[HW_IP_IN_OCTETS], 43);
    os_counter_add(&hw_counters(device, HW_FAMILY_IPV6)[HW_IP_IN_OCTETS], 7);
    EXPECT_EQ(hw_read_counter(device, HW_FAMILY_IPV4, HW_IP_IN_OCTETS, true), 42U);
    EXPECT_EQ(hw_read_counter(device, HW_FAMILY_IPV4, HW_IP_IN_OCTETS, false), 0U);
    EXPECT_EQ(hw_read_counter(device, HW_FAMILY_IPV6, HW_IP_IN_OCTETS, false), 7U);
    EXPECT_EQ(hw_read_counter(device, HW_FAMILY_IPV4, HW_IP_IN_RECEIVES, false), 0U);

    os_counter_add(&hw_counters(device, HW_FAMILY_IPV4)[HW_TCP_CURRENTLY_ESTABLISHED], 2);
    os_counter_add(&hw_counters(device, HW_FAMILY_IPV4)[HW_TCP_CURRENTLY_ESTABLISHED], ~u64{0});
    EXPECT_EQ(hw_read_counter(device, HW_FAMILY_IPV4, HW_TCP_CURRENTLY_ESTABLISHED, true), 1U);
    EXPECT_EQ(hw_read_counter(device, HW_FAMILY_IPV4, HW_TCP_CURRENTLY_ESTABLISHED, true), 1U)
        << "what is established now does not go away";
}

TEST(HwReset, StopsConnectionsAndEmptiesTablesAndRings) {
    Board board;

    board.Do(Neighbor(0));
    board.Do(Path(0, 0));
    board.Do(Tcp(0, 0));
    board.Do(Tcp(3, 0));
    ASSERT_TRUE(board.Queue(Tcp(1, 0)));
    board.RingDoorbell();
    const int interrupts = board.interrupts;
    board.Reset();
    EXPECT_EQ(board.interrupts, interrupts + 1);
    EXPECT_TRUE(board.running.empty());
    EXPECT_EQ(board.written_back, (std::vector<u64>{0, 0}));
    EXPECT_EQ(board.Read(HW_REG_STATUS), 0U) << "disabled";
    for (const auto reg :
         {HW_REG_TCP_USED, HW_REG_PATH_USED, HW_REG_NEIGHBOR_USED, HW_REG_COMMAND_HEAD,
          HW_REG_COMMAND_TAIL, HW_REG_COMPLETION_HEAD, HW_REG_COMPLETION_TAIL})
        EXPECT_EQ(board.Read(reg), 0U) << reg;
    EXPECT_FALSE(board.Take().has_value());

    board.Write(HW_REG_CONTROL, HW_CONTROL_ENABLE);
    EXPECT_EQ(board.Status(Neighbor(0)), HW_ST_OK);
    EXPECT_EQ(board.Status(Path(0, 0)), HW_ST_OK);
    EXPECT_EQ(board.Status(Tcp(0, 0)), HW_ST_OK);
}

TEST(HwReset, EndsAStall) {
    Board board;

    for (u32 round = 0; round < 3; round++) {
        for (u32 i = 0; i < kConfig.commands; i++)
            board.Queue(Destroy(HW_OP_TCP_DESTROY, 0));
        board.RingDoorbell();
        board.Run();
    }
    ASSERT_TRUE(board.Read(HW_REG_STATUS) & HW_STATUS_STALLED);
    board.Reset();
    board.Write(HW_REG_CONTROL, HW_CONTROL_ENABLE);
    EXPECT_EQ(board.Status(Neighbor(0)), HW_ST_OK);
}

TEST(HwReset, PowerOffStopsConnections) {
    Board board;

    board.Do(Neighbor(0));
    board.Do(Path(0, 0));
    board.Do(Tcp(1, 0));
    board.PullThePlug();
    EXPECT_TRUE(board.running.empty());
}

// The device's processor as a thread, so that a sanitizer sees the ordering.
TEST(HwRings, DriverAndProcessorRunAtOnce) {
    constexpr u32 kCommands = 20000;
    Board board;
    std::atomic<bool> stop = false;
    std::thread processor([&] {
        while (board.doorbell.acquire(), !stop)
            board.Run();
    });
    u32 queued = 0;
    u32 taken = 0;

    while (taken < kCommands) {
        while (queued < kCommands) {
            hw_command command = Destroy(HW_OP_TCP_DESTROY, queued);

            command.cookie = queued;
            if (!board.Queue(command))
                break;
            queued++;
        }
        board.RingDoorbell();
        board.interrupt.acquire();
        while (const auto completion = board.Take())
            ASSERT_EQ(completion->cookie, taken++);
        board.GiveBack();
    }
    stop = true;
    board.doorbell.release();
    processor.join();
    EXPECT_EQ(taken, kCommands);
}

// What the tables must hold, said in another way.
class Model {
  public:
    int Execute(const hw_command& c) {
        switch (c.opcode) {
        case HW_OP_NEIGHBOR_CREATE:
            return Create(HW_NEIGHBOR, c, HW_ST_NO_NEIGHBOR_ENTRY, true, HW_ST_OK);
        case HW_OP_PATH_CREATE:
            return Create(HW_PATH, c, HW_ST_NO_PATH_ENTRY, c.mtu <= kConfig.max_mtu, HW_ST_MTU);
        case HW_OP_TCP_CREATE:
            return Create(HW_TCP, c, HW_ST_NO_TCP_ENTRY, c.rcv_wnd <= kConfig.max_rcv_wnd,
                          HW_ST_RCV_WINDOW);
        case HW_OP_TCP_DESTROY:
            return Remove(HW_TCP, c.context);
        case HW_OP_PATH_DESTROY:
            return Remove(HW_PATH, c.context);
        default:
            return Remove(HW_NEIGHBOR, c.context);
        }
    }

    [[nodiscard]] const std::map<u32, u32>& Table(hw_type type) const { return parents_[type]; }

    void Clear() { parents_ = {}; }

  private:
    int Create(hw_type type, const hw_command& c, int full, bool within, int beyond) {
        if (type != HW_NEIGHBOR && !parents_[type - 1].contains(c.parent))
            return HW_ST_BAD_PARENT;
        if (c.context == HW_NO_CONTEXT)
            return full;
        if (c.context >= kSizes[type] || parents_[type].contains(c.context))
            return HW_ST_BAD_CONTEXT;
        if (!within)
            return beyond;
        parents_[type][c.context] = c.parent;
        return HW_ST_OK;
    }

    int Remove(hw_type type, u32 id) {
        if (!parents_[type].contains(id))
            return HW_ST_BAD_CONTEXT;
        if (type != HW_TCP) {
            for (const auto& [child, parent] : parents_[type + 1])
                if (parent == id)
                    return HW_ST_BUSY;
        }
        parents_[type].erase(id);
        return HW_ST_OK;
    }

    static constexpr std::array<u32, HW_TYPES> kSizes = {kConfig.neighbor_entries,
                                                         kConfig.path_entries, kConfig.tcp_entries};
    std::array<std::map<u32, u32>, HW_TYPES> parents_; // parent by id
};

class HwRandomWalk : public testing::TestWithParam<unsigned> {
  protected:
    u32 Pick(u32 below) { return std::uniform_int_distribution<u32>(0, below - 1)(random_); }

    // Ids from one below to one beyond the table, and none at all.
    u32 PickId(u32 entries) {
        const u32 id = Pick(entries + 2);

        return id == entries + 1 ? HW_NO_CONTEXT : id;
    }

    hw_command PickCommand() {
        switch (Pick(6)) {
        case 0:
            return Neighbor(PickId(kConfig.neighbor_entries));
        case 1:
            return Path(PickId(kConfig.path_entries), PickId(kConfig.neighbor_entries),
                        1496 + Pick(6));
        case 2:
            return Tcp(PickId(kConfig.tcp_entries), PickId(kConfig.path_entries), kState,
                       65532 + Pick(6));
        case 3:
            return Destroy(HW_OP_TCP_DESTROY, PickId(kConfig.tcp_entries));
        case 4:
            return Destroy(HW_OP_PATH_DESTROY, PickId(kConfig.path_entries));
        default:
            return Destroy(HW_OP_NEIGHBOR_DESTROY, PickId(kConfig.neighbor_entries));
        }
    }

    std::mt19937 random_{GetParam()};
};

TEST_P(HwRandomWalk, AgreesWithTheModel) {
    Board board;
    Model model;

    for (int step = 0; step < 20000; step++) {
        if (Pick(500) == 0) {
            board.Reset();
            board.Write(HW_REG_CONTROL, HW_CONTROL_ENABLE);
            model.Clear();
        }
        std::vector<hw_command> batch(1 + Pick(kConfig.commands));
        for (auto& command : batch) {
            command = PickCommand();
            ASSERT_TRUE(board.Queue(command));
        }
        board.RingDoorbell();
        board.Run();
        for (const auto& command : batch) {
            const auto completion = board.Take();

            ASSERT_TRUE(completion.has_value());
            ASSERT_EQ(completion->status, model.Execute(command))
                << "step " << step << " opcode " << int{command.opcode};
        }
        board.GiveBack();
        ASSERT_EQ(board.Read(HW_REG_TCP_USED), model.Table(HW_TCP).size());
        ASSERT_EQ(board.Read(HW_REG_PATH_USED), model.Table(HW_PATH).size());
        ASSERT_EQ(board.Read(HW_REG_NEIGHBOR_USED), model.Table(HW_NEIGHBOR).size());
        std::set<u32> running;
        for (const auto& [id, parent] : model.Table(HW_TCP))
            running.insert(id);
        ASSERT_EQ(board.running, running);
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, HwRandomWalk, testing::Values(1U, 2U, 3U));

} // namespace
