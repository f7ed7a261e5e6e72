// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// sd-event with owners.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <type_traits>

#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include <chimney/error.hpp>

namespace chimney::daemon {

struct EventLoopUnref {
    void operator()(sd_event* loop) const { sd_event_unref(loop); }
};
using EventLoop = std::unique_ptr<sd_event, EventLoopUnref>;

struct EventSourceUnref {
    void operator()(sd_event_source* source) const { sd_event_source_disable_unref(source); }
};
using EventSource = std::unique_ptr<sd_event_source, EventSourceUnref>;

/// Call a member function of @p object, which must outlive the source, when @p fd can be read.
/// It may take the events of epoll(7).
template <auto handler, typename T>
Result<EventSource> watch(sd_event* loop, int fd, T* object) {
    sd_event_source* source = nullptr;
    auto call = [](sd_event_source*, int, [[maybe_unused]] std::uint32_t events, void* self) {
        if constexpr (std::is_invocable_v<decltype(handler), T*, std::uint32_t>)
            (static_cast<T*>(self)->*handler)(events);
        else
            (static_cast<T*>(self)->*handler)();
        return 0;
    };
    int error = sd_event_add_io(loop, &source, fd, EPOLLIN, call, object);
    if (error < 0)
        return fail_errno("cannot watch a descriptor", -error);
    return EventSource(source);
}

/// A timer that calls a member function of @p object, once each time it is armed.
template <auto handler, typename T>
Result<EventSource> make_timer(sd_event* loop, T* object) {
    sd_event_source* source = nullptr;
    auto call = [](sd_event_source*, std::uint64_t, void* self) {
        (static_cast<T*>(self)->*handler)();
        return 0;
    };
    int error = sd_event_add_time(loop, &source, CLOCK_MONOTONIC, 0, 0, call, object);
    if (error < 0)
        return fail_errno("cannot set a timer", -error);
    EventSource timer(source);
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    return timer;
}

/// Let a timer call in @p delay_us, and not before.
inline void arm(const EventSource& timer, std::uint64_t delay_us) {
    sd_event_source_set_time_relative(timer.get(), delay_us);
    sd_event_source_set_enabled(timer.get(), SD_EVENT_ONESHOT);
}

inline void disarm(const EventSource& timer) {
    sd_event_source_set_enabled(timer.get(), SD_EVENT_OFF);
}

} // namespace chimney::daemon
