// SPDX-License-Identifier: GPL-2.0-only
// The grammar, the exit status and who gets which output.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <poll.h>

#include "cli.hpp"
#include "samples.hpp"
#include "temporary_directory.hpp"

namespace chimney::cli {
namespace {

/// Remembers what it was asked for.
class FakeBackend : public Backend {
  public:
    struct Record {
        std::string asked;
        std::vector<Report> reports;
        std::function<void(Observer*)> meanwhile; ///< what happens while it waits
        Json document = {{"schema", 1}, {"decisions", Json::array()}};
    };
    explicit FakeBackend(Record& record) : record_(record) {}

    Result<std::vector<Target>> targets(const std::optional<std::string>& dev) override {
        record_.asked = "targets " + dev.value_or("-");
        return std::vector{test::sample_target()};
    }
    Result<Target> add_target(const TargetSpec& spec) override {
        record_.asked = "add " + format_json(target_spec_to_json(spec));
        return test::sample_target();
    }
    Result<Target> del_target(const std::string& dev) override {
        record_.asked = "del " + dev;
        return test::sample_target();
    }
    Result<std::vector<Connection>> connections(const Selector& selector) override {
        record_.asked = "connections " + selector.to_string();
        return std::vector{test::sample_connection()};
    }
    Result<std::vector<Operation>> operations() override {
        record_.asked = "operations";
        return std::vector{test::sample_report().operation};
    }
    Result<Report> operation(std::uint32_t id) override {
        record_.asked = "operation " + std::to_string(id);
        return test::sample_report();
    }
    Result<Operation> cancel(std::uint32_t id) override {
        record_.asked = "cancel " + std::to_string(id);
        return test::sample_report().operation;
    }
    Result<std::vector<Report>> operate(const Selector& selector, const OperationOptions& options,
                                        Observer* observer) override {
        if (record_.meanwhile)
            record_.meanwhile(observer);
        record_.asked =
            (options.dry_run ? "dry " : "") + to_string(options.kind) + " " + selector.to_string();
        if (options.layer)
            record_.asked += " layer " + to_string(*options.layer);
        return record_.reports;
    }
    Result<std::vector<Statistics>> statistics(const std::optional<std::string>& dev) override {
        record_.asked = "statistics " + dev.value_or("-");
        return std::vector{test::sample_statistics()};
    }
    Result<std::vector<Statistics>> reset_statistics(const std::string& dev) override {
        record_.asked = "reset " + dev;
        return std::vector{test::sample_statistics()};
    }
    Result<Settings> settings(const std::string& dev, const std::vector<Change>& changes) override {
        record_.asked = "settings " + dev;
        for (const auto& [name, value] : changes)
            record_.asked += " " + name + "=" + std::to_string(value);
        return test::sample_settings();
    }
    Result<void> fault(const std::string& dev, const std::string& script) override {
        record_.asked = "fault " + dev + " '" + script + "'";
        return {};
    }
    Result<void> monitor(const Tell& tell) override {
        record_.asked = "monitor";
        tell({test::sample_event()}, true);
        return {};
    }

    Result<Json> call(std::string_view method, const Json& parameters) override {
        record_.asked = std::string(method) + " " + format_json(parameters);
        if (method == method::quarantine_target || method == method::list_history)
            return operations_document({});
        return record_.document;
    }

  private:
    Record& record_;
};

/// A target that answers every block with @p status.
class FakeReplayer : public Replayer {
  public:
    explicit FakeReplayer(Status status) : status_(status) {}
    Result<ReplayResult> replay(const std::string& dev, const ReplayStep& step) override {
        if (dev != "veth0")
            return fail(ErrorCode::not_found, "the device has no target", ENODEV);
        ReplayResult result{step.kind, CHIMNEY_OP_STATE_DONE, step.blocks};
        for (auto& block : result.blocks)
            block.status = status_;
        return result;
    }

  private:
    Status status_;
};

class CliTest : public testing::Test {
  protected:
    int run(std::vector<std::string_view> words) {
        out.str("");
        err.str("");
        record.asked.clear();
        Environment environment{out, err, false, true};
        environment.err_terminal = err_terminal;
        environment.patience = patience;
        environment.open = [this](const std::string& path) {
            socket = path;
            return open();
        };
        environment.open_replayer = [this]() -> Result<std::unique_ptr<Replayer>> {
            return std::make_unique<FakeReplayer>(replay_status);
        };
        environment.debugfs = debugfs;
        environment.root = root;
        return cli::run(words, std::move(environment));
    }

    Result<std::unique_ptr<Backend>> open() {
        if (refused)
            return tl::unexpected(*refused);
        return std::make_unique<FakeBackend>(record);
    }

    std::ostringstream out;
    std::ostringstream err;
    bool err_terminal = false;
    std::chrono::milliseconds patience{0};
    std::string socket;
    std::optional<Error> refused;
    FakeBackend::Record record;
    Status replay_status = CHIMNEY_STATUS_SUCCESS;
    std::string debugfs = "/nowhere";
    std::string root = "/nowhere";
};

TEST_F(CliTest, Grammar) {
    const std::vector<std::pair<std::vector<std::string_view>, std::string>> table = {
        {{"target"}, "targets -"},
        {{"target", "show"}, "targets -"},
        {{"ta", "s", "veth0"}, "targets veth0"},
        {{"target", "quarantine", "veth0"}, R"(org.chimney.QuarantineTarget {"dev":"veth0"})"},
        {{"target", "release", "veth0"}, R"(org.chimney.ReleaseTarget {"dev":"veth0"})"},
        {{"policy"}, "org.chimney.ShowPolicy {}"},
        {{"policy", "test"}, "org.chimney.TestPolicy {}"},
        {{"policy", "apply"}, "org.chimney.ApplyPolicy {}"},
        {{"policy", "release", "dst", ":80"}, R"(org.chimney.Release {"selector":{"dst":":80"}})"},
        {{"op", "list"}, "org.chimney.ListHistory {}"},
        {{"op", "list", "dst", ":80", "status", "TCP_ENTRIES", "kind", "ini", "last", "3"},
         R"(org.chimney.ListHistory {"selector":{"dst":":80"},"status":"TCP_ENTRIES",)"
         R"("kind":"initiate","last":3})"},
        {{"op", "list", "status", "no-target", "since", "2026-01-31T12:00:00Z"},
         R"(org.chimney.ListHistory {"status":"no-target","since":"2026-01-31T12:00:00Z"})"},
        {{"metrics"}, "org.chimney.GetMetrics {}"},
        {{"tree"}, "query all"},
        {{"tree", "dst", ":80"}, "query dst :80"},
        {{"target", "add", "veth0", "kind", "sim"}, R"(add {"dev":"veth0","kind":"sim"})"},
        {{"target", "add", "veth0", "kind", "sim", "tcp", "2", "path", "3", "neighbor", "4", "mtu",
          "1500", "rcvwnd", "65535"},
         R"(add {"dev":"veth0","kind":"sim","tcp":2,"path":3,"neighbor":4,"mtu":1500,"rcvwnd":65535})"},
        {{"target", "add", "veth0", "tcp", "2", "kind", "sim"},
         R"(add {"dev":"veth0","kind":"sim","tcp":2})"},
        {{"target", "del", "veth0"}, "del veth0"},
        {{"conn"}, "connections "},
        {{"conn", "show"}, "connections "},
        {{"conn", "show", "dst", ":80"}, "connections dst :80"},
        {{"op"}, "operations"},
        {{"op", "show"}, "operations"},
        {{"op", "show", "7"}, "operation 7"},
        {{"offload", "all"}, "initiate all"},
        {{"off", "src", "10.0.0.1:4", "dst", "10.0.0.2"}, "initiate src 10.0.0.1:4 dst 10.0.0.2"},
        {{"upl", "pid", "7"}, "terminate pid 7"},
        {{"update", "all"}, "update all"},
        {{"query", "dst", ":80", "layer", "tcp"}, "query dst :80 layer tcp"},
        {{"inv", "all", "l", "n"}, "invalidate all layer neighbor"},
        {{"explain", "pid", "7"}, "dry initiate pid 7"},
        {{"stats"}, "statistics -"},
        {{"stats", "veth0"}, "statistics veth0"},
        {{"stats", "veth0", "reset"}, "reset veth0"},
        {{"stats", "reset"}, "reset veth0"},
        {{"target", "param", "veth0"}, "settings veth0"},
        {{"target", "param", "veth0", "ack", "2", "delayed-ack-ticks", "40000"},
         "settings veth0 ack-frequency=2 delayed-ack-ticks=40000"},
        {{"target", "fault", "veth0", "event", "pause"}, "fault veth0 'event pause'"},
    };
    for (const auto& [words, asked] : table) {
        EXPECT_EQ(run(words), exit_ok) << err.str();
        EXPECT_EQ(record.asked, asked);
        for (auto option : {"-j", "-p"}) {
            auto with = words;
            with.insert(with.begin(), option);
            EXPECT_EQ(run(with), exit_ok);
            EXPECT_EQ(record.asked, asked);
            auto document = Json::parse(out.str(), nullptr, false);
            ASSERT_TRUE(document.is_object()) << out.str();
            EXPECT_EQ(document["schema"], 1);
            EXPECT_EQ(document.size(), 2U);
        }
    }
}

TEST_F(CliTest, BadUsageIsOneSentenceAndAsksNobody) {
    const std::vector<std::vector<std::string_view>> table = {
        {"frobnicate"},
        {"o"},
        {"--frob"},
        {"-x"},
        {"-c"},
        {"-c", "blue", "conn"},
        {"--json=yes", "conn"},
        {"conn", "-c", "always"},
        {"conn", "list"},
        {"conn", "show", "nonsense"},
        {"op", "show", "x"},
        {"op", "show", "0"},
        {"op", "show", "1", "2"},
        {"op", "list", "7"},
        {"op", "list", "status"},
        {"op", "list", "status", "nonsense"},
        {"op", "list", "since", "yesterday"},
        {"op", "list", "last", "0"},
        {"op", "list", "kind", "move"},
        {"policy", "nonsense"},
        {"policy", "show", "it"},
        {"policy", "check", "a", "b"},
        {"policy", "test", "a", "b"},
        {"policy", "release"},
        {"tree", "nonsense"},
        {"doctor", "now"},
        {"metrics", "now"},
        {"target", "quarantine"},
        {"target", "release", "a", "b"},
        {"monitor", "dev"},
        {"target", "add"},
        {"target", "add", "veth0"},
        {"target", "add", "veth0", "kind"},
        {"target", "add", "veth0", "kind", "sim", "kind", "sim"},
        {"target", "add", "veth0", "kind", "sim", "tcp"},
        {"target", "add", "veth0", "kind", "sim", "tcp", "0"},
        {"target", "add", "veth0", "kind", "sim", "tcp", "4294967296"},
        {"target", "add", "veth0", "kind", "sim", "color", "red"},
        {"target", "add", "a-name-that-is-too-long", "kind", "sim"},
        {"target", "del"},
        {"target", "del", "a", "b"},
        {"target", "show", "a", "b"},
        {"offload"},
        {"upload"},
        {"query"},
        {"query", "all", "layer"},
        {"query", "all", "layer", "9"},
        {"query", "layer", "tcp"},
        {"invalidate", "all", "layer", "tcp", "all"},
        {"explain"},
        {"capture"},
        {"capture", "dst"},
        {"capture", "all", "file", "more"},
        {"replay", "veth0"},
        {"replay", "veth0", "/nowhere/file", "more"},
        {"monitor", "nonsense"},
        {"stats", "a", "b"},
        {"stats", "a-name-that-is-too-long"},
        {"target", "param"},
        {"target", "param", "veth0", "ack-frequency"},
        {"target", "param", "veth0", "ack-frequency", "0"},
        {"target", "param", "veth0", "ack-frequency", "256"},
        {"target", "param", "veth0", "ack-frequency", "1", "ack-frequency", "2"},
        {"target", "param", "veth0", "speed", "1"},
        {"target", "fault"},
        {"target", "fault", "veth0"},
        {"conform"},
        {"conform", "a-name-that-is-too-long", "b"},
        {"offload", "dst"},
        {"offload", "all", "dst", ":80"},
    };
    for (const auto& words : table) {
        EXPECT_EQ(run(words), exit_error);
        EXPECT_EQ(record.asked, "");
        EXPECT_EQ(out.str(), "");
        auto text = err.str();
        EXPECT_TRUE(text.starts_with("chimneyctl: ")) << text;
        EXPECT_EQ(text.find('\n'), text.size() - 1) << text;
    }
}

TEST_F(CliTest, ErrorsInJsonModeAreJsonOnStdout) {
    refused = Error{ErrorCode::permission, EACCES, "permission denied on /x"};
    EXPECT_EQ(run({"-j", "conn"}), exit_error);
    EXPECT_EQ(out.str(),
              "{\"schema\":1,\"error\":{\"code\":\"permission\",\"message\":\"permission denied on "
              "/x\"}}\n");
    EXPECT_EQ(err.str(), "");
    EXPECT_EQ(run({"--frob", "-j", "conn"}), exit_error);
    EXPECT_EQ(Json::parse(out.str())["error"]["code"], "usage");
}

TEST_F(CliTest, ExitStatusTellsWhetherAllMadeIt) {
    auto report = test::sample_report();
    record.reports = {report};
    EXPECT_EQ(run({"offload", "all"}), exit_incomplete);
    report.operation.failed = report.operation.refused = 0;
    record.reports = {report};
    EXPECT_EQ(run({"offload", "all"}), exit_ok);
    report.operation.state = CHIMNEY_OP_STATE_TIMED_OUT;
    record.reports = {report};
    EXPECT_EQ(run({"upload", "all"}), exit_incomplete);
    // A dry run leaves every block pending.
    auto dry = test::sample_dry_run();
    record.reports = {dry};
    EXPECT_EQ(run({"explain", "all"}), exit_ok);
    dry.operation.refused = 1;
    record.reports = {dry};
    EXPECT_EQ(run({"explain", "all"}), exit_incomplete);
}

TEST_F(CliTest, ABarShowsHowFarAnOperationIs) {
    auto report = test::sample_report();
    report.operation.total = 8; // 4 of them are through
    record.reports = {report};
    record.meanwhile = [&](Observer* observer) {
        observer->progress({report.operation, report.operation});
    };
    err_terminal = true;
    run({"offload", "all"});
    EXPECT_EQ(err.str(), "[###############---------------] 8 of 16 connections\r\033[K");
    run({"-j", "offload", "all"});
    EXPECT_EQ(err.str(), "");
    patience = std::chrono::hours(1);
    run({"upload", "all"});
    EXPECT_EQ(err.str(), "");
    patience = std::chrono::hours(0);
    err_terminal = false;
    run({"upload", "all"});
    EXPECT_EQ(err.str(), "");
    record.meanwhile = [](Observer* observer) { EXPECT_EQ(observer, nullptr); };
    EXPECT_EQ(run({"explain", "all"}), exit_incomplete);
}

bool is_readable(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
}

TEST_F(CliTest, TheFirstInterruptIsAWishTheSecondEndsTheProgram) {
    auto report = test::sample_report();
    report.operation.state = CHIMNEY_OP_STATE_CANCELLED;
    record.reports = {report};
    record.meanwhile = [](Observer* observer) {
        EXPECT_FALSE(is_readable(observer->cancel_fd()));
        raise(SIGINT);
        EXPECT_TRUE(is_readable(observer->cancel_fd()));
        observer->cancelled();
        EXPECT_EQ(observer->cancel_fd(), -1);
        EXPECT_EXIT(raise(SIGINT), testing::KilledBySignal(SIGINT), "");
    };
    err_terminal = true;
    EXPECT_EQ(run({"offload", "all"}), exit_incomplete);
    EXPECT_TRUE(err.str().starts_with("chimneyctl: cancelling; ")) << err.str();
    EXPECT_NE(out.str().find(", cancelled, "), std::string::npos) << out.str();
    // One that nobody has looked at does not end it later.
    record.meanwhile = [](Observer*) { raise(SIGINT); };
    EXPECT_EQ(run({"upload", "all"}), exit_incomplete);
}

TEST_F(CliTest, NothingSelectedIsSaidOnStderr) {
    EXPECT_EQ(run({"-j", "offload", "pid", "7"}), exit_ok);
    EXPECT_EQ(out.str(), "{\"schema\":1,\"operations\":[]}\n");
    EXPECT_EQ(err.str(), "chimneyctl: no connection matches pid 7\n");
}

TEST_F(CliTest, MonitorPrintsOneObjectALine) {
    EXPECT_EQ(run({"-j", "monitor"}), exit_ok);
    auto gap = out.str().substr(0, out.str().find('\n'));
    EXPECT_EQ(Json::parse(gap)["event"], "gap");
    EXPECT_EQ(out.str().substr(gap.size() + 1),
              format_json(event_to_json(test::sample_event())) + "\n");
    EXPECT_EQ(run({"monitor"}), exit_ok);
    EXPECT_NE(out.str().find("gap: events were lost"), std::string::npos);
}

TEST_F(CliTest, MonitorSelectsEvents) {
    // The sample: source tcp, event retrieve, device veth0.
    for (auto [words, shown] : {std::pair<std::vector<std::string_view>, bool>{{"tcp"}, true},
                                {{"target"}, false},
                                {{"retrieve"}, true},
                                {{"pause", "retr"}, true},
                                {{"pause"}, false},
                                {{"tcp", "dev", "veth0"}, true},
                                {{"tcp", "dev", "veth1"}, false},
                                {{"target", "retrieve"}, false}}) {
        words.insert(words.begin(), "monitor");
        EXPECT_EQ(run(words), exit_ok) << err.str();
        EXPECT_EQ(out.str().find(" retrieve ") != std::string::npos, shown) << words.back();
    }
}

TEST_F(CliTest, WithoutWordsThereIsASummary) {
    record.document = {{"policy", {{"file", "/etc/p.toml"}, {"rules", Json::array({1, 2})}}}};
    EXPECT_EQ(run({}), exit_ok) << err.str();
    for (auto part : {"targets\n  veth0", "connections\n  1 offloaded, sent",
                      "policy\n  2 rules in /etc/p.toml", "last operations\n  "})
        EXPECT_NE(out.str().find(part), std::string::npos) << part << "\n" << out.str();
    EXPECT_EQ(run({"-j"}), exit_ok);
    auto summary = Json::parse(out.str())["summary"];
    EXPECT_EQ(summary["connections"]["states"], Json({{"offloaded", 1}}));
    EXPECT_EQ(summary["targets"].size(), 1U);
}

TEST_F(CliTest, ATreeForGraphviz) {
    record.reports = {test::sample_report()};
    EXPECT_EQ(run({"tree", "--dot"}), exit_incomplete);
    EXPECT_TRUE(out.str().starts_with("digraph chimney {\n")) << out.str();
    EXPECT_NE(out.str().find("\"veth0\" -> b7_0;"), std::string::npos) << out.str();
    EXPECT_NE(out.str().find("b7_0 -> b7_1;"), std::string::npos) << out.str();
    EXPECT_EQ(run({"tree"}), exit_incomplete);
    EXPECT_TRUE(out.str().starts_with("neighbor 10.0.0.2")) << out.str();
}

TEST_F(CliTest, PolicyCheckTellsEveryMistake) {
    test::TemporaryDirectory directory;
    auto file = (directory.path() / "p.toml").string();
    std::ofstream(file) << "[[rule]]\naction = 'never'\n";
    EXPECT_EQ(run({"policy", "check", file}), exit_ok);
    EXPECT_EQ(out.str(), file + ": no mistakes, rules: 1\n");
    std::ofstream(file) << "[[rule]]\naction = 'nevr'\nmax = 'x'\n";
    EXPECT_EQ(run({"-j", "policy", "check", file}), exit_incomplete);
    auto mistakes = Json::parse(out.str())["check"]["mistakes"];
    ASSERT_EQ(mistakes.size(), 2U);
    EXPECT_EQ(mistakes[1]["line"], 3);
    EXPECT_EQ(mistakes[1]["column"], 7);
    EXPECT_EQ(run({"policy", "check", file}), exit_incomplete);
    EXPECT_TRUE(out.str().starts_with(file + ":2:10: there is no action 'nevr'")) << out.str();
    EXPECT_EQ(run({"policy", "check", "/nonexistent"}), exit_error);
}

TEST_F(CliTest, PolicyTestSendsAFile) {
    test::TemporaryDirectory directory;
    auto file = (directory.path() / "p.toml").string();
    std::ofstream(file) << "# none\n";
    record.document = {{"decisions",
                        {{{"src", "10.0.0.1"},
                          {"sport", 1},
                          {"dst", "10.0.0.2"},
                          {"dport", 80},
                          {"step", "offload"},
                          {"why", "rule web offloads it"}}}}};
    EXPECT_EQ(run({"policy", "test", file}), exit_ok) << err.str();
    EXPECT_EQ(record.asked,
              "org.chimney.TestPolicy " + format_json({{"file", file}, {"text", "# none\n"}}));
    EXPECT_EQ(out.str(), "offload  tcp 10.0.0.1:1 → 10.0.0.2:80  at home  rule web offloads it\n"
                         "1 to offload, 0 to upload, 0 stay\n");
}

TEST_F(CliTest, PolicyApplyPrintsResults) {
    auto decision = [](const char* step) {
        return Json{{"src", "10.0.0.1"}, {"sport", 1},   {"dst", "10.0.0.2"},
                    {"dport", 80},       {"step", step}, {"why", "so"}};
    };
    auto out_with_success = decision("offload");
    out_with_success["status"] = "SUCCESS";
    record.document = {{"decisions", {out_with_success, decision("stay")}}};
    EXPECT_EQ(run({"policy", "apply"}), exit_ok) << err.str();
    auto refused = decision("offload");
    refused["reason"] = "busy";
    auto failed = decision("upload");
    failed["status"] = "FAILURE";
    record.document["decisions"].push_back(refused);
    record.document["decisions"].push_back(failed);
    record.document["decisions"].push_back(decision("upload"));
    EXPECT_EQ(run({"policy", "apply"}), exit_incomplete);
    EXPECT_EQ(out.str(), "offload  tcp 10.0.0.1:1 → 10.0.0.2:80  at home  so  SUCCESS\n"
                         "stay     tcp 10.0.0.1:1 → 10.0.0.2:80  at home  so\n"
                         "offload  tcp 10.0.0.1:1 → 10.0.0.2:80  at home  so  busy\n"
                         "upload   tcp 10.0.0.1:1 → 10.0.0.2:80  at home  so  FAILURE\n"
                         "upload   tcp 10.0.0.1:1 → 10.0.0.2:80  at home  so  no result\n"
                         "1 of 2 offloaded, 0 of 2 uploaded, 1 stay\n");
}

TEST_F(CliTest, TheDoctorSaysWhatToDo) {
    test::TemporaryDirectory directory;
    root = directory.path();
    auto write = [&](const std::string& path, const std::string& text) {
        auto file = directory.path() / path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text << "\n";
    };
    auto verdicts = [&] {
        run({"-j", "doctor"});
        std::map<std::string, std::string> found;
        auto document = Json::parse(out.str());
        for (const auto& finding : document["doctor"])
            found[finding["subject"]] = finding["verdict"];
        return found;
    };
    record.document = {{"version", CHIMNEY_VERSION}};
    write("sys/kernel/security/lockdown", "none [integrity] confidentiality");
    auto found = verdicts();
    EXPECT_EQ(found["chimney"], "bad");
    EXPECT_EQ(found["chimney_sim"], "note");
    EXPECT_EQ(found["lockdown"], "bad");
    EXPECT_EQ(found["chimneyd"], "ok");
    EXPECT_EQ(run({"doctor"}), exit_incomplete);
    EXPECT_NE(out.str().find("mokutil --import"), std::string::npos) << out.str();

    write("sys/module/chimney/version", CHIMNEY_VERSION);
    write("sys/module/chimney/taint", "OE");
    write("sys/module/chimney_sim/version", "0.0.1");
    write("etc/chimney/chimneyd.toml", "colour = 1");
    write("proc/sys/net/chimney/mandatory_filters", "0");
    write("proc/sys/net/chimney/max_connections", "0");
    record.document = {{"version", "0.0.1"}};
    found = verdicts();
    EXPECT_EQ(found["chimney"], "note");
    for (auto subject : {"chimney_sim", "policy", "limit", "chimneyd"})
        EXPECT_EQ(found[subject], "bad") << subject;
    EXPECT_EQ(found["lockdown"], "ok");
}

TEST_F(CliTest, CaptureWritesWhatReplayReads) {
    test::TemporaryDirectory directory;
    auto file = (directory.path() / "tree.json").string();
    auto report = test::sample_dry_run();
    record.reports = {report};
    EXPECT_EQ(run({"capture", "all", file}), exit_ok) << err.str();
    EXPECT_EQ(record.asked, "dry initiate all");
    EXPECT_EQ(run({"capture", "all", "-"}), exit_ok) << err.str();
    std::ifstream captured(file);
    EXPECT_EQ(out.str(), std::string(std::istreambuf_iterator<char>(captured), {}));
    EXPECT_EQ(run({"-j", "replay", "veth0", file}), exit_ok) << out.str();
    auto steps = parse_replay(Json::parse(out.str()));
    ASSERT_TRUE(steps) << steps.error().message;
    ASSERT_EQ(steps->size(), 3U);
    EXPECT_EQ(steps->front().blocks[2].state, report.blocks[2].state);
    EXPECT_EQ(steps->front().blocks[2].send_data.size(), 100U);
    replay_status = CHIMNEY_STATUS_TCP_ENTRIES;
    EXPECT_EQ(run({"replay", "veth0", file}), exit_incomplete);
    EXPECT_EQ(run({"replay", "eth9", file}), exit_error);
    EXPECT_EQ(err.str(), "chimneyctl: step 1 (initiate on eth9): the device has no target\n");
}

TEST_F(CliTest, CaptureNeedsSomethingToCapture) {
    EXPECT_EQ(run({"capture", "all"}), exit_error);
    EXPECT_NE(err.str().find("nothing to capture"), std::string::npos) << err.str();
    record.reports = {test::sample_report()};
    EXPECT_EQ(run({"capture", "all"}), exit_error);
    EXPECT_NE(err.str().find("offloaded already"), std::string::npos) << err.str();
}

TEST_F(CliTest, ReplayNamesWhatIsWrongWithAFile) {
    test::TemporaryDirectory directory;
    auto file = (directory.path() / "tree.json").string();
    std::ofstream(file) << R"({"replay":[{"kind":"initiate","tree":[{"layer":"paths"}]}]})";
    EXPECT_EQ(run({"replay", "veth0", file}), exit_error);
    EXPECT_EQ(err.str(), "chimneyctl: " + file +
                             ": replay[0].tree[0].layer \"paths\" is not neighbor, path or tcp\n");
    std::ofstream(file) << "[";
    EXPECT_EQ(run({"replay", "veth0", file}), exit_error);
    EXPECT_NE(err.str().find(file), std::string::npos) << err.str();
    EXPECT_EQ(run({"replay", "veth0", "/nowhere/file"}), exit_error);
    EXPECT_NE(err.str().find("cannot read /nowhere/file"), std::string::npos) << err.str();
}

TEST_F(CliTest, ConformTellsTheOutcome) {
    test::TemporaryDirectory directory;
    auto kit = directory.path() / "chimney_conform";
    std::filesystem::create_directory(kit);
    std::ofstream(kit / "run") << "";
    std::ofstream(kit / "report")
        << "TAP version 13\n1..2\nok 1 - init_43\nok 2 - sack # SKIP no\n";
    debugfs = directory.path().string();
    EXPECT_EQ(run({"conform", "veth0"}), exit_ok) << err.str();
    std::ifstream written(kit / "run");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(written), {}), "veth0\n");
    EXPECT_EQ(run({"conform", "veth0", "init", "sack_01"}), exit_ok) << err.str();
    std::ifstream selected(kit / "run");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(selected), {}), "veth0 init sack_01\n");
    EXPECT_EQ(run({"-j", "conform", "veth0"}), exit_ok);
    auto tap = Json::parse(out.str())["conformance"];
    EXPECT_EQ(tap["passed"], 1);
    EXPECT_EQ(tap["skipped"], 1);
    EXPECT_EQ(tap["cases"][1]["remark"], "no");
    std::ofstream(kit / "report") << "TAP version 13\n1..1\nnot ok 1 - op_08\n";
    EXPECT_EQ(run({"conform", "veth0"}), exit_incomplete);
    EXPECT_NE(out.str().find("not ok 1 - op_08"), std::string::npos);
    std::ofstream(kit / "report") << "TAP version 13\n1..2\nok 1 - op_08\n";
    EXPECT_EQ(run({"conform", "veth0"}), exit_error);
    EXPECT_NE(err.str().find("plans 2 cases and has 1"), std::string::npos) << err.str();
}

TEST_F(CliTest, ConformSaysWhatIsMissing) {
    EXPECT_EQ(run({"conform", "veth0"}), exit_error);
    EXPECT_NE(err.str().find("mount -t debugfs none /nowhere"), std::string::npos) << err.str();
}

TEST_F(CliTest, OptionsBeforeTheObject) {
    EXPECT_EQ(run({"--socket", "/tmp/a", "conn"}), exit_ok);
    EXPECT_EQ(socket, "/tmp/a");
    EXPECT_EQ(run({"--socket=/tmp/b", "-c", "always", "target"}), exit_ok);
    EXPECT_EQ(socket, "/tmp/b");
    EXPECT_NE(out.str().find("\033["), std::string::npos);
    EXPECT_EQ(run({"-cnever", "target"}), exit_ok);
    EXPECT_EQ(out.str().find("\033["), std::string::npos);
}

TEST_F(CliTest, HelpTeaches) {
    for (std::vector<std::string_view> words : {std::vector<std::string_view>{"--help"},
                                                {"-h"},
                                                {"help"},
                                                {"help", "target"},
                                                {"target", "help"},
                                                {"offload", "--help"},
                                                {"upload", "-h"},
                                                {"conn", "help"},
                                                {"op", "help"},
                                                {"update", "help"},
                                                {"query", "help"},
                                                {"invalidate", "help"},
                                                {"explain", "help"},
                                                {"capture", "help"},
                                                {"replay", "help"},
                                                {"monitor", "help"},
                                                {"stats", "help"},
                                                {"policy", "help"},
                                                {"tree", "help"},
                                                {"metrics", "help"},
                                                {"doctor", "help"},
                                                {"conform", "help"}}) {
        EXPECT_EQ(run(words), exit_ok);
        EXPECT_NE(out.str().find("usage:"), std::string::npos);
        EXPECT_NE(out.str().find("examples:"), std::string::npos);
        EXPECT_EQ(err.str(), "");
    }
    EXPECT_EQ(run({"--version"}), exit_ok);
    EXPECT_EQ(out.str(), "chimneyctl " CHIMNEY_VERSION "\n");
}

} // namespace
} // namespace chimney::cli
