// SPDX-License-Identifier: GPL-2.0-only
// update, query and invalidate: the state of objects that are offloaded.
#include <chimney/keyword.hpp>

#include "cli.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view update_help = R"(usage:
  chimneyctl update SELECTOR [layer LAYER]

Sends the cached variables of the selected connections to their targets once more, as the host has
them now: keepalive, TTL, window and so on of connections, the MTU of their paths, the link-layer
address of their neighbors. The host does this by itself when one of them changes.

  layer LAYER    objects of this layer only: neighbor, path or tcp

examples:
  chimneyctl update dst 10.0.0.2
  chimneyctl update all layer neighbor

Exit status: 0 if every object was updated, 2 if some were not, 1 for an error.
)";

constexpr std::string_view query_help = R"(usage:
  chimneyctl query SELECTOR [layer LAYER]

Reads the variables of the selected connections from their targets and prints them below each
object: what is fixed (const), what the host sets (cached), and what the target owns while the
connection is offloaded (delegated), such as sequence numbers, windows and timers. Times are in
microseconds; srtt is 8 times, rtt_var 4 times as large as what it stands for.

  layer LAYER    objects of this layer only: neighbor, path or tcp

examples:
  chimneyctl query src :40000
  chimneyctl query all layer tcp
  chimneyctl -j query all | jq '.operations[].blocks[].state.delegated.cwnd'

Exit status: 0 if every object was read, 2 if some were not, 1 for an error.
)";

constexpr std::string_view invalidate_help = R"(usage:
  chimneyctl invalidate SELECTOR [layer LAYER]

Tells targets to send nothing any more with the objects of the selected connections, as the host
does when a route or a neighbor is gone. The target then asks for the connections back, with the
reason invalid-state: they come home.

  layer LAYER    objects of this layer only: neighbor, path or tcp

examples:
  chimneyctl invalidate dst 10.0.0.2 layer path
  chimneyctl invalidate all

Exit status: 0 if every object was invalidated, 2 if some were not, 1 for an error.
)";

constexpr std::string_view layer_word = "layer";

/// A selector and the layer behind it.
struct Objects {
    Selector selector;
    std::optional<Layer> layer;
};

bool is_layer_word(std::string_view word) {
    return !word.empty() && layer_word.starts_with(word);
}

Result<Objects> parse_objects(Arguments arguments, std::string_view command) {
    Objects objects;
    if (!arguments.empty() && is_layer_word(arguments.back()))
        return fail(ErrorCode::usage, "layer needs a value: layer neighbor, path or tcp");
    if (arguments.size() >= 2 && is_layer_word(arguments[arguments.size() - 2])) {
        auto names = enum_names<Layer>();
        auto found = match_keyword(arguments.back(), names, "layer");
        if (!found)
            return tl::unexpected(found.error());
        objects.layer = static_cast<Layer>(*found);
        arguments = arguments.first(arguments.size() - 2);
    }
    auto selector = selector_argument(arguments, command);
    if (!selector)
        return tl::unexpected(selector.error());
    objects.selector = *selector;
    return objects;
}

Result<int> operate(Context& context, Arguments arguments, std::string_view command, OpKind kind) {
    auto objects = parse_objects(arguments, command);
    if (!objects)
        return tl::unexpected(objects.error());
    OperationOptions options;
    options.kind = kind;
    options.layer = objects->layer;
    return context.backend()
        .and_then(
            [&](Backend* backend) { return backend->operate(objects->selector, options, nullptr); })
        .map([&](const std::vector<Report>& reports) {
            return print_reports(context, reports, objects->selector);
        });
}

Result<int> run_update(Context& context, Arguments arguments) {
    return operate(context, arguments, "update", CHIMNEY_OP_KIND_UPDATE);
}

Result<int> run_query(Context& context, Arguments arguments) {
    return operate(context, arguments, "query", CHIMNEY_OP_KIND_QUERY);
}

Result<int> run_invalidate(Context& context, Arguments arguments) {
    return operate(context, arguments, "invalidate", CHIMNEY_OP_KIND_INVALIDATE);
}

} // namespace

const Command update_command = {"update", run_update, "send cached state to targets again",
                                update_help};
const Command query_command = {"query", run_query, "read the state of offloaded connections",
                               query_help};
const Command invalidate_command = {"invalidate", run_invalidate,
                                    "let targets send nothing any more", invalidate_help};

} // namespace chimney::cli
