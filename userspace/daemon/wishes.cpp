// SPDX-License-Identifier: GPL-2.0-only
#include "wishes.hpp"

#include <chimney/resolve.hpp>

namespace chimney::daemon {

void Wishes::note(const Report& report, std::uint32_t again) {
    bool out = report.operation.kind == CHIMNEY_OP_KIND_INITIATE && !report.operation.dry_run;
    bool home = report.operation.kind == CHIMNEY_OP_KIND_TERMINATE;
    for (const auto& block : report.blocks) {
        if (block.layer != CHIMNEY_LAYER_TCP || !block.src || !block.dst)
            continue;
        bool done = block.status == CHIMNEY_STATUS_SUCCESS;
        if (home && done)
            wishes_.erase(block.cookie);
        // The host learns of a resume a moment after us.
        bool early = again && block.reason == CHIMNEY_REASON_TARGET_PAUSED;
        if (!out || !(done || early))
            continue;
        wishes_[block.cookie] = {
            early ? again : block.ifindex,
            {*block.src, *block.dst, block.src_port, block.dst_port, block.cookie}};
        if (early && !drained_.contains(again))
            due_.insert(again);
    }
}

void Wishes::note(const Event& event) {
    if (event.source != CHIMNEY_EVENT_SOURCE_TARGET)
        return;
    if (event.name == "upload-all") {
        drained_.insert(event.ifindex);
        due_.erase(event.ifindex);
    } else if (event.name == "resume" && drained_.erase(event.ifindex)) {
        due_.insert(event.ifindex);
    }
}

std::vector<KernelSelector> Wishes::again(std::uint32_t ifindex) {
    std::vector<KernelSelector> requests;
    due_.erase(ifindex);
    for (auto wish = wishes_.begin(); wish != wishes_.end();) {
        if (wish->second.ifindex != ifindex) {
            ++wish;
            continue;
        }
        name_socket(requests, wish->second.name);
        wish = wishes_.erase(wish);
    }
    return requests;
}

void Wishes::forget(const std::set<std::uint64_t>& cookies) {
    for (auto cookie : cookies)
        wishes_.erase(cookie);
}

void Wishes::keep(const std::vector<Connection>& alive) {
    std::set<std::uint64_t> cookies;
    for (const auto& connection : alive)
        cookies.insert(connection.cookie);
    std::erase_if(wishes_, [&](const auto& wish) {
        return !drained_.contains(wish.second.ifindex) && !due_.contains(wish.second.ifindex) &&
               !cookies.contains(wish.first);
    });
}

} // namespace chimney::daemon
