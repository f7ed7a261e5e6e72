// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <limits>

#include <fmt/chrono.h>
#include <nlohmann/json.hpp>

#include <chimney/amount.hpp>
#include <chimney/keyword.hpp>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view help = R"(usage:
  chimneyctl op
  chimneyctl op show ID
  chimneyctl op cancel ID
  chimneyctl op list [FILTER]...

Without more words, shows the operations the kernel keeps: offloads and uploads that run or have
just ended. "show" tells what became of each block of the state trees of one, and why connections
were refused; if the kernel keeps it no more, from chimneyd's history. "cancel" stops one before its
next tree: what is on its way completes, what is left stays where it is. "list" shows the history,
oldest first, which outlives chimneyd and the machine. A FILTER is any of

  src ENDPOINT, dst ENDPOINT    about a connection with that end, as in a selector
  status STATUS                 where a connection ended so, or was refused for that reason
  kind KIND                     initiate, terminate, update, query or invalidate
  since TIME, until TIME        TIME is "10 min" (ago; s, min, h, d) or 2026-01-31T12:00:00Z
  last N                        the newest N of those

examples:
  chimneyctl op
  chimneyctl op show 7
  chimneyctl op list dst 10.0.0.2:80 since "1 h"
  chimneyctl op list status tcp-entries last 10
  chimneyctl -j op show 7 | jq '.operations[].blocks[] | select(.reason)'
)";

constexpr auto filter_words =
    std::to_array<std::string_view>({"src", "dst", "status", "kind", "since", "until", "last"});

/// As chimneyd keeps it: an NDIS name, or a reason.
Result<std::string> status_argument(std::string_view word) {
    std::string dashed(word);
    std::ranges::transform(dashed, dashed.begin(), [](unsigned char c) {
        return c == '_' ? '-' : static_cast<char>(std::tolower(c));
    });
    if (auto status = from_string<Status>(dashed))
        return ndis_name(*status);
    if (from_string<Reason>(dashed))
        return dashed;
    return fail(ErrorCode::usage,
                fmt::format("there is no status or reason '{}': op show prints those there are, "
                            "such as tcp-entries or no-target",
                            word));
}

/// A moment as chimneyd keeps it, in UTC.
Result<std::string> time_argument(std::string_view word) {
    if (auto ago = parse_seconds(word)) {
        auto then = std::chrono::system_clock::now() - std::chrono::seconds(*ago);
        return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z",
                           fmt::gmtime(std::chrono::system_clock::to_time_t(then)));
    }
    std::tm utc{};
    std::string text(word);
    const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
    if (!end || (*end != 'Z' && *end != '.' && *end != 0))
        return fail(ErrorCode::usage,
                    fmt::format("'{}' is no time: write how long ago, as in \"10 min\", or a "
                                "moment in UTC, as in 2026-01-31T12:00:00Z",
                                word));
    return text;
}

Result<void> parse_filter(Json& parameters, std::string_view name, std::string_view value) {
    auto store = [&](const std::string& text) { parameters[std::string(name)] = text; };
    if (name == "src" || name == "dst") {
        auto end = parse_endpoint(value);
        if (!end)
            return tl::unexpected(end.error());
        parameters["selector"][std::string(name)] = end->to_string();
        return {};
    }
    if (name == "status")
        return status_argument(value).map(store);
    if (name == "since" || name == "until")
        return time_argument(value).map(store);
    if (name == "last")
        return parse_number(value, name, 1, std::numeric_limits<std::uint32_t>::max())
            .map([&](std::uint32_t number) { parameters["last"] = number; });
    return match_keyword(value, enum_names<OpKind>(), "kind of operation")
        .map([&](std::size_t kind) { store(std::string(enum_names<OpKind>()[kind])); });
}

Result<Json> parse_filters(Arguments arguments) {
    auto parameters = Json::object();
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        auto word = match_keyword(arguments[i], filter_words, "filter of op list");
        if (!word)
            return tl::unexpected(word.error());
        auto name = filter_words[*word];
        if (i + 1 == arguments.size())
            return fail(ErrorCode::usage, fmt::format("{} needs a value", name));
        if (auto parsed = parse_filter(parameters, name, arguments[i + 1]); !parsed)
            return tl::unexpected(parsed.error());
    }
    return parameters;
}

int print_operations(Context& context, const std::vector<Operation>& operations) {
    context.print(operations_document(operations), [&] {
        std::string text;
        for (const auto& op : operations)
            text += render_operation(context.style(), op);
        return text;
    });
    return exit_ok;
}

Result<int> run_list(Context& context, Arguments arguments) {
    auto parameters = parse_filters(arguments);
    if (!parameters)
        return tl::unexpected(parameters.error());
    return context.backend()
        .and_then(
            [&](Backend* backend) { return backend->call(method::list_history, *parameters); })
        .and_then(parse_operations)
        .map([&](const std::vector<Operation>& operations) {
            return print_operations(context, operations);
        });
}

Result<int> show_all(Context& context) {
    return context.backend()
        .and_then([](Backend* backend) { return backend->operations(); })
        .map([&](const std::vector<Operation>& operations) {
            return print_operations(context, operations);
        });
}

Result<std::uint32_t> id_argument(Arguments arguments, std::string_view command) {
    if (arguments.empty())
        return fail(ErrorCode::usage, fmt::format("op {} needs a number: see op for those there "
                                                  "are",
                                                  command));
    if (arguments.size() > 1)
        return fail(ErrorCode::usage, fmt::format("'{}' is one word too many: op {} takes one "
                                                  "number",
                                                  arguments[1], command));
    return parse_number(arguments.front(), "operation", 1,
                        std::numeric_limits<std::uint32_t>::max());
}

Result<int> run_cancel(Context& context, Arguments arguments) {
    auto id = id_argument(arguments, "cancel");
    if (!id)
        return tl::unexpected(id.error());
    return context.backend()
        .and_then([&](Backend* backend) { return backend->cancel(*id); })
        .map([&](const Operation& op) { return print_operations(context, {op}); });
}

Result<int> run_show(Context& context, Arguments arguments) {
    if (arguments.empty())
        return show_all(context);
    auto id = id_argument(arguments, "show");
    if (!id)
        return tl::unexpected(id.error());
    return context.backend()
        .and_then([&](Backend* backend) { return backend->operation(*id); })
        .map([&](const Report& report) -> int {
            context.print(reports_document({report}),
                          [&] { return render_report(context.style(), report); });
            return exit_ok;
        });
}

constexpr auto commands = std::to_array<Command>({
    {"show", run_show, "show one operation or all", ""},
    {"cancel", run_cancel, "stop one before its next tree", ""},
    {"list", run_list, "show the history", ""},
});

Result<int> run_op(Context& context, Arguments arguments) {
    if (arguments.empty())
        return show_all(context);
    return dispatch(context, arguments, commands, "command of op");
}

} // namespace

const Command op_command = {"op", run_op, "show operations and what became of their blocks", help};

} // namespace chimney::cli
