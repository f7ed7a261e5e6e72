// SPDX-License-Identifier: GPL-2.0-only
#include "json_values.hpp"

namespace chimney {
namespace {

Json to_json(const Entries& entries) {
    return {{"used", entries.used}, {"max", entries.max}};
}

Json to_json(const Target& target) {
    Json json;
    json["dev"] = target.dev;
    json["ifindex"] = target.ifindex;
    json["kind"] = target.kind;
    json["tcp"] = to_json(target.tcp);
    json["path"] = to_json(target.path);
    json["neighbor"] = to_json(target.neighbor);
    json["max_mtu"] = target.max_mtu;
    json["max_rcv_wnd"] = target.max_rcv_wnd;
    json["ipv4"] = target.ipv4;
    json["ipv6"] = target.ipv6;
    json["sack"] = target.sack;
    json["gate"] = to_string(target.gate);
    json["violations"] = target.violations;
    auto& breaches = json["breaches"] = Json::object();
    for (const auto& [clause, count] : target.breaches)
        breaches[clause] = count;
    if (target.memory)
        json["memory"] = *target.memory;
    json["host_memory"] = target.host_memory;
    json["quarantined"] = target.quarantined;
    return json;
}

Json to_json(const Operation& op) {
    Json json;
    json["id"] = op.id;
    json["kind"] = to_string(op.kind);
    json["state"] = to_string(op.state);
    json["start"] = format_time(op.start_ns);
    json["duration_ns"] = op.duration_ns;
    json["trees"] = op.trees;
    json["grace_periods"] = op.grace_periods;
    json["results"] = op.results;
    json["connections"] = op.connections();
    json["ok"] = op.ok;
    json["failed"] = op.failed;
    json["refused"] = op.refused;
    json["dry_run"] = op.dry_run;
    json["total"] = op.total;
    if (!op.requester.empty())
        json["requester"] = op.requester;
    return json;
}

void put_endpoint(Json& json, const char* address_key, const char* port_key,
                  const std::optional<Address>& address, std::uint16_t port) {
    if (address)
        json[address_key] = address->to_string();
    if (port != 0)
        json[port_key] = port;
}

Json to_json(const Block& block) {
    Json json = {{"index", block.index}, {"layer", to_string(block.layer)}};
    if (block.role)
        json["role"] = to_string(*block.role);
    if (block.status)
        json["status"] = ndis_name(*block.status);
    if (block.reason)
        json["reason"] = to_string(*block.reason);
    if (block.context)
        json["context"] = hex(*block.context);
    if (block.ifindex != 0) {
        json["dev"] = block.dev;
        json["ifindex"] = block.ifindex;
    }
    put_endpoint(json, "src", "sport", block.src, block.src_port);
    put_endpoint(json, "dst", "dport", block.dst, block.dst_port);
    if (block.mac)
        json["mac"] = fmt::format("{:02x}", fmt::join(*block.mac, ":"));
    if (block.mtu)
        json["mtu"] = *block.mtu;
    if (block.layer == CHIMNEY_LAYER_TCP) {
        json["cookie"] = hex(block.cookie);
        if (block.tcp_state)
            json["tcp_state"] = to_string(*block.tcp_state);
        json["send_bytes"] = block.send_bytes;
        json["receive_bytes"] = block.receive_bytes;
    }
    if (block.state) {
        json["class"] = to_string(block.state->state_class);
        json["state"] = state_to_json(block.layer, *block.state);
    }
    return json;
}

Json to_json(const Report& report) {
    auto json = to_json(report.operation);
    auto& blocks = json["blocks"] = Json::array();
    for (const auto& block : report.blocks)
        blocks.push_back(to_json(block));
    return json;
}

Json to_json(const Connection& conn) {
    Json json = Json::object();
    if (conn.context)
        json["context"] = hex(*conn.context);
    json["state"] = to_string(conn.state);
    json["tcp_state"] = to_string(conn.tcp_state);
    json["dev"] = conn.dev;
    json["ifindex"] = conn.ifindex;
    put_endpoint(json, "src", "sport", conn.src, conn.src_port);
    put_endpoint(json, "dst", "dport", conn.dst, conn.dst_port);
    json["cookie"] = hex(conn.cookie);
    json["uid"] = conn.uid;
    json["inode"] = conn.inode;
    json["operation"] = conn.operation;
    json["owned"] = conn.owned;
    json["sent_bytes"] = conn.sent_bytes;
    json["received_bytes"] = conn.received_bytes;
    json["outstanding_bytes"] = conn.outstanding_bytes;
    json["held_segments"] = conn.held_segments;
    json["forwarded_segments"] = conn.forwarded_segments;
    json["guard"] = conn.guard;
    return json;
}

template <typename T>
Json document(const char* key, const std::vector<T>& items) {
    auto list = Json::array();
    for (const auto& item : items)
        list.push_back(to_json(item));
    return {{"schema", schema}, {key, std::move(list)}};
}

void from_json(const Json& json, Entries& entries) {
    read(json, "used", entries.used);
    read(json, "max", entries.max);
}

void from_json(const Json& json, Target& target) {
    read(json, "dev", target.dev);
    read(json, "ifindex", target.ifindex);
    read(json, "kind", target.kind);
    from_json(json.at("tcp"), target.tcp);
    from_json(json.at("path"), target.path);
    from_json(json.at("neighbor"), target.neighbor);
    read(json, "max_mtu", target.max_mtu);
    read(json, "max_rcv_wnd", target.max_rcv_wnd);
    read(json, "ipv4", target.ipv4);
    read(json, "ipv6", target.ipv6);
    read(json, "sack", target.sack);
    target.gate = read_enum<Gate>(json, "gate");
    read(json, "violations", target.violations);
    for (const auto& [clause, count] : json.at("breaches").items())
        target.breaches.push_back({clause, count.get<std::uint32_t>()});
    if (auto memory = json.find("memory"); memory != json.end())
        target.memory = memory->get<std::uint64_t>();
    read(json, "host_memory", target.host_memory);
    read(json, "quarantined", target.quarantined);
}

void from_json(const Json& json, Operation& op) {
    read(json, "id", op.id);
    op.kind = read_enum<OpKind>(json, "kind");
    op.state = read_enum<OpState>(json, "state");
    op.start_ns = read_time(json, "start");
    read(json, "duration_ns", op.duration_ns);
    read(json, "trees", op.trees);
    read(json, "grace_periods", op.grace_periods);
    read(json, "results", op.results);
    read(json, "ok", op.ok);
    read(json, "failed", op.failed);
    read(json, "refused", op.refused);
    read(json, "dry_run", op.dry_run);
    op.requester = json.value("requester", "");
    op.total = json.value("total", 0U); // histories of older versions have none
}

void from_json(const Json& json, Block& block) {
    read(json, "index", block.index);
    block.layer = read_enum<Layer>(json, "layer");
    read_optional(json, "role", block.role, read_enum<Role>);
    read_optional(json, "status", block.status, read_status);
    read_optional(json, "reason", block.reason, read_enum<Reason>);
    read_optional(json, "context", block.context, read_hex);
    block.ifindex = json.value("ifindex", 0U);
    block.dev = json.value("dev", "");
    read_optional(json, "src", block.src, read_address);
    read_optional(json, "dst", block.dst, read_address);
    block.src_port = json.value("sport", std::uint16_t{0});
    block.dst_port = json.value("dport", std::uint16_t{0});
    read_optional(json, "mac", block.mac, read_mac);
    read_optional(json, "mtu", block.mtu);
    if (json.contains("cookie"))
        block.cookie = read_hex(json, "cookie");
    read_optional(json, "tcp_state", block.tcp_state, read_enum<TcpState>);
    block.send_bytes = json.value("send_bytes", std::uint64_t{0});
    block.receive_bytes = json.value("receive_bytes", std::uint64_t{0});
    if (json.contains("state")) {
        block.state = read_state(json.at("state"), block.layer);
        block.state->state_class = read_enum<StateClass>(json, "class");
    }
}

void from_json(const Json& json, Report& report) {
    from_json(json, report.operation);
    for (const auto& item : json.at("blocks"))
        from_json(item, report.blocks.emplace_back());
}

void from_json(const Json& json, Connection& conn) {
    read_optional(json, "context", conn.context, read_hex);
    conn.state = read_enum<ConnState>(json, "state");
    conn.tcp_state = read_enum<TcpState>(json, "tcp_state");
    read(json, "dev", conn.dev);
    read(json, "ifindex", conn.ifindex);
    conn.src = read_address(json, "src");
    conn.dst = read_address(json, "dst");
    conn.src_port = json.value("sport", std::uint16_t{0});
    conn.dst_port = json.value("dport", std::uint16_t{0});
    conn.cookie = read_hex(json, "cookie");
    read(json, "uid", conn.uid);
    read(json, "inode", conn.inode);
    read(json, "operation", conn.operation);
    read(json, "owned", conn.owned);
    read(json, "sent_bytes", conn.sent_bytes);
    read(json, "received_bytes", conn.received_bytes);
    read(json, "outstanding_bytes", conn.outstanding_bytes);
    read(json, "held_segments", conn.held_segments);
    read(json, "forwarded_segments", conn.forwarded_segments);
    read(json, "guard", conn.guard);
}

template <typename T>
Result<std::vector<T>> parse_document(const Json& json, const char* key) {
    return guarded(key, [&] {
        std::vector<T> items;
        for (const auto& item : json.at(key))
            from_json(item, items.emplace_back());
        return items;
    });
}

} // namespace

Json targets_document(const std::vector<Target>& targets) {
    return document("targets", targets);
}

Json connections_document(const std::vector<Connection>& connections) {
    return document("connections", connections);
}

Json operations_document(const std::vector<Operation>& operations) {
    return document("operations", operations);
}

Json reports_document(const std::vector<Report>& reports) {
    return document("operations", reports);
}

Json error_document(const Error& error) {
    return {{"schema", schema},
            {"error", {{"code", to_string(error.code)}, {"message", error.message}}}};
}

Result<std::vector<Target>> parse_targets(const Json& json) {
    return parse_document<Target>(json, "targets");
}

Result<std::vector<Connection>> parse_connections(const Json& json) {
    return parse_document<Connection>(json, "connections");
}

Result<std::vector<Operation>> parse_operations(const Json& json) {
    return parse_document<Operation>(json, "operations");
}

Result<std::vector<Report>> parse_reports(const Json& json) {
    return parse_document<Report>(json, "operations");
}

Json selector_to_json(const Selector& selector) {
    Json json = Json::object();
    if (selector.all)
        json["all"] = true;
    if (selector.src)
        json["src"] = selector.src->to_string();
    if (selector.dst)
        json["dst"] = selector.dst->to_string();
    if (selector.pid)
        json["pid"] = *selector.pid;
    return json;
}

Result<Selector> parse_selector_json(const Json& json) {
    std::optional<std::string> src;
    std::optional<std::string> dst;
    auto selector = guarded("selector", [&] {
        Selector parsed;
        parsed.all = json.value("all", false);
        read_optional(json, "src", src);
        read_optional(json, "dst", dst);
        read_optional(json, "pid", parsed.pid);
        return parsed;
    });
    if (!selector)
        return selector;
    for (auto [text, end] : {std::pair(&src, &selector->src), std::pair(&dst, &selector->dst)}) {
        if (!*text)
            continue;
        auto filter = parse_endpoint(**text);
        if (!filter)
            return tl::unexpected(filter.error());
        *end = *filter;
    }
    auto sound = check_selector(*selector);
    if (!sound)
        return tl::unexpected(sound.error());
    return selector;
}

Json target_spec_to_json(const TargetSpec& spec) {
    Json json = {{"dev", spec.dev}, {"kind", spec.kind}};
    auto put = [&](const char* key, const std::optional<std::uint32_t>& value) {
        if (value)
            json[key] = *value;
    };
    put("tcp", spec.tcp);
    put("path", spec.path);
    put("neighbor", spec.neighbor);
    put("mtu", spec.max_mtu);
    put("rcvwnd", spec.max_rcv_wnd);
    return json;
}

Result<TargetSpec> parse_target_spec(const Json& json) {
    return guarded("target", [&] {
        TargetSpec spec;
        read(json, "dev", spec.dev);
        read(json, "kind", spec.kind);
        read_optional(json, "tcp", spec.tcp);
        read_optional(json, "path", spec.path);
        read_optional(json, "neighbor", spec.neighbor);
        read_optional(json, "mtu", spec.max_mtu);
        read_optional(json, "rcvwnd", spec.max_rcv_wnd);
        return spec;
    });
}

} // namespace chimney
