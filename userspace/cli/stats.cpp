// SPDX-License-Identifier: GPL-2.0-only
#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view help = R"(usage:
  chimneyctl stats [DEV] [reset]

Shows the counters that targets keep of the traffic of offloaded connections, for each IP version,
of all targets or the one on DEV. They are those of RFC 2011 and RFC 2012, for what the host's own
counters no longer see. "reset" sets them to zero and shows what they were.

examples:
  chimneyctl stats
  chimneyctl stats veth0 reset
  chimneyctl -j stats veth0 | jq '.statistics[] | select(.version == 4).tcp_out_segments'
)";

Result<std::vector<Statistics>> reset_all(Backend& backend) {
    auto targets = backend.targets(std::nullopt);
    if (!targets)
        return tl::unexpected(targets.error());
    std::vector<Statistics> found;
    for (const auto& target : *targets) {
        auto part = backend.reset_statistics(target.dev);
        if (!part)
            return part;
        found.insert(found.end(), part->begin(), part->end());
    }
    return found;
}

Result<int> run_stats(Context& context, Arguments arguments) {
    bool reset = !arguments.empty() && arguments.back() == "reset";
    if (reset)
        arguments = arguments.first(arguments.size() - 1);
    std::optional<std::string> dev;
    if (arguments.size() > 1)
        return fail(ErrorCode::usage, "'" + std::string(arguments[1]) +
                                          "' is one word too many: chimneyctl stats [DEV] [reset]");
    if (!arguments.empty()) {
        auto word = device_argument(arguments.front());
        if (!word)
            return tl::unexpected(word.error());
        dev = *word;
    }
    return context.backend()
        .and_then([&](Backend* backend) {
            if (!reset)
                return backend->statistics(dev);
            return dev ? backend->reset_statistics(*dev) : reset_all(*backend);
        })
        .map([&](const std::vector<Statistics>& statistics) -> int {
            context.print(statistics_document(statistics),
                          [&] { return render_statistics(context.style(), statistics); });
            return exit_ok;
        });
}

} // namespace

const Command stats_command = {"stats", run_stats, "show or reset counters of targets", help};

} // namespace chimney::cli
