// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// sd-event with owners.
#pragma once

#include <memory>

#include <systemd/sd-event.h>

namespace chimney::daemon {

struct EventLoopUnref {
    void operator()(sd_event* loop) const { sd_event_unref(loop); }
};
using EventLoop = std::unique_ptr<sd_event, EventLoopUnref>;

struct EventSourceUnref {
    void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
};
using EventSource = std::unique_ptr<sd_event_source, EventSourceUnref>;

} // namespace chimney::daemon
