// SPDX-License-Identifier: GPL-2.0-only
#include "listener.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace chimney::daemon {
namespace {

constexpr mode_t socket_mode = 0660;

Result<sockaddr_un> make_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path))
        return fail(ErrorCode::usage, "'" + path + "' cannot be the path of a socket: it must " +
                                          "have 1 to " +
                                          std::to_string(sizeof(address.sun_path) - 1) + " bytes");
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Result<gid_t> find_group(const std::string& name) {
    std::vector<char> buffer(16 << 10);
    group entry{};
    group* found = nullptr;
    int error = getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (!found)
        return fail(ErrorCode::usage,
                    "there is no group '" + name + "': make it with groupadd --system " + name,
                    error);
    return found->gr_gid;
}

tl::unexpected<Error> fail_path(const std::string& what, const std::string& path, int error) {
    if (error == EACCES || error == EPERM)
        return fail(ErrorCode::permission,
                    "permission denied on " + path +
                        ": run chimneyd as root, or choose another path with --socket",
                    error);
    return fail_errno("cannot " + what + " " + path, error);
}

Result<void> make_directory(const std::string& path) {
    auto directory = std::filesystem::path(path).parent_path();
    if (directory.empty() || mkdir(directory.c_str(), 0755) == 0 || errno == EEXIST)
        return {};
    return fail_path("make the directory", directory, errno);
}

Result<UniqueFd> take_lock(const std::string& path) {
    auto name = path + ".lock";
    UniqueFd lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock)
        return fail_path("open", name, errno);
    if (flock(lock.get(), LOCK_EX | LOCK_NB) < 0)
        return fail(ErrorCode::usage,
                    "another chimneyd is running on " + path +
                        ": stop it, or choose another path with --socket",
                    errno);
    return lock;
}

/// With the lock held, a socket at the path is one that nobody listens on.
Result<void> remove_stale(const std::string& path) {
    struct stat info {};
    if (lstat(path.c_str(), &info) < 0)
        return errno == ENOENT ? Result<void>() : fail_path("look at", path, errno);
    if (!S_ISSOCK(info.st_mode))
        return fail(ErrorCode::usage,
                    path + " exists and is not a socket: choose another path with --socket");
    if (unlink(path.c_str()) < 0)
        return fail_path("remove the old socket", path, errno);
    return {};
}

Result<UniqueFd> bind_socket(const std::string& path, const sockaddr_un& address, gid_t gid) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket)
        return fail_errno("cannot make a socket", errno);
    // Nobody may connect before the mode and the group are right.
    mode_t before = umask(0777);
    int bound = bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
    int error = errno;
    umask(before);
    if (bound < 0)
        return fail_path("bind to", path, error);
    if (chown(path.c_str(), static_cast<uid_t>(-1), gid) < 0)
        return fail_path("change the group of", path, errno);
    if (chmod(path.c_str(), socket_mode) < 0)
        return fail_path("change the mode of", path, errno);
    if (listen(socket.get(), SOMAXCONN) < 0)
        return fail_path("listen on", path, errno);
    return socket;
}

} // namespace

Result<Listener> Listener::open(const std::string& path, const std::optional<std::string>& group) {
    auto address = make_address(path);
    if (!address)
        return tl::unexpected(address.error());
    auto gid = static_cast<gid_t>(-1);
    if (group) {
        auto found = find_group(*group);
        if (!found)
            return tl::unexpected(found.error());
        gid = *found;
    }
    if (auto made = make_directory(path); !made)
        return tl::unexpected(made.error());
    auto lock = take_lock(path);
    if (!lock)
        return tl::unexpected(lock.error());
    if (auto removed = remove_stale(path); !removed)
        return tl::unexpected(removed.error());
    auto socket = bind_socket(path, *address, gid);
    if (!socket)
        return tl::unexpected(socket.error());
    return Listener(path, std::move(*lock), std::move(*socket));
}

Listener::~Listener() {
    // The lock file stays: removing it would let two daemons lock two files of one name.
    if (socket_)
        unlink(path_.c_str());
}

} // namespace chimney::daemon
