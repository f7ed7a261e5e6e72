// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chimney/config.hpp>
#include <chimney/keyword.hpp>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view help = R"(usage:
  chimneyctl policy [show]
  chimneyctl policy check [FILE]
  chimneyctl policy test [FILE]
  chimneyctl policy apply [FILE]
  chimneyctl policy release SELECTOR

The policy is a list of rules in chimneyd's file (/etc/chimney/chimneyd.toml). chimneyd looks at
all connections every second; the first rule that matches one says what becomes of it:

  [[rule]]
  action    = "offload"              # or "never", "quarantine"
  name      = "web"                  # for people; the rest says which connections:
  src       = "10.0.0.0/8:443"       # ends, as in a selector
  dst       = ":5201"
  user      = "www-data"             # owner of the socket
  cgroup    = "/system.slice/nginx.service"
  command   = "nginx"                # process that has it open
  dev       = "eth0"                 # device it is routed through
  min-age   = "30 s"                 # since chimneyd saw it first
  min-bytes = "1 MiB"                # sent and received
  min-rate  = "100 kB"               # a second
  max       = 1000                   # connections this rule offloads at a time

"never" leaves a connection alone, and takes home what the policy has offloaded. "quarantine" takes
it home whoever has offloaded it, and lets nobody offload it. What is uploaded by hand stays at
home until it is released; what is offloaded by hand stays out.

  show      the rules in force, and how many connections each has offloaded
  check     look for mistakes in a file; needs no chimneyd
  test      what the rules in force, or those of a file, would do with each connection, and why
  apply     read the rules anew, or take those of a file until chimneyd is restarted; act now, wait
            for the result and print it
  release   give connections that were moved by hand back to the policy

examples:
  chimneyctl policy check ./new.toml
  chimneyctl policy test ./new.toml
  chimneyctl policy apply
  chimneyctl policy release dst 10.0.0.0/24
  chimneyctl -j policy test | jq '.decisions[] | select(.step == "offload")'

Exit status of check: 0 if there is no mistake, 2 if there are some, 1 if FILE cannot be read. Of
apply: 0 if every connection that was to be moved was, 2 if some were not, 1 for an error.
)";

/// The file a command got; the daemon's if none.
Result<std::string> file_argument(Arguments arguments) {
    if (arguments.empty())
        return std::string(default_config_path);
    if (arguments.size() > 1)
        return fail(ErrorCode::usage,
                    "'" + std::string(arguments[1]) + "' is one word too many: give one file");
    return std::string(arguments.front());
}

Result<int> run_check(Context& context, Arguments arguments) {
    auto file = file_argument(arguments);
    if (!file)
        return tl::unexpected(file.error());
    auto text = read_text(*file);
    if (!text)
        return tl::unexpected(text.error());
    auto config = parse_config(*text);
    auto mistakes = Json::array();
    if (!config)
        for (const auto& [line, column, message] : config.error())
            mistakes.push_back({{"line", line}, {"column", column}, {"message", message}});
    Json check = {{"file", *file}, {"mistakes", mistakes}};
    context.print({{"schema", 1}, {"check", std::move(check)}}, [&] {
        if (!config)
            return mistakes_error(*file, config.error()).message + "\n";
        return fmt::format("{}: no mistakes, rules: {}\n", *file, config->policy.rules.size());
    });
    return config ? exit_ok : exit_incomplete;
}

/// Parameters for a call about a policy: the text of the file, if one was named.
Result<Json> policy_parameters(Arguments arguments) {
    if (arguments.empty())
        return Json::object();
    auto file = file_argument(arguments);
    if (!file)
        return tl::unexpected(file.error());
    return read_text(*file).map([&](const std::string& text) {
        return Json{{"file", std::filesystem::absolute(*file).string()}, {"text", text}};
    });
}

std::string endpoint_of(const Json& json, const char* address, const char* port) {
    auto parsed = Address::parse(json.value(address, ""));
    return parsed ? format_endpoint(*parsed, json.value(port, std::uint16_t{0})) : "?";
}

bool succeeded(const Json& decision) {
    return decision.value("status", "") == ndis_name(CHIMNEY_STATUS_SUCCESS);
}

bool moves(const Json& decision) {
    return decision.value("step", "") != "stay";
}

/// What became of a decision that was carried out.
Cell render_result(const Json& decision, bool carried_out) {
    if (!carried_out || !moves(decision))
        return {""};
    if (succeeded(decision))
        return {decision.value("status", ""), Color::green};
    return {decision.value("status", decision.value("reason", "no result")), Color::yellow};
}

std::string render_decisions(const Style& style, const Json& document, bool carried_out) {
    static const std::map<std::string, Color> colors = {
        {"offload", Color::green}, {"upload", Color::yellow}, {"stay", Color::dim}};
    std::vector<std::vector<Cell>> rows;
    std::map<std::string, unsigned> counts;
    std::map<std::string, unsigned> made;
    for (const auto& decision : document.value("decisions", Json::array())) {
        auto step = decision.value("step", "");
        ++counts[step];
        made[step] += succeeded(decision);
        auto color = colors.find(step);
        rows.push_back({{step, color == colors.end() ? Color::none : color->second},
                        {"tcp " + endpoint_of(decision, "src", "sport") +
                         (style.utf8 ? " → " : " -> ") + endpoint_of(decision, "dst", "dport")},
                        {decision.contains("dev") ? "dev " + decision.value("dev", "") : ""},
                        {decision.value("offloaded", false) ? "offloaded" : "at home"},
                        {decision.value("why", ""), Color::dim},
                        render_result(decision, carried_out)});
    }
    auto table = format_table(style, rows);
    if (carried_out)
        return table + fmt::format("{} of {} offloaded, {} of {} uploaded, {} stay\n",
                                   made["offload"], counts["offload"], made["upload"],
                                   counts["upload"], counts["stay"]);
    return table + fmt::format("{} to offload, {} to upload, {} stay\n", counts["offload"],
                               counts["upload"], counts["stay"]);
}

Result<Json> call_decisions(Context& context, std::string_view method, Arguments arguments) {
    auto parameters = policy_parameters(arguments);
    if (!parameters)
        return tl::unexpected(parameters.error());
    return context.backend().and_then(
        [&](Backend* backend) { return backend->call(method, *parameters); });
}

Result<int> run_test(Context& context, Arguments arguments) {
    return call_decisions(context, method::test_policy, arguments)
        .map([&](const Json& document) -> int {
            context.print(document,
                          [&] { return render_decisions(context.style(), document, false); });
            return exit_ok;
        });
}

Result<int> run_apply(Context& context, Arguments arguments) {
    return call_decisions(context, method::apply_policy, arguments)
        .map([&](const Json& document) -> int {
            context.print(document,
                          [&] { return render_decisions(context.style(), document, true); });
            auto decisions = document.value("decisions", Json::array());
            return std::ranges::all_of(
                       decisions,
                       [](const Json& decision) { return !moves(decision) || succeeded(decision); })
                       ? exit_ok
                       : exit_incomplete;
        });
}

std::string render_rule(const Json& rule) {
    std::string text;
    for (const auto& [key, value] : rule.items())
        if (key != "name" && key != "line" && key != "action" && key != "connections")
            text += fmt::format("{}{} {}", text.empty() ? "" : "  ", key,
                                value.is_string() ? value.get<std::string>() : format_json(value));
    return text.empty() ? "everything" : text;
}

std::string render_policy(const Style& style, const Json& policy) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& rule : policy.value("rules", Json::array()))
        rows.push_back({{fmt::format("{}", rule.value("name", "")), Color::bold},
                        {fmt::format("line {}", rule.value("line", 0U)), Color::dim},
                        {rule.value("action", "")},
                        {fmt::format("connections {}", rule.value("connections", 0U))},
                        {render_rule(rule)}});
    auto text = fmt::format("{}: {} rules\n", policy.value("file", ""), rows.size()) +
                format_table(style, rows);
    if (auto held = policy.value("held", 0U))
        text += fmt::format("taken back by hand: {}\n", held);
    for (const auto& dev : policy.value("quarantined", Json::array()))
        text += paint(style, Color::red, "quarantined: " + dev.get<std::string>()) + "\n";
    return text;
}

Result<int> run_show(Context& context, Arguments arguments) {
    if (auto none = no_arguments(arguments, "policy show"); !none)
        return tl::unexpected(none.error());
    return context.backend()
        .and_then(
            [](Backend* backend) { return backend->call(method::show_policy, Json::object()); })
        .map([&](const Json& document) -> int {
            context.print(document, [&] {
                return render_policy(context.style(), document.value("policy", Json::object()));
            });
            return exit_ok;
        });
}

Result<int> run_release(Context& context, Arguments arguments) {
    auto selector = selector_argument(arguments, "policy release");
    if (!selector)
        return tl::unexpected(selector.error());
    return context.backend()
        .and_then([&](Backend* backend) {
            return backend->call(method::release, {{"selector", selector_to_json(*selector)}});
        })
        .map([&](const Json& document) -> int {
            context.print(document, [&] {
                return fmt::format("released: {}\n", document.value("released", 0U));
            });
            return exit_ok;
        });
}

constexpr auto commands = std::to_array<Command>({
    {"show", run_show, "show the rules in force", ""},
    {"check", run_check, "look for mistakes in a file", ""},
    {"test", run_test, "show what the rules would do", ""},
    {"apply", run_apply, "put rules in force", ""},
    {"release", run_release, "give connections back to the policy", ""},
});

Result<int> run_policy(Context& context, Arguments arguments) {
    if (arguments.empty())
        return run_show(context, {});
    return dispatch(context, arguments, commands, "command of policy");
}

} // namespace

const Command policy_command = {"policy", run_policy, "rules by which chimneyd offloads by itself",
                                help};

} // namespace chimney::cli
