// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/state.hpp>

#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

namespace chimney {
namespace {

using enum VariableForm;

constexpr auto in_const = CHIMNEY_STATE_CLASS_CONST;
constexpr auto in_cached = CHIMNEY_STATE_CLASS_CACHED;
constexpr auto in_delegated = CHIMNEY_STATE_CLASS_DELEGATED;

constexpr auto neighbor_variables = std::to_array<Variable>({
    {CHIMNEY_A_NEIGHBOR_STATE_DL_SOURCE_ADDRESS, in_const, "dl_source_address", mac},
    {CHIMNEY_A_NEIGHBOR_STATE_VLAN_ID, in_const, "vlan_id", u16},
    {CHIMNEY_A_NEIGHBOR_STATE_DL_DESTINATION_ADDRESS, in_cached, "dl_destination_address", mac},
    {CHIMNEY_A_NEIGHBOR_STATE_HOST_REACHABILITY_DELTA, in_cached, "host_reachability_delta", u32},
    {CHIMNEY_A_NEIGHBOR_STATE_NIC_REACHABILITY_DELTA, in_delegated, "nic_reachability_delta", u32},
});

constexpr auto path_variables = std::to_array<Variable>({
    {CHIMNEY_A_PATH_STATE_SOURCE_ADDRESS, in_const, "source_address", address},
    {CHIMNEY_A_PATH_STATE_DESTINATION_ADDRESS, in_const, "destination_address", address},
    {CHIMNEY_A_PATH_STATE_PATH_MTU, in_cached, "path_mtu", u32},
});

constexpr auto tcp_variables = std::to_array<Variable>({
    {CHIMNEY_A_TCP_STATE_CONST_FLAGS, in_const, "flags", const_flags},
    {CHIMNEY_A_TCP_STATE_REMOTE_PORT, in_const, "remote_port", port},
    {CHIMNEY_A_TCP_STATE_LOCAL_PORT, in_const, "local_port", port},
    {CHIMNEY_A_TCP_STATE_SND_WIND_SCALE, in_const, "snd_wind_scale", u8},
    {CHIMNEY_A_TCP_STATE_RCV_WIND_SCALE, in_const, "rcv_wind_scale", u8},
    {CHIMNEY_A_TCP_STATE_REMOTE_MSS, in_const, "remote_mss", u16},
    {CHIMNEY_A_TCP_STATE_HASH_VALUE, in_const, "hash_value", u32},
    {CHIMNEY_A_TCP_STATE_CONGESTION_CONTROL, in_const, "congestion_control", text},
    {CHIMNEY_A_TCP_STATE_CACHED_FLAGS, in_cached, "flags", cached_flags},
    {CHIMNEY_A_TCP_STATE_INITIAL_RCV_WND, in_cached, "initial_rcv_wnd", u32},
    {CHIMNEY_A_TCP_STATE_RCV_INDICATION_SIZE, in_cached, "rcv_indication_size", u32},
    {CHIMNEY_A_TCP_STATE_KA_PROBE_COUNT, in_cached, "ka_probe_count", u8},
    {CHIMNEY_A_TCP_STATE_KA_TIMEOUT, in_cached, "ka_timeout", u32},
    {CHIMNEY_A_TCP_STATE_KA_INTERVAL, in_cached, "ka_interval", u32},
    {CHIMNEY_A_TCP_STATE_MAX_RT, in_cached, "max_rt", u32},
    {CHIMNEY_A_TCP_STATE_FLOW_LABEL, in_cached, "flow_label", u32},
    {CHIMNEY_A_TCP_STATE_TTL_OR_HOP_LIMIT, in_cached, "ttl_or_hop_limit", u8},
    {CHIMNEY_A_TCP_STATE_TOS_OR_TRAFFIC_CLASS, in_cached, "tos_or_traffic_class", u8},
    {CHIMNEY_A_TCP_STATE_USER_PRIORITY, in_cached, "user_priority", u32},
    {CHIMNEY_A_TCP_STATE_QUEUE_PRIORITY, in_cached, "queue_priority", u32},
    {CHIMNEY_A_TCP_STATE_STATE, in_delegated, "state", tcp_state},
    {CHIMNEY_A_TCP_STATE_RCV_NXT, in_delegated, "rcv_nxt", u32},
    {CHIMNEY_A_TCP_STATE_RCV_WND, in_delegated, "rcv_wnd", u32},
    {CHIMNEY_A_TCP_STATE_SND_UNA, in_delegated, "snd_una", u32},
    {CHIMNEY_A_TCP_STATE_SND_NXT, in_delegated, "snd_nxt", u32},
    {CHIMNEY_A_TCP_STATE_SND_MAX, in_delegated, "snd_max", u32},
    {CHIMNEY_A_TCP_STATE_SND_WND, in_delegated, "snd_wnd", u32},
    {CHIMNEY_A_TCP_STATE_MAX_SND_WND, in_delegated, "max_snd_wnd", u32},
    {CHIMNEY_A_TCP_STATE_SND_WL1, in_delegated, "snd_wl1", u32},
    {CHIMNEY_A_TCP_STATE_CWND, in_delegated, "cwnd", u32},
    {CHIMNEY_A_TCP_STATE_SS_THRESH, in_delegated, "ss_thresh", u32},
    {CHIMNEY_A_TCP_STATE_SRTT, in_delegated, "srtt", u32},
    {CHIMNEY_A_TCP_STATE_RTT_VAR, in_delegated, "rtt_var", u32},
    {CHIMNEY_A_TCP_STATE_TS_RECENT, in_delegated, "ts_recent", u32},
    {CHIMNEY_A_TCP_STATE_TS_RECENT_AGE, in_delegated, "ts_recent_age", u32},
    {CHIMNEY_A_TCP_STATE_TS_TIME, in_delegated, "ts_time", u32},
    {CHIMNEY_A_TCP_STATE_TOTAL_RT, in_delegated, "total_rt", u32},
    {CHIMNEY_A_TCP_STATE_DUP_ACK_COUNT, in_delegated, "dup_ack_count", u8},
    {CHIMNEY_A_TCP_STATE_SND_WND_PROBE_COUNT, in_delegated, "snd_wnd_probe_count", u8},
    {CHIMNEY_A_TCP_STATE_KEEP_ALIVE_PROBE_COUNT, in_delegated, "keep_alive_probe_count", u8},
    {CHIMNEY_A_TCP_STATE_KEEP_ALIVE_TIMEOUT_DELTA, in_delegated, "keep_alive_timeout_delta", timer},
    {CHIMNEY_A_TCP_STATE_RETRANSMIT_COUNT, in_delegated, "retransmit_count", u8},
    {CHIMNEY_A_TCP_STATE_RETRANSMIT_TIMEOUT_DELTA, in_delegated, "retransmit_timeout_delta", timer},
    {CHIMNEY_A_TCP_STATE_SEND_BACKLOG_SIZE, in_delegated, "send_backlog_size", timer},
    {CHIMNEY_A_TCP_STATE_RECEIVE_BACKLOG_SIZE, in_delegated, "receive_backlog_size", timer},
    {CHIMNEY_A_TCP_STATE_REORDERING, in_delegated, "reordering", u32},
});

std::string format_mac(std::span<const std::byte> bytes) {
    std::string text;
    for (auto byte : bytes)
        text += fmt::format("{}{:02x}", text.empty() ? "" : ":", std::to_integer<unsigned>(byte));
    return text;
}

std::string format_flags(std::span<const std::string_view> names, std::uint32_t bits) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        if (bits & 1U << i)
            text += (text.empty() ? "" : ",") + std::string(names[i]);
    return text.empty() ? "none" : text;
}

void put_number(AttributeWriter& writer, const Variable& variable, std::uint32_t number) {
    switch (variable.form) {
    case u8:
        return writer.put_u8(variable.attribute, static_cast<std::uint8_t>(number));
    case u16:
    case const_flags:
    case cached_flags:
        return writer.put_u16(variable.attribute, static_cast<std::uint16_t>(number));
    case port:
        return writer.put_port(variable.attribute, static_cast<std::uint16_t>(number));
    default:
        return writer.put_u32(variable.attribute, number);
    }
}

void put_text(AttributeWriter& writer, const Variable& variable, const std::string& value) {
    if (variable.form == mac)
        writer.put(variable.attribute, parse_mac(value).value_or(std::vector<std::byte>()));
    else
        writer.put_string(variable.attribute, value);
}

std::optional<Value> read_value(AttributeReader& reader, const Variable& variable) {
    auto number = [](auto value) -> std::optional<Value> {
        return value ? std::optional<Value>(std::uint32_t{*value}) : std::nullopt;
    };
    auto bytes = reader.bytes(variable.attribute);
    if (!bytes)
        return std::nullopt;
    switch (variable.form) {
    case u8:
        return number(reader.u8(variable.attribute));
    case u16:
    case const_flags:
    case cached_flags:
        return number(reader.u16(variable.attribute));
    case port:
        return number(reader.port(variable.attribute));
    case address:
        if (auto value = Address::from_bytes(*bytes))
            return *value;
        return std::nullopt;
    case mac:
        return format_mac(*bytes);
    case text:
        return reader.string(variable.attribute);
    default:
        return number(reader.u32(variable.attribute));
    }
}

} // namespace

std::span<const Variable> variables(Layer layer) {
    switch (layer) {
    case CHIMNEY_LAYER_NEIGHBOR:
        return neighbor_variables;
    case CHIMNEY_LAYER_PATH:
        return path_variables;
    default:
        return tcp_variables;
    }
}

std::span<const std::string_view> flag_names(VariableForm form) {
    switch (form) {
    case const_flags:
        return flag_names<chimney_tcp_const_flags>();
    case cached_flags:
        return flag_names<chimney_tcp_cached_flags>();
    default:
        return {};
    }
}

std::uint32_t number_of(const State& state, std::uint16_t attribute) {
    auto found = state.values.find(attribute);
    if (found == state.values.end())
        return 0;
    const auto* number = std::get_if<std::uint32_t>(&found->second);
    return number ? *number : 0;
}

std::string format_value(const Variable& variable, const Value& value) {
    if (const auto* ip = std::get_if<Address>(&value))
        return ip->to_string();
    if (const auto* string = std::get_if<std::string>(&value))
        return *string;
    auto number = std::get<std::uint32_t>(value);
    switch (variable.form) {
    case timer:
        return number == std::numeric_limits<std::uint32_t>::max() ? "off" : std::to_string(number);
    case tcp_state:
        return to_string(static_cast<TcpState>(number));
    case const_flags:
    case cached_flags:
        return format_flags(flag_names(variable.form), number);
    default:
        return std::to_string(number);
    }
}

std::optional<std::vector<std::byte>> parse_mac(std::string_view input) {
    std::vector<std::byte> bytes;
    for (std::size_t at = 0; at < input.size(); at += 3) {
        unsigned byte = 0;
        const char* digits = input.data() + at;
        if (at + 2 > input.size() ||
            std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
            return std::nullopt;
        if (at + 2 < input.size() && (input[at + 2] != ':' || at + 3 == input.size()))
            return std::nullopt;
        bytes.push_back(static_cast<std::byte>(byte));
    }
    if (bytes.empty())
        return std::nullopt;
    return bytes;
}

AttributeWriter encode_state(Layer layer, const State& state) {
    AttributeWriter writer;
    for (const auto& variable : variables(layer)) {
        auto found = state.values.find(variable.attribute);
        if (found == state.values.end())
            continue;
        if (const auto* number = std::get_if<std::uint32_t>(&found->second))
            put_number(writer, variable, *number);
        else if (const auto* ip = std::get_if<Address>(&found->second))
            writer.put(variable.attribute, ip->bytes());
        else
            put_text(writer, variable, std::get<std::string>(found->second));
    }
    return writer;
}

std::optional<State> decode_state(Layer layer, StateClass state_class,
                                  std::span<const std::byte> nest) {
    AttributeReader reader(nest);
    State state{state_class, {}};
    for (const auto& variable : variables(layer)) {
        if (!reader.flag(variable.attribute))
            continue;
        auto value = read_value(reader, variable);
        if (!value)
            return std::nullopt;
        state.values.emplace(variable.attribute, std::move(*value));
    }
    if (!reader.ok())
        return std::nullopt;
    return state;
}

} // namespace chimney
