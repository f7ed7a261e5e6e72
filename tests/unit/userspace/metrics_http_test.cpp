// SPDX-License-Identifier: GPL-2.0-only
// A scraper on a real socket and a real event loop.
#include <array>
#include <string>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chimney/unique_fd.hpp>

#include "metrics_http.hpp"

namespace chimney::daemon {
namespace {

class MetricsHttpTest : public testing::Test {
  protected:
    MetricsHttpTest() {
        sd_event* raw = nullptr;
        sd_event_new(&raw);
        loop.reset(raw);
        auto created = MetricsHttp::create(loop.get(), 0, [this] { return text; });
        EXPECT_TRUE(created) << created.error().message;
        http = std::move(*created);
    }

    /// The whole answer to one request.
    std::string ask(const std::string& line) {
        UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(http->port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
        auto request = line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        EXPECT_EQ(send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(request.size()));
        std::string answer;
        std::array<char, 4096> buffer{};
        for (ssize_t size = -1; size != 0;) {
            EXPECT_GE(sd_event_run(loop.get(), 10'000), 0);
            size = recv(fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (size > 0)
                answer.append(buffer.data(), static_cast<std::size_t>(size));
        }
        return answer;
    }

    Result<std::string> text = std::string("chimney_connections 7\n# EOF\n");
    EventLoop loop;
    std::unique_ptr<MetricsHttp> http;
};

TEST_F(MetricsHttpTest, AScrapeGetsTheText) {
    auto answer = ask("GET /metrics");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    EXPECT_NE(answer.find("Content-Type: application/openmetrics-text"), std::string::npos);
    EXPECT_TRUE(answer.ends_with("\r\n\r\n" + *text)) << answer;
}

TEST_F(MetricsHttpTest, OtherRequestsAreRefused) {
    EXPECT_TRUE(ask("GET /").starts_with("HTTP/1.1 404 "));
    EXPECT_TRUE(ask("DELETE /metrics").starts_with("HTTP/1.1 405 "));
}

TEST_F(MetricsHttpTest, WithoutCountersItSaysWhy) {
    text = fail(ErrorCode::not_loaded, "the module is not loaded");
    auto answer = ask("GET /metrics");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
    EXPECT_TRUE(answer.ends_with("the module is not loaded\n")) << answer;
}

TEST_F(MetricsHttpTest, APortIsTakenOnce) {
    auto second = MetricsHttp::create(loop.get(), http->port(), [this] { return text; });
    ASSERT_FALSE(second);
    EXPECT_TRUE(second.error().message.starts_with("cannot answer HTTP on port "))
        << second.error().message;
}

} // namespace
} // namespace chimney::daemon
