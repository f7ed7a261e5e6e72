// SPDX-License-Identifier: GPL-2.0-only
// State structures, and documents of trees that are made up. People write these, so that errors
// name the place and the keys there are.
#include "json_values.hpp"

#include <algorithm>
#include <limits>

#include <chimney/keyword.hpp>

namespace chimney {
namespace {

constexpr std::uint32_t off = std::numeric_limits<std::uint32_t>::max();
constexpr auto class_keys = std::to_array<std::string_view>({"const", "cached", "delegated"});
constexpr auto step_keys =
    std::to_array<std::string_view>({"kind", "deadline_ms", "tree", "state"});
constexpr auto block_keys = std::to_array<std::string_view>(
    {"layer", "object", "role", "class", "state", "send_data", "send_bytes", "buffered_data",
     "buffered_bytes", "dependents", "status", "slot", "indicated_bytes", "events"});

/// What is wrong with a document, as a sentence; thrown and caught like BadValue.
[[noreturn]] void bad(const std::string& where, const std::string& why) {
    throw BadValue{where, why};
}

void check_keys(const Json& json, const std::string& where,
                std::span<const std::string_view> known) {
    if (!json.is_object())
        bad(where, "is not an object");
    for (const auto& [key, value] : json.items())
        if (std::ranges::find(known, key) == known.end())
            bad(where + "." + key, "is no key there is: use " + join_alternatives(known));
}

std::uint32_t largest(VariableForm form) {
    switch (form) {
    case VariableForm::u8:
        return std::numeric_limits<std::uint8_t>::max();
    case VariableForm::u16:
    case VariableForm::port:
        return std::numeric_limits<std::uint16_t>::max();
    default:
        return off;
    }
}

Value read_number(const Json& json, const std::string& where, VariableForm form) {
    if (form == VariableForm::timer && json == -1)
        return off;
    if (!json.is_number_unsigned() || json.get<std::uint64_t>() > largest(form))
        bad(where, fmt::format("is not a number from {} to {}",
                               form == VariableForm::timer ? -1 : 0, largest(form)));
    return json.get<std::uint32_t>();
}

Value read_flags(const Json& json, const std::string& where,
                 std::span<const std::string_view> names) {
    std::uint32_t bits = 0;
    if (!json.is_array())
        bad(where, "is not a list of names: use " + join_alternatives(names));
    for (const auto& item : json) {
        auto name = item.is_string() ? item.get<std::string>() : item.dump();
        auto found = std::ranges::find(names, name);
        if (found == names.end())
            bad(where, "has the unknown name " + name + ": use " + join_alternatives(names));
        bits |= 1U << (found - names.begin());
    }
    return bits;
}

Value read_text(const Json& json, const std::string& where, VariableForm form) {
    if (!json.is_string())
        bad(where, "is not a string");
    auto text = json.get<std::string>();
    if (form == VariableForm::address) {
        auto address = Address::parse(text);
        if (!address)
            bad(where, "'" + text + "' is not an IP address");
        return *address;
    }
    if (form == VariableForm::mac && !parse_mac(text))
        bad(where, "'" + text + "' is not a link-layer address such as 52:54:00:12:34:56");
    if (form == VariableForm::tcp_state) {
        auto state = from_string<TcpState>(text);
        if (!state)
            bad(where,
                "'" + text + "' is no TCP state: use " + join_alternatives(enum_names<TcpState>()));
        return static_cast<std::uint32_t>(*state);
    }
    return text;
}

Value read_value(const Json& json, const std::string& where, VariableForm form) {
    switch (form) {
    case VariableForm::address:
    case VariableForm::mac:
    case VariableForm::text:
    case VariableForm::tcp_state:
        return read_text(json, where, form);
    case VariableForm::const_flags:
    case VariableForm::cached_flags:
        return read_flags(json, where, flag_names(form));
    default:
        return read_number(json, where, form);
    }
}

Json value_to_json(const Variable& variable, const Value& value) {
    const auto* number = std::get_if<std::uint32_t>(&value);
    if (!number || variable.form == VariableForm::tcp_state)
        return format_value(variable, value);
    if (variable.form == VariableForm::timer && *number == off)
        return -1;
    auto names = flag_names(variable.form);
    if (names.empty())
        return *number;
    auto list = Json::array();
    for (std::size_t i = 0; i < names.size(); ++i)
        if (*number & 1U << i)
            list.push_back(names[i]);
    return list;
}

/// The variables of one class into @p state.
void read_class(const Json& json, const std::string& where, Layer layer, StateClass state_class,
                State& state) {
    std::vector<std::string_view> known;
    for (const auto& variable : variables(layer))
        if (variable.state_class == state_class)
            known.push_back(variable.name);
    if (known.empty() && json.empty())
        return;
    check_keys(json, where, known);
    for (const auto& variable : variables(layer))
        if (variable.state_class == state_class && json.contains(variable.name))
            state.values[variable.attribute] =
                read_value(json[std::string(variable.name)],
                           where + "." + std::string(variable.name), variable.form);
}

State read_state_at(const Json& json, const std::string& where, Layer layer) {
    State state;
    check_keys(json, where, class_keys);
    if (json.empty())
        bad(where, "has no variables: use const, cached or delegated");
    for (std::uint32_t i = 0; i < class_keys.size(); ++i) {
        auto key = std::string(class_keys[i]);
        if (!json.contains(key))
            continue;
        state.state_class =
            json.size() == 1 ? static_cast<StateClass>(i) : CHIMNEY_STATE_CLASS_COMPLETE;
        read_class(json[key], where + "." + key, layer, static_cast<StateClass>(i), state);
    }
    return state;
}

template <typename E>
E name_of(const Json& json, const std::string& where) {
    auto value = json.is_string() ? from_string<E>(json.get<std::string>()) : std::nullopt;
    if (!value)
        bad(where, json.dump() + " is not " + join_alternatives(enum_names<E>()));
    return *value;
}

std::vector<std::byte> read_hex_bytes(const Json& json, const std::string& where) {
    std::vector<std::byte> bytes;
    auto text = json.is_string() ? json.get<std::string>() : std::string("?");
    if (text.size() % 2 != 0)
        bad(where, "is not a string of pairs of hexadecimal digits");
    for (std::size_t at = 0; at < text.size(); at += 2) {
        unsigned byte = 0;
        const char* digits = text.data() + at;
        if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
            bad(where, "is not a string of pairs of hexadecimal digits");
        bytes.push_back(static_cast<std::byte>(byte));
    }
    return bytes;
}

/// Data byte by byte in NAME_data, or as many zeros as NAME_bytes says.
std::vector<std::byte> read_data(const Json& json, const std::string& where,
                                 const std::string& name) {
    std::vector<std::byte> data;
    if (json.contains(name + "_data"))
        data = read_hex_bytes(json[name + "_data"], where + "." + name + "_data");
    else if (json.contains(name + "_bytes")) {
        const auto& count = json[name + "_bytes"];
        if (!count.is_number_unsigned() || count.get<std::uint64_t>() > max_replay_bytes)
            bad(where + "." + name + "_bytes",
                fmt::format("is not a number from 0 to {}", max_replay_bytes));
        data.resize(count.get<std::size_t>());
    }
    if (data.size() > max_replay_bytes)
        bad(where, fmt::format("has more than {} bytes of data", max_replay_bytes));
    return data;
}

/// What travels with a block that brings no variables of its own.
std::optional<State> room(OpKind kind) {
    switch (kind) {
    case CHIMNEY_OP_KIND_QUERY:
        return State{CHIMNEY_STATE_CLASS_COMPLETE, {}};
    case CHIMNEY_OP_KIND_TERMINATE:
        return State{CHIMNEY_STATE_CLASS_DELEGATED, {}};
    default:
        return std::nullopt;
    }
}

Role default_role(OpKind kind, const ReplayBlock& block) {
    if (block.object.empty())
        return CHIMNEY_ROLE_PLACEHOLDER;
    return kind == CHIMNEY_OP_KIND_INITIATE && block.state ? CHIMNEY_ROLE_NEW : CHIMNEY_ROLE_LINKER;
}

ReplayBlock read_block(const Json& json, const std::string& where, OpKind kind) {
    check_keys(json, where, block_keys);
    ReplayBlock block;
    if (!json.contains("layer"))
        bad(where + ".layer", "is missing: use neighbor, path or tcp");
    block.layer = name_of<Layer>(json["layer"], where + ".layer");
    if (json.contains("object")) {
        if (!json["object"].is_string() || json["object"].get_ref<const std::string&>().empty())
            bad(where + ".object", "is not a name");
        block.object = json["object"].get<std::string>();
    }
    if (json.contains("state"))
        block.state = read_state_at(json["state"], where + ".state", block.layer);
    else if (!block.object.empty())
        block.state = room(kind);
    if (json.contains("class")) {
        if (!block.state)
            block.state.emplace();
        block.state->state_class = name_of<StateClass>(json["class"], where + ".class");
    }
    block.role = json.contains("role") ? name_of<Role>(json["role"], where + ".role")
                                       : default_role(kind, block);
    if (block.object.empty() != (block.role == CHIMNEY_ROLE_PLACEHOLDER))
        bad(where, "a placeholder has no object, every other block has one");
    block.send_data = read_data(json, where, "send");
    block.buffered_data = read_data(json, where, "buffered");
    return block;
}

/// A list of blocks of one layer with what hangs on them, depth first.
void read_tree(const Json& json, const std::string& where, ReplayStep& step,
               std::optional<Layer> layer) {
    if (!json.is_array() || json.empty())
        bad(where, "is not a list of blocks");
    for (std::size_t i = 0; i < json.size(); ++i) {
        auto here = fmt::format("{}[{}]", where, i);
        auto block = read_block(json[i], here, step.kind);
        if (!layer)
            layer = block.layer;
        if (block.layer != *layer)
            bad(here + ".layer",
                "is " + to_string(block.layer) + " where a " + to_string(*layer) + " must be");
        step.blocks.push_back(std::move(block));
        if (!json[i].contains("dependents"))
            continue;
        if (*layer == CHIMNEY_LAYER_TCP)
            bad(here + ".dependents", "nothing depends on a connection");
        read_tree(json[i]["dependents"], here + ".dependents", step,
                  static_cast<Layer>(*layer + 1));
    }
}

ReplayStep read_step(const Json& json, const std::string& where) {
    check_keys(json, where, step_keys);
    ReplayStep step;
    if (!json.contains("kind"))
        bad(where + ".kind", "is missing: use " + join_alternatives(enum_names<OpKind>()));
    step.kind = name_of<OpKind>(json["kind"], where + ".kind");
    if (json.contains("deadline_ms")) {
        constexpr std::uint64_t longest = 60000;
        const auto& deadline = json["deadline_ms"];
        if (!deadline.is_number_unsigned() || deadline.get<std::uint64_t>() < 1 ||
            deadline.get<std::uint64_t>() > longest)
            bad(where + ".deadline_ms", "is not a number from 1 to 60000");
        step.deadline_ms = deadline.get<std::uint32_t>();
    }
    if (!json.contains("tree"))
        bad(where + ".tree", "is missing: write the list of its blocks");
    read_tree(json["tree"], where + ".tree", step, std::nullopt);
    return step;
}

std::string hex_bytes(const std::vector<std::byte>& bytes) {
    std::string text;
    for (auto byte : bytes)
        text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
    return text;
}

void put_data(Json& json, const std::string& name, const std::vector<std::byte>& data,
              std::uint64_t bytes) {
    bool zeros = std::ranges::all_of(data, [](std::byte byte) { return byte == std::byte{0}; });
    if (!data.empty() && !zeros)
        json[name + "_data"] = hex_bytes(data);
    if (bytes > 0 || (!data.empty() && zeros))
        json[name + "_bytes"] = std::max<std::uint64_t>(bytes, data.size());
}

Json block_to_json(const ReplayBlock& block) {
    Json json = {{"layer", to_string(block.layer)}};
    if (!block.object.empty())
        json["object"] = block.object;
    json["role"] = to_string(block.role);
    if (block.status)
        json["status"] = ndis_name(*block.status);
    if (block.status && !block.object.empty())
        json["slot"] = block.slot;
    if (block.state) {
        json["class"] = to_string(block.state->state_class);
        if (!block.state->values.empty())
            json["state"] = state_to_json(block.layer, *block.state);
    }
    put_data(json, "send", block.send_data, block.send_bytes);
    put_data(json, "buffered", block.buffered_data, block.receive_bytes);
    if (block.indicated_bytes > 0)
        json["indicated_bytes"] = block.indicated_bytes;
    if (block.events > 0)
        json["events"] = block.events;
    return json;
}

/// Blocks from @p at on that hang on one parent, as nested lists.
Json tree_to_json(const std::vector<ReplayBlock>& blocks, std::size_t& at) {
    auto list = Json::array();
    if (at == blocks.size())
        return list;
    auto layer = blocks[at].layer;
    while (at < blocks.size() && blocks[at].layer == layer) {
        list.push_back(block_to_json(blocks[at++]));
        if (at < blocks.size() && blocks[at].layer > layer)
            list.back()["dependents"] = tree_to_json(blocks, at);
    }
    return list;
}

Json step_to_json(const ReplayStep& step) {
    std::size_t at = 0;
    Json json = {{"kind", to_string(step.kind)}};
    if (step.deadline_ms)
        json["deadline_ms"] = *step.deadline_ms;
    json["tree"] = tree_to_json(step.blocks, at);
    return json;
}

Json result_to_json(const ReplayResult& result) {
    std::size_t at = 0;
    return {{"kind", to_string(result.kind)},
            {"state", to_string(result.state)},
            {"tree", tree_to_json(result.blocks, at)}};
}

} // namespace

Json state_to_json(Layer layer, const State& state) {
    Json json = Json::object();
    for (const auto& variable : variables(layer))
        if (auto found = state.values.find(variable.attribute); found != state.values.end())
            json[std::string(class_keys[variable.state_class])][std::string(variable.name)] =
                value_to_json(variable, found->second);
    return json;
}

State read_state(const Json& json, Layer layer) {
    return read_state_at(json, "state", layer);
}

Json replay_document(const std::vector<ReplayStep>& steps) {
    return list_document("replay", steps, step_to_json);
}

Json results_document(const std::vector<ReplayResult>& results) {
    return list_document("replay", results, result_to_json);
}

Result<std::vector<ReplayStep>> parse_replay(const Json& document) {
    if (!document.contains("replay") || !document["replay"].is_array() ||
        document["replay"].empty())
        return fail(ErrorCode::usage, "the document has no list 'replay' of steps");
    std::vector<ReplayStep> steps;
    try {
        for (std::size_t i = 0; i < document["replay"].size(); ++i)
            steps.push_back(read_step(document["replay"][i], fmt::format("replay[{}]", i)));
    } catch (const BadValue& error) {
        return fail(ErrorCode::usage, error.key + " " + error.why);
    }
    return steps;
}

} // namespace chimney
