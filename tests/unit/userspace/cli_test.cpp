// SPDX-License-Identifier: GPL-2.0-only
// The grammar, the exit status and who gets which output.
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cli.hpp"
#include "samples.hpp"

namespace chimney::cli {
namespace {

/// Remembers what it was asked for.
class FakeBackend : public Backend {
  public:
    struct Record {
        std::string asked;
        std::vector<Report> reports;
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
    Result<std::vector<Report>> offload(const Selector& selector) override {
        record_.asked = "offload " + selector.to_string();
        return record_.reports;
    }
    Result<std::vector<Report>> upload(const Selector& selector) override {
        record_.asked = "upload " + selector.to_string();
        return record_.reports;
    }

  private:
    Record& record_;
};

class CliTest : public testing::Test {
  protected:
    int run(std::vector<std::string_view> words) {
        out.str("");
        err.str("");
        record.asked.clear();
        return cli::run(words, {out, err, false, true, [this](const std::string& path) {
                                    socket = path;
                                    return open();
                                }});
    }

    Result<std::unique_ptr<Backend>> open() {
        if (refused)
            return tl::unexpected(*refused);
        return std::make_unique<FakeBackend>(record);
    }

    std::ostringstream out;
    std::ostringstream err;
    std::string socket;
    std::optional<Error> refused;
    FakeBackend::Record record;
};

TEST_F(CliTest, Grammar) {
    const std::vector<std::pair<std::vector<std::string_view>, std::string>> table = {
        {{"target"}, "targets -"},
        {{"target", "show"}, "targets -"},
        {{"t", "s", "veth0"}, "targets veth0"},
        {{"target", "add", "veth0", "kind", "sim"}, R"(add {"dev":"veth0","kind":"sim"})"},
        {{"target", "add", "veth0", "kind", "sim", "tcp", "2", "path", "3", "neighbor", "4", "mtu",
          "1500", "rcvwnd", "65535"},
         R"(add {"dev":"veth0","kind":"sim","tcp":2,"path":3,"neighbor":4,"mtu":1500,"rcvwnd":65535})"},
        {{"target", "add", "veth0", "tcp", "2", "kind", "sim"},
         R"(add {"dev":"veth0","kind":"sim","tcp":2})"},
        {{"target", "del", "veth0"}, "del veth0"},
        {{"conn"}, "connections "},
        {{"conn", "show"}, "connections "},
        {{"c", "show", "dst", ":80"}, "connections dst :80"},
        {{"op"}, "operations"},
        {{"op", "show"}, "operations"},
        {{"op", "show", "7"}, "operation 7"},
        {{"offload", "all"}, "offload all"},
        {{"off", "src", "10.0.0.1:4", "dst", "10.0.0.2"}, "offload src 10.0.0.1:4 dst 10.0.0.2"},
        {{"up", "pid", "7"}, "upload pid 7"},
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
        {},
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
}

TEST_F(CliTest, NothingSelectedIsSaidOnStderr) {
    EXPECT_EQ(run({"-j", "offload", "pid", "7"}), exit_ok);
    EXPECT_EQ(out.str(), "{\"schema\":1,\"operations\":[]}\n");
    EXPECT_EQ(err.str(), "chimneyctl: no connection matches pid 7\n");
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
                                                {"op", "help"}}) {
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
