// SPDX-License-Identifier: GPL-2.0-only
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

/// Operations that are shown, the newest ones.
constexpr std::size_t shown_operations = 5;

/// How things stand, as one screen shows it.
struct Summary {
    std::vector<Target> targets;
    std::vector<Connection> connections;
    std::vector<Operation> operations;
    std::optional<Json> policy; ///< none without chimneyd
};

Result<Summary> look(Backend& backend) {
    Summary summary;
    auto targets = backend.targets(std::nullopt);
    if (!targets)
        return tl::unexpected(targets.error());
    auto connections = backend.connections({});
    if (!connections)
        return tl::unexpected(connections.error());
    auto operations = backend.operations();
    if (!operations)
        return tl::unexpected(operations.error());
    if (operations->size() > shown_operations)
        operations->erase(operations->begin(),
                          operations->end() - static_cast<std::ptrdiff_t>(shown_operations));
    if (auto policy = backend.call(method::show_policy, Json::object()))
        summary.policy = policy->value("policy", Json::object());
    summary.targets = std::move(*targets);
    summary.connections = std::move(*connections);
    summary.operations = std::move(*operations);
    return summary;
}

std::map<std::string, std::size_t> count_states(const std::vector<Connection>& connections) {
    std::map<std::string, std::size_t> states;
    for (const auto& connection : connections)
        ++states[to_string(connection.state)];
    return states;
}

/// What the targets moved for the connections that are out.
struct Bytes {
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
};

Bytes count_bytes(const std::vector<Connection>& connections) {
    Bytes bytes;
    for (const auto& connection : connections) {
        bytes.sent += connection.sent_bytes;
        bytes.received += connection.received_bytes;
    }
    return bytes;
}

std::string render(const Style& style, const Summary& summary) {
    auto head = [&](std::string_view text) { return paint(style, Color::bold, text) + "\n"; };
    auto indented = [](const std::string& text) {
        std::string result;
        for (std::size_t begin = 0; begin < text.size();) {
            auto end = text.find('\n', begin);
            result += "  " + text.substr(begin, end - begin + 1);
            begin = end + 1;
        }
        return result;
    };
    std::string text = head("targets");
    text += summary.targets.empty() ? "  none: chimneyctl target add DEV kind sim makes one\n"
                                    : indented(render_targets(style, summary.targets));
    auto bytes = count_bytes(summary.connections);
    text += head("connections");
    std::string line;
    for (const auto& [state, count] : count_states(summary.connections))
        line += fmt::format("{} {}, ", count, state);
    text += line.empty() ? "  none is offloaded\n"
                         : fmt::format("  {}sent {}, received {}\n", line, format_bytes(bytes.sent),
                                       format_bytes(bytes.received));
    text += head("policy");
    if (summary.policy)
        text += fmt::format("  {} rules in {}, taken back by hand: {}\n",
                            summary.policy->value("rules", Json::array()).size(),
                            summary.policy->value("file", ""), summary.policy->value("held", 0U));
    else
        text +=
            paint(style, Color::yellow, "  chimneyd does not answer, see chimneyctl doctor") + "\n";
    if (summary.operations.empty())
        return text;
    text += head("last operations");
    for (const auto& operation : summary.operations)
        text += "  " + render_operation(style, operation);
    return text;
}

Json to_document(const Summary& summary) {
    auto bytes = count_bytes(summary.connections);
    auto states = Json::object();
    for (const auto& [state, count] : count_states(summary.connections))
        states[state] = count;
    Json json = {{"targets", targets_document(summary.targets)["targets"]},
                 {"connections",
                  {{"states", std::move(states)},
                   {"sent_bytes", bytes.sent},
                   {"received_bytes", bytes.received}}},
                 {"operations", operations_document(summary.operations)["operations"]}};
    if (summary.policy)
        json["policy"] = *summary.policy;
    return {{"schema", 1}, {"summary", std::move(json)}};
}

} // namespace

Result<int> run_summary(Context& context) {
    return context.backend()
        .and_then([](Backend* backend) { return look(*backend); })
        .map([&](const Summary& summary) -> int {
            context.print(to_document(summary), [&] { return render(context.style(), summary); });
            return exit_ok;
        });
}

} // namespace chimney::cli
