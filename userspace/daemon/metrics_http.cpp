// SPDX-License-Identifier: GPL-2.0-only
#include "metrics_http.hpp"

#include <cerrno>
#include <string_view>

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>

namespace chimney::daemon {
namespace {

constexpr unsigned connection_limit = 16;
constexpr unsigned idle_limit_s = 30;
constexpr std::uint64_t us_per_ms = 1000;

MHD_Result respond(MHD_Connection* connection, unsigned status, std::string_view type,
                   const std::string& text) {
    // The library copies the text.
    auto* data = const_cast<char*>(text.data()); // NOLINT(cppcoreguidelines-pro-type-const-cast)
    MHD_Response* response =
        MHD_create_response_from_buffer(text.size(), data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, std::string(type).c_str());
    auto queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

MHD_Result answer(void* context, MHD_Connection* connection, const char* url, const char* method,
                  const char*, const char*, std::size_t*, void**) {
    constexpr std::string_view plain = "text/plain; charset=utf-8";
    if (std::string_view(method) != MHD_HTTP_METHOD_GET)
        return respond(connection, MHD_HTTP_METHOD_NOT_ALLOWED, plain, "only GET is answered\n");
    if (std::string_view(url) != "/metrics")
        return respond(connection, MHD_HTTP_NOT_FOUND, plain, "the counters are at /metrics\n");
    auto text = (*static_cast<MetricsHttp::Text*>(context))();
    if (!text)
        return respond(connection, MHD_HTTP_SERVICE_UNAVAILABLE, plain,
                       text.error().message + "\n");
    return respond(connection, MHD_HTTP_OK,
                   "application/openmetrics-text; version=1.0.0; charset=utf-8", *text);
}

} // namespace

void MetricsHttp::Stop::operator()(MHD_Daemon* daemon) const {
    MHD_stop_daemon(daemon);
}

Result<std::unique_ptr<MetricsHttp>> MetricsHttp::create(sd_event* loop, std::uint16_t port,
                                                         Text text) {
    std::unique_ptr<MetricsHttp> http(new MetricsHttp(std::move(text)));
    if (auto attached = http->attach(loop, port); !attached)
        return tl::unexpected(attached.error());
    return http;
}

Result<void> MetricsHttp::attach(sd_event* loop, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    errno = 0;
    daemon_.reset(MHD_start_daemon(MHD_USE_EPOLL, port, nullptr, nullptr, answer, &text_,
                                   MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT,
                                   connection_limit, MHD_OPTION_CONNECTION_TIMEOUT, idle_limit_s,
                                   MHD_OPTION_END));
    if (!daemon_)
        return fail_errno(fmt::format("cannot answer HTTP on port {} of localhost", port), errno);

    const auto* info = MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD);
    auto ready = watch<&MetricsHttp::run>(loop, info->epoll_fd, this);
    if (!ready)
        return tl::unexpected(ready.error());
    auto timer = make_timer<&MetricsHttp::run>(loop, this);
    if (!timer)
        return tl::unexpected(timer.error());
    ready_source_ = std::move(*ready);
    timer_ = std::move(*timer);
    arm(timer_, 0);
    return {};
}

std::uint16_t MetricsHttp::port() const {
    return MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_BIND_PORT)->port;
}

void MetricsHttp::run() {
    MHD_run(daemon_.get());
    MHD_UNSIGNED_LONG_LONG ms = 0;
    if (MHD_get_timeout(daemon_.get(), &ms) == MHD_YES)
        arm(timer_, ms * us_per_ms);
    else
        disarm(timer_);
}

} // namespace chimney::daemon
