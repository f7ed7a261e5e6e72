// SPDX-License-Identifier: GPL-2.0-only
#include <array>
#include <ostream>

#include <chimney/keyword.hpp>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view help = R"(usage:
  chimneyctl monitor [SOURCE]...

Prints what targets tell, as it happens, until it is interrupted. Without a SOURCE, everything.

  tcp          of a connection: disconnect, abort, retrieve, send-backlog-change
  neighbor     of a neighbor: neighbor-reachability-query
  target       of itself: pause, resume, upload-all
  violation    a clause of the contract that a target or the host broke

With -j each event is one object on a line of its own.

examples:
  chimneyctl monitor
  chimneyctl monitor target violation
  chimneyctl -j monitor tcp | jq -r 'select(.event == "retrieve") | .upload_reason'
)";

using Sources = std::array<bool, 4>;

Result<Sources> parse_sources(Arguments arguments) {
    Sources wanted{};
    wanted.fill(arguments.empty());
    for (auto word : arguments) {
        auto found = match_keyword(word, enum_names<EventSource>(), "source of events");
        if (!found)
            return tl::unexpected(found.error());
        wanted.at(*found) = true;
    }
    return wanted;
}

Result<int> run_monitor(Context& context, Arguments arguments) {
    auto wanted = parse_sources(arguments);
    if (!wanted)
        return tl::unexpected(wanted.error());
    auto print = [&](const std::vector<Event>& events, bool lost) {
        if (lost)
            context.err() << "chimneyctl: some events were lost, they came faster than they were "
                             "read\n";
        for (const auto& event : events) {
            if (event.source >= wanted->size() || !wanted->at(event.source))
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
