// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chimney/config.hpp>

#include "cli.hpp"
#include "render.hpp"

namespace chimney::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view help = R"(usage:
  chimneyctl doctor

Looks at everything chimney needs and says what to do about what is missing: the modules, what
Secure Boot and lockdown say to them, the versions on both sides, settings of the kernel, chimneyd,
its file and the targets. Each line begins with ok, note (can be meant so) or bad.

examples:
  chimneyctl doctor
  chimneyctl -j doctor | jq '.doctor[] | select(.verdict == "bad")'

Exit status: 0 if nothing is bad, 2 if something is.
)";

enum class Verdict { ok, note, bad };

std::string_view to_string(Verdict verdict) {
    constexpr auto names = std::to_array<std::string_view>({"ok", "note", "bad"});
    return names[static_cast<std::size_t>(verdict)];
}

struct Finding {
    std::string subject;
    Verdict verdict = Verdict::ok;
    std::string text;
    std::string advice; ///< empty if nothing needs to be done
};
using Findings = std::vector<Finding>;

/// First line of a file, empty if it cannot be read.
std::string first_line(const fs::path& path) {
    auto text = read_text(path.string()).value_or("");
    return text.substr(0, text.find('\n'));
}

void check_module(Findings& findings, const fs::path& root, const std::string& name) {
    auto directory = root / "sys/module" / name;
    bool core = name == "chimney";
    if (!fs::exists(directory)) {
        findings.push_back({name, core ? Verdict::bad : Verdict::note, "the module is not loaded",
                            core ? "modprobe chimney, or insmod kmod/chimney.ko"
                                 : "load it if you want simulated NICs: modprobe " + name});
        return;
    }
    auto version = first_line(directory / "version");
    if (version != CHIMNEY_VERSION) {
        findings.push_back({name, Verdict::bad,
                            fmt::format("the module is of version {}, chimneyctl of {}",
                                        version.empty() ? "?" : version, CHIMNEY_VERSION),
                            "install one version of both: rmmod " + name +
                                ", and load the module that came with chimneyctl"});
        return;
    }
    auto taint = first_line(directory / "taint");
    bool is_unsigned = taint.find('E') != std::string::npos;
    findings.push_back(
        {name, is_unsigned ? Verdict::note : Verdict::ok,
         fmt::format("version {}, {}", version,
                     is_unsigned ? "without a signature that the kernel accepts" : "loaded"),
         is_unsigned ? "with Secure Boot it would not load, see README.md" : ""});
}

/// The word in brackets of "none [integrity] confidentiality".
std::string chosen(const std::string& line) {
    auto begin = line.find('[');
    auto end = line.find(']');
    return begin < end && end != std::string::npos ? line.substr(begin + 1, end - begin - 1) : "";
}

void check_lockdown(Findings& findings, const fs::path& root) {
    auto lockdown = chosen(first_line(root / "sys/kernel/security/lockdown"));
    bool enforced = first_line(root / "sys/module/module/parameters/sig_enforce") == "Y";
    if (!enforced && (lockdown.empty() || lockdown == "none")) {
        findings.push_back({"lockdown", Verdict::ok, "modules load without a signature", ""});
        return;
    }
    bool loaded = fs::exists(root / "sys/module/chimney");
    findings.push_back(
        {"lockdown", loaded ? Verdict::ok : Verdict::bad,
         fmt::format("modules need a signature ({})",
                     enforced ? "module.sig_enforce" : "lockdown " + lockdown),
         loaded ? ""
                : "enrol the key that signs them (DKMS' is /var/lib/dkms/mok.pub) with mokutil "
                  "--import, see README.md; \"Key was rejected by service\" means that this is "
                  "missing"});
}

void check_settings(Findings& findings, const fs::path& root) {
    auto filters = first_line(root / "proc/sys/net/chimney/mandatory_filters");
    auto limit = first_line(root / "proc/sys/net/chimney/max_connections");
    if (filters.empty())
        return; // without the module there are none
    findings.push_back(
        {"filters", Verdict::ok,
         filters == "1" ? "net.chimney.mandatory_filters is 1: what netfilter or a BPF program "
                          "must see stays at home"
                        : "net.chimney.mandatory_filters is 0: netfilter does not see offloaded "
                          "connections",
         ""});
    if (limit == "0")
        findings.push_back({"limit", Verdict::bad, "net.chimney.max_connections is 0",
                            "nothing can be offloaded: sysctl -w net.chimney.max_connections=N"});
}

void check_file(Findings& findings, const fs::path& root) {
    auto path = (root / fs::path(default_config_path).relative_path()).string();
    auto text = read_text(path);
    if (!text) {
        findings.push_back({"policy", Verdict::ok, "no file " + path + ": defaults, no rules", ""});
        return;
    }
    auto config = parse_config(*text);
    if (config)
        findings.push_back({"policy", Verdict::ok,
                            fmt::format("{}: {} rules", path, config->policy.rules.size()), ""});
    else
        findings.push_back({"policy", Verdict::bad, mistakes_error(path, config.error()).message,
                            "mend it; chimneyctl policy check tells when it is right"});
}

void check_target(Findings& findings, const Target& target) {
    auto name = "target " + target.dev;
    auto used = fmt::format("{} of {} connections", target.tcp.used, target.tcp.max);
    if (target.violations)
        findings.push_back(
            {name, Verdict::bad,
             fmt::format("its driver broke the contract {} times", target.violations),
             "chimneyctl -d target show " + target.dev + " tells the clauses"});
    if (target.quarantined)
        findings.push_back({name, Verdict::note, used + ", quarantined",
                            "chimneyctl target release " + target.dev + " lifts that"});
    else if (target.gate != CHIMNEY_GATE_OPEN)
        findings.push_back({name, Verdict::note, used + ", " + chimney::to_string(target.gate),
                            "it takes nothing until it resumes, see chimneyctl monitor target"});
    else if (target.tcp.used >= target.tcp.max)
        findings.push_back({name, Verdict::note, used + ": it is full", ""});
    else
        findings.push_back({name, Verdict::ok, used, ""});
}

void check_daemon(Findings& findings, Context& context) {
    auto backend = context.backend();
    if (!backend) {
        findings.push_back({"chimneyd", Verdict::bad, backend.error().message,
                            "be root, or a member of the group that owns its socket"});
        return;
    }
    auto pong = (*backend)->call(method::ping, Json::object());
    if (!pong)
        findings.push_back({"chimneyd", Verdict::bad, pong.error().message,
                            "systemctl start chimneyd, or: chimneyd &"});
    else if (pong->value("version", "") != CHIMNEY_VERSION)
        findings.push_back({"chimneyd", Verdict::bad,
                            fmt::format("chimneyd is of version {}, chimneyctl of {}",
                                        pong->value("version", "?"), CHIMNEY_VERSION),
                            "systemctl restart chimneyd"});
    else
        findings.push_back(
            {"chimneyd", Verdict::ok, "version " CHIMNEY_VERSION ", it answers", ""});
    auto targets = (*backend)->targets(std::nullopt);
    if (!targets) {
        findings.push_back({"targets", Verdict::bad, targets.error().message, ""});
        return;
    }
    if (targets->empty())
        findings.push_back({"targets", Verdict::note, "there is no target",
                            "load the driver of a NIC, or make one: chimneyctl target add DEV "
                            "kind sim"});
    for (const auto& target : *targets)
        check_target(findings, target);
}

std::string render(const Style& style, const Findings& findings) {
    std::vector<std::vector<Cell>> rows;
    for (const auto& [subject, verdict, text, advice] : findings) {
        auto color = verdict == Verdict::ok    ? Color::green
                     : verdict == Verdict::bad ? Color::red
                                               : Color::yellow;
        rows.push_back({{std::string(to_string(verdict)), color}, {subject}, {text}});
        if (!advice.empty())
            rows.push_back({{""}, {""}, {advice, Color::bold}});
    }
    return format_table(style, rows);
}

Json to_json(const Finding& finding) {
    Json json = {{"subject", finding.subject},
                 {"verdict", to_string(finding.verdict)},
                 {"text", finding.text}};
    if (!finding.advice.empty())
        json["advice"] = finding.advice;
    return json;
}

Result<int> run_doctor(Context& context, Arguments arguments) {
    if (auto none = no_arguments(arguments, "doctor"); !none)
        return tl::unexpected(none.error());
    const fs::path root = context.root();
    Findings findings;
    for (const char* module : {"chimney", "chimney_sim"})
        check_module(findings, root, module);
    check_lockdown(findings, root);
    check_settings(findings, root);
    check_file(findings, root);
    check_daemon(findings, context);
    auto list = Json::array();
    for (const auto& finding : findings)
        list.push_back(to_json(finding));
    context.print({{"schema", 1}, {"doctor", std::move(list)}},
                  [&] { return render(context.style(), findings); });
    return std::ranges::count(findings, Verdict::bad, &Finding::verdict) ? exit_incomplete
                                                                         : exit_ok;
}

} // namespace

const Command doctor_command = {"doctor", run_doctor, "find out what is missing, and what to do",
                                help};

} // namespace chimney::cli
