// SPDX-License-Identifier: GPL-2.0-only
#include "render.hpp"

#include <algorithm>
#include <array>

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

std::string block_label(const Drawing& draw, const Block& block) {
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

/// For each block, whether another of its layer follows below the same parent.
std::vector<bool> has_sibling_below(const std::vector<const Block*>& blocks) {
    std::vector<bool> result(blocks.size());
    std::array<bool, layers> seen{};
    for (std::size_t i = blocks.size(); i-- > 0;) {
        auto layer = std::min<std::size_t>(blocks[i]->layer, layers - 1);
        result[i] = seen[layer];
        seen[layer] = true;
        // Whatever stands deeper further down hangs on this block.
        for (auto deeper = layer + 1; deeper < layers; ++deeper)
            seen[deeper] = false;
    }
    return result;
}

std::string render_tree(const Style& style, const std::vector<const Block*>& blocks) {
    const auto& draw = drawing(style);
    auto siblings = has_sibling_below(blocks);
    std::array<bool, layers> open{};
    std::vector<std::vector<Cell>> rows;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        const auto& block = *blocks[i];
        auto layer = std::min<std::size_t>(block.layer, layers - 1);
        open[layer] = siblings[i];
        std::string label;
        for (std::size_t level = 1; level < layer; ++level)
            label += open[level] ? draw.trunk : no_trunk;
        if (layer > 0)
            label += open[layer] ? draw.branch : draw.last_branch;
        label += block_label(draw, block);
        auto& row = rows.emplace_back();
        row.push_back({std::move(label)});
        row.push_back({block.role ? to_string(*block.role) : "", Color::dim});
        row.push_back({block.status ? ndis_name(*block.status) : "",
                       status_color(block.status.value_or(CHIMNEY_STATUS_PENDING))});
        if (layer == CHIMNEY_LAYER_TCP)
            row.push_back({fmt::format("send {}  receive {}", format_bytes(block.send_bytes),
                                       format_bytes(block.receive_bytes))});
    }
    return format_table(style, rows);
}

std::string render_refused(const Style& style, const std::vector<const Block*>& refused) {
    std::vector<std::vector<Cell>> rows;
    for (const auto* block : refused)
        rows.push_back({{"   " + block_label(drawing(style), *block)},
                        {to_string(*block->reason) + ": " + std::string(describe(*block->reason)),
                         Color::yellow}});
    return rows.empty() ? "" : "refused:\n" + format_table(style, rows);
}

std::string render_head(const Style& style, const Operation& op, const std::string& more) {
    bool initiate = op.kind == CHIMNEY_OP_KIND_INITIATE;
    auto head = fmt::format("operation {} {}: ", op.id, to_string(op.kind));
    head += fmt::format("{}, {} {}, {} not", plural(op.connections(), "connection"), op.ok,
                        initiate ? "offloaded" : "uploaded", op.failed + op.refused);
    if (op.running())
        head += ", still running";
    else
        head += ", " + format_duration(op.duration_ns);
    if (op.state == CHIMNEY_OP_STATE_TIMED_OUT)
        head += ", timed out";
    head += ", " + plural(op.grace_periods, "grace period") + more;
    return paint(style, Color::bold, head) + "\n";
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

std::string render_operation(const Style& style, const Operation& op) {
    return render_head(style, op, "");
}

std::string render_report(const Style& style, const Report& report) {
    std::vector<const Block*> tree;
    std::vector<const Block*> refused;
    std::uint64_t send = 0;
    std::uint64_t receive = 0;
    for (const auto& block : report.blocks) {
        (block.reason ? refused : tree).push_back(&block);
        send += block.send_bytes;
        receive += block.receive_bytes;
    }
    return render_head(
               style, report.operation,
               fmt::format(", send {}, receive {}", format_bytes(send), format_bytes(receive))) +
           render_tree(style, tree) + render_refused(style, refused);
}

std::string render_targets(const Style& style, const std::vector<Target>& targets) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& target : targets)
        rows.push_back({{target.dev, Color::bold},
                        {"kind " + (target.kind.empty() ? "driver" : target.kind)},
                        {"tcp " + entries(target.tcp)},
                        {"path " + entries(target.path)},
                        {"neighbor " + entries(target.neighbor)},
                        {"mtu " + limit(target.max_mtu)},
                        {"rcvwnd " + limit(target.max_rcv_wnd)},
                        {fmt::format("violations {}", target.violations),
                         target.violations ? Color::red : Color::none}});
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
