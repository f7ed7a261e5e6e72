// SPDX-License-Identifier: GPL-2.0-only
// A device of hw/ on a board with a fake TCP engine, and the driver's end of its rings.
#ifndef CHIMNEY_TESTS_HW_BOARD_H
#define CHIMNEY_TESTS_HW_BOARD_H

#include "device.h"
#include "fault.h"

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <semaphore>
#include <set>
#include <vector>

#include <gtest/gtest.h>

inline constexpr hw_config kConfig = {
    .tcp_entries = 4,
    .path_entries = 3,
    .neighbor_entries = 2,
    .max_mtu = 1500,
    .max_rcv_wnd = 65536,
    .commands = 8,
    .completions = 16,
    .mac_entries = 1,
    .vlan_entries = 1,
    .ip_entries = 0,
    .vlan = 0,
};

// State images of the tests are numbers; the engine fails for some of them.
inline constexpr u64 kState = 0x1000;
inline constexpr u64 kStateNoMemory = 0xbad1;
inline constexpr u64 kStateStuck = 0xbad2;

// A device on a board with a fake TCP engine, and the driver's end of its rings.
class Board {
  public:
    explicit Board(const hw_config& config = kConfig)
        : config_(config), device_(hw_create(&config, &kOps, &kEngine, this)) {
        if (device_)
            Write(HW_REG_CONTROL, HW_CONTROL_ENABLE);
    }
    Board(const Board&) = delete;
    Board& operator=(const Board&) = delete;

    [[nodiscard]] bool Works() const { return device_ != nullptr; }
    [[nodiscard]] u32 Read(hw_register reg) const { return hw_read(device_.get(), reg); }
    void Write(hw_register reg, u32 value) { hw_write(device_.get(), reg, value); }
    void Run() { hw_run(device_.get()); }
    void PullThePlug() { device_.reset(); }
    [[nodiscard]] hw_device* Device() const { return device_.get(); }

    // Let a script of faults take effect.
    void Fault(const char* text) {
        std::array<char, HW_ERROR_SIZE> error{};
        auto script = std::make_unique<hw_script>();

        ASSERT_TRUE(hw_script_parse(script.get(), text, error.data())) << error.data();
        ASSERT_TRUE(hw_fault(device_.get(), script.get()));
        Run();
    }

    // Write a descriptor without telling the device.
    bool Queue(const hw_command& command) {
        if (tail_ - Read(HW_REG_COMMAND_HEAD) == config_.commands)
            return false;
        hw_commands(device_.get())[tail_++ % config_.commands] = command;
        return true;
    }

    void RingDoorbell() { Write(HW_REG_COMMAND_TAIL, tail_); }

    std::optional<hw_completion> Take() {
        if (head_ == Read(HW_REG_COMPLETION_TAIL))
            return std::nullopt;
        return hw_completions(device_.get())[head_++ % config_.completions];
    }

    void GiveBack() { Write(HW_REG_COMPLETION_HEAD, head_); }

    // One command from beginning to end.
    hw_completion Do(const hw_command& command) {
        EXPECT_TRUE(Queue(command));
        RingDoorbell();
        Run();
        const auto completion = Take();
        EXPECT_TRUE(completion.has_value());
        EXPECT_FALSE(Take().has_value()) << "one completion for one command";
        GiveBack();
        Run();
        return completion.value_or(hw_completion{});
    }

    int Status(const hw_command& command) { return Do(command).status; }

    // Post a command, let the device work and take all that is answered.
    std::vector<hw_completion> Post(const hw_command& command) {
        EXPECT_TRUE(Queue(command));
        RingDoorbell();
        return Wait(0);
    }

    // Let time pass.
    std::vector<hw_completion> Wait(u32 microseconds) {
        std::vector<hw_completion> completions;

        now += microseconds;
        Run();
        while (const auto completion = Take())
            completions.push_back(*completion);
        GiveBack();
        Run();
        return completions;
    }

    void Reset() {
        Write(HW_REG_CONTROL, HW_CONTROL_RESET);
        EXPECT_TRUE(Read(HW_REG_STATUS) & HW_STATUS_RESETTING);
        Run();
        head_ = tail_ = 0;
    }

    std::atomic<int> interrupts = 0;
    std::atomic<int> doorbells = 0;
    std::counting_semaphore<> doorbell{0};
    std::counting_semaphore<> interrupt{0};
    u32 now = 0;
    std::set<u32> running;         // connections the engine has
    std::vector<u64> written_back; // state images it wrote
    std::vector<u64> updated;      // state images it took over
    std::vector<u64> queried;      // state images it filled
    std::optional<u32> alarm;      // delay of the last one set

  private:
    struct Unplug {
        void operator()(hw_device* device) const { hw_destroy(device); }
    };

    static Board& Of(void* priv) { return *static_cast<Board*>(priv); }

    static void Interrupt(void* priv) {
        Of(priv).interrupts++;
        Of(priv).interrupt.release();
    }

    static void Doorbell(void* priv) {
        Of(priv).doorbells++;
        Of(priv).doorbell.release();
    }

    static void Alarm(void* priv, u32 delay) { Of(priv).alarm = delay; }

    static u32 Clock(void* priv) { return Of(priv).now; }

    static int Create(void* priv, hw_context* tcp, u64 state) {
        if (state == kStateNoMemory)
            return HW_ST_NO_MEMORY;
        EXPECT_NE(tcp->parent, nullptr);
        EXPECT_EQ(tcp->parent->type, HW_PATH);
        EXPECT_EQ(tcp->parent->parent->type, HW_NEIGHBOR);
        EXPECT_TRUE(Of(priv).running.insert(tcp->id).second);
        tcp->engine = &Of(priv);
        return HW_ST_OK;
    }

    static int Destroy(void* priv, hw_context* tcp, u64 state) {
        EXPECT_EQ(tcp->engine, &Of(priv));
        if (state == kStateStuck)
            return HW_ST_FAILED;
        EXPECT_EQ(Of(priv).running.erase(tcp->id), 1U);
        Of(priv).written_back.push_back(state);
        return HW_ST_OK;
    }

    static int Update(void* priv, hw_context* tcp, u64 state) {
        EXPECT_EQ(tcp->engine, &Of(priv));
        Of(priv).updated.push_back(state);
        return HW_ST_OK;
    }

    static int Query(void* priv, hw_context* tcp, u64 state) {
        EXPECT_EQ(tcp->engine, &Of(priv));
        if (state == kStateStuck)
            return HW_ST_FAILED;
        Of(priv).queried.push_back(state);
        return HW_ST_OK;
    }

    static constexpr hw_ops kOps = {
        .interrupt = Interrupt,
        .doorbell = Doorbell,
        .alarm = Alarm,
        .clock = Clock,
    };
    static constexpr hw_engine_ops kEngine = {
        .create = Create,
        .destroy = Destroy,
        .update = Update,
        .query = Query,
    };

    hw_config config_;
    u32 tail_ = 0;
    u32 head_ = 0;
    std::unique_ptr<hw_device, Unplug> device_;
};

inline hw_command Neighbor(u32 id) {
    hw_command command{};
    command.opcode = HW_OP_NEIGHBOR_CREATE;
    command.context = id;
    command.neighbor = {.dmac = {2, 0, 0, 0, 0, 1}, .smac = {}, .vlan = 7};
    return command;
}

inline hw_command Path(u32 id, u32 neighbor, u32 mtu = 1500) {
    hw_command command{};
    command.opcode = HW_OP_PATH_CREATE;
    command.context = id;
    command.parent = neighbor;
    command.family = HW_FAMILY_IPV4;
    command.mtu = mtu;
    command.path = {.saddr = {192, 0, 2, 1}, .daddr = {192, 0, 2, 2}};
    return command;
}

inline hw_command Tcp(u32 id, u32 path, u64 state = kState, u32 rcv_wnd = 65536) {
    hw_command command{};
    command.opcode = HW_OP_TCP_CREATE;
    command.context = id;
    command.parent = path;
    command.rcv_wnd = rcv_wnd;
    command.state = state;
    return command;
}

inline hw_command Destroy(hw_opcode opcode, u32 id, u64 state = 0) {
    hw_command command{};
    command.opcode = opcode;
    command.context = id;
    command.state = state;
    return command;
}

inline const hw_context* Page(const hw_completion& completion) {
    return reinterpret_cast<const hw_context*>(completion.page);
}

#endif // CHIMNEY_TESTS_HW_BOARD_H
