// SPDX-License-Identifier: GPL-2.0-only
#include <array>
#include <limits>

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

A target is what connections are handed to: a NIC that runs TCP, or a software target made here.

  kind KIND      sort of software target; sim is a simulated NIC (load chimney_sim.ko first)
  tcp N          connections it can hold
  path N         paths (pairs of addresses) it can hold
  neighbor N     neighbors (next hops) it can hold
  mtu N          largest path MTU it takes, in bytes
  rcvwnd N       largest receive window it takes, in bytes

What is left out takes the default of the kind. "del" brings the target's connections home first.

examples:
  chimneyctl target add veth0 kind sim
  chimneyctl target add veth0 kind sim tcp 2       try what happens when a NIC is full
  chimneyctl target show veth0
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

Result<int> run_del(Context& context, Arguments arguments) {
    if (arguments.size() != 1)
        return fail(ErrorCode::usage, "target del takes one device: chimneyctl target del DEV");
    auto dev = device_argument(arguments.front());
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

constexpr auto commands = std::to_array<Command>({
    {"show", run_show, "show one target or all", ""},
    {"add", run_add, "make a software target on a device", ""},
    {"del", run_del, "remove a software target", ""},
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
