// SPDX-License-Identifier: GPL-2.0-only
// The document of chimneyctl replay. What is accepted must be the same when written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include <chimney/json.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace chimney;
    auto document = Json::parse(data, data + size, nullptr, false);
    if (document.is_discarded())
        return 0;
    auto steps = parse_replay(document);
    if (!steps)
        return 0;
    auto again = parse_replay(replay_document(*steps));
    if (!again || *again != *steps)
        std::abort();
    return 0;
}
