// SPDX-License-Identifier: GPL-2.0-only
#include "cli.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view offload_help = R"(usage:
  chimneyctl offload SELECTOR

Hands the selected connections to the target on the device they are routed through, waits for the
result and prints it as the tree of state objects that was sent: neighbors, their paths, their
connections, each with its role, its status and the bytes handed over with it. Applications notice
nothing. chimneyd must run: it owns the connections and brings them home when it ends.

Many connections take several trees (sysctl net.chimney.max_tree). Ctrl-C cancels what has not
begun: the tree that is out completes, the other connections are refused as cancelled. The result
tells what became of each. A second Ctrl-C does not wait for it.

A selector is any of  src ADDR[/PREFIX][:PORT]  dst ADDR[/PREFIX][:PORT]  pid PID,  or  all.
A connection must match every part.

examples:
  chimneyctl offload src 10.0.0.1:40000 dst 10.0.0.2:7     one connection
  chimneyctl offload dst 10.0.0.0/24:80                    all to the web servers of a network
  chimneyctl offload dst :443 pid 4711                     those of one process
  chimneyctl offload all

Exit status: 0 if every selected connection was offloaded, 2 if some were not, 1 for an error.
)";

constexpr std::string_view upload_help = R"(usage:
  chimneyctl upload SELECTOR

Takes the selected connections back from their targets, waits for the result and prints it as the
tree of state objects. Applications notice nothing. Works without chimneyd, too.

Ctrl-C cancels what has not begun, as with offload: the other connections stay offloaded.

A selector is any of  src ADDR[/PREFIX][:PORT]  dst ADDR[/PREFIX][:PORT]  pid PID,  or  all.
A connection must match every part.

examples:
  chimneyctl upload src :40000
  chimneyctl upload all

Exit status: 0 if every selected connection came home, 2 if some did not, 1 for an error.
)";

Result<int> move_connections(Context& context, Arguments arguments, std::string_view command,
                             OpKind kind) {
    auto selector = selector_argument(arguments, command);
    if (!selector)
        return tl::unexpected(selector.error());
    OperationOptions options;
    options.kind = kind;
    return context.operate(*selector, options).map([&](const std::vector<Report>& reports) {
        return print_reports(context, reports, *selector);
    });
}

Result<int> run_offload(Context& context, Arguments arguments) {
    return move_connections(context, arguments, "offload", CHIMNEY_OP_KIND_INITIATE);
}

Result<int> run_upload(Context& context, Arguments arguments) {
    return move_connections(context, arguments, "upload", CHIMNEY_OP_KIND_TERMINATE);
}

} // namespace

const Command offload_command = {"offload", run_offload, "hand connections to their target",
                                 offload_help};
const Command upload_command = {"upload", run_upload, "take connections back", upload_help};

} // namespace chimney::cli
