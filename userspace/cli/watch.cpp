// SPDX-License-Identifier: GPL-2.0-only
#include "watch.hpp"

#include <algorithm>
#include <csignal>
#include <ostream>

#include <fmt/format.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace chimney::cli {
namespace {

constexpr std::uint64_t bar_width = 30;

sigset_t interrupt() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    return set;
}

} // namespace

Watch::Watch(std::ostream* out, std::chrono::milliseconds patience)
    : out_(out), start_(std::chrono::steady_clock::now() + patience) {
    // Who has made us ignore it, as nohup does, means it.
    struct sigaction action {};
    if (sigaction(SIGINT, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
        return;
    auto set = interrupt();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    interrupts_ = UniqueFd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

Watch::~Watch() {
    stop_catching();
    clear();
}

void Watch::progress(const std::vector<Operation>& operations) {
    std::uint64_t through = 0;
    std::uint64_t total = 0;
    for (const auto& op : operations) {
        through += op.connections();
        total += op.total;
    }
    if (!out_ || total == 0 || std::chrono::steady_clock::now() < start_)
        return;
    auto filled = std::min(bar_width, bar_width * through / total);
    clear();
    *out_ << fmt::format("[{:-<{}}] {} of {} connections", std::string(filled, '#'), bar_width,
                         through, total)
          << std::flush;
    drawn_ = true;
}

void Watch::cancelled() {
    stop_catching();
    clear();
    if (out_)
        *out_ << "chimneyctl: cancelling; what is on its way completes (Ctrl-C again: do not "
                 "wait for it)\n"
              << std::flush;
}

/// A Ctrl-C that has come already is not to end the program.
void Watch::stop_catching() {
    if (!interrupts_)
        return;
    signalfd_siginfo caught;
    while (read(interrupts_.get(), &caught, sizeof(caught)) > 0) {
    }
    interrupts_ = UniqueFd();
    auto set = interrupt();
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Watch::clear() {
    if (drawn_)
        *out_ << "\r\033[K" << std::flush;
    drawn_ = false;
}

} // namespace chimney::cli
