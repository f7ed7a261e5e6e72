// SPDX-License-Identifier: GPL-2.0-only
#include <array>
#include <limits>

#include <chimney/keyword.hpp>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view help = R"(usage:
  chimneyctl op [show [ID]]

Shows the operations the kernel keeps: offloads and uploads that run or are over. With the number
of one, shows what became of each block of its state trees and why connections were refused.

examples:
  chimneyctl op
  chimneyctl op show 7
  chimneyctl -j op show 7 | jq '.operations[].blocks[] | select(.reason)'
)";

Result<int> show_all(Context& context) {
    return context.backend()
        .and_then([](Backend* backend) { return backend->operations(); })
        .map([&](const std::vector<Operation>& operations) -> int {
            context.print(operations_document(operations), [&] {
                std::string text;
                for (const auto& op : operations)
                    text += render_operation(context.style(), op);
                return text;
            });
            return exit_ok;
        });
}

Result<int> run_show(Context& context, Arguments arguments) {
    if (arguments.empty())
        return show_all(context);
    if (arguments.size() > 1)
        return fail(ErrorCode::usage, "'" + std::string(arguments[1]) +
                                          "' is one word too many: op show takes one number");
    auto id =
        parse_number(arguments.front(), "operation", 1, std::numeric_limits<std::uint32_t>::max());
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
});

Result<int> run_op(Context& context, Arguments arguments) {
    if (arguments.empty())
        return show_all(context);
    return dispatch(context, arguments, commands, "command of op");
}

} // namespace

const Command op_command = {"op", run_op, "show operations and what became of their blocks", help};

} // namespace chimney::cli
