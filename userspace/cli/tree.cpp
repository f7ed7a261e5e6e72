// SPDX-License-Identifier: GPL-2.0-only
#include <array>
#include <map>
#include <ostream>

#include <fmt/format.h>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view help = R"(usage:
  chimneyctl tree [--dot] [SELECTOR]

Draws the state objects that targets hold: neighbors (next hops), the paths over each, the
connections over each path. The targets are asked, by a query. --dot prints the
tree for Graphviz.

examples:
  chimneyctl tree
  chimneyctl tree dst 10.0.0.0/24
  chimneyctl tree --dot | dot -Tsvg > tree.svg

Exit status: 0 if every target answered for every selected object, 2 if one did not.
)";

constexpr std::size_t layers = 3;

std::string dot_quote(std::string_view text) {
    std::string quoted = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\')
            quoted += '\\';
        quoted += c;
    }
    return quoted + "\"";
}

/// One graph; the root of each tree hangs on its target.
std::string render_dot(const std::vector<Report>& reports) {
    std::string text = "digraph chimney {\n  rankdir=LR;\n  node [shape=box];\n";
    std::map<std::string, bool> targets;
    for (const auto& [op, blocks] : reports) {
        std::array<std::string, layers> above;
        for (const auto& block : blocks) {
            if (block.reason || block.layer >= layers)
                continue;
            auto node = fmt::format("b{}_{}", op.id, block.index);
            auto parent = block.layer == 0 ? dot_quote(block.dev) : above[block.layer - 1];
            if (block.layer == 0 && targets.emplace(block.dev, true).second)
                text += fmt::format("  {} [shape=ellipse];\n", parent);
            text += fmt::format("  {} [label={}];\n  {} -> {};\n", node,
                                dot_quote(block_label({}, block)), parent, node);
            above[block.layer] = node;
        }
    }
    return text + "}\n";
}

/// The trees without the variables that were read.
std::string render_trees(const Style& style, std::vector<Report> reports) {
    std::string text;
    for (auto& report : reports) {
        for (auto& block : report.blocks)
            block.state.reset();
        text += render_blocks(style, report) + render_refused(style, report);
    }
    return text;
}

Result<int> run_tree(Context& context, Arguments arguments) {
    bool dot = !arguments.empty() && arguments.front() == "--dot";
    auto selector = parse_selector(arguments.subspan(dot ? 1 : 0));
    if (!selector)
        return tl::unexpected(selector.error());
    if (selector->empty())
        selector->all = true;
    OperationOptions options;
    options.kind = CHIMNEY_OP_KIND_QUERY;
    return context.backend()
        .and_then([&](Backend* backend) { return backend->operate(*selector, options, nullptr); })
        .map([&](const std::vector<Report>& reports) -> int {
            if (dot)
                context.out() << render_dot(reports);
            else
                context.print(reports_document(reports),
                              [&] { return render_trees(context.style(), reports); });
            for (const auto& report : reports)
                if (report.operation.failed || report.operation.refused)
                    return exit_incomplete;
            return exit_ok;
        });
}

} // namespace

const Command tree_command = {"tree", run_tree, "draw the state objects that targets hold", help};

} // namespace chimney::cli
