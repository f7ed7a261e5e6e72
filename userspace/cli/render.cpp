// SPDX-License-Identifier: GPL-2.0-only
#include "render.hpp"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

namespace chimney::cli {
namespace {

/// The characters trees are drawn with.
struct Drawing {
    std::string_view branch;
    std::string_view last_branch;
    std::string_view trunk;
    std::string_view arrow;
};
constexpr Drawing box_drawing = {"├─ ", "└─ ", "│  ", "→"};
constexpr Drawing ascii_drawing = {"|- ", "`- ", "|  ", "->"};
constexpr std::string_view no_trunk = "   ";
constexpr std::size_t layers = 3;

const Drawing& drawing(const Style& style) {
    return style.utf8 ? box_drawing : ascii_drawing;
}

std::string plural(std::uint64_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string endpoint(const std::optional<Address>& address, std::uint16_t port) {
    return address ? format_endpoint(*address, port) : "?";
}

std::string address(const std::optional<Address>& address) {
    return address ? address->to_string() : "?";
}

std::string device(const std::string& name, std::uint32_t ifindex) {
    return name.empty() ? fmt::format("if{}", ifindex) : name;
}

Color status_color(Status status) {
    switch (status) {
    case CHIMNEY_STATUS_SUCCESS:
        return Color::green;
    case CHIMNEY_STATUS_PARTIAL_SUCCESS:
        return Color::yellow;
    default:
        return Color::red;
    }
}

/// Whether data travels with the blocks of such an operation.
bool moves(OpKind kind) {
    return kind == CHIMNEY_OP_KIND_INITIATE || kind == CHIMNEY_OP_KIND_TERMINATE;
}

/// A block as a tree shows it.
struct TreeRow {
    Layer layer;
    std::vector<Cell> cells;
    const State* state = nullptr;
};

/// For each block, whether another of its layer follows below the same parent.
std::vector<bool> has_sibling_below(const std::vector<TreeRow>& blocks) {
    std::vector<bool> result(blocks.size());
    std::array<bool, layers> seen{};
    for (std::size_t i = blocks.size(); i-- > 0;) {
        auto layer = std::min<std::size_t>(blocks[i].layer, layers - 1);
        result[i] = seen[layer];
        seen[layer] = true;
        // Whatever stands deeper further down hangs on this block.
        for (auto deeper = layer + 1; deeper < layers; ++deeper)
            seen[deeper] = false;
    }
    return result;
}

/// The variables as lines "class  name value, name value" below @p indent.
void add_state(std::vector<std::vector<Cell>>& rows, const std::string& indent, Layer layer,
               const State& state) {
    constexpr std::size_t width = 100;
    std::optional<StateClass> current;
    std::string line;
    auto flush = [&] {
        if (!line.empty())
            rows.push_back({{line, Color::dim}});
        line.clear();
    };
    for (const auto& variable : variables(layer)) {
        auto found = state.values.find(variable.attribute);
        if (found == state.values.end())
            continue;
        auto item = fmt::format("  {} {}", variable.name, format_value(variable, found->second));
        bool other = current != variable.state_class;
        if (other || line.size() + item.size() > width) {
            flush();
            line = indent + fmt::format("{:9}", other ? to_string(variable.state_class) : "");
        }
        current = variable.state_class;
        line += item;
    }
    flush();
}

/// A tree whose first block may be of any layer.
std::string render_tree(const Style& style, const std::vector<TreeRow>& blocks) {
    const auto& draw = drawing(style);
    auto siblings = has_sibling_below(blocks);
    std::size_t root = blocks.empty() ? 0 : blocks.front().layer;
    std::array<bool, layers> open{};
    std::vector<std::vector<Cell>> rows;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const auto& block = blocks[i];
        auto layer = std::min<std::size_t>(block.layer, layers - 1);
        open[layer] = siblings[i];
        std::string trunk;
        for (std::size_t level = root + 1; level < layer; ++level)
            trunk += open[level] ? draw.trunk : no_trunk;
        auto& row = rows.emplace_back(block.cells);
        if (layer > root)
            row[0].text =
                trunk + std::string(open[layer] ? draw.branch : draw.last_branch) + row[0].text;
        if (!block.state)
            continue;
        bool parent = i + 1 < blocks.size() && blocks[i + 1].layer > block.layer;
        if (layer > root)
            trunk += open[layer] ? draw.trunk : no_trunk;
        trunk += parent ? draw.trunk : no_trunk;
        add_state(rows, trunk, block.layer, *block.state);
    }
    return format_table(style, rows);
}

/// A query is made to see the state; elsewhere it is a detail.
TreeRow report_row(const Style& style, const Operation& op, const Block& block) {
    TreeRow row{block.layer, {}};
    auto status = block.status.value_or(CHIMNEY_STATUS_PENDING);
    row.cells.push_back({block_label(style, block)});
    row.cells.push_back({block.role ? to_string(*block.role) : "", Color::dim});
    // What is not sent has no status.
    row.cells.push_back(
        {block.status && !op.dry_run ? ndis_name(status) : "", status_color(status)});
    if (block.layer == CHIMNEY_LAYER_TCP && moves(op.kind))
        row.cells.push_back({fmt::format("send {}  receive {}", format_bytes(block.send_bytes),
                                         format_bytes(block.receive_bytes))});
    if (block.state && (style.details || op.kind == CHIMNEY_OP_KIND_QUERY))
        row.state = &*block.state;
    return row;
}

/// What became of connections, in the past tense.
std::string_view outcome(const Operation& op) {
    if (op.dry_run)
        return "would be offloaded";
    switch (op.kind) {
    case CHIMNEY_OP_KIND_INITIATE:
        return "offloaded";
    case CHIMNEY_OP_KIND_TERMINATE:
        return "uploaded";
    case CHIMNEY_OP_KIND_UPDATE:
        return "updated";
    case CHIMNEY_OP_KIND_QUERY:
        return "read";
    default:
        return "invalidated";
    }
}

std::string render_head(const Style& style, const Operation& op, const std::string& more) {
    auto head = fmt::format("operation {} {}{}: ", op.id, op.dry_run ? "dry run of " : "",
                            to_string(op.kind));
    // In a dry run nothing succeeds: what is not refused would go.
    auto good = op.dry_run ? op.connections() - op.refused : op.ok;
    head += fmt::format("{}, {} {}, {} not", plural(op.connections(), "connection"), good,
                        outcome(op), op.connections() - good);
    if (!op.running())
        head += ", " + format_duration(op.duration_ns);
    else if (op.total > op.connections())
        head += fmt::format(", still running, {} left", op.total - op.connections());
    else
        head += ", still running";
    if (op.state == CHIMNEY_OP_STATE_TIMED_OUT)
        head += ", timed out";
    if (op.state == CHIMNEY_OP_STATE_CANCELLED)
        head += ", cancelled";
    if (moves(op.kind) && !op.dry_run)
        head += ", " + plural(op.grace_periods, "grace period");
    return paint(style, Color::bold, head + more) + "\n";
}

/// The names and numbers a person tells the object of a replayed block by.
std::string replay_label(const Drawing& draw, const ReplayBlock& block) {
    auto label = to_string(block.layer);
    if (!block.object.empty())
        label += " " + block.object;
    if (!block.state)
        return label;
    auto text = [&](std::uint16_t attribute) -> std::string {
        auto found = block.state->values.find(attribute);
        if (found == block.state->values.end())
            return "";
        auto all = variables(block.layer);
        auto variable = std::ranges::find(all, attribute, &Variable::attribute);
        return format_value(*variable, found->second);
    };
    auto add = [&](const std::string& part) {
        if (!part.empty())
            label += " " + part;
    };
    switch (block.layer) {
    case CHIMNEY_LAYER_NEIGHBOR:
        add(text(CHIMNEY_A_NEIGHBOR_STATE_DL_DESTINATION_ADDRESS));
        break;
    case CHIMNEY_LAYER_PATH:
        if (auto src = text(CHIMNEY_A_PATH_STATE_SOURCE_ADDRESS); !src.empty())
            add(fmt::format("{} {} {}", src, draw.arrow,
                            text(CHIMNEY_A_PATH_STATE_DESTINATION_ADDRESS)));
        break;
    default:
        if (auto port = text(CHIMNEY_A_TCP_STATE_LOCAL_PORT); !port.empty())
            add(fmt::format(":{} {} :{}", port, draw.arrow, text(CHIMNEY_A_TCP_STATE_REMOTE_PORT)));
        add(text(CHIMNEY_A_TCP_STATE_STATE));
    }
    return label;
}

std::string replay_extra(const ReplayBlock& block) {
    std::string text;
    auto add = [&](bool wanted, const std::string& part) {
        if (wanted)
            text += (text.empty() ? "" : "  ") + part;
    };
    add(!block.object.empty(), block.slot ? "slot written" : "slot empty");
    add(block.send_bytes > 0, "send " + format_bytes(block.send_bytes));
    add(block.receive_bytes > 0, "receive " + format_bytes(block.receive_bytes));
    add(block.indicated_bytes > 0, "indicated " + format_bytes(block.indicated_bytes));
    add(block.events > 0, plural(block.events, "event"));
    return text;
}

std::string local_time(std::uint64_t ns) {
    constexpr std::uint64_t second = 1'000'000'000;
    auto seconds = static_cast<std::time_t>(ns / second);
    std::tm local{};
    localtime_r(&seconds, &local);
    return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", local.tm_year + 1900,
                       local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
                       ns % second / 1000);
}

Color gate_color(Gate gate) {
    return gate == CHIMNEY_GATE_OPEN ? Color::none : Color::yellow;
}

/// What connections take in the host and in the target.
std::string memory(const Target& target) {
    auto text = fmt::format("host {} a connection", format_bytes(target.host_memory));
    if (!target.memory)
        return text;
    text += ", target " + format_bytes(*target.memory);
    if (target.tcp.used > 0)
        text += fmt::format(" ({} a connection)", format_bytes(*target.memory / target.tcp.used));
    return text;
}

/// What a target can do and what it did wrong, below its line.
void add_details(std::vector<std::vector<Cell>>& rows, const Target& target) {
    std::string caps;
    for (auto [can, name] : {std::pair(target.ipv4, "ipv4"), std::pair(target.ipv6, "ipv6"),
                             std::pair(target.sack, "sack")})
        if (can)
            caps += std::string(" ") + name;
    rows.push_back({{"   capabilities" + (caps.empty() ? " none" : caps)}});
    rows.push_back({{"   memory " + memory(target)}});
    for (const auto& [clause, count] : target.breaches)
        rows.push_back(
            {{fmt::format("   {} broken {}", clause, plural(count, "time")), Color::red}});
}

std::string entries(const Entries& entries) {
    return fmt::format("{}/{}", entries.used, entries.max);
}

std::string limit(std::uint32_t value) {
    return value ? std::to_string(value) : "any";
}

} // namespace

std::string format_bytes(std::uint64_t bytes) {
    constexpr std::array<std::string_view, 4> units = {"B", "KiB", "MiB", "GiB"};
    std::size_t unit = 0;
    std::uint64_t size = 1;
    while (unit + 1 < units.size() && bytes / size >= 1024) {
        size *= 1024;
        ++unit;
    }
    if (bytes % size == 0)
        return fmt::format("{} {}", bytes / size, units[unit]);
    return fmt::format("{:.1f} {}", static_cast<double>(bytes) / static_cast<double>(size),
                       units[unit]);
}

std::string format_duration(std::uint64_t ns) {
    constexpr double ms = 1e6;
    constexpr double s = 1e9;
    auto value = static_cast<double>(ns);
    return value < s ? fmt::format("{:.1f} ms", value / ms) : fmt::format("{:.2f} s", value / s);
}

std::string block_label(const Style& style, const Block& block) {
    const auto& draw = drawing(style);
    switch (block.layer) {
    case CHIMNEY_LAYER_NEIGHBOR: {
        auto label = "neighbor " + address(block.dst);
        if (block.mac)
            label += fmt::format(" {:02x}", fmt::join(*block.mac, ":"));
        if (block.ifindex != 0)
            label += " dev " + device(block.dev, block.ifindex);
        return label;
    }
    case CHIMNEY_LAYER_PATH: {
        auto label =
            fmt::format("path {} {} {}", address(block.src), draw.arrow, address(block.dst));
        if (block.mtu)
            label += fmt::format(" mtu {}", *block.mtu);
        return label;
    }
    default: {
        auto label = fmt::format("tcp {} {} {}", endpoint(block.src, block.src_port), draw.arrow,
                                 endpoint(block.dst, block.dst_port));
        if (block.tcp_state)
            label += " " + to_string(*block.tcp_state);
        return label;
    }
    }
}

std::string render_operation(const Style& style, const Operation& op) {
    auto who = op.requester.empty() ? "" : " for " + op.requester;
    return paint(style, Color::dim, local_time(op.start_ns)) + " " + render_head(style, op, who);
}

std::string render_blocks(const Style& style, const Report& report) {
    std::vector<TreeRow> tree;
    for (const auto& block : report.blocks)
        if (!block.reason)
            tree.push_back(report_row(style, report.operation, block));
    return render_tree(style, tree);
}

std::string render_report(const Style& style, const Report& report) {
    std::uint64_t send = 0;
    std::uint64_t receive = 0;
    for (const auto& block : report.blocks) {
        send += block.send_bytes;
        receive += block.receive_bytes;
    }
    auto data = fmt::format(", send {}, receive {}", format_bytes(send), format_bytes(receive));
    return render_head(style, report.operation, moves(report.operation.kind) ? data : "") +
           render_blocks(style, report) + render_refused(style, report);
}

std::string render_refused(const Style& style, const Report& report) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& block : report.blocks)
        if (block.reason)
            rows.push_back({{"   " + block_label(style, block)},
                            {to_string(*block.reason) + ": " + std::string(describe(*block.reason)),
                             Color::yellow}});
    return rows.empty() ? "" : "refused:\n" + format_table(style, rows);
}

std::string render_replay(const Style& style, std::size_t number, const ReplayResult& result) {
    auto head = fmt::format("step {} {}:", number, to_string(result.kind));
    if (result.state == CHIMNEY_OP_STATE_TIMED_OUT)
        head += " timed out, the target still has the tree";
    std::vector<TreeRow> tree;
    for (const auto& block : result.blocks) {
        auto status = block.status.value_or(CHIMNEY_STATUS_PENDING);
        TreeRow row{block.layer, {}};
        row.cells.push_back({replay_label(drawing(style), block)});
        row.cells.push_back({to_string(block.role), Color::dim});
        row.cells.push_back({ndis_name(status), status_color(status)});
        row.cells.push_back({replay_extra(block)});
        if (block.state && !block.state->values.empty() &&
            (style.details || result.kind != CHIMNEY_OP_KIND_INITIATE))
            row.state = &*block.state;
        tree.push_back(std::move(row));
    }
    return paint(style, Color::bold, head) + "\n" + render_tree(style, tree);
}

std::string render_event(const Style& style, const Event& event) {
    bool bad = event.source == CHIMNEY_EVENT_SOURCE_VIOLATION;
    auto text = paint(style, Color::dim, local_time(event.time_ns)) + " " +
                to_string(event.source) + " " +
                paint(style, bad ? Color::red : Color::bold, event.name);
    if (event.upload_reason)
        text += " " + to_string(*event.upload_reason);
    else if (event.information && *event.information != 0)
        text += fmt::format(" {}", *event.information);
    if (event.ifindex != 0)
        text += " dev " + device(event.dev, event.ifindex);
    if (event.socket)
        text += fmt::format(
            " tcp {} {} {}", format_endpoint(event.socket->src, event.socket->src_port),
            drawing(style).arrow, format_endpoint(event.socket->dst, event.socket->dst_port));
    if (event.context)
        text += fmt::format(" context {:#x}", *event.context);
    return text + "\n";
}

std::string render_gap(const Style& style, std::uint64_t time_ns) {
    return paint(style, Color::dim, local_time(time_ns)) + " " +
           paint(style, Color::yellow,
                 "gap: events were lost, they came faster than they were read") +
           "\n";
}

std::string render_statistics(const Style& style, const std::vector<Statistics>& statistics) {
    std::string text;
    for (const auto& one : statistics) {
        text += paint(style, Color::bold,
                      fmt::format("{} IPv{}", one.dev, static_cast<unsigned>(one.version))) +
                "\n";
        std::vector<std::vector<Cell>> rows;
        auto names = counter_names();
        for (std::size_t i = 0; i < names.size() && i < one.counters.size(); ++i)
            rows.push_back(
                {{"   " + std::string(names[i])},
                 {std::to_string(one.counters[i]), one.counters[i] ? Color::none : Color::dim}});
        text += format_table(style, rows);
    }
    return text;
}

std::string render_settings(const Style& style, const Settings& settings) {
    std::vector<std::vector<Cell>> rows;
    auto all = parameters();
    for (std::size_t i = 0; i < all.size() && i < settings.values.size(); ++i)
        rows.push_back({{"   " + std::string(all[i].name)},
                        {std::to_string(settings.values[i])},
                        {std::string(all[i].help), Color::dim}});
    return paint(style, Color::bold, settings.dev) + "\n" + format_table(style, rows);
}

std::string render_targets(const Style& style, const std::vector<Target>& targets) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& target : targets) {
        rows.push_back(
            {{target.dev, Color::bold},
             {"kind " + (target.kind.empty() ? "driver" : target.kind)},
             {"tcp " + entries(target.tcp)},
             {"path " + entries(target.path)},
             {"neighbor " + entries(target.neighbor)},
             {"mtu " + limit(target.max_mtu)},
             {"rcvwnd " + limit(target.max_rcv_wnd)},
             {fmt::format("violations {}", target.violations),
              target.violations ? Color::red : Color::none},
             {target.gate == CHIMNEY_GATE_OPEN && !style.details ? ""
                                                                 : "gate " + to_string(target.gate),
              gate_color(target.gate)},
             {target.quarantined ? "quarantined" : "", Color::red}});
        if (style.details)
            add_details(rows, target);
    }
    return format_table(style, rows);
}

std::string render_connections(const Style& style, const std::vector<Connection>& connections) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& conn : connections)
        rows.push_back(
            {{fmt::format("tcp {} {} {}", format_endpoint(conn.src, conn.src_port),
                          drawing(style).arrow, format_endpoint(conn.dst, conn.dst_port))},
             {to_string(conn.tcp_state)},
             {to_string(conn.state), conn.state == CHIMNEY_CONN_STATE_OFFLOADED ? Color::green
                                     : conn.state == CHIMNEY_CONN_STATE_LOST    ? Color::red
                                                                                : Color::yellow},
             {"dev " + device(conn.dev, conn.ifindex)},
             {"sent " + format_bytes(conn.sent_bytes)},
             {"received " + format_bytes(conn.received_bytes)},
             {"outstanding " + format_bytes(conn.outstanding_bytes)},
             {conn.owned ? "owned" : "", Color::dim},
             {conn.held_segments ? fmt::format("held {}", conn.held_segments) : "", Color::yellow},
             {conn.guard ? fmt::format("guard {}", conn.guard) : "", Color::red}});
    return format_table(style, rows);
}

} // namespace chimney::cli
