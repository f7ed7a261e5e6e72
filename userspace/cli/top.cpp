// SPDX-License-Identifier: GPL-2.0-only
#include "top.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <thread>

#include <curses.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chimney/address.hpp>
#include <chimney/keyword.hpp>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view help = R"(usage:
  chimneyctl top [interval SECONDS] [count NUMBER]

Shows what offloaded connections and their targets send and receive each second, the busiest first,
until q is pressed. Other keys sort: s by bytes sent, r by bytes received, b by both. The interval
is 1 s. Where the output is no terminal, and with -j, each look is printed behind the one before;
count says how many there are.

examples:
  chimneyctl top
  chimneyctl top interval 5
  chimneyctl -j top count 1 | jq '.top.connections[0]'
)";

using Clock = std::chrono::steady_clock;

constexpr std::uint32_t max_number = 1'000'000;

struct Options {
    std::chrono::seconds interval{1};
    std::optional<std::uint32_t> count;
};

Result<Options> parse_top(Arguments arguments) {
    constexpr auto words = std::to_array<std::string_view>({"interval", "count"});
    Options options;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        auto found = match_keyword(arguments[i], words, "word of top");
        if (!found)
            return tl::unexpected(found.error());
        if (++i == arguments.size())
            return fail(ErrorCode::usage, fmt::format("{} needs a number", words[*found]));
        auto value = parse_number(arguments[i], words[*found], 1, max_number);
        if (!value)
            return tl::unexpected(value.error());
        if (*found == 0)
            options.interval = std::chrono::seconds(*value);
        else
            options.count = *value;
    }
    return options;
}

struct Look {
    Clock::time_point time;
    std::vector<Target> targets;
    std::vector<Connection> connections;
};

Result<Look> look(Backend& backend) {
    auto targets = backend.targets(std::nullopt);
    if (!targets)
        return tl::unexpected(targets.error());
    return backend.connections({}).map([&](std::vector<Connection> connections) {
        return Look{Clock::now(), std::move(*targets), std::move(connections)};
    });
}

Traffic compare(const Look& before, const Look& now, TrafficOrder order) {
    std::chrono::duration<double> seconds = now.time - before.time;
    return measure_traffic(before.connections, now.connections, now.targets, seconds.count(),
                           order);
}

struct EndWindow {
    void operator()(WINDOW*) const { endwin(); }
};

/// The terminal while curses has it.
class Screen {
  public:
    Screen() : window_(initscr()) {
        cbreak();
        noecho();
        curs_set(0);
    }

    void draw(const std::string& text) {
        erase();
        int line = 0;
        for (std::size_t begin = 0; begin < text.size() && line < LINES; ++line) {
            auto end = text.find('\n', begin);
            mvaddnstr(line, 0, text.substr(begin, end - begin).c_str(), COLS);
            begin = end + 1;
        }
        refresh();
    }

    /// The key that is pressed within that time, or ERR.
    int key(std::chrono::milliseconds limit) {
        timeout(static_cast<int>(limit.count()));
        return getch();
    }

  private:
    std::unique_ptr<WINDOW, EndWindow> window_;
};

std::optional<TrafficOrder> order_of(int key) {
    switch (key) {
    case 's':
        return TrafficOrder::sent;
    case 'r':
        return TrafficOrder::received;
    case 'b':
        return TrafficOrder::both;
    default:
        return std::nullopt;
    }
}

Result<int> run_screen(Context& context, Backend& backend, const Options& options) {
    auto before = look(backend);
    if (!before)
        return tl::unexpected(before.error());
    auto order = TrafficOrder::both;
    auto style = context.style();
    style.color = false; // curses draws plain text
    Screen screen;
    for (std::uint32_t i = 0; !options.count || i < *options.count; ++i) {
        auto due = before->time + options.interval;
        for (auto now = Clock::now(); now < due; now = Clock::now()) {
            int key = screen.key(std::chrono::ceil<std::chrono::milliseconds>(due - now));
            if (key == 'q')
                return exit_ok;
            order = order_of(key).value_or(order);
        }
        auto now = look(backend);
        if (!now)
            return tl::unexpected(now.error());
        screen.draw(render_traffic(style, compare(*before, *now, order)));
        before = std::move(now);
    }
    return exit_ok;
}

Result<int> run_lines(Context& context, Backend& backend, const Options& options) {
    auto before = look(backend);
    for (std::uint32_t i = 0; before && (!options.count || i < *options.count); ++i) {
        std::this_thread::sleep_until(before->time + options.interval);
        auto now = look(backend);
        if (!now)
            return tl::unexpected(now.error());
        auto traffic = compare(*before, *now, TrafficOrder::both);
        context.print(traffic_document(traffic),
                      [&] { return render_traffic(context.style(), traffic); });
        context.out().flush();
        if (!context.out())
            return exit_ok;
        before = std::move(now);
    }
    return before ? Result<int>(exit_ok) : tl::unexpected(before.error());
}

Result<int> run_top(Context& context, Arguments arguments) {
    auto options = parse_top(arguments);
    if (!options)
        return tl::unexpected(options.error());
    return context.backend().and_then([&](Backend* backend) {
        return context.terminal() && !context.json ? run_screen(context, *backend, *options)
                                                   : run_lines(context, *backend, *options);
    });
}

std::string format_rate(std::uint64_t rate) {
    return format_bytes(rate) + "/s";
}

/// A connection that went out again counts anew.
std::uint64_t rate(std::uint64_t before, std::uint64_t now, double seconds) {
    auto bytes = static_cast<double>(now >= before ? now - before : now);
    return static_cast<std::uint64_t>(bytes / seconds);
}

} // namespace

Traffic measure_traffic(const std::vector<Connection>& before, const std::vector<Connection>& now,
                        const std::vector<Target>& targets, double seconds, TrafficOrder order) {
    std::map<std::uint64_t, const Connection*> known;
    for (const auto& connection : before)
        known.emplace(connection.cookie, &connection);
    Traffic traffic;
    for (const auto& target : targets)
        traffic.targets.push_back({target.dev, target.tcp.used, 0, 0});
    for (const auto& connection : now) {
        // What it moved before it was first seen says nothing of this interval.
        auto found = known.find(connection.cookie);
        const auto& then = found == known.end() ? connection : *found->second;
        ConnectionTraffic one{connection, rate(then.sent_bytes, connection.sent_bytes, seconds),
                              rate(then.received_bytes, connection.received_bytes, seconds)};
        auto target = std::ranges::find(traffic.targets, connection.dev, &TargetTraffic::dev);
        if (target != traffic.targets.end()) {
            target->sent += one.sent;
            target->received += one.received;
        }
        traffic.connections.push_back(std::move(one));
    }
    auto key = [order](const ConnectionTraffic& one) {
        return order == TrafficOrder::sent       ? one.sent
               : order == TrafficOrder::received ? one.received
                                                 : one.sent + one.received;
    };
    std::ranges::stable_sort(traffic.connections, std::ranges::greater(), key);
    return traffic;
}

std::string render_traffic(const Style& style, const Traffic& traffic) {
    std::vector<std::vector<Cell>> rows;
    rows.push_back({{"target", Color::bold},
                    {"out", Color::bold},
                    {"sent", Color::bold},
                    {"received", Color::bold}});
    for (const auto& target : traffic.targets)
        rows.push_back({{target.dev},
                        {fmt::format("{}", target.connections)},
                        {format_rate(target.sent)},
                        {format_rate(target.received)}});
    auto text = format_table(style, rows) + "\n";
    rows.clear();
    rows.push_back({{"connection", Color::bold},
                    {"state", Color::bold},
                    {"target", Color::bold},
                    {"sent", Color::bold},
                    {"received", Color::bold}});
    for (const auto& [connection, sent, received] : traffic.connections)
        rows.push_back(
            {{fmt::format("{} {} {}", format_endpoint(connection.src, connection.src_port),
                          style.utf8 ? "→" : "->",
                          format_endpoint(connection.dst, connection.dst_port))},
             {to_string(connection.state)},
             {connection.dev},
             {format_rate(sent)},
             {format_rate(received)}});
    return text + format_table(style, rows);
}

Json traffic_document(const Traffic& traffic) {
    auto targets = Json::array();
    for (const auto& target : traffic.targets)
        targets.push_back({{"dev", target.dev},
                           {"connections", target.connections},
                           {"sent_rate", target.sent},
                           {"received_rate", target.received}});
    std::vector<Connection> connections;
    for (const auto& one : traffic.connections)
        connections.push_back(one.connection);
    auto list = connections_document(connections)["connections"];
    for (std::size_t i = 0; i < connections.size(); ++i) {
        list[i]["sent_rate"] = traffic.connections[i].sent;
        list[i]["received_rate"] = traffic.connections[i].received;
    }
    return {{"schema", 1},
            {"top", {{"targets", std::move(targets)}, {"connections", std::move(list)}}}};
}

const Command top_command = {"top", run_top, "show the rates of connections, as they change", help};

} // namespace chimney::cli
