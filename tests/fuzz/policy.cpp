// SPDX-License-Identifier: GPL-2.0-only
// chimneyd.toml, and what its rules say of a connection.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <chimney/config.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace chimney;
    auto config = parse_config({reinterpret_cast<const char*>(data), size});
    if (!config) {
        if (config.error().empty())
            std::abort(); // refused, and nobody is told why
        mistakes_error("chimneyd.toml", config.error());
        return 0;
    }
    Candidate candidate;
    candidate.command = "iperf3";
    candidate.cgroup = "/system.slice/backup.service";
    for (bool out : {false, true})
        config->policy.judge(candidate, out);
    return 0;
}
