// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// The unix socket the daemon listens on.
#pragma once

#include <optional>
#include <string>

#include <chimney/error.hpp>
#include <chimney/unique_fd.hpp>

namespace chimney::daemon {

/// A listening socket and the lock that keeps a second daemon away from its path.
///
/// A lock rather than a test connection: it leaves no gap between looking and binding, and the
/// kernel drops it even when the daemon is killed.
class Listener {
  public:
    /// Bind to @p path, mode 0660, owned by @p group if given. Replaces the socket that a killed
    /// daemon left behind; makes the last directory of the path if it is missing.
    static Result<Listener> open(const std::string& path, const std::optional<std::string>& group);

    Listener(Listener&&) = default;
    Listener& operator=(Listener&&) = default;
    ~Listener();

    int fd() const { return socket_.get(); }

  private:
    Listener(std::string path, UniqueFd lock, UniqueFd socket)
        : path_(std::move(path)), lock_(std::move(lock)), socket_(std::move(socket)) {}

    std::string path_;
    UniqueFd lock_;
    UniqueFd socket_;
};

} // namespace chimney::daemon
