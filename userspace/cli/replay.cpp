// SPDX-License-Identifier: GPL-2.0-only
#include <fstream>
#include <iostream>
#include <iterator>
#include <ostream>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view help = R"(usage:
  chimneyctl replay DEV FILE

Sends the state trees of a document to the target on a device, one after the other, and prints what
came back: for each block its status, whether the target wrote the context slot, and the variables
and data it returned. No sockets are involved, so that any tree can be tried. What is still
offloaded at the end is terminated. It needs CAP_NET_ADMIN, not chimneyd. FILE may be "-" for the
standard input.

A document has a list "replay" of steps. Each has a "kind" (initiate, query, update, invalidate or
terminate) and a "tree": a list of blocks, each with its "layer", the name of its "object", its
"state" by class (const, cached, delegated), and the blocks that hang on it in "dependents".
chimneyctl capture writes such documents; Documentation/examples has one, chimneyctl(8) all keys.
What is printed with -j is such a document, too.

examples:
  chimneyctl replay veth0 Documentation/examples/tree.json
  chimneyctl capture all | sed 's/"cubic"/"reno"/' | chimneyctl replay veth0 -
  chimneyctl -j replay veth0 tree.json | jq '.replay[0].tree[].status'

Exit status: 0 if every block ended with SUCCESS, 2 if some did not, 1 for an error.
)";

Result<std::string> read_text(const std::string& file) {
    std::ifstream stream;
    if (file != "-") {
        stream.open(file);
        if (!stream)
            return fail_errno("cannot read " + file, errno);
    }
    std::istream& in = file == "-" ? std::cin : stream;
    return std::string(std::istreambuf_iterator<char>(in), {});
}

Result<std::vector<ReplayStep>> read_steps(const std::string& file) {
    return read_text(file)
        .and_then([&](const std::string& text) { return parse_json_object(text, file); })
        .and_then(parse_replay)
        .map_error([&](Error error) {
            if (error.code != ErrorCode::usage && error.code != ErrorCode::protocol)
                return error;
            return Error{ErrorCode::usage, 0,
                         error.message.starts_with(file) ? error.message
                                                         : file + ": " + error.message};
        });
}

Error at_step(Error error, std::size_t index, OpKind kind, const std::string& dev) {
    if (error.code == ErrorCode::kernel || error.code == ErrorCode::not_found)
        error.message = "step " + std::to_string(index + 1) + " (" + to_string(kind) + " on " +
                        dev + "): " + error.message;
    return error;
}

Result<int> run_replay(Context& context, Arguments arguments) {
    if (arguments.size() != 2)
        return fail(ErrorCode::usage,
                    "replay takes a device and a file: chimneyctl replay DEV FILE");
    auto dev = device_argument(arguments[0]);
    if (!dev)
        return tl::unexpected(dev.error());
    auto steps = read_steps(std::string(arguments[1]));
    if (!steps)
        return tl::unexpected(steps.error());
    auto replayer = context.replayer();
    if (!replayer)
        return tl::unexpected(replayer.error());

    std::vector<ReplayResult> results;
    bool complete = true;
    for (std::size_t i = 0; i < steps->size(); ++i) {
        const auto& step = (*steps)[i];
        auto result = (*replayer)->replay(*dev, step);
        if (!result)
            return tl::unexpected(at_step(result.error(), i, step.kind, *dev));
        complete &= succeeded(*result);
        if (!context.json)
            context.out() << render_replay(context.style(), i + 1, *result) << std::flush;
        results.push_back(std::move(*result));
    }
    if (context.json)
        context.out() << format_json(results_document(results), context.pretty) << "\n";
    return complete ? exit_ok : exit_incomplete;
}

} // namespace

const Command replay_command = {"replay", run_replay, "send state trees without sockets", help};

} // namespace chimney::cli
