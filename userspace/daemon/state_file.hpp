// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// What the daemon must know again after it was restarted.
#pragma once

#include <filesystem>

#include <chimney/error.hpp>
#include <chimney/json.hpp>

namespace chimney::daemon {

/// Identifier of this boot of the kernel: what names sockets means nothing in the next.
std::string boot_id();

/// A JSON object in a file that is replaced as a whole, so that no crash leaves half of it.
class StateFile {
  public:
    /// @param directory is made if it is missing
    explicit StateFile(std::filesystem::path directory) : directory_(std::move(directory)) {}

    /// An empty object if there is none yet.
    Result<Json> load() const;
    Result<void> store(const Json& state) const;

  private:
    std::filesystem::path directory_;
};

} // namespace chimney::daemon
