// SPDX-License-Identifier: GPL-2.0-only
// The dry run of an offload: explain prints it, capture makes a document to replay of it.
#include <fstream>
#include <ostream>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view explain_help = R"(usage:
  chimneyctl explain SELECTOR

Shows what an offload of the selected connections would do, and does nothing: the state trees as
they would be sent, and for each connection that would be refused the reason. With -d (or in JSON)
every block comes with its variables.

examples:
  chimneyctl explain all
  chimneyctl -d explain src :40000
  chimneyctl -j explain pid 4711 | jq '.operations[].blocks[] | select(.reason)'

Exit status: 0 if every selected connection could be offloaded, 2 if some could not, 1 for an error.
)";

constexpr std::string_view capture_help = R"(usage:
  chimneyctl capture SELECTOR [FILE]

Writes the state trees that an offload of the selected connections would send as a document for
chimneyctl replay: an initiate, then a query and a terminate of the same objects. The connections
stay as they are. Instead of the send data, which stays in the sockets, there are as many zeros.
Without FILE, or with "-", the document goes to the standard output.

examples:
  chimneyctl capture dst 10.0.0.2:7 tree.json
  chimneyctl capture all | jq '.replay[0].tree'
  chimneyctl replay veth0 tree.json

Exit status: 0 if every selected connection is in the document, 2 if some were refused (they are
named on the standard error), 1 for an error.
)";

Result<std::vector<Report>> dry_run(Context& context, const Selector& selector) {
    OperationOptions options;
    options.dry_run = true;
    return context.backend().and_then(
        [&](Backend* backend) { return backend->operate(selector, options, nullptr); });
}

Result<int> run_explain(Context& context, Arguments arguments) {
    auto selector = selector_argument(arguments, "explain");
    if (!selector)
        return tl::unexpected(selector.error());
    return dry_run(context, *selector).map([&](const std::vector<Report>& reports) {
        return print_reports(context, reports, *selector);
    });
}

/// The words of a capture: the last one is a file if the others alone are a selector.
struct CaptureWords {
    Selector selector;
    std::string file = "-";
};

Result<CaptureWords> parse_capture(Arguments arguments) {
    auto all = selector_argument(arguments, "capture");
    if (all)
        return CaptureWords{*all, "-"};
    if (arguments.size() < 2)
        return tl::unexpected(all.error());
    auto selector = parse_selector(arguments.first(arguments.size() - 1));
    if (!selector)
        return tl::unexpected(all.error());
    return CaptureWords{*selector, std::string(arguments.back())};
}

Result<void> write_document(Context& context, const std::string& file, const Json& document) {
    auto text = format_json(document, true) + "\n";
    if (file == "-") {
        context.out() << text;
        return {};
    }
    std::ofstream stream(file);
    stream << text;
    stream.close();
    if (!stream)
        return fail_errno("cannot write " + file, errno);
    return {};
}

Result<int> run_capture(Context& context, Arguments arguments) {
    auto words = parse_capture(arguments);
    if (!words)
        return tl::unexpected(words.error());
    auto reports = dry_run(context, words->selector);
    if (!reports)
        return tl::unexpected(reports.error());
    auto steps = capture(*reports);
    if (!steps)
        return tl::unexpected(steps.error());
    if (steps->empty())
        return fail(ErrorCode::not_found,
                    "there is nothing to capture: no connection that matches " +
                        words->selector.to_string() +
                        " could be offloaded, chimneyctl explain tells why");
    if (auto written = write_document(context, words->file, replay_document(*steps)); !written)
        return tl::unexpected(written.error());
    bool refused = false;
    for (const auto& report : *reports) {
        context.err() << render_refused({}, report);
        refused |= report.operation.refused > 0;
    }
    return refused ? exit_incomplete : exit_ok;
}

} // namespace

const Command explain_command = {"explain", run_explain, "show what an offload would do",
                                 explain_help};
const Command capture_command = {"capture", run_capture,
                                 "write what an offload would send, to be replayed", capture_help};

} // namespace chimney::cli
