// SPDX-License-Identifier: GPL-2.0-only
#include <nlohmann/json.hpp>

#include "cli.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view help = R"(usage:
  chimneyctl metrics

Prints counters in the text format of OpenMetrics, for Prometheus and its like: entries of targets
in use and free, connections by state, breaches of the contract by clause, connections of
operations by what became of them, and how long operations took, as histograms.

examples:
  chimneyctl metrics
  chimneyctl metrics > /var/lib/prometheus/node-exporter/chimney.prom
)";

Result<int> run_metrics(Context& context, Arguments arguments) {
    if (auto none = no_arguments(arguments, "metrics"); !none)
        return tl::unexpected(none.error());
    return context.backend()
        .and_then(
            [](Backend* backend) { return backend->call(method::get_metrics, Json::object()); })
        .map([&](const Json& document) -> int {
            context.print(document, [&] { return document.value("metrics", ""); });
            return exit_ok;
        });
}

} // namespace

const Command metrics_command = {"metrics", run_metrics, "print counters for Prometheus", help};

} // namespace chimney::cli
