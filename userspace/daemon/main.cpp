// SPDX-License-Identifier: GPL-2.0-only
#include <cerrno>
#include <csignal>
#include <iostream>
#include <vector>

#include <linux/capability.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/systemd_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <chimney/config.hpp>
#include <chimney/options.hpp>

#include "metrics_http.hpp"
#include "server.hpp"

namespace chimney::daemon {
namespace {

constexpr std::string_view usage_head =
    R"(chimneyd - offloads TCP connections on behalf of chimneyctl and owns them

usage: chimneyd [OPTIONS]

)";

constexpr std::string_view usage_tail = R"(
Options win over the settings of the file, which are written like this:
  socket  = "/run/chimney/chimneyd.sock"
  group   = "chimney"
  on-exit = "home"
  state   = "/var/lib/chimney"
  metrics-port = 9494

  [[rule]]
  action  = "offload"
  dst     = ":5201"
  min-age = "10 s"

With on-exit "home" the offloaded connections come back to the host when chimneyd ends, even when
it is killed: the kernel sees to that. With "stay" they remain offloaded.

examples:
  chimneyd                             in the foreground, settings from /etc/chimney/chimneyd.toml
  chimneyd --group chimney             members of a group may use chimneyctl
  ip netns exec lab chimneyd --socket /run/chimney/lab.sock
)";

/// What the command line says; the settings it does not mention stay empty.
struct CommandLine {
    std::string config{default_config_path};
    bool config_given = false;
    std::optional<std::string> socket;
    std::optional<std::string> group;
    std::optional<OnExit> on_exit;
    std::optional<std::string> state;
    std::optional<std::uint16_t> metrics_port;
    bool check = false;
    bool help = false;
    bool version = false;
};

std::vector<Option> make_options(CommandLine& line) {
    auto set = [](bool& flag) {
        return [&flag](std::string_view) -> Result<void> {
            flag = true;
            return {};
        };
    };
    auto store = [](std::optional<std::string>& target) {
        return [&target](std::string_view value) -> Result<void> {
            target = value;
            return {};
        };
    };
    return {
        {0, "socket", "PATH", "where to listen (default: /run/chimney/chimneyd.sock)",
         store(line.socket)},
        {0, "group", "NAME", "group whose members may connect (default: root only)",
         store(line.group)},
        {0, "on-exit", "home|stay", "what offloaded connections do at the end (default: home)",
         [&line](std::string_view value) -> Result<void> {
             return parse_on_exit(value).map([&](OnExit on_exit) { line.on_exit = on_exit; });
         }},
        {0, "state", "DIRECTORY", "for what must outlive the daemon (default: /var/lib/chimney)",
         store(line.state)},
        {0, "metrics-port", "PORT", "answer http://localhost:PORT/metrics (default: no HTTP)",
         [&line](std::string_view value) -> Result<void> {
             return parse_metrics_port(value).map(
                 [&](std::uint16_t port) { line.metrics_port = port; });
         }},
        {0, "config", "FILE", "settings (default: /etc/chimney/chimneyd.toml)",
         [&line](std::string_view value) -> Result<void> {
             line.config = value;
             line.config_given = true;
             return {};
         }},
        {0, "check-config", "", "check the settings and exit", set(line.check)},
        {'h', "help", "", "print this", set(line.help)},
        {'V', "version", "", "print the version", set(line.version)},
    };
}

Result<Config> settings(const CommandLine& line) {
    return read_config(line.config, line.config_given).map([&](Config config) {
        if (line.socket)
            config.socket = *line.socket;
        if (line.group)
            config.group = line.group;
        if (line.on_exit)
            config.on_exit = *line.on_exit;
        if (line.state)
            config.state = *line.state;
        if (line.metrics_port)
            config.metrics_port = line.metrics_port;
        return config;
    });
}

/// Say it once at the start rather than at each request.
Result<void> check_capability() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3]{};
    if (syscall(SYS_capget, &header, data) < 0)
        return fail_errno("cannot read my capabilities", errno);
    if (!(data[CAP_NET_ADMIN / 32].effective & 1U << CAP_NET_ADMIN % 32))
        return fail(ErrorCode::permission, "chimneyd needs CAP_NET_ADMIN: run it as root", EPERM);
    return {};
}

Result<void> add_signals(sd_event* loop) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, nullptr);
    for (int signal : {SIGTERM, SIGINT})
        // Without a handler, sd-event ends the loop.
        if (int error = sd_event_add_signal(loop, nullptr, signal, nullptr, nullptr); error < 0)
            return fail_errno("cannot handle signals", -error);
    return {};
}

/// The policy is read again; the other settings need a restart.
Result<void> reload_on_hangup(sd_event* loop, Server& server) {
    auto handler = [](sd_event_source*, const signalfd_siginfo*, void* target) {
        static_cast<Server*>(target)->reload();
        return 0;
    };
    if (int error = sd_event_add_signal(loop, nullptr, SIGHUP, handler, &server); error < 0)
        return fail_errno("cannot handle SIGHUP", -error);
    return {};
}

Result<void> serve(const Config& config, const std::string& file) {
    if (auto able = check_capability(); !able)
        return able;
    auto listener = Listener::open(config.socket, config.group);
    if (!listener)
        return tl::unexpected(listener.error());
    // Owned connections are tied to this one; it lives as long as the process.
    auto requests = open_netlink_socket();
    if (!requests)
        return tl::unexpected(requests.error());
    auto events = open_netlink_events();
    if (!events)
        return tl::unexpected(events.error());
    sd_event* raw = nullptr;
    if (int error = sd_event_default(&raw); error < 0)
        return fail_errno("cannot make an event loop", -error);
    EventLoop loop(raw);
    if (auto added = add_signals(loop.get()); !added)
        return added;
    if (int error = sd_event_set_watchdog(loop.get(), 1); error < 0)
        return fail_errno("cannot set up the watchdog", -error);

    Service service(**requests, config.on_exit == OnExit::home);
    service.set_policy(config.policy, file);
    service.keep_state(config.state);
    if (auto targets = Client(**requests).targets(); !targets)
        spdlog::warn("{}", targets.error().message);
    auto server = Server::create(loop.get(), std::move(*listener), service, **events);
    if (!server)
        return tl::unexpected(server.error());
    if (auto added = reload_on_hangup(loop.get(), **server); !added)
        return added;
    std::unique_ptr<MetricsHttp> http;
    if (config.metrics_port) {
        auto created = MetricsHttp::create(loop.get(), *config.metrics_port,
                                           [&service] { return service.metrics(); });
        if (!created)
            return tl::unexpected(created.error());
        http = std::move(*created);
    }
    spdlog::info("listening on {}, on exit connections {}", config.socket,
                 config.on_exit == OnExit::home ? "come home" : "stay offloaded");
    sd_notify(0, "READY=1");
    int error = sd_event_loop(loop.get());
    sd_notify(0, "STOPPING=1");
    spdlog::info("stopping");
    return error < 0 ? fail_errno("the event loop failed", -error) : Result<void>();
}

/// Whether stderr goes to the journal, as systemd.exec(5) says to find out.
bool logs_to_journal() {
    const char* stream = getenv("JOURNAL_STREAM");
    struct stat info {};
    return stream && fstat(STDERR_FILENO, &info) == 0 &&
           fmt::format("{}:{}", info.st_dev, info.st_ino) == stream;
}

void set_up_log() {
    // The native protocol of the journal keeps the levels.
    if (logs_to_journal()) {
        spdlog::set_default_logger(spdlog::systemd_logger_mt("chimneyd", "chimneyd"));
        return;
    }
    spdlog::set_default_logger(spdlog::stderr_color_mt("chimneyd"));
    spdlog::set_pattern("%Y-%m-%d %H:%M:%S.%e chimneyd %^%l%$: %v");
}

Result<void> run(std::span<const std::string_view> words) {
    CommandLine line;
    auto options = make_options(line);
    auto used = parse_options(words, options);
    if (!used)
        return tl::unexpected(used.error());
    if (line.help) {
        std::cout << usage_head << "options:\n" << format_options(options) << usage_tail;
        return {};
    }
    if (line.version) {
        std::cout << "chimneyd " CHIMNEY_VERSION "\n";
        return {};
    }
    if (*used < words.size())
        return fail(ErrorCode::usage, "'" + std::string(words[*used]) +
                                          "' is one word too many: chimneyd takes options only");
    auto config = settings(line);
    if (!config)
        return tl::unexpected(config.error());
    return line.check ? Result<void>() : serve(*config, line.config);
}

} // namespace
} // namespace chimney::daemon

int main(int argc, char** argv) {
    chimney::daemon::set_up_log();
    std::vector<std::string_view> words(argv + 1, argv + argc);
    auto done = chimney::daemon::run(words);
    if (!done) {
        std::cerr << "chimneyd: " << done.error().message << "\n";
        return 1;
    }
    return 0;
}
