// SPDX-License-Identifier: GPL-2.0-only
#include "service.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <linux/chimney.h>
#include <spdlog/spdlog.h>

#include "interface.hpp"

namespace chimney::daemon {
namespace {

/// Calls that change something, beside operations; they go to the log.
constexpr auto changing = std::to_array<std::string_view>({
    method::add_target,
    method::del_target,
    method::reset_statistics,
    method::set_parameters,
    method::set_faults,
    method::release,
    method::release_target,
    method::cancel_operation,
});

/// What may wait for a listener before it misses events.
constexpr std::size_t listener_backlog = 1 << 20;

Result<std::uint32_t> id_parameter(const Json& parameters) {
    auto id = parameters.find("id");
    if (id == parameters.end() || !id->is_number_unsigned())
        return fail(ErrorCode::protocol, "the call needs the parameter 'id', a number");
    return id->get<std::uint32_t>();
}

Result<Json> no_method(std::string_view method) {
    return fail(ErrorCode::protocol,
                fmt::format("there is no method '{}': do chimneyctl and chimneyd have one version?",
                            method));
}

Result<std::optional<Layer>> layer_parameter(const Json& parameters) {
    if (!parameters.contains("layer"))
        return std::optional<Layer>();
    auto name = text_parameter(parameters, "layer");
    if (!name)
        return tl::unexpected(name.error());
    auto layer = from_string<Layer>(*name);
    if (!layer)
        return fail(ErrorCode::protocol, fmt::format("'{}' is no layer", *name));
    return layer;
}

} // namespace

Result<std::string> text_parameter(const Json& parameters, const char* key) {
    auto found = parameters.find(key);
    if (found == parameters.end() || !found->is_string())
        return fail(ErrorCode::protocol,
                    fmt::format("the call needs the parameter '{}', a string", key));
    return found->get<std::string>();
}

Result<Selector> selector_parameter(const Json& parameters) {
    auto found = parameters.find("selector");
    if (found == parameters.end() || !found->is_object())
        return fail(ErrorCode::protocol, "the call needs the parameter 'selector', an object");
    return parse_selector_json(*found);
}

void Service::handle(const std::shared_ptr<Caller>& caller, std::string_view text) {
    auto call = decode_call(text);
    if (!call) {
        spdlog::warn("bad call from {}: {}", caller->describe(), call.error().message);
        caller->send(encode_error(call.error()));
        return;
    }
    if (call->method == method::monitor) {
        listen(caller);
        return;
    }
    auto options = operation_of(call->method);
    auto starter = start_of(call->method);
    if (options || starter) {
        auto started =
            options ? start(caller, *call, *options) : (this->*starter)(caller, call->parameters);
        if (!started) {
            spdlog::warn("{} for {} failed: {}", call->method, caller->describe(),
                         started.error().message);
            caller->send(encode_error(started.error()));
        }
        return;
    }
    auto answer = answer_of(call->method);
    auto document = answer ? (this->*answer)(call->parameters) : no_method(call->method);
    if (!document) {
        spdlog::info("{} for {} failed: {}", call->method, caller->describe(),
                     document.error().message);
        caller->send(encode_error(document.error()));
        return;
    }
    if (std::ranges::find(changing, call->method) != changing.end())
        spdlog::info("{} {} for {}", call->method, format_json(call->parameters),
                     caller->describe());
    caller->send(encode_reply(*document));
}

/// Calls that are answered when operations are done.
Service::Start Service::start_of(std::string_view method) {
    if (method == method::quarantine_target)
        return &Service::quarantine;
    return method == method::apply_policy ? &Service::apply_policy : nullptr;
}

Service::Answer Service::answer_of(std::string_view method) {
    static const std::map<std::string_view, Answer> answers = {
        {method::ping, &Service::ping},
        {method::list_targets, &Service::list_targets},
        {method::add_target, &Service::add_target},
        {method::del_target, &Service::del_target},
        {method::list_connections, &Service::list_connections},
        {method::list_operations, &Service::list_operations},
        {method::show_operation, &Service::show_operation},
        {method::cancel_operation, &Service::cancel_operation},
        {method::list_history, &Service::list_history},
        {method::get_metrics, &Service::get_metrics},
        {method::get_info, &Service::get_info},
        {method::get_interface, &Service::get_interface},
        {method::list_statistics, &Service::list_statistics},
        {method::reset_statistics, &Service::reset_statistics},
        {method::set_parameters, &Service::set_parameters},
        {method::set_faults, &Service::set_faults},
        {method::show_policy, &Service::show_policy},
        {method::test_policy, &Service::test_policy},
        {method::release, &Service::release},
        {method::release_target, &Service::release_target},
    };
    auto found = answers.find(method);
    return found == answers.end() ? nullptr : found->second;
}

Result<Json> Service::ping(const Json&) {
    return Json{{"version", CHIMNEY_VERSION}, {"on_exit", owned_ ? "home" : "stay"}};
}

Result<Json> Service::get_info(const Json&) {
    return Json{{"vendor", "chimney"},
                {"product", "chimneyd"},
                {"version", CHIMNEY_VERSION},
                {"url", "man:chimneyd(8)"},
                {"interfaces", {"org.varlink.service", "org.chimney"}}};
}

Result<Json> Service::get_interface(const Json& parameters) {
    return text_parameter(parameters, "interface").and_then([](const std::string& name) {
        if (name != "org.chimney")
            return Result<Json>(fail(ErrorCode::not_found, "there is no interface '" + name +
                                                               "': org.chimney is the only one"));
        return Result<Json>(Json{{"description", interface_description}});
    });
}

Result<std::string> Service::metrics() {
    auto targets = mark_quarantined(client_.targets());
    if (!targets)
        return tl::unexpected(targets.error());
    return client_.connections({}).map([&](const std::vector<Connection>& connections) {
        return metrics_.text(*targets, connections);
    });
}

Result<Json> Service::get_metrics(const Json&) {
    return metrics().map([](const std::string& text) {
        return Json{{"schema", 1}, {"metrics", text}};
    });
}

Result<Json> Service::list_operations(const Json&) {
    return client_.operations().map(operations_document);
}

Result<Json> Service::list_targets(const Json& parameters) {
    if (!parameters.contains("dev"))
        return mark_quarantined(client_.targets()).map(targets_document);
    return mark_quarantined(
               text_parameter(parameters, "dev")
                   .and_then([&](const std::string& dev) { return client_.target(dev); })
                   .map([](const Target& target) { return std::vector{target}; }))
        .map(targets_document);
}

Result<Json> Service::add_target(const Json& parameters) {
    auto target = parse_target_spec(parameters).and_then([&](const TargetSpec& spec) {
        return client_.target_new(spec);
    });
    if (!target)
        return tl::unexpected(target.error());
    enforcer_.forget_failures(); // some may have been for want of a target
    return mark_quarantined(std::vector{*target}).map(targets_document);
}

// The kernel answers when the target's connections are home; other callers wait that long.
Result<Json> Service::del_target(const Json& parameters) {
    return text_parameter(parameters, "dev")
        .and_then([&](const std::string& dev) { return client_.target_del(dev); })
        .map([](const Target& target) { return targets_document({target}); });
}

Result<Json> Service::list_connections(const Json& parameters) {
    return selector_parameter(parameters)
        .and_then([&](const Selector& selector) {
            return find_connections(client_, resolver_, selector);
        })
        .map(connections_document);
}

Result<Json> Service::show_operation(const Json& parameters) {
    auto id = id_parameter(parameters);
    if (!id)
        return tl::unexpected(id.error());
    auto report = client_.report(*id);
    if (report || !history_)
        return report.map([](const Report& found) { return reports_document({found}); });
    // The kernel keeps few of those that are over.
    HistoryFilter filter;
    filter.id = *id;
    filter.last = 1;
    auto found = history_->list(filter);
    if (!found || found->at("operations").empty())
        return tl::unexpected(report.error());
    return found;
}

Result<Json> Service::cancel_operation(const Json& parameters) {
    return id_parameter(parameters)
        .and_then([&](std::uint32_t id) { return client_.cancel(id); })
        .map([](const Operation& op) { return operations_document({op}); });
}

Result<Json> Service::list_statistics(const Json& parameters) {
    if (!parameters.contains("dev"))
        return client_.statistics(std::nullopt).map(statistics_document);
    return text_parameter(parameters, "dev")
        .and_then([&](const std::string& dev) { return client_.statistics(dev); })
        .map(statistics_document);
}

Result<Json> Service::reset_statistics(const Json& parameters) {
    return text_parameter(parameters, "dev")
        .and_then([&](const std::string& dev) { return client_.reset_statistics(dev); })
        .map(statistics_document);
}

// Without changes, the parameters are shown.
Result<Json> Service::set_parameters(const Json& parameters) {
    auto dev = text_parameter(parameters, "dev");
    if (!dev)
        return tl::unexpected(dev.error());
    std::vector<Change> changes;
    for (const auto& [name, value] : parameters.items()) {
        if (name == "dev")
            continue;
        if (!value.is_number_unsigned() ||
            value.get<std::uint64_t>() > std::numeric_limits<std::uint32_t>::max())
            return fail(ErrorCode::protocol, fmt::format("the parameter '{}' is no number", name));
        changes.push_back({name, value.get<std::uint32_t>()});
    }
    auto settings =
        changes.empty() ? client_.settings(*dev) : client_.change_settings(*dev, changes);
    return settings.map(settings_document);
}

Result<Json> Service::set_faults(const Json& parameters) {
    auto dev = text_parameter(parameters, "dev");
    if (!dev)
        return tl::unexpected(dev.error());
    auto script = text_parameter(parameters, "script");
    if (!script)
        return tl::unexpected(script.error());
    return client_.fault(*dev, *script).map([] { return Json::object(); });
}

Result<Json> Service::list_history(const Json& parameters) {
    if (!history_)
        return fail(ErrorCode::usage, "chimneyd keeps no history: its state directory is not set");
    return parse_history_filter(parameters).and_then([&](const HistoryFilter& filter) {
        return history_->list(filter);
    });
}

Result<void> Service::start(const std::shared_ptr<Caller>& caller, const Call& call,
                            OperationOptions options) {
    auto layer = layer_parameter(call.parameters);
    if (!layer)
        return tl::unexpected(layer.error());
    options.layer = *layer;
    options.owned = owned_ && options.kind == CHIMNEY_OP_KIND_INITIATE && !options.dry_run;
    auto selector = selector_parameter(call.parameters);
    if (!selector)
        return tl::unexpected(selector.error());
    if (selector->empty())
        return fail(ErrorCode::usage, "the selector is empty: say all for every connection");
    auto requests = resolver_(*selector);
    if (!requests)
        return tl::unexpected(requests.error());

    if (options.kind == CHIMNEY_OP_KIND_INITIATE && !options.dry_run)
        if (auto allowed = check_allowed(*requests); !allowed)
            return allowed;

    Job job{Origin::call, caller->describe(), caller};
    job.more = call.more;
    for (const auto& request : *requests) {
        if (auto begun = begin(job, request, options); !begun) {
            auto error = begun.error();
            if (!job.operations.empty())
                error.message += fmt::format(" (operations started before: {})",
                                             fmt::join(job.operations, ", "));
            return tl::unexpected(error);
        }
        spdlog::info("operation {}: {} {} for {}", job.operations.back(), to_string(options.kind),
                     selector->to_string(), caller->describe());
    }
    tell_progress(job);
    wait_for(std::move(job));
    return {};
}

/// Start one more operation of a job.
Result<void> Service::begin(Job& job, const KernelSelector& request,
                            const OperationOptions& options) {
    return client_.start(request, options).map([&](const Operation& op) {
        job.operations.push_back(op.id);
        if (op.running())
            job.running.insert(op.id);
    });
}

/// The first time tells the caller the numbers of the operations, too.
void Service::tell_progress(const Job& job) {
    auto caller = job.caller.lock();
    if (!job.more || !caller || job.running.empty() || caller->backlog() > 0)
        return;
    std::vector<Operation> operations;
    for (auto id : job.operations)
        if (auto op = client_.operation(id))
            operations.push_back(*op);
    caller->send(encode_reply(operations_document(operations), true));
}

void Service::wait_for(Job job) {
    if (job.running.empty())
        finish(job);
    else
        jobs_.push_back(std::move(job));
}

void Service::on_events(const Events& events) {
    std::vector<Event> news;
    for (const auto& message : events.messages) {
        if (message.command == CHIMNEY_CMD_EVENT_NTF) {
            if (auto event = decode_event(message, namer_)) {
                wishes_.note(*event);
                enforcer_.note_event(*event, Clock::now());
                news.push_back(std::move(*event));
            }
        }
        if (message.command != CHIMNEY_CMD_OP_NTF)
            continue;
        if (auto op = decode_operation(message); op && !op->running())
            on_done(op->id);
    }
    tell(news, events.overrun);
    if (events.overrun) {
        spdlog::warn("the kernel dropped events: asking it for the state of all operations");
        if (auto operations = client_.operations(); operations && history_)
            for (const auto& op : *operations)
                if (!op.running())
                    on_done(op.id);
        poll();
    }
}

void Service::offload_again(std::uint32_t ifindex) {
    Job job{Origin::resume, "resume", {}, ifindex};
    OperationOptions options;
    options.kind = CHIMNEY_OP_KIND_INITIATE;
    options.owned = owned_;
    auto requests = wishes_.again(ifindex);
    if (enforcer_.quarantined().contains(namer_(ifindex)))
        return;
    for (const auto& request : requests) {
        if (auto begun = begin(job, request, options); !begun) {
            spdlog::warn("cannot offload to {} again: {}", namer_(ifindex), begun.error().message);
            continue;
        }
        spdlog::info("operation {}: {} connections go to {} again", job.operations.back(),
                     request.sockets.size(), namer_(ifindex));
    }
    wait_for(std::move(job));
}

void Service::listen(const std::shared_ptr<Caller>& caller) {
    spdlog::info("events go to {}", caller->describe());
    listeners_.push_back({caller, false});
    // The caller knows from it that nothing is missed any more.
    caller->send(encode_reply(events_document({}), true));
}

/// Who reads too slowly misses events rather than filling our memory, and is told so.
void Service::tell(const std::vector<Event>& events, bool lost) {
    if (events.empty() && !lost)
        return;
    auto document = events_document(events);
    for (auto listener = listeners_.begin(); listener != listeners_.end();) {
        auto caller = listener->caller.lock();
        if (!caller) {
            listener = listeners_.erase(listener);
            continue;
        }
        listener->lost |= lost;
        if (caller->backlog() > listener_backlog) {
            listener->lost = true;
        } else {
            document["lost"] = std::exchange(listener->lost, false);
            caller->send(encode_reply(document, true));
        }
        ++listener;
    }
}

void Service::poll() {
    std::set<std::uint32_t> running;
    for (const auto& job : jobs_)
        running.insert(job.running.begin(), job.running.end());
    for (auto id : running) {
        auto op = client_.operation(id);
        if (!op)
            abandon(id, op.error());
        else if (!op->running())
            on_done(id);
    }
    for (const auto& job : jobs_)
        tell_progress(job);
    for (auto ifindex : std::set(wishes_.due()))
        offload_again(ifindex);
    enforce();
}

void Service::on_done(std::uint32_t operation) {
    bool ours = false;
    for (auto job = jobs_.begin(); job != jobs_.end();) {
        ours |= std::ranges::count(job->operations, operation) > 0;
        job->running.erase(operation);
        if (!job->running.empty()) {
            ++job;
            continue;
        }
        finish(*job);
        job = jobs_.erase(job);
    }
    if (!ours)
        record_foreign(operation);
    while (!applications_.empty() && !in_round())
        enforce();
}

void Service::finish(const Job& job) {
    auto caller = job.caller.lock();
    if (!caller && job.origin == Origin::call)
        spdlog::info("nobody waits any more for operation {}", fmt::join(job.operations, ", "));
    std::vector<Report> reports;
    for (auto id : job.operations) {
        auto report = client_.report(id);
        if (!report) {
            spdlog::warn("cannot read the result of operation {}: {}", id, report.error().message);
            if (caller)
                caller->send(encode_error(report.error()));
            return;
        }
        report->operation.requester = job.requester;
        learn(job, *report);
        spdlog::info("operation {}: {}, {} of {} connections made it", id,
                     to_string(report->operation.state), report->operation.ok,
                     report->operation.connections());
        reports.push_back(std::move(*report));
    }
    if (caller)
        caller->send(encode_reply(job.decisions.is_null() ? reports_document(reports)
                                                          : with_results(job.decisions, reports)));
    for (const auto& report : reports) {
        record(report);
        enforce_quarantine(report);
    }
    remember();
    trim_wishes();
}

/// Connections end without a word, so look now and then which are still there.
void Service::trim_wishes() {
    if (std::max(wishes_.size(), enforcer_.size()) <= wishes_limit_)
        return;
    if (auto alive = client_.connections({}))
        wishes_.keep(*alive);
    if (auto candidates = census_.take({}, Clock::now())) {
        std::set<std::uint64_t> cookies;
        for (const auto& candidate : *candidates)
            cookies.insert(candidate.name.cookie);
        enforcer_.keep(cookies);
    }
    wishes_limit_ = std::max(wishes_at_least, 2 * std::max(wishes_.size(), enforcer_.size()));
}

void Service::abandon(std::uint32_t operation, const Error& error) {
    std::erase_if(jobs_, [&](const Job& job) {
        if (!job.running.contains(operation))
            return false;
        if (auto caller = job.caller.lock())
            caller->send(encode_error(
                {error.code, error.errnum,
                 fmt::format("the result of operation {} is lost: {}", operation, error.message)}));
        return true;
    });
}

} // namespace chimney::daemon
