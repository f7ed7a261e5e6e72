// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/policy.hpp>

#include <algorithm>

#include <fmt/format.h>

namespace chimney {
namespace {

/// Whether @p path is @p root or below it.
bool is_below(std::string_view path, std::string_view root) {
    while (root.ends_with('/'))
        root.remove_suffix(1);
    return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

} // namespace

std::string_view to_string(Action action) {
    switch (action) {
    case Action::offload:
        return "offload";
    case Action::quarantine:
        return "quarantine";
    case Action::never:
        break;
    }
    return "never";
}

bool Rule::matches(const Candidate& candidate) const {
    const auto& name = candidate.name;
    return (!src || src->matches(name.src, name.src_port)) &&
           (!dst || dst->matches(name.dst, name.dst_port)) && (!user || *user == candidate.uid) &&
           (!cgroup || (!candidate.cgroup.empty() && is_below(candidate.cgroup, *cgroup))) &&
           (!command || *command == candidate.command) && (!dev || *dev == candidate.dev);
}

std::string Rule::shortfall(const Candidate& candidate) const {
    std::vector<std::string> missing;
    if (candidate.age_s < min_age_s)
        missing.push_back(fmt::format("age {} s of {} s", candidate.age_s, min_age_s));
    if (candidate.bytes < min_bytes)
        missing.push_back(fmt::format("{} of {} bytes", candidate.bytes, min_bytes));
    if (candidate.rate < min_rate)
        missing.push_back(fmt::format("{} of {} bytes/s", candidate.rate, min_rate));
    return fmt::format("{}", fmt::join(missing, ", "));
}

Verdict Policy::judge(const Candidate& candidate, bool out) const {
    Verdict verdict;
    for (const auto& rule : rules) {
        if (!rule.matches(candidate))
            continue;
        auto missing = out ? "" : rule.shortfall(candidate);
        if (missing.empty()) {
            verdict.rule = &rule;
            return verdict;
        }
        if (verdict.waiting.empty() && rule.action == Action::offload)
            verdict.waiting = fmt::format("rule {} waits: {}", rule.name, missing);
    }
    return verdict;
}

bool Policy::uses(std::optional<std::string> Rule::*field) const {
    return std::ranges::any_of(rules, [&](const Rule& rule) { return (rule.*field).has_value(); });
}

} // namespace chimney
