// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// The person who waits for operations: sees how far they are and may cancel them.
#pragma once

#include <chrono>
#include <iosfwd>

#include <chimney/unique_fd.hpp>

#include "backend.hpp"

namespace chimney::cli {

/// Draws a bar once an operation takes a while. The first Ctrl-C is a wish to cancel, the second
/// ends the program as usual.
class Watch : public Observer {
  public:
    /// @param out where the bar goes, or nullptr
    /// @param patience how long nothing is drawn
    Watch(std::ostream* out, std::chrono::milliseconds patience);
    ~Watch() override;
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    void progress(const std::vector<Operation>& operations) override;
    int cancel_fd() const override { return interrupts_.get(); }
    void cancelled() override;

  private:
    void stop_catching();
    void clear();

    std::ostream* out_;
    std::chrono::steady_clock::time_point start_;
    bool drawn_ = false;
    UniqueFd interrupts_;
};

} // namespace chimney::cli
