// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/replay.hpp>

#include <algorithm>
#include <array>

#include "decode.hpp"

namespace chimney {
namespace {

AttributeWriter encode_block(const ReplayBlock& block, std::uint32_t object) {
    AttributeWriter writer;
    writer.put_u32(CHIMNEY_A_REPLAY_BLOCK_LAYER, block.layer);
    writer.put_u32(CHIMNEY_A_REPLAY_BLOCK_ROLE, block.role);
    if (block.role == CHIMNEY_ROLE_PLACEHOLDER)
        return writer;
    writer.put_u32(CHIMNEY_A_REPLAY_BLOCK_OBJECT, object);
    if (block.state) {
        writer.put_u32(CHIMNEY_A_REPLAY_BLOCK_CLASS, block.state->state_class);
        writer.put_nest(static_cast<std::uint16_t>(
                            std::uint16_t{CHIMNEY_A_REPLAY_BLOCK_NEIGHBOR_VARIABLES} + block.layer),
                        encode_state(block.layer, *block.state));
    }
    if (!block.send_data.empty())
        writer.put(CHIMNEY_A_REPLAY_BLOCK_SEND_DATA, block.send_data);
    if (!block.buffered_data.empty())
        writer.put(CHIMNEY_A_REPLAY_BLOCK_BUFFERED_DATA, block.buffered_data);
    return writer;
}

std::vector<std::byte> read_bytes(const AttributeReader& attributes, std::uint16_t type) {
    auto bytes = attributes.bytes(type);
    return bytes ? std::vector<std::byte>(bytes->begin(), bytes->end()) : std::vector<std::byte>();
}

/// A block that came back; @p name is that of its object.
std::optional<ReplayBlock> decode_block(std::span<const std::byte> nest, const std::string& name) {
    AttributeReader a(nest);
    auto layer = read_enum<Layer>(a, CHIMNEY_A_REPLAY_BLOCK_LAYER);
    auto role = read_enum<Role>(a, CHIMNEY_A_REPLAY_BLOCK_ROLE);
    if (!layer || !role)
        return std::nullopt;
    ReplayBlock block;
    block.layer = *layer;
    block.role = *role;
    block.object = name;
    block.status = read_enum<Status>(a, CHIMNEY_A_REPLAY_BLOCK_STATUS);
    block.slot = a.flag(CHIMNEY_A_REPLAY_BLOCK_SLOT);
    auto state_class = read_enum<StateClass>(a, CHIMNEY_A_REPLAY_BLOCK_CLASS);
    if (state_class)
        block.state =
            read_state(a, CHIMNEY_A_REPLAY_BLOCK_NEIGHBOR_VARIABLES, *layer, *state_class);
    block.send_data = read_bytes(a, CHIMNEY_A_REPLAY_BLOCK_SEND_DATA);
    block.buffered_data = read_bytes(a, CHIMNEY_A_REPLAY_BLOCK_BUFFERED_DATA);
    block.send_bytes = a.u64(CHIMNEY_A_REPLAY_BLOCK_SEND_BYTES).value_or(0);
    block.receive_bytes = a.u64(CHIMNEY_A_REPLAY_BLOCK_RECEIVE_BYTES).value_or(0);
    block.indicated_bytes = a.u64(CHIMNEY_A_REPLAY_BLOCK_INDICATED).value_or(0);
    block.events = a.u32(CHIMNEY_A_REPLAY_BLOCK_EVENTS).value_or(0);
    if (!a.ok() || !block.status || block.state.has_value() != state_class.has_value())
        return std::nullopt;
    return block;
}

/// The blocks of a reply come in the order of the request.
Result<ReplayResult> decode_result(const Message& message, const ReplayStep& step) {
    AttributeReader a(message.attributes);
    auto kind = read_enum<OpKind>(a, CHIMNEY_A_REPLAY_KIND);
    auto state = read_enum<OpState>(a, CHIMNEY_A_REPLAY_STATE);
    if (!a.ok() || !kind || !state)
        return malformed("result");
    ReplayResult result{*kind, *state, {}};
    for (const auto& [type, payload] : a.all()) {
        if (type != CHIMNEY_A_REPLAY_BLOCK)
            continue;
        if (result.blocks.size() == step.blocks.size())
            return malformed("result");
        auto block = decode_block(payload, step.blocks[result.blocks.size()].object);
        if (!block)
            return malformed("result");
        result.blocks.push_back(std::move(*block));
    }
    return result;
}

/// Names the objects of a capture: N1, P1, T1 and so on.
class Namer {
  public:
    std::string next(Layer layer) {
        constexpr std::array<char, 3> letters = {'N', 'P', 'T'};
        return letters.at(layer) + std::to_string(++counts_.at(layer));
    }

  private:
    std::array<unsigned, 3> counts_{};
};

/// The same objects once more, with nothing but room for variables of a class.
ReplayStep follow_up(const ReplayStep& initiate, OpKind kind, StateClass state_class) {
    ReplayStep step{kind, std::nullopt, {}};
    for (const auto& block : initiate.blocks) {
        auto& copy = step.blocks.emplace_back();
        copy.layer = block.layer;
        copy.object = block.object;
        copy.role = CHIMNEY_ROLE_LINKER;
        copy.state = State{state_class, {}};
    }
    return step;
}

} // namespace

bool succeeded(const ReplayResult& result) {
    return result.state == CHIMNEY_OP_STATE_DONE &&
           std::ranges::all_of(result.blocks, [](const ReplayBlock& block) {
               return block.status == CHIMNEY_STATUS_SUCCESS;
           });
}

Result<ReplayResult> Client::replay(std::string_view dev, const ReplayStep& step) {
    auto writer = device_attributes(dev);
    writer.put_u32(CHIMNEY_A_REPLAY_KIND, step.kind);
    if (step.deadline_ms)
        writer.put_u32(CHIMNEY_A_REPLAY_DEADLINE, *step.deadline_ms);
    for (const auto& block : step.blocks) {
        if (block.send_data.size() + block.buffered_data.size() > max_replay_bytes)
            return fail(ErrorCode::usage, "object " + block.object + " has more than " +
                                              std::to_string(max_replay_bytes) +
                                              " bytes of data: a block can carry no more");
        auto number = static_cast<std::uint32_t>(objects_.size() + 1);
        auto object = objects_.try_emplace(block.object, number).first;
        writer.put_nest(CHIMNEY_A_REPLAY_BLOCK, encode_block(block, object->second));
    }
    return request_one({CHIMNEY_CMD_REPLAY, false, std::move(writer).take()})
        .and_then([&](const Message& message) { return decode_result(message, step); });
}

Result<std::vector<ReplayStep>> capture(const std::vector<Report>& reports) {
    std::vector<ReplayStep> steps;
    Namer namer;
    std::optional<std::uint32_t> ifindex;
    for (const auto& [operation, blocks] : reports)
        for (const auto& block : blocks) {
            if (block.reason)
                continue;
            if (!block.state)
                return fail(ErrorCode::not_found,
                            "an object of the tree is offloaded already, its state is not at "
                            "hand: take it back first with chimneyctl upload");
            if (block.send_bytes > max_replay_bytes)
                return fail(ErrorCode::usage,
                            "a connection has " + std::to_string(block.send_bytes) +
                                " bytes of send data, more than a block can carry (" +
                                std::to_string(max_replay_bytes) +
                                "): wait until its peer has acknowledged some");
            if (steps.empty() || ifindex != block.ifindex)
                steps.emplace_back();
            ifindex = block.ifindex;
            auto& copy = steps.back().blocks.emplace_back();
            copy.layer = block.layer;
            copy.role = block.role.value_or(CHIMNEY_ROLE_NEW);
            copy.object = namer.next(block.layer);
            copy.state = block.state;
            copy.send_data.resize(block.send_bytes);
        }
    std::vector<ReplayStep> document;
    for (auto& step : steps) {
        auto query = follow_up(step, CHIMNEY_OP_KIND_QUERY, CHIMNEY_STATE_CLASS_COMPLETE);
        auto terminate = follow_up(step, CHIMNEY_OP_KIND_TERMINATE, CHIMNEY_STATE_CLASS_DELEGATED);
        document.push_back(std::move(step));
        document.push_back(std::move(query));
        document.push_back(std::move(terminate));
    }
    return document;
}

} // namespace chimney
