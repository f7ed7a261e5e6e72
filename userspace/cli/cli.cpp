// SPDX-License-Identifier: GPL-2.0-only
#include "cli.hpp"

#include <algorithm>
#include <array>
#include <ostream>

#include <chimney/keyword.hpp>
#include <chimney/options.hpp>

#include "render.hpp"
#include "watch.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view usage_head =
    R"(chimneyctl - hand live TCP connections to an offload target and take them back

usage: chimneyctl [OPTIONS] [OBJECT [COMMAND [ARGUMENTS]]]

Without an object: one screen that tells how things stand.

objects:
)";

constexpr std::string_view usage_tail = R"(
A selector says which connections, by any of:
  src ADDR[/PREFIX][:PORT]   the local end; a port only is :PORT, IPv6 is [ADDR]:PORT
  dst ADDR[/PREFIX][:PORT]   the remote end
  pid PID                    connections of a process
  all                        every connection of the network namespace

Words may be abbreviated as long as they are unambiguous.

examples:
  chimneyctl target add veth0 kind sim tcp 4096    make a simulated NIC on veth0
  chimneyctl offload dst 10.0.0.2:5201             hand over the connections to that server
  chimneyctl conn                                  see what is offloaded
  chimneyctl explain all                           see what could be, and why the rest could not
  chimneyctl query dst 10.0.0.2:5201               read sequence numbers, windows, timers
  chimneyctl monitor                               see what targets tell as it happens
  chimneyctl upload all                            take everything back
  chimneyctl -j conn | jq '.connections[].dst'     for scripts

"chimneyctl help OBJECT" tells more about an object. Exit status: 0 if all went well, 1 for an
error, 2 if some of the selected connections did not make it.
)";

const std::array<const Command*, 19>& objects() {
    static const std::array<const Command*, 19> table = {
        &target_command,     &offload_command, &upload_command,  &conn_command,    &top_command,
        &op_command,         &policy_command,  &explain_command, &update_command,  &query_command,
        &invalidate_command, &monitor_command, &stats_command,   &metrics_command, &tree_command,
        &doctor_command,     &capture_command, &replay_command,  &conform_command};
    return table;
}

Result<int> run_help(Context& context, Arguments arguments);

std::vector<Command> top_commands() {
    std::vector<Command> commands;
    for (const auto* object : objects())
        commands.push_back(*object);
    commands.push_back({"help", run_help, "tell more about an object", ""});
    return commands;
}

std::vector<Option> make_options(Context& context, bool& help, bool& version) {
    auto set = [](bool& flag) {
        return [&flag](std::string_view) -> Result<void> {
            flag = true;
            return {};
        };
    };
    return {
        {'j', "json", "", "print JSON", set(context.json)},
        {'p', "pretty", "", "print JSON with line breaks and indentation",
         [&context](std::string_view) -> Result<void> {
             context.json = context.pretty = true;
             return {};
         }},
        {'d', "details", "", "print more: variables of objects, capabilities, violations by clause",
         set(context.details)},
        {'c', "color", "WHEN", "colours: auto, always or never (default: auto)",
         [&context](std::string_view value) -> Result<void> {
             constexpr auto choices = std::to_array<std::string_view>({"auto", "always", "never"});
             return match_keyword(value, choices, "choice for --color").map([&](std::size_t i) {
                 context.color = choices[i];
             });
         }},
        {0, "socket", "PATH", "socket of chimneyd (default: /run/chimney/chimneyd.sock)",
         [&context](std::string_view value) -> Result<void> {
             context.socket = value;
             return {};
         }},
        {'h', "help", "", "print this", set(help)},
        {'V', "version", "", "print the version", set(version)},
    };
}

void print_usage(Context& context) {
    bool unused = false;
    std::size_t width = 0;
    for (const auto& command : top_commands())
        width = std::max(width, command.name.size());
    context.out() << usage_head;
    for (const auto& command : top_commands())
        context.out() << "  " << command.name << std::string(width - command.name.size() + 2, ' ')
                      << command.summary << "\n";
    context.out() << "\noptions, before the object:\n"
                  << format_options(make_options(context, unused, unused)) << usage_tail;
}

bool is_help(std::string_view word) {
    return word == "help" || word == "--help" || word == "-h";
}

Result<int> run_help(Context& context, Arguments arguments) {
    if (arguments.empty()) {
        print_usage(context);
        return exit_ok;
    }
    std::vector<std::string_view> names;
    for (const auto* object : objects())
        names.push_back(object->name);
    auto found = match_keyword(arguments.front(), names, "object");
    if (!found)
        return tl::unexpected(found.error());
    context.out() << objects()[*found]->help;
    return exit_ok;
}

Result<int> run_words(Context& context, Arguments words) {
    bool help = false;
    bool version = false;
    auto used = parse_options(words, make_options(context, help, version));
    if (!used)
        return tl::unexpected(used.error());
    if (help)
        return run_help(context, {});
    if (version) {
        context.print({{"schema", 1}, {"version", CHIMNEY_VERSION}},
                      [] { return "chimneyctl " CHIMNEY_VERSION "\n"; });
        return exit_ok;
    }
    words = words.subspan(*used);
    if (words.empty())
        return run_summary(context);
    for (auto word : words.subspan(1))
        if (word.starts_with('-') && !is_help(word) && word != "--dot" && word != "-")
            return fail(ErrorCode::usage, "option " + std::string(word) +
                                              " stands too late: write options before '" +
                                              std::string(words.front()) + "'");
    return dispatch(context, words, top_commands(), "object");
}

/// JSON output must be JSON for errors in the options, too.
bool wants_json(Arguments words) {
    return std::ranges::any_of(words, [](std::string_view word) {
        return word == "--json" || word == "--pretty" ||
               (word.size() > 1 && word[0] == '-' && word[1] != '-' &&
                word.find_first_of("jp") != std::string_view::npos);
    });
}

} // namespace

Result<Backend*> Context::backend() {
    if (!backend_) {
        auto opened = environment_.open(socket);
        if (!opened)
            return tl::unexpected(opened.error());
        backend_ = std::move(*opened);
    }
    return backend_.get();
}

Style Context::style() const {
    return {environment_.utf8, color == "always" || (color == "auto" && environment_.terminal),
            details};
}

Result<std::vector<Report>> Context::operate(const Selector& selector,
                                             const OperationOptions& options) {
    return backend().and_then([&](Backend* backend) {
        Watch watch(environment_.err_terminal && !json ? &err() : nullptr, environment_.patience);
        return backend->operate(selector, options, &watch);
    });
}

void Context::print(const Json& document, const std::function<std::string()>& render) {
    if (json)
        out() << format_json(document, pretty) << "\n";
    else
        out() << render();
}

Result<int> dispatch(Context& context, Arguments arguments, std::span<const Command> commands,
                     std::string_view what) {
    std::vector<std::string_view> names;
    for (const auto& command : commands)
        names.push_back(command.name);
    auto found = match_keyword(arguments.front(), names, what);
    if (!found)
        return tl::unexpected(found.error());
    const auto& command = commands[*found];
    auto rest = arguments.subspan(1);
    if (!command.help.empty() && !rest.empty() && is_help(rest.front())) {
        context.out() << command.help;
        return exit_ok;
    }
    return command.run(context, rest);
}

Result<Selector> selector_argument(Arguments arguments, std::string_view command) {
    if (arguments.empty())
        return fail(ErrorCode::usage, std::string(command) +
                                          " needs a selector: say which connections with src, "
                                          "dst, pid or all");
    return parse_selector(arguments);
}

Result<void> no_arguments(Arguments arguments, std::string_view command) {
    if (arguments.empty())
        return {};
    return fail(ErrorCode::usage, fmt::format("'{}' is one word too many: {} takes none",
                                              arguments.front(), command));
}

int print_reports(Context& context, const std::vector<Report>& reports, const Selector& selector) {
    context.print(reports_document(reports), [&] {
        std::string text;
        for (const auto& report : reports)
            text += render_report(context.style(), report);
        return text;
    });
    std::uint64_t connections = 0;
    bool complete = true;
    for (const auto& [op, blocks] : reports) {
        connections += op.connections();
        // What a dry run does not send has not failed.
        complete &=
            op.state == CHIMNEY_OP_STATE_DONE && (op.dry_run || op.failed == 0) && op.refused == 0;
    }
    if (connections == 0) {
        bool any = reports.empty() || reports.front().operation.kind == CHIMNEY_OP_KIND_INITIATE;
        context.err() << "chimneyctl: no " << (any ? "" : "offloaded ") << "connection matches "
                      << selector.to_string() << "\n";
    }
    return complete ? exit_ok : exit_incomplete;
}

Result<std::string> device_argument(std::string_view word) {
    constexpr std::size_t max_length = 15;
    if (word.empty() || word.size() > max_length ||
        word.find_first_of("/ \t\n") != std::string_view::npos)
        return fail(ErrorCode::usage,
                    "'" + std::string(word) +
                        "' cannot be the name of a device: see ip link for those there are");
    return std::string(word);
}

int run(Arguments words, Environment environment) {
    Context context(std::move(environment));
    auto status = run_words(context, words);
    if (status)
        return *status;
    const auto& error = status.error();
    if (context.json || wants_json(words))
        context.out() << format_json(error_document(error), context.pretty) << "\n";
    else
        context.err() << "chimneyctl: " << error.message << "\n";
    return exit_error;
}

} // namespace chimney::cli
