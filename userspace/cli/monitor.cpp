// SPDX-License-Identifier: GPL-2.0-only
#include <chrono>
#include <ostream>
#include <set>

#include <chimney/keyword.hpp>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view help = R"(usage:
  chimneyctl monitor [SOURCE | EVENT | dev DEV]...

Prints what targets tell, as it happens, until it is interrupted. Without words, everything. What
is named selects: events of one of the sources, with one of the names, on one of the devices.

  tcp          of a connection: disconnect, abort, retrieve, send-backlog-change
  neighbor     of a neighbor: neighbor-reachability-query, neighbor-reachability-in-doubt
  target       of itself: pause, resume, upload-all
  violation    a clause of the contract that a target or the host broke

Events that came faster than they were read are lost; a line "gap" stands in their place. With -j
each event is one object on a line of its own.

examples:
  chimneyctl monitor
  chimneyctl monitor target violation dev eth0
  chimneyctl monitor retrieve
  chimneyctl -j monitor tcp | jq -r 'select(.event == "retrieve") | .upload_reason'
)";

/// Which events; what is empty holds for all.
struct Filter {
    std::set<EventSource> sources;
    std::set<std::string> names;
    std::set<std::string> devs;

    bool matches(const Event& event) const {
        return (sources.empty() || sources.contains(event.source)) &&
               (names.empty() || names.contains(event.name)) &&
               (devs.empty() || devs.contains(event.dev));
    }
};

/// Sources, then the names of all events but clauses.
std::vector<std::string_view> filter_words() {
    std::vector<std::string_view> words;
    for (auto names : {enum_names<EventSource>(), enum_names<TcpEvent>(),
                       enum_names<NeighborEvent>(), enum_names<Indication>()})
        words.insert(words.end(), names.begin(), names.end());
    words.push_back("dev");
    return words;
}

Result<Filter> parse_filter(Arguments arguments) {
    const auto words = filter_words();
    const auto sources = enum_names<EventSource>().size();
    Filter filter;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        auto found = match_keyword(arguments[i], words, "source or event");
        if (!found)
            return tl::unexpected(found.error());
        if (*found < sources) {
            filter.sources.insert(static_cast<EventSource>(*found));
        } else if (words[*found] != "dev") {
            filter.names.insert(std::string(words[*found]));
        } else {
            if (++i == arguments.size())
                return fail(ErrorCode::usage, "dev needs a value: dev DEV");
            auto dev = device_argument(arguments[i]);
            if (!dev)
                return tl::unexpected(dev.error());
            filter.devs.insert(*dev);
        }
    }
    return filter;
}

/// Events between this line and the one before it are missing.
void print_gap(Context& context) {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    auto time = static_cast<std::uint64_t>(ns);
    if (context.json)
        context.out() << format_json(gap_to_json(time)) << "\n";
    else
        context.out() << render_gap(context.style(), time);
}

Result<int> run_monitor(Context& context, Arguments arguments) {
    auto filter = parse_filter(arguments);
    if (!filter)
        return tl::unexpected(filter.error());
    auto print = [&](const std::vector<Event>& events, bool lost) {
        if (lost)
            print_gap(context);
        for (const auto& event : events) {
            if (!filter->matches(event))
                continue;
            if (context.json)
                context.out() << format_json(event_to_json(event)) << "\n";
            else
                context.out() << render_event(context.style(), event);
        }
        context.out().flush();
        return context.out().good();
    };
    return context.backend()
        .and_then([&](Backend* backend) { return backend->monitor(print); })
        .map([] { return int{exit_ok}; });
}

} // namespace

const Command monitor_command = {"monitor", run_monitor, "print what targets tell as it happens",
                                 help};

} // namespace chimney::cli
