// SPDX-License-Identifier: GPL-2.0-only
// The part of the service that does what the policy says and keeps quarantines.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "service.hpp"

namespace chimney::daemon {
namespace {

constexpr std::size_t history_bytes = 16U << 20;

Json to_json(const Rule& rule) {
    Json json = {{"name", rule.name}, {"line", rule.line}, {"action", to_string(rule.action)}};
    for (auto [key, end] : {std::pair("src", &rule.src), {"dst", &rule.dst}})
        if (*end)
            json[key] = (*end)->to_string();
    if (rule.user)
        json["uid"] = *rule.user;
    for (auto [key, text] :
         {std::pair("cgroup", &rule.cgroup), {"command", &rule.command}, {"dev", &rule.dev}})
        if (*text)
            json[key] = **text;
    for (auto [key, number] : {std::pair("min_age_s", rule.min_age_s),
                               {"min_bytes", rule.min_bytes},
                               {"min_bytes_per_s", rule.min_rate}})
        if (number)
            json[key] = number;
    if (rule.max)
        json["max"] = *rule.max;
    return json;
}

/// Whether one of the requests is about the connection.
bool is_named(const std::vector<KernelSelector>& requests, const SocketName& name) {
    return std::ranges::any_of(requests, [&](const KernelSelector& request) {
        if (request.sockets.empty())
            return request.src.matches(name.src, name.src_port) &&
                   request.dst.matches(name.dst, name.dst_port);
        return std::ranges::find(request.sockets, name.cookie, &SocketName::cookie) !=
               request.sockets.end();
    });
}

/// Requests that name the connections one by one.
std::vector<KernelSelector> name_all(const std::vector<SocketName>& names) {
    std::vector<KernelSelector> requests;
    for (const auto& name : names)
        name_socket(requests, name);
    return requests;
}

} // namespace

void Service::set_policy(Policy policy, std::string file) {
    policy_ = std::move(policy);
    policy_file_ = std::move(file);
}

Result<void> Service::reload() {
    return read_config(policy_file_, true).map([&](const Config& config) {
        policy_ = config.policy;
        spdlog::info("{}: {} rules", policy_file_, policy_.rules.size());
    });
}

void Service::keep_state(const std::string& directory) {
    state_.emplace(directory);
    history_.emplace(directory, history_bytes);
    auto state = state_->load();
    if (!state) {
        spdlog::warn("{}", state.error().message);
        return;
    }
    enforcer_.restore(*state);
    stored_ = std::move(*state);
    for (const auto& dev : enforcer_.quarantined())
        spdlog::info("the target on {} is quarantined", dev);
}

/// Write what must outlive the daemon, if it has changed.
void Service::remember() {
    if (!state_)
        return;
    auto state = enforcer_.save();
    if (state == stored_)
        return;
    if (auto stored = state_->store(state); !stored)
        spdlog::error("{}", stored.error().message);
    stored_ = std::move(state);
}

void Service::record(const Report& report) {
    metrics_.note(report);
    if (!history_)
        return;
    if (auto added = history_->add(report); !added)
        spdlog::error("{}", added.error().message);
}

/// An operation that somebody else has started.
void Service::record_foreign(std::uint32_t operation) {
    if (!history_ || history_->has(operation))
        return;
    if (auto report = client_.report(operation))
        record(*report);
}

void Service::learn(const Job& job, const Report& report) {
    bool out = report.operation.kind == CHIMNEY_OP_KIND_INITIATE;
    // What a rule wants is looked at again and again, nobody needs to remember it.
    if (job.origin != Origin::policy || !out)
        wishes_.note(report, job.again);
    if (job.origin == Origin::policy)
        enforcer_.note_result(report, Clock::now());
    else if (job.origin != Origin::quarantine)
        enforcer_.note_hand(report); // a resume repeats what was done by hand
}

Result<std::vector<Target>> Service::mark_quarantined(Result<std::vector<Target>> targets) const {
    if (targets)
        for (auto& target : *targets)
            target.quarantined = enforcer_.quarantined().contains(target.dev);
    return targets;
}

Result<Policy> Service::policy_parameter(const Json& parameters) const {
    auto text = parameters.find("text");
    auto file = parameters.value("file", Json());
    auto name = file.is_string() ? file.get<std::string>() : policy_file_;
    if (text == parameters.end())
        return read_config(name, true).map([](const Config& config) { return config.policy; });
    if (!text->is_string())
        return fail(ErrorCode::protocol, "the parameter 'text' is no string");
    auto config = parse_config(text->get<std::string>());
    if (!config)
        return tl::unexpected(mistakes_error(name, config.error()));
    return config->policy;
}

Result<Situation> Service::look(const Policy& policy) {
    Situation situation;
    situation.now = Clock::now();
    auto connections = client_.connections({});
    if (!connections)
        return tl::unexpected(connections.error());
    auto targets = client_.targets();
    if (!targets)
        return tl::unexpected(targets.error());
    auto candidates = census_.take(policy, situation.now);
    if (!candidates)
        return tl::unexpected(candidates.error());
    situation.connections = std::move(*connections);
    situation.targets = std::move(*targets);
    situation.candidates = std::move(*candidates);
    enforcer_.observe(situation);
    return situation;
}

/// Whether what a round has started goes on.
bool Service::in_round() const {
    return std::ranges::any_of(jobs_, [](const Job& job) { return job.origin == Origin::policy; });
}

/// One round. The next one waits for what this one starts.
void Service::enforce() {
    if (in_round())
        return;
    if (!applications_.empty()) {
        auto application = std::move(applications_.front());
        applications_.pop_front();
        apply(std::move(application));
        return;
    }
    if (!has_policy())
        return;
    auto situation = look(policy_);
    if (!situation) {
        spdlog::debug("cannot look at the connections: {}", situation.error().message);
        return;
    }
    carry_out(enforcer_.decide(policy_, *situation), {Origin::policy, "policy"});
}

/// A round with a policy that was not in force before.
void Service::apply(Application application) {
    auto& [policy, caller, requester] = application;
    auto situation = look(policy);
    if (!situation) {
        spdlog::warn("cannot put a policy in force for {}: {}", requester,
                     situation.error().message);
        if (auto waiting = caller.lock())
            waiting->send(encode_error(situation.error()));
        return;
    }
    spdlog::info("{} rules are put in force for {}", policy.rules.size(), requester);
    enforcer_.forget_failures();
    policy_ = std::move(policy);
    auto decisions = enforcer_.decide(policy_, *situation);
    Job job{Origin::policy, "policy", caller};
    job.decisions = decisions_document(decisions);
    carry_out(decisions, std::move(job));
}

void Service::carry_out(const std::vector<Decision>& decisions, Job job) {
    enforcer_.begin(decisions);
    begin_step(decisions, Step::upload, CHIMNEY_OP_KIND_TERMINATE, job);
    begin_step(decisions, Step::offload, CHIMNEY_OP_KIND_INITIATE, job);
    if (!job.operations.empty() || !job.decisions.is_null())
        wait_for(std::move(job));
}

void Service::begin_step(const std::vector<Decision>& decisions, Step step, OpKind kind, Job& job) {
    std::vector<SocketName> names;
    for (const auto& decision : decisions)
        if (decision.step == step)
            names.push_back(decision.candidate.name);
    OperationOptions options;
    options.kind = kind;
    options.owned = owned_ && kind == CHIMNEY_OP_KIND_INITIATE;
    for (const auto& request : name_all(names)) {
        if (auto begun = begin(job, request, options); !begun)
            spdlog::warn("the policy cannot {} {} connections: {}", to_string(kind),
                         request.sockets.size(), begun.error().message);
        else
            spdlog::info("operation {}: {} {} connections for the policy", job.operations.back(),
                         to_string(kind), request.sockets.size());
    }
}

Result<Json> Service::show_policy(const Json&) {
    auto counts = enforcer_.counts();
    auto rules = Json::array();
    for (const auto& rule : policy_.rules) {
        auto json = to_json(rule);
        json["connections"] = counts[rule.name];
        rules.push_back(std::move(json));
    }
    return Json{{"schema", 1},
                {"policy",
                 {{"file", policy_file_},
                  {"rules", std::move(rules)},
                  {"held", enforcer_.held().size()},
                  {"quarantined", enforcer_.quarantined()}}}};
}

Result<Json> Service::test_policy(const Json& parameters) {
    // Without a file: the one that is in force, which may have been applied from elsewhere.
    bool other = parameters.contains("text") || parameters.contains("file");
    auto policy = other ? policy_parameter(parameters) : Result<Policy>(policy_);
    if (!policy)
        return tl::unexpected(policy.error());
    return look(*policy).map([&](const Situation& situation) {
        return decisions_document(enforcer_.decide(*policy, situation));
    });
}

// If a round goes on, it is the next one's turn.
Result<void> Service::apply_policy(const std::shared_ptr<Caller>& caller, const Json& parameters) {
    return policy_parameter(parameters).map([&](Policy policy) {
        applications_.push_back({std::move(policy), caller, caller->describe()});
        enforce();
    });
}

Result<Json> Service::release(const Json& parameters) {
    auto requests = selector_parameter(parameters).and_then([&](const Selector& selector) {
        return resolver_(selector);
    });
    if (!requests)
        return tl::unexpected(requests.error());
    auto candidates = census_.take({}, Clock::now());
    if (!candidates)
        return tl::unexpected(candidates.error());
    std::set<std::uint64_t> cookies;
    for (const auto& candidate : *candidates)
        if (is_named(*requests, candidate.name))
            cookies.insert(candidate.name.cookie);
    auto released = enforcer_.release(cookies);
    wishes_.forget(cookies);
    remember();
    enforce();
    return Json{{"schema", 1}, {"released", released}};
}

/// What is forbidden is refused as a whole: part of it would surprise whoever asked.
Result<void> Service::check_allowed(const std::vector<KernelSelector>& requests) {
    bool rules = std::ranges::any_of(
        policy_.rules, [](const Rule& rule) { return rule.action == Action::quarantine; });
    if (!rules && enforcer_.quarantined().empty())
        return {};
    auto candidates = census_.take(policy_, Clock::now());
    if (!candidates)
        return tl::unexpected(candidates.error());
    std::erase_if(*candidates,
                  [&](const Candidate& candidate) { return !is_named(requests, candidate.name); });
    auto forbidden = enforcer_.forbidden(policy_, *candidates);
    if (forbidden.empty())
        return {};
    return fail(ErrorCode::refused,
                fmt::format("{} of the {} selected connections must stay at "
                            "home: {}",
                            forbidden.size(), candidates->size(), forbidden.front()));
}

Result<void> Service::quarantine(const std::shared_ptr<Caller>& caller, const Json& parameters) {
    auto target = text_parameter(parameters, "dev").and_then([&](const std::string& dev) {
        return client_.target(dev);
    });
    if (!target)
        return tl::unexpected(target.error());
    auto connections = client_.connections({});
    if (!connections)
        return tl::unexpected(connections.error());
    enforcer_.quarantine(target->dev);
    remember();
    spdlog::info("the target on {} is quarantined for {}", target->dev, caller->describe());
    std::vector<SocketName> names;
    for (const auto& conn : *connections)
        if (conn.ifindex == target->ifindex)
            names.push_back({conn.src, conn.dst, conn.src_port, conn.dst_port, conn.cookie});
    OperationOptions options;
    options.kind = CHIMNEY_OP_KIND_TERMINATE;
    Job job{Origin::quarantine, caller->describe(), caller};
    for (const auto& request : name_all(names))
        if (auto begun = begin(job, request, options); !begun)
            return begun;
    wait_for(std::move(job));
    return {};
}

/// What was under way to a target when its quarantine began.
void Service::enforce_quarantine(const Report& report) {
    if (report.operation.kind != CHIMNEY_OP_KIND_INITIATE || report.operation.dry_run)
        return;
    std::vector<SocketName> names;
    for (const auto& block : report.blocks)
        if (block.layer == CHIMNEY_LAYER_TCP && block.status == CHIMNEY_STATUS_SUCCESS &&
            enforcer_.quarantined().contains(block.dev) && block.src && block.dst)
            names.push_back({*block.src, *block.dst, block.src_port, block.dst_port, block.cookie});
    OperationOptions options;
    options.kind = CHIMNEY_OP_KIND_TERMINATE;
    Job job{Origin::quarantine, "quarantine"};
    for (const auto& request : name_all(names))
        if (auto begun = begin(job, request, options); !begun)
            spdlog::warn("cannot take home what is quarantined: {}", begun.error().message);
    if (!job.operations.empty())
        wait_for(std::move(job));
}

Result<Json> Service::release_target(const Json& parameters) {
    auto name = text_parameter(parameters, "dev");
    if (!name)
        return tl::unexpected(name.error());
    if (!enforcer_.release(*name))
        return fail(ErrorCode::not_found,
                    fmt::format("the target on {} is not quarantined: chimneyctl target shows "
                                "which are",
                                *name));
    enforcer_.forget_failures();
    remember();
    return Json{{"schema", 1}, {"released", *name}};
}

} // namespace chimney::daemon
