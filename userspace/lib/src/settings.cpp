// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <array>
#include <limits>

#include "decode.hpp"

namespace chimney {
namespace {

constexpr std::uint32_t byte_max = std::numeric_limits<std::uint8_t>::max();
constexpr std::uint32_t word_max = std::numeric_limits<std::uint32_t>::max();

constexpr auto table = std::to_array<Parameter>({
    {"ack-frequency", CHIMNEY_A_PARAMS_ACK_FREQUENCY, byte_max,
     "segments received until an ACK must go out"},
    {"max-retransmissions", CHIMNEY_A_PARAMS_MAX_RETRANSMISSIONS, byte_max,
     "retransmissions of a segment after which the target may give the connection back"},
    {"doubt-reachability-retransmissions", CHIMNEY_A_PARAMS_DOUBT_REACHABILITY_RETRANSMISSIONS,
     byte_max, "retransmissions after which the neighbor's reachability is in doubt"},
    {"duplicate-ack-threshold", CHIMNEY_A_PARAMS_DUPLICATE_ACK_THRESHOLD, byte_max,
     "duplicate ACKs that trigger a fast retransmit"},
    {"delayed-ack-ticks", CHIMNEY_A_PARAMS_DELAYED_ACK_TICKS, word_max,
     "start of the delayed-ACK timer, in us"},
    {"sws-prevention-ticks", CHIMNEY_A_PARAMS_SWS_PREVENTION_TICKS, word_max,
     "start of the timers against silly windows, in us"},
    {"push-ticks", CHIMNEY_A_PARAMS_PUSH_TICKS, word_max, "start of the push timer, in us"},
    {"nce-stale-ticks", CHIMNEY_A_PARAMS_NCE_STALE_TICKS, word_max,
     "inactivity after which a neighbor is stale, in us"},
});

Result<Settings> decode_settings(const Message& message) {
    AttributeReader a(message.attributes);
    Settings settings;
    settings.ifindex = a.u32(CHIMNEY_A_PARAMS_IFINDEX).value_or(0);
    settings.dev = a.string(CHIMNEY_A_PARAMS_IFNAME).value_or("");
    for (const auto& parameter : table)
        settings.values.push_back(parameter.max == byte_max
                                      ? a.u8(parameter.attribute).value_or(0)
                                      : a.u32(parameter.attribute).value_or(0));
    if (!a.ok() || settings.dev.empty())
        return malformed("set of parameters");
    return settings;
}

} // namespace

std::span<const Parameter> parameters() {
    return table;
}

Result<Settings> Client::settings(std::string_view dev) {
    return request_one(device_request(CHIMNEY_CMD_PARAMS_GET, dev))
        .and_then(decode_settings)
        .map_error(about("cannot read the parameters of " + std::string(dev)));
}

Result<Settings> Client::change_settings(std::string_view dev, const std::vector<Change>& changes) {
    auto writer = device_attributes(dev);
    for (const auto& [name, value] : changes) {
        auto parameter = std::ranges::find(table, name, &Parameter::name);
        if (parameter == table.end() || value > parameter->max)
            return fail(ErrorCode::usage, "there is no parameter " + name + " with the value " +
                                              std::to_string(value));
        if (parameter->max == byte_max)
            writer.put_u8(parameter->attribute, static_cast<std::uint8_t>(value));
        else
            writer.put_u32(parameter->attribute, value);
    }
    return request_one({CHIMNEY_CMD_PARAMS_SET, false, std::move(writer).take()})
        .and_then(decode_settings)
        .map_error(about("cannot set the parameters of " + std::string(dev)));
}

Result<void> Client::fault(std::string_view dev, std::string_view script) {
    auto writer = device_attributes(dev);
    writer.put_string(CHIMNEY_A_TARGET_SCRIPT, script);
    return socket_.request({CHIMNEY_CMD_TARGET_FAULT, false, std::move(writer).take()})
        .map([](const std::vector<Message>&) {})
        .map_error(about("cannot set the faults of the target on " + std::string(dev)));
}

} // namespace chimney
