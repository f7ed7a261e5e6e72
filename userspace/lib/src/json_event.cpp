// SPDX-License-Identifier: GPL-2.0-only
// Events, counters and parameters.
#include "json_values.hpp"

namespace chimney {
namespace {

Event read_event(const Json& json) {
    Event event;
    event.time_ns = read_time(json, "time");
    event.source = read_enum<EventSource>(json, "source");
    read(json, "event", event.name);
    read_optional(json, "upload_reason", event.upload_reason, read_enum<UploadReason>);
    read_optional(json, "information", event.information);
    event.ifindex = json.value("ifindex", 0U);
    event.dev = json.value("dev", "");
    read_optional(json, "context", event.context, read_hex);
    if (json.contains("src"))
        event.socket = SocketName{read_address(json, "src"), read_address(json, "dst"),
                                  json.value("sport", std::uint16_t{0}),
                                  json.value("dport", std::uint16_t{0}), read_hex(json, "cookie")};
    return event;
}

Json to_json(const Statistics& statistics) {
    Json json;
    json["dev"] = statistics.dev;
    json["ifindex"] = statistics.ifindex;
    json["version"] = static_cast<unsigned>(statistics.version);
    auto names = counter_names();
    for (std::size_t i = 0; i < names.size() && i < statistics.counters.size(); ++i)
        json[std::string(names[i])] = statistics.counters[i];
    return json;
}

Statistics read_statistics(const Json& json) {
    Statistics statistics;
    read(json, "dev", statistics.dev);
    read(json, "ifindex", statistics.ifindex);
    statistics.version = json.at("version").get<unsigned>() == 6 ? IpVersion::v6 : IpVersion::v4;
    for (auto name : counter_names())
        statistics.counters.push_back(json.at(std::string(name)).get<std::uint64_t>());
    return statistics;
}

Json to_json(const Settings& settings) {
    Json json;
    json["dev"] = settings.dev;
    json["ifindex"] = settings.ifindex;
    auto all = parameters();
    for (std::size_t i = 0; i < all.size() && i < settings.values.size(); ++i)
        json[std::string(all[i].name)] = settings.values[i];
    return json;
}

Settings read_settings(const Json& json) {
    Settings settings;
    read(json, "dev", settings.dev);
    read(json, "ifindex", settings.ifindex);
    for (const auto& parameter : parameters())
        settings.values.push_back(json.at(std::string(parameter.name)).get<std::uint32_t>());
    return settings;
}

} // namespace

Json event_to_json(const Event& event) {
    Json json = {{"time", format_time(event.time_ns)},
                 {"source", to_string(event.source)},
                 {"event", event.name}};
    if (event.upload_reason)
        json["upload_reason"] = to_string(*event.upload_reason);
    if (event.information)
        json["information"] = *event.information;
    if (event.ifindex != 0) {
        json["dev"] = event.dev;
        json["ifindex"] = event.ifindex;
    }
    if (event.context)
        json["context"] = hex(*event.context);
    if (event.socket) {
        json["src"] = event.socket->src.to_string();
        json["sport"] = event.socket->src_port;
        json["dst"] = event.socket->dst.to_string();
        json["dport"] = event.socket->dst_port;
        json["cookie"] = hex(event.socket->cookie);
    }
    return json;
}

Json gap_to_json(std::uint64_t time_ns) {
    return {{"time", format_time(time_ns)}, {"source", "monitor"}, {"event", "gap"}};
}

Json events_document(const std::vector<Event>& events) {
    return list_document("events", events, event_to_json);
}

Json statistics_document(const std::vector<Statistics>& statistics) {
    return list_document("statistics", statistics,
                         [](const Statistics& item) { return to_json(item); });
}

Json settings_document(const Settings& settings) {
    return list_document("parameters", std::vector{settings},
                         [](const Settings& item) { return to_json(item); });
}

Result<std::vector<Event>> parse_events(const Json& json) {
    return parse_list_document<Event>(json, "events", read_event);
}

Result<std::vector<Statistics>> parse_statistics(const Json& json) {
    return parse_list_document<Statistics>(json, "statistics", read_statistics);
}

Result<Settings> parse_settings(const Json& json) {
    return guarded("parameters", [&] { return read_settings(json.at("parameters").at(0)); });
}

} // namespace chimney
