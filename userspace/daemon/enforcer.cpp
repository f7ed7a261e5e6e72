// SPDX-License-Identifier: GPL-2.0-only
#include "enforcer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "state_file.hpp"

namespace chimney::daemon {
namespace {

using std::chrono::seconds;

/// How long a first failure keeps a connection at home; each further one doubles it.
constexpr seconds after_shortage{1};
constexpr seconds after_retrieve{10};
constexpr seconds after_refusal{60};
constexpr seconds at_most{600};
constexpr unsigned doublings = 10;

/// Of what a target or the host may have more the next time.
constexpr auto shortages = std::to_array<Status>({
    CHIMNEY_STATUS_RESOURCES,
    CHIMNEY_STATUS_TCP_ENTRIES,
    CHIMNEY_STATUS_PATH_ENTRIES,
    CHIMNEY_STATUS_NEIGHBOR_ENTRIES,
    CHIMNEY_STATUS_HW_ADDRESS_ENTRIES,
    CHIMNEY_STATUS_IP_ADDRESS_ENTRIES,
    CHIMNEY_STATUS_TCP_XMIT_BUFFER,
    CHIMNEY_STATUS_TCP_RCV_BUFFER,
    CHIMNEY_STATUS_VLAN_ENTRIES,
    CHIMNEY_STATUS_REQUEST_ABORTED,
    CHIMNEY_STATUS_UPLOAD_IN_PROGRESS,
});
constexpr auto passing = std::to_array<Reason>({
    CHIMNEY_REASON_BUSY,
    CHIMNEY_REASON_NO_NEIGHBOR,
    CHIMNEY_REASON_URGENT,
    CHIMNEY_REASON_MEMORY,
    CHIMNEY_REASON_TARGET_PAUSED,
    CHIMNEY_REASON_LIMIT,
});

template <typename Range, typename T>
bool contains(const Range& range, const T& value) {
    return std::ranges::find(range, value) != std::ranges::end(range);
}

bool is_shortage(const Block& block) {
    return block.reason ? contains(passing, *block.reason)
                        : block.status && contains(shortages, *block.status);
}

std::string reason_of(const Block& block) {
    if (block.reason)
        return std::string(describe(*block.reason));
    return block.status ? ndis_name(*block.status) : "no result";
}

bool succeeded(const Block& block) {
    return block.layer == CHIMNEY_LAYER_TCP && block.status == CHIMNEY_STATUS_SUCCESS;
}

std::string format_cookie(std::uint64_t cookie) {
    return fmt::format("{:#x}", cookie);
}

std::string_view to_string(Step step) {
    constexpr auto names = std::to_array<std::string_view>({"stay", "offload", "upload"});
    return names[static_cast<std::size_t>(step)];
}

Json to_json(const Decision& decision) {
    const auto& [name, inode, uid, cgroup, command, dev, age, bytes, rate] = decision.candidate;
    Json json = {{"src", name.src.to_string()},
                 {"sport", name.src_port},
                 {"dst", name.dst.to_string()},
                 {"dport", name.dst_port},
                 {"cookie", format_cookie(name.cookie)},
                 {"uid", uid},
                 {"age_s", age},
                 {"bytes", bytes},
                 {"bytes_per_s", rate},
                 {"offloaded", decision.out}};
    for (auto [key, text] : {std::pair("dev", &dev), {"cgroup", &cgroup}, {"command", &command}})
        if (!text->empty())
            json[key] = *text;
    if (decision.rule) {
        json["rule"] = decision.rule->name;
        json["line"] = decision.rule->line;
        json["action"] = chimney::to_string(decision.rule->action);
    }
    json["step"] = to_string(decision.step);
    json["why"] = decision.why;
    return json;
}

} // namespace

Json decisions_document(const std::vector<Decision>& decisions) {
    auto list = Json::array();
    for (const auto& decision : decisions)
        list.push_back(to_json(decision));
    return {{"schema", 1}, {"decisions", std::move(list)}};
}

Json with_results(Json document, const std::vector<Report>& reports) {
    std::map<std::string, Json> results;
    for (const auto& report : reports)
        for (const auto& block : report.blocks) {
            if (block.layer != CHIMNEY_LAYER_TCP)
                continue;
            auto& result = results[format_cookie(block.cookie)];
            result["operation"] = report.operation.id;
            if (block.reason)
                result["reason"] = chimney::to_string(*block.reason);
            else if (block.status)
                result["status"] = ndis_name(*block.status);
        }
    for (auto& decision : document["decisions"])
        if (auto result = results.find(decision.value("cookie", "")); result != results.end())
            decision.update(result->second);
    return document;
}

/// What may still be offloaded in one go.
struct Enforcer::Budget {
    std::map<std::string, std::size_t> out;       ///< connections each rule has out
    std::map<std::string, const Target*> targets; ///< by device
    std::map<std::string, std::uint64_t> free;    ///< connections that fit, by device
};

std::vector<Decision> Enforcer::decide(const Policy& policy, const Situation& situation) const {
    Budget budget{counts(), {}, {}};
    for (const auto& target : situation.targets) {
        budget.targets[target.dev] = &target;
        budget.free[target.dev] = target.tcp.max - std::min(target.tcp.max, target.tcp.used);
    }
    std::map<std::uint64_t, ConnState> away;
    for (const auto& connection : situation.connections)
        away[connection.cookie] = connection.state;
    std::vector<Decision> decisions;
    for (const auto& candidate : situation.candidates) {
        auto state = away.find(candidate.name.cookie);
        bool out = state != away.end();
        auto verdict = policy.judge(candidate, out);
        Decision decision{candidate, out, verdict.rule, Step::stay, verdict.waiting};
        if (out && state->second != CHIMNEY_CONN_STATE_OFFLOADED)
            decision.why = "it is on its way";
        else
            decide_one(decision, budget, situation.now);
        decisions.push_back(std::move(decision));
    }
    return decisions;
}

void Enforcer::decide_one(Decision& decision, Budget& budget, Clock::time_point now) const {
    static const Record unknown;
    auto found = records_.find(decision.candidate.name.cookie);
    const auto& record = found == records_.end() ? unknown : found->second;
    const auto* rule = decision.rule;
    auto action = rule ? rule->action : Action::never;
    const auto& dev = decision.candidate.dev;
    if (action == Action::quarantine) {
        decision.step = decision.out ? Step::upload : Step::stay;
        decision.why = fmt::format("rule {} keeps it at home", rule->name);
    } else if (record.hand == Hand::home && !decision.out) {
        decision.why = "it was taken back by hand";
    } else if (record.hand == Hand::out && decision.out) {
        decision.why = "it was offloaded by hand";
    } else if (action == Action::never) {
        bool ours = decision.out && !record.rule.empty();
        decision.step = ours ? Step::upload : Step::stay;
        if (decision.why.empty())
            decision.why =
                rule ? fmt::format("rule {} never offloads it", rule->name) : "no rule matches";
    } else if (decision.out) {
        decision.why = fmt::format("rule {} offloads it", rule->name);
    } else if (record.again > now) {
        auto wait = std::chrono::ceil<seconds>(record.again - now).count();
        decision.why = fmt::format("next attempt in {} s: {}", wait, record.reason);
    } else if (quarantined_.contains(dev)) {
        decision.why = fmt::format("the target on {} is quarantined", dev);
    } else if (auto target = budget.targets.find(dev);
               target != budget.targets.end() && target->second->gate != CHIMNEY_GATE_OPEN) {
        decision.why =
            fmt::format("the target on {} is {}", dev, chimney::to_string(target->second->gate));
    } else if (auto room = budget.free.find(dev); room != budget.free.end() && room->second == 0) {
        decision.why = fmt::format("the target on {} is full", dev);
    } else if (rule->max && budget.out[rule->name] >= *rule->max) {
        decision.why = fmt::format("rule {} has its {} connections", rule->name, *rule->max);
    } else {
        decision.step = Step::offload;
        decision.why = fmt::format("rule {} offloads it", rule->name);
        ++budget.out[rule->name];
        if (room != budget.free.end())
            --room->second;
    }
}

void Enforcer::observe(const Situation& situation) {
    std::set<std::uint64_t> away;
    std::set<std::string> closed = quarantined_;
    std::set<std::uint64_t> alive;
    for (const auto& connection : situation.connections)
        away.insert(connection.cookie);
    for (const auto& target : situation.targets)
        if (target.gate != CHIMNEY_GATE_OPEN)
            closed.insert(target.dev);
    for (const auto& candidate : situation.candidates) {
        alive.insert(candidate.name.cookie);
        auto found = records_.find(candidate.name.cookie);
        if (found == records_.end())
            continue;
        auto& record = found->second;
        bool out = away.contains(candidate.name.cookie);
        if (record.hand == (out ? Hand::home : Hand::out))
            record.hand = Hand::none; // it was moved past us
        if (out || record.rule.empty())
            continue;
        record.rule.clear();
        // Where nothing may go at the moment, the connection is not to blame.
        if (!closed.contains(candidate.dev))
            postpone(record, "it came home by itself", after_retrieve, situation.now);
    }
    keep(alive);
}

void Enforcer::begin(const std::vector<Decision>& decisions) {
    for (const auto& decision : decisions) {
        auto cookie = decision.candidate.name.cookie;
        if (!decision.rule || decision.rule->action != Action::offload)
            continue;
        if (decision.step == Step::offload)
            asked_[cookie] = decision.rule->name;
        else if (auto& record = records_[cookie]; decision.out && record.hand == Hand::none)
            record.rule = decision.rule->name;
    }
    std::erase_if(records_, [](const auto& item) { return item.second == Record{}; });
}

void Enforcer::postpone(Record& record, std::string reason, seconds first, Clock::time_point now) {
    if (now > record.again + at_most)
        record.failures = 0;
    auto wait = first * (1U << std::min(record.failures, doublings));
    record.again = now + std::min<seconds>(wait, at_most);
    record.reason = std::move(reason);
    record.rule.clear();
    ++record.failures;
}

void Enforcer::note_result(const Report& report, Clock::time_point now) {
    bool out = report.operation.kind == CHIMNEY_OP_KIND_INITIATE;
    for (const auto& block : report.blocks) {
        if (block.layer != CHIMNEY_LAYER_TCP)
            continue;
        auto rule = asked_.extract(block.cookie);
        auto& record = records_[block.cookie];
        if (out && !rule.empty() && succeeded(block))
            record.rule = rule.mapped();
        else if (!out && succeeded(block))
            record.rule.clear();
        else if (out && block.reason != CHIMNEY_REASON_ALREADY_OFFLOADED)
            postpone(record, reason_of(block), is_shortage(block) ? after_shortage : after_refusal,
                     now);
    }
}

void Enforcer::note_hand(const Report& report) {
    auto kind = report.operation.kind;
    bool moves = kind == CHIMNEY_OP_KIND_INITIATE || kind == CHIMNEY_OP_KIND_TERMINATE;
    if (!moves || report.operation.dry_run)
        return;
    for (const auto& block : report.blocks) {
        if (!succeeded(block))
            continue;
        auto hand = kind == CHIMNEY_OP_KIND_INITIATE ? Hand::out : Hand::home;
        records_[block.cookie] = Record{hand, {}, 0, {}, {}};
    }
}

void Enforcer::note_event(const Event& event, Clock::time_point now) {
    if (event.source == CHIMNEY_EVENT_SOURCE_TARGET && event.name == "resume") {
        forget_failures();
        return;
    }
    if (event.source != CHIMNEY_EVENT_SOURCE_TCP || event.name != "retrieve" || !event.socket)
        return;
    auto found = records_.find(event.socket->cookie);
    if (found == records_.end() || found->second.hand != Hand::none)
        return;
    auto reason = event.upload_reason ? chimney::to_string(*event.upload_reason) : "no reason";
    postpone(found->second, "the target gave it back: " + reason, after_retrieve, now);
}

void Enforcer::forget_failures() {
    for (auto& [cookie, record] : records_) {
        record.failures = 0;
        record.again = {};
        record.reason.clear();
    }
}

std::size_t Enforcer::release(const std::set<std::uint64_t>& cookies) {
    std::size_t released = 0;
    for (auto cookie : cookies) {
        auto found = records_.find(cookie);
        if (found == records_.end() || found->second.hand == Hand::none)
            continue;
        records_.erase(found);
        ++released;
    }
    return released;
}

void Enforcer::keep(const std::set<std::uint64_t>& cookies) {
    std::erase_if(records_, [&](const auto& item) { return !cookies.contains(item.first); });
    std::erase_if(asked_, [&](const auto& item) { return !cookies.contains(item.first); });
}

std::vector<std::string> Enforcer::forbidden(const Policy& policy,
                                             const std::vector<Candidate>& candidates) const {
    std::vector<std::string> reasons;
    for (const auto& candidate : candidates) {
        auto verdict = policy.judge(candidate, true);
        if (quarantined_.contains(candidate.dev))
            reasons.push_back(fmt::format("the target on {0} is quarantined: chimneyctl target "
                                          "release {0} lifts that",
                                          candidate.dev));
        else if (verdict.rule && verdict.rule->action == Action::quarantine)
            reasons.push_back(fmt::format(
                "the policy's rule {} (line {}) keeps {} at home", verdict.rule->name,
                verdict.rule->line, format_endpoint(candidate.name.dst, candidate.name.dst_port)));
    }
    return reasons;
}

bool Enforcer::owns_any() const {
    return std::ranges::any_of(records_,
                               [](const auto& item) { return !item.second.rule.empty(); });
}

std::map<std::string, std::size_t> Enforcer::counts() const {
    std::map<std::string, std::size_t> counts;
    for (const auto& [cookie, record] : records_)
        if (!record.rule.empty())
            ++counts[record.rule];
    return counts;
}

std::set<std::uint64_t> Enforcer::held() const {
    std::set<std::uint64_t> cookies;
    for (const auto& [cookie, record] : records_)
        if (record.hand == Hand::home)
            cookies.insert(cookie);
    return cookies;
}

Json Enforcer::save() const {
    auto home = Json::array();
    auto out = Json::array();
    for (const auto& [cookie, record] : records_)
        if (record.hand != Hand::none)
            (record.hand == Hand::home ? home : out).push_back(cookie);
    return {{"quarantined", quarantined_},
            {"boot_id", boot_id()},
            {"home_by_hand", std::move(home)},
            {"offloaded_by_hand", std::move(out)}};
}

void Enforcer::restore(const Json& state) {
    for (const auto& dev : state.value("quarantined", Json::array()))
        if (dev.is_string())
            quarantined_.insert(dev.get<std::string>());
    if (state.value("boot_id", "") != boot_id())
        return;
    for (auto [key, hand] :
         {std::pair("home_by_hand", Hand::home), {"offloaded_by_hand", Hand::out}})
        for (const auto& cookie : state.value(key, Json::array()))
            if (cookie.is_number_unsigned())
                records_[cookie.get<std::uint64_t>()].hand = hand;
}

} // namespace chimney::daemon
