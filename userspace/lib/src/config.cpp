// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/config.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <limits>
#include <sstream>

#include <fmt/format.h>
#include <pwd.h>
#include <toml++/toml.h>

#include <chimney/amount.hpp>
#include <chimney/keyword.hpp>

namespace chimney {
namespace {

constexpr auto setting_names = std::to_array<std::string_view>(
    {"socket", "group", "on-exit", "state", "metrics-port", "rule"});
constexpr auto rule_keys =
    std::to_array<std::string_view>({"action", "name", "src", "dst", "user", "cgroup", "command",
                                     "dev", "min-age", "min-bytes", "min-rate", "max"});
constexpr auto action_names = std::to_array<std::string_view>({"offload", "never", "quarantine"});

std::optional<uid_t> find_user(const std::string& name) {
    std::uint32_t number = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size())
        return number;
    std::vector<char> buffer(16 << 10);
    passwd entry{};
    passwd* found = nullptr;
    getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    return found ? std::optional(found->pw_uid) : std::nullopt;
}

/// Reads the tables; what is wrong is collected.
class ConfigReader {
  public:
    void read(const toml::table& table);

    Config config;
    std::vector<Mistake> mistakes;

  private:
    void note(const toml::source_region& where, std::string message) {
        mistakes.push_back({where.begin.line, where.begin.column, std::move(message)});
    }
    bool known(const toml::key& key, std::span<const std::string_view> names,
               std::string_view what);
    void read_setting(std::string_view key, const toml::node& node);
    void read_metrics_port(const toml::node& node);
    void read_rules(const toml::node& node);
    void read_rule(const toml::table& table);
    void read_part(Rule& rule, std::string_view key, const toml::node& node);
    void read_number(Rule& rule, std::string_view key, const toml::node& node);
    void read_text_part(Rule& rule, std::string_view key, const std::string& value,
                        const toml::node& node);
    std::optional<std::string> read_text(std::string_view key, const toml::node& node);
};

bool ConfigReader::known(const toml::key& key, std::span<const std::string_view> names,
                         std::string_view what) {
    if (std::ranges::find(names, key.str()) != names.end())
        return true;
    note(key.source(),
         fmt::format("there is no {} '{}': use {}", what, key.str(), join_alternatives(names)));
    return false;
}

std::optional<std::string> ConfigReader::read_text(std::string_view key, const toml::node& node) {
    auto value = node.value_exact<std::string>();
    if (!value)
        note(node.source(), fmt::format("the value of {} must be a string in quotes", key));
    return value;
}

void ConfigReader::read(const toml::table& table) {
    for (const auto& [key, node] : table) {
        if (!known(key, setting_names, "setting"))
            continue;
        if (key.str() == "rule")
            read_rules(node);
        else if (key.str() == "metrics-port")
            read_metrics_port(node);
        else
            read_setting(key.str(), node);
    }
}

void ConfigReader::read_setting(std::string_view key, const toml::node& node) {
    auto value = read_text(key, node);
    if (!value)
        return;
    if (key == "socket") {
        config.socket = *value;
    } else if (key == "group") {
        config.group = *value;
    } else if (key == "state") {
        config.state = *value;
    } else {
        auto on_exit = parse_on_exit(*value);
        if (on_exit)
            config.on_exit = *on_exit;
        else
            note(node.source(), on_exit.error().message);
    }
}

void ConfigReader::read_metrics_port(const toml::node& node) {
    auto number = node.value_exact<std::int64_t>();
    auto port = parse_metrics_port(number ? std::to_string(*number) : "");
    if (port)
        config.metrics_port = *port;
    else
        note(node.source(), number ? port.error().message
                                   : "the value of metrics-port must be a number, 1 to 65535");
}

void ConfigReader::read_rules(const toml::node& node) {
    const auto* rules = node.as_array();
    if (!rules) {
        note(node.source(), "rules are written as tables in a list: begin each with [[rule]]");
        return;
    }
    for (const auto& rule : *rules) {
        if (const auto* table = rule.as_table())
            read_rule(*table);
        else
            note(rule.source(), "a rule is a table: begin it with [[rule]]");
    }
}

void ConfigReader::read_rule(const toml::table& table) {
    Rule rule;
    rule.line = table.source().begin.line;
    rule.name = fmt::format("#{}", config.policy.rules.size() + 1);
    bool action = false;
    for (const auto& [key, node] : table) {
        if (!known(key, rule_keys, "part of a rule"))
            continue;
        action |= key.str() == "action";
        read_part(rule, key.str(), node);
    }
    if (!action)
        note(table.source(), "the rule says not what to do: give it an action, offload, never or "
                             "quarantine");
    if (rule.max && rule.action != Action::offload)
        note(table.source(),
             fmt::format("max is for rules that offload: action is {}", to_string(rule.action)));
    if (rule.src && rule.dst)
        if (auto sound = check_selector({false, rule.src, rule.dst, {}}); !sound)
            note(table.source(), sound.error().message);
    if (std::ranges::find(config.policy.rules, rule.name, &Rule::name) != config.policy.rules.end())
        note(table.source(), fmt::format("another rule has the name '{}'", rule.name));
    config.policy.rules.push_back(std::move(rule));
}

void ConfigReader::read_part(Rule& rule, std::string_view key, const toml::node& node) {
    if (key == "max" || key.starts_with("min-"))
        read_number(rule, key, node);
    else if (auto value = read_text(key, node))
        read_text_part(rule, key, *value, node);
}

void ConfigReader::read_number(Rule& rule, std::string_view key, const toml::node& node) {
    bool time = key == "min-age";
    std::optional<std::uint64_t> amount;
    if (auto number = node.value_exact<std::int64_t>(); number && *number >= 0)
        amount = static_cast<std::uint64_t>(*number);
    else if (auto text = node.value_exact<std::string>(); text && key != "max")
        amount = time ? parse_seconds(*text) : parse_bytes(*text);
    if (key == "max") {
        if (!amount || *amount == 0 || *amount > std::numeric_limits<std::uint32_t>::max())
            note(node.source(), "max must be a number of connections, 1 at least");
        else
            rule.max = static_cast<std::uint32_t>(*amount);
        return;
    }
    if (!amount) {
        note(node.source(),
             fmt::format("the value of {} must be a number of {}, alone or with a unit: {}", key,
                         time ? "seconds" : "bytes",
                         time ? "\"30 s\", \"5 min\", \"1 h\"" : "\"64 KiB\", \"10 MB\""));
        return;
    }
    (time ? rule.min_age_s : key == "min-bytes" ? rule.min_bytes : rule.min_rate) = *amount;
}

void ConfigReader::read_text_part(Rule& rule, std::string_view key, const std::string& value,
                                  const toml::node& node) {
    if (key == "action") {
        auto found = std::ranges::find(action_names, value);
        if (found == action_names.end())
            note(node.source(), fmt::format("there is no action '{}': use {}", value,
                                            join_alternatives(action_names)));
        else
            rule.action = static_cast<Action>(found - action_names.begin());
    } else if (key == "src" || key == "dst") {
        auto endpoint = parse_endpoint(value);
        if (!endpoint)
            note(node.source(), endpoint.error().message);
        else
            (key == "src" ? rule.src : rule.dst) = *endpoint;
    } else if (key == "user") {
        rule.user = find_user(value);
        if (!rule.user)
            note(node.source(),
                 fmt::format("there is no user '{}': give a name of /etc/passwd or a number",
                             value));
    } else if (key == "cgroup") {
        rule.cgroup = value;
        if (!value.starts_with('/'))
            note(node.source(),
                 fmt::format("the cgroup '{}' must begin with /, as in /system.slice", value));
    } else {
        (key == "name"      ? rule.name
         : key == "command" ? rule.command.emplace()
                            : rule.dev.emplace()) = value;
    }
}

} // namespace

Result<OnExit> parse_on_exit(std::string_view text) {
    if (text == "home")
        return OnExit::home;
    if (text == "stay")
        return OnExit::stay;
    return fail(ErrorCode::usage, fmt::format("on-exit '{}' is neither home nor stay", text));
}

Result<std::uint16_t> parse_metrics_port(std::string_view text) {
    return parse_number(text, "metrics-port", 1, std::numeric_limits<std::uint16_t>::max())
        .map([](std::uint32_t port) { return static_cast<std::uint16_t>(port); });
}

tl::expected<Config, std::vector<Mistake>> parse_config(std::string_view text) {
    toml::table table;
    try {
        table = toml::parse(text);
    } catch (const toml::parse_error& error) {
        const auto& where = error.source().begin;
        return tl::unexpected(
            std::vector{Mistake{where.line, where.column, std::string(error.description())}});
    }
    ConfigReader reader;
    reader.read(table);
    if (reader.mistakes.empty())
        return std::move(reader.config);
    std::ranges::sort(reader.mistakes, {}, [](const Mistake& mistake) {
        return std::pair(mistake.line, mistake.column);
    });
    return tl::unexpected(std::move(reader.mistakes));
}

Error mistakes_error(const std::string& name, const std::vector<Mistake>& mistakes) {
    std::vector<std::string> lines;
    for (const auto& [line, column, message] : mistakes)
        lines.push_back(fmt::format("{}:{}:{}: {}", name, line, column, message));
    return {ErrorCode::usage, 0, fmt::format("{}", fmt::join(lines, "\n"))};
}

Result<std::string> read_text(const std::string& path) {
    errno = 0;
    std::ifstream file(path);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf() || file.peek() == std::ifstream::traits_type::eof()))
        return fail_errno("cannot read " + path, errno);
    return text.str();
}

Result<Config> read_config(const std::string& path, bool must_exist) {
    auto text = read_text(path);
    if (!text && text.error().errnum == ENOENT && !must_exist)
        return Config{};
    if (!text)
        return tl::unexpected(text.error());
    auto config = parse_config(*text);
    if (!config)
        return tl::unexpected(mistakes_error(path, config.error()));
    return *config;
}

} // namespace chimney
