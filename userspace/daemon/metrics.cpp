// SPDX-License-Identifier: GPL-2.0-only
#include "metrics.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace chimney::daemon {
namespace {

void add_head(std::string& text, std::string_view name, std::string_view type,
              std::string_view help) {
    text += fmt::format("# TYPE {0} {1}\n# HELP {0} {2}\n", name, type, help);
}

constexpr double ns_per_s = 1e9;

} // namespace

void Metrics::note(const Report& report) {
    const auto& op = report.operation;
    if (op.dry_run)
        return;
    auto kind = to_string(op.kind);
    for (const auto& block : report.blocks) {
        if (block.layer != CHIMNEY_LAYER_TCP || (!block.status && !block.reason))
            continue;
        ++connections_[{kind, block.reason ? to_string(*block.reason) : to_string(*block.status)}];
    }
    auto& histogram = durations_[kind];
    auto seconds = static_cast<double>(op.duration_ns) / ns_per_s;
    auto bucket = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
    ++histogram.counts[static_cast<std::size_t>(bucket)];
    histogram.sum_ns += op.duration_ns;
}

std::string Metrics::text(const std::vector<Target>& targets,
                          const std::vector<Connection>& connections) const {
    std::string text;
    add_head(text, "chimney_target_entries", "gauge", "Entries of a target in use.");
    for (const auto& target : targets)
        for (auto [layer, entries] :
             {std::pair("tcp", target.tcp), {"path", target.path}, {"neighbor", target.neighbor}})
            text += fmt::format("chimney_target_entries{{dev=\"{}\",layer=\"{}\"}} {}\n",
                                target.dev, layer, entries.used);
    add_head(text, "chimney_target_entries_limit", "gauge", "Entries a target has.");
    for (const auto& target : targets)
        for (auto [layer, entries] :
             {std::pair("tcp", target.tcp), {"path", target.path}, {"neighbor", target.neighbor}})
            text += fmt::format("chimney_target_entries_limit{{dev=\"{}\",layer=\"{}\"}} {}\n",
                                target.dev, layer, entries.max);
    add_head(text, "chimney_target_memory_bytes", "gauge",
             "Memory a target holds for connections, those kept for the next ones included.");
    for (const auto& target : targets)
        if (target.memory)
            text += fmt::format("chimney_target_memory_bytes{{dev=\"{}\"}} {}\n", target.dev,
                                *target.memory);
    add_head(text, "chimney_host_memory_bytes", "gauge",
             "Memory the host takes for connections of a target, beside their sockets.");
    for (const auto& target : targets)
        text += fmt::format("chimney_host_memory_bytes{{dev=\"{}\"}} {}\n", target.dev,
                            static_cast<std::uint64_t>(
                                std::ranges::count(connections, target.dev, &Connection::dev)) *
                                target.host_memory);
    add_head(text, "chimney_target_open", "gauge", "1 if connections may go to a target.");
    for (const auto& target : targets)
        text += fmt::format("chimney_target_open{{dev=\"{}\"}} {}\n", target.dev,
                            target.gate == CHIMNEY_GATE_OPEN && !target.quarantined ? 1 : 0);
    add_head(text, "chimney_contract_breaches", "counter", "Breaches of the contract by clause.");
    for (const auto& target : targets)
        for (const auto& [clause, count] : target.breaches)
            text += fmt::format("chimney_contract_breaches_total{{dev=\"{}\",clause=\"{}\"}} {}\n",
                                target.dev, clause, count);
    add_head(text, "chimney_connections", "gauge", "Connections that are not at home.");
    for (auto name : enum_names<ConnState>())
        text += fmt::format("chimney_connections{{state=\"{}\"}} {}\n", name,
                            std::ranges::count_if(connections, [&](const Connection& connection) {
                                return to_string(connection.state) == name;
                            }));
    add_head(text, "chimney_operation_connections", "counter",
             "Connections of operations since chimneyd started, by what became of them.");
    for (const auto& [labels, count] : connections_)
        text += fmt::format("chimney_operation_connections_total{{kind=\"{}\",status=\"{}\"}} {}\n",
                            labels.first, labels.second, count);
    add_head(text, "chimney_operation_duration_seconds", "histogram",
             "Time from the start of an operation to its last completion.");
    for (const auto& [kind, histogram] : durations_) {
        std::uint64_t count = 0;
        for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
            count += histogram.counts[i];
            text += fmt::format(
                "chimney_operation_duration_seconds_bucket{{kind=\"{}\",le=\"{}\"}} {}\n", kind,
                i < bounds.size() ? fmt::format("{}", bounds[i]) : "+Inf", count);
        }
        text += fmt::format("chimney_operation_duration_seconds_sum{{kind=\"{0}\"}} {1}\n"
                            "chimney_operation_duration_seconds_count{{kind=\"{0}\"}} {2}\n",
                            kind, static_cast<double>(histogram.sum_ns) / ns_per_s, count);
    }
    return text + "# EOF\n";
}

} // namespace chimney::daemon
