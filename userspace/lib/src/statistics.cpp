// SPDX-License-Identifier: GPL-2.0-only
#include <array>

#include <sys/socket.h>

#include "decode.hpp"

namespace chimney {
namespace {

constexpr auto first_counter = CHIMNEY_A_STATS_IP_IN_RECEIVES;

// In the order of the attributes; a test compares them with chimney.yaml.
constexpr auto names = std::to_array<std::string_view>({
    "ip_in_receives",
    "ip_in_octets",
    "ip_in_delivers",
    "ip_out_requests",
    "ip_out_octets",
    "ip_in_header_errors",
    "ip_in_truncated_packets",
    "ip_in_discards",
    "ip_out_discards",
    "ip_out_no_routes",
    "tcp_in_segments",
    "tcp_out_segments",
    "tcp_currently_established",
    "tcp_reset_established",
    "tcp_retransmitted_segments",
    "tcp_in_errors",
    "tcp_out_resets",
});
static_assert(first_counter + names.size() == CHIMNEY_A_STATS_PAD);

Result<Statistics> decode_statistics(const Message& message) {
    AttributeReader a(message.attributes);
    auto family = a.u16(CHIMNEY_A_STATS_FAMILY);
    Statistics statistics;
    statistics.ifindex = a.u32(CHIMNEY_A_STATS_IFINDEX).value_or(0);
    statistics.dev = a.string(CHIMNEY_A_STATS_IFNAME).value_or("");
    statistics.version = family == AF_INET6 ? IpVersion::v6 : IpVersion::v4;
    for (std::size_t i = 0; i < names.size(); ++i)
        statistics.counters.push_back(
            a.u64(static_cast<std::uint16_t>(first_counter + i)).value_or(0));
    if (!a.ok() || statistics.dev.empty() || !family)
        return malformed("set of counters");
    return statistics;
}

} // namespace

std::span<const std::string_view> counter_names() {
    return names;
}

Result<std::vector<Statistics>> Client::statistics_of(std::uint8_t command, std::string_view dev) {
    std::vector<Statistics> found;
    for (std::uint16_t family : {AF_INET, AF_INET6}) {
        auto writer = device_attributes(dev);
        writer.put_u16(CHIMNEY_A_STATS_FAMILY, family);
        auto one = request_one({command, false, std::move(writer).take()})
                       .and_then(decode_statistics)
                       .map_error(about("cannot read the counters of " + std::string(dev)));
        if (!one && one.error().errnum == EOPNOTSUPP)
            continue;
        if (!one)
            return tl::unexpected(one.error());
        found.push_back(std::move(*one));
    }
    return found;
}

Result<std::vector<Statistics>> Client::statistics(const std::optional<std::string>& dev) {
    if (dev)
        return statistics_of(CHIMNEY_CMD_STATS_GET, *dev);
    return decode_all(socket_.request({CHIMNEY_CMD_STATS_GET, true, {}}), decode_statistics);
}

Result<std::vector<Statistics>> Client::reset_statistics(std::string_view dev) {
    return statistics_of(CHIMNEY_CMD_STATS_RESET, dev);
}

} // namespace chimney
