// SPDX-License-Identifier: GPL-2.0-only
// What the kernel sends: a datagram, as an answer to every request and as an announcement.
#include <cstddef>
#include <cstdint>
#include <span>

#include <nlohmann/json.hpp>

#include <chimney/client.hpp>
#include <chimney/json.hpp>

#include "reply.hpp"

namespace {

using namespace chimney;

constexpr std::uint32_t sequence = 1;

/// Gives the same answer to every request.
class OneAnswer : public NetlinkSocket {
  public:
    explicit OneAnswer(std::vector<Message> messages) : messages_(std::move(messages)) {}
    Result<std::vector<Message>> request(const Request&) override { return messages_; }

  private:
    std::vector<Message> messages_;
};

std::string no_name(std::uint32_t) {
    return {};
}

void read_answers(std::vector<Message> messages) {
    OneAnswer kernel(std::move(messages));
    Client client(kernel, no_name);
    if (auto targets = client.targets())
        targets_document(*targets);
    if (auto report = client.report(1)) {
        reports_document({*report});
        capture({*report});
    }
    if (auto connections = client.connections({}))
        connections_document(*connections);
    client.operations();
    client.statistics({});
    client.settings("veth0");
    client.start({}, {});
    client.replay("veth0", {CHIMNEY_OP_KIND_INITIATE, {}, std::vector<ReplayBlock>(3)});
}

void read_announcements(std::span<const std::byte> datagram) {
    for (auto message : split_messages(datagram)) {
        auto decoded = decode_genl(message);
        if (!decoded)
            continue;
        decode_operation(*decoded);
        if (auto event = decode_event(*decoded, no_name))
            event_to_json(*event);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto datagram = std::as_bytes(std::span(data, size));
    ReplyReader reader(sequence);
    if (reader.feed(datagram))
        read_answers(std::move(reader).take());
    read_announcements(datagram);
    return 0;
}
