// SPDX-License-Identifier: GPL-2.0-only
#include <array>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view help = R"(usage:
  chimneyctl conn [show [SELECTOR]]

Shows the connections that are offloaded or on their way, with the state of each, its device, the
bytes the target sent, received and has not had acknowledged. "owned" connections come home when
chimneyd ends. "guard" counts segments a parked socket tried to send by itself: it must not appear.

examples:
  chimneyctl conn
  chimneyctl conn show dst :5201
  chimneyctl -p conn show pid 4711
)";

Result<int> run_show(Context& context, Arguments arguments) {
    auto selector = parse_selector(arguments);
    if (!selector)
        return tl::unexpected(selector.error());
    return context.backend()
        .and_then([&](Backend* backend) { return backend->connections(*selector); })
        .map([&](const std::vector<Connection>& connections) -> int {
            context.print(connections_document(connections),
                          [&] { return render_connections(context.style(), connections); });
            return exit_ok;
        });
}

constexpr auto commands = std::to_array<Command>({
    {"show", run_show, "show offloaded connections", ""},
});

Result<int> run_conn(Context& context, Arguments arguments) {
    if (arguments.empty())
        return run_show(context, {});
    return dispatch(context, arguments, commands, "command of conn");
}

} // namespace

const Command conn_command = {"conn", run_conn, "show offloaded connections", help};

} // namespace chimney::cli
