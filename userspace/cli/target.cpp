// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include <chimney/keyword.hpp>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

constexpr std::uint32_t any_number = std::numeric_limits<std::uint32_t>::max();

constexpr std::string_view help = R"(usage:
  chimneyctl target [show [DEV]]
  chimneyctl target add DEV kind KIND [tcp N] [path N] [neighbor N] [mtu N] [rcvwnd N]
  chimneyctl target del DEV
  chimneyctl target quarantine DEV
  chimneyctl target release DEV
  chimneyctl target param DEV [NAME VALUE]...
  chimneyctl target fault DEV SCRIPT...

A target is what connections are handed to: a NIC that runs TCP, or a software target made here.

  kind KIND      sort of software target; sim is a simulated NIC (load chimney_sim.ko first),
                 bond relays to the target of the active slave (chimney_bond.ko)
  tcp N          connections it can hold
  path N         paths (pairs of addresses) it can hold
  neighbor N     neighbors (next hops) it can hold
  mtu N          largest path MTU it takes, in bytes
  rcvwnd N       largest receive window it takes, in bytes

What is left out takes the default of the kind. "del" brings the target's connections home first.
"show" with -d adds what a target can do and which clauses of the contract were broken how often.

"quarantine" brings all connections of a target home and lets chimneyd offload nothing to it until
it is released, also after a restart of chimneyd.

"param" shows the settings of the host for a target, or changes some: timers, in microseconds, and
thresholds. "fault" makes a simulated NIC misbehave, for tests. Statements of a script, with ";"
between them, are:

  on COMMAND [N|N%] FAULT     commands of the device: any, or neighbor-, path-, tcp- with create,
                              destroy, update, query, invalidate; path-relink. FAULT is status
                              RESULT, delay TIME, lost, or duplicate
  event EVENT                 retrieve REASON tcp ID, abort tcp ID, neighbor-query ID,
                              neighbor-in-doubt, pause, resume, upload-all
  stall commands, hang, resume, reset, seed N
  clear                       forget all "on"

examples:
  chimneyctl target add veth0 kind sim
  chimneyctl target add veth0 kind sim tcp 2       try what happens when a NIC is full
  chimneyctl -d target show veth0
  chimneyctl target param veth0 delayed-ack-ticks 40000 max-retransmissions 8
  chimneyctl target fault veth0 'on tcp-create 3 status tcp-entries; on any delay 20ms'
  chimneyctl target fault veth0 event upload-all
  chimneyctl target fault veth0 clear
  chimneyctl target quarantine veth0
  chimneyctl target del veth0
)";

constexpr auto add_words =
    std::to_array<std::string_view>({"kind", "tcp", "path", "neighbor", "mtu", "rcvwnd"});

Result<TargetSpec> parse_spec(Arguments arguments) {
    TargetSpec spec;
    const std::array<std::optional<std::uint32_t>*, add_words.size()> numbers = {
        nullptr, &spec.tcp, &spec.path, &spec.neighbor, &spec.max_mtu, &spec.max_rcv_wnd};
    if (arguments.empty())
        return fail(ErrorCode::usage,
                    "target add needs a device: chimneyctl target add DEV kind sim");
    auto dev = device_argument(arguments.front());
    if (!dev)
        return tl::unexpected(dev.error());
    spec.dev = *dev;
    for (std::size_t i = 1; i < arguments.size(); i += 2) {
        auto word = match_keyword(arguments[i], add_words, "parameter of target add");
        if (!word)
            return tl::unexpected(word.error());
        auto name = add_words[*word];
        if (numbers[*word] ? numbers[*word]->has_value() : !spec.kind.empty())
            return fail(ErrorCode::usage, std::string(name) + " is given twice: give it once");
        if (i + 1 == arguments.size())
            return fail(ErrorCode::usage, std::string(name) + " needs a value: " +
                                              std::string(name) + (numbers[*word] ? " N" : " sim"));
        if (!numbers[*word]) {
            spec.kind = arguments[i + 1];
            continue;
        }
        auto number = parse_number(arguments[i + 1], name, 1, any_number);
        if (!number)
            return tl::unexpected(number.error());
        *numbers[*word] = *number;
    }
    if (spec.kind.empty())
        return fail(ErrorCode::usage,
                    "target add needs a kind: chimneyctl target add " + spec.dev + " kind sim");
    return spec;
}

void print_targets(Context& context, const std::vector<Target>& targets) {
    context.print(targets_document(targets),
                  [&] { return render_targets(context.style(), targets); });
}

Result<int> run_show(Context& context, Arguments arguments) {
    std::optional<std::string> dev;
    if (arguments.size() > 1)
        return fail(ErrorCode::usage, "'" + std::string(arguments[1]) +
                                          "' is one word too many: target show takes one device");
    if (!arguments.empty()) {
        auto word = device_argument(arguments.front());
        if (!word)
            return tl::unexpected(word.error());
        dev = *word;
    }
    return context.backend()
        .and_then([&](Backend* backend) { return backend->targets(dev); })
        .map([&](const std::vector<Target>& targets) -> int {
            print_targets(context, targets);
            return exit_ok;
        });
}

Result<int> run_add(Context& context, Arguments arguments) {
    auto spec = parse_spec(arguments);
    if (!spec)
        return tl::unexpected(spec.error());
    return context.backend()
        .and_then([&](Backend* backend) { return backend->add_target(*spec); })
        .map([&](const Target& target) -> int {
            print_targets(context, {target});
            return exit_ok;
        });
}

/// The device of a command that takes nothing else.
Result<std::string> only_device(Arguments arguments, std::string_view command) {
    if (arguments.size() != 1)
        return fail(ErrorCode::usage,
                    fmt::format("target {0} takes one device: chimneyctl target {0} DEV", command));
    return device_argument(arguments.front());
}

Result<int> run_del(Context& context, Arguments arguments) {
    auto dev = only_device(arguments, "del");
    if (!dev)
        return tl::unexpected(dev.error());
    return context.backend()
        .and_then([&](Backend* backend) { return backend->del_target(*dev); })
        .map([&](const Target& target) -> int {
            context.print(targets_document({target}),
                          [&] { return "Deleted " + render_targets(context.style(), {target}); });
            return exit_ok;
        });
}

Result<std::vector<Change>> parse_changes(Arguments words) {
    std::vector<std::string_view> names;
    for (const auto& parameter : parameters())
        names.push_back(parameter.name);
    std::vector<Change> changes;
    for (std::size_t i = 0; i < words.size(); i += 2) {
        auto found = match_keyword(words[i], names, "parameter");
        if (!found)
            return tl::unexpected(found.error());
        auto name = std::string(names[*found]);
        if (std::ranges::find(changes, name, &Change::name) != changes.end())
            return fail(ErrorCode::usage, name + " is given twice: give it once");
        if (i + 1 == words.size())
            return fail(ErrorCode::usage, name + " needs a value: " + name + " N");
        auto value = parse_number(words[i + 1], name, 1, parameters()[*found].max);
        if (!value)
            return tl::unexpected(value.error());
        changes.push_back({name, *value});
    }
    return changes;
}

Result<int> run_param(Context& context, Arguments arguments) {
    if (arguments.empty())
        return fail(ErrorCode::usage,
                    "target param needs a device: chimneyctl target param DEV [NAME VALUE]...");
    auto dev = device_argument(arguments.front());
    if (!dev)
        return tl::unexpected(dev.error());
    auto changes = parse_changes(arguments.subspan(1));
    if (!changes)
        return tl::unexpected(changes.error());
    return context.backend()
        .and_then([&](Backend* backend) { return backend->settings(*dev, *changes); })
        .map([&](const Settings& settings) -> int {
            context.print(settings_document(settings),
                          [&] { return render_settings(context.style(), settings); });
            return exit_ok;
        });
}

Result<int> run_fault(Context& context, Arguments arguments) {
    constexpr std::size_t longest = 4095;
    if (arguments.size() < 2)
        return fail(ErrorCode::usage, "target fault takes a device and a script, such as: "
                                      "chimneyctl target fault DEV on tcp-create status resources");
    auto dev = device_argument(arguments.front());
    if (!dev)
        return tl::unexpected(dev.error());
    auto script = fmt::format("{}", fmt::join(arguments.subspan(1), " "));
    if (script.size() > longest)
        return fail(ErrorCode::usage, fmt::format("the script has {} bytes: split it, {} is the "
                                                  "most one request takes",
                                                  script.size(), longest));
    return context.backend()
        .and_then([&](Backend* backend) { return backend->fault(*dev, script); })
        .map([&]() -> int {
            context.print({{"schema", 1}, {"fault", {{"dev", *dev}, {"script", script}}}},
                          [] { return ""; });
            return exit_ok;
        });
}

Result<int> run_quarantine(Context& context, Arguments arguments) {
    auto dev = only_device(arguments, "quarantine");
    if (!dev)
        return tl::unexpected(dev.error());
    return context.backend()
        .and_then([&](Backend* backend) {
            return backend->call(method::quarantine_target, {{"dev", *dev}});
        })
        .and_then(parse_reports)
        .map([&](const std::vector<Report>& reports) -> int {
            context.print(reports_document(reports), [&] {
                std::string text;
                for (const auto& report : reports)
                    text += render_report(context.style(), report);
                return text + "Quarantined " + *dev + "\n";
            });
            bool home = std::ranges::all_of(
                reports, [](const Report& report) { return report.operation.failed == 0; });
            return home ? exit_ok : exit_incomplete;
        });
}

Result<int> run_release(Context& context, Arguments arguments) {
    auto dev = only_device(arguments, "release");
    if (!dev)
        return tl::unexpected(dev.error());
    return context.backend()
        .and_then([&](Backend* backend) {
            return backend->call(method::release_target, {{"dev", *dev}});
        })
        .map([&](const Json& document) -> int {
            context.print(document, [&] { return "Released " + *dev + "\n"; });
            return exit_ok;
        });
}

constexpr auto commands = std::to_array<Command>({
    {"show", run_show, "show one target or all", ""},
    {"add", run_add, "make a software target on a device", ""},
    {"del", run_del, "remove a software target", ""},
    {"quarantine", run_quarantine, "bring everything home and offload nothing any more", ""},
    {"release", run_release, "end a quarantine", ""},
    {"param", run_param, "show or change settings of the host for a target", ""},
    {"fault", run_fault, "make a software target misbehave", ""},
});

Result<int> run_target(Context& context, Arguments arguments) {
    if (arguments.empty())
        return run_show(context, {});
    return dispatch(context, arguments, commands, "command of target");
}

} // namespace

const Command target_command = {"target", run_target, "show, make and remove offload targets",
                                help};

} // namespace chimney::cli
