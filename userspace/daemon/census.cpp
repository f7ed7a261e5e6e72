// SPDX-License-Identifier: GPL-2.0-only
#include "census.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>

#include <sys/stat.h>

namespace chimney::daemon {
namespace {

namespace fs = std::filesystem;

/// Paths of control groups by the inodes of their directories, which are their identifiers.
std::map<std::uint64_t, std::string> read_cgroups(const fs::path& root) {
    std::map<std::uint64_t, std::string> paths;
    auto add = [&](const fs::path& path, const std::string& name) {
        struct stat info {};
        if (stat(path.c_str(), &info) == 0)
            paths[info.st_ino] = "/" + name;
    };
    add(root, "");
    std::error_code error;
    auto options = fs::directory_options::skip_permission_denied;
    for (fs::recursive_directory_iterator entry(root, options, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code gone;
        if (entry->is_directory(gone) && !entry->is_symlink(gone))
            add(entry->path(), entry->path().lexically_relative(root).generic_string());
    }
    return paths;
}

std::string read_command(const fs::path& process) {
    std::string command;
    std::getline(std::ifstream(process / "comm"), command);
    return command;
}

std::optional<pid_t> process_id(const fs::path& path) {
    auto name = path.filename().native();
    pid_t pid = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    return error == std::errc() && end == name.data() + name.size() ? std::optional(pid)
                                                                    : std::nullopt;
}

} // namespace

Result<std::vector<Candidate>> Census::take(const Policy& policy, Clock::time_point now) {
    auto sockets = sources_.list();
    if (!sockets)
        return tl::unexpected(sockets.error());
    std::map<std::uint64_t, std::string> cgroups;
    if (policy.uses(&Rule::cgroup))
        cgroups = read_cgroups(sources_.cgroups);
    auto routes = sources_.routes();
    std::vector<Candidate> candidates;
    std::set<std::uint64_t> alive;
    for (const auto& socket : *sockets) {
        if (socket.inode == 0)
            continue;
        Candidate candidate;
        candidate.name = socket.name;
        candidate.inode = socket.inode;
        candidate.uid = socket.uid;
        candidate.dev = routes->device(socket.name.src, socket.name.dst);
        candidate.bytes = socket.bytes;
        if (auto cgroup = cgroups.find(socket.cgroup); cgroup != cgroups.end())
            candidate.cgroup = cgroup->second;
        look(candidate, now);
        alive.insert(candidate.name.cookie);
        candidates.push_back(std::move(candidate));
    }
    std::erase_if(known_, [&](const auto& known) { return !alive.contains(known.first); });
    if (policy.uses(&Rule::command))
        find_commands(candidates);
    return candidates;
}

void Census::look(Candidate& candidate, Clock::time_point now) {
    auto [found, fresh] =
        known_.try_emplace(candidate.name.cookie, Known{now, now, candidate.bytes, 0, {}});
    auto& known = found->second;
    std::chrono::duration<double> passed = now - known.last;
    // A look on request may follow another at once: no rate in no time.
    if (passed >= std::chrono::milliseconds(500)) {
        auto moved = candidate.bytes - std::min(candidate.bytes, known.bytes);
        known.rate = static_cast<std::uint64_t>(static_cast<double>(moved) / passed.count());
        known.bytes = candidate.bytes;
        known.last = now;
    }
    candidate.rate = known.rate;
    candidate.age_s = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now - known.first).count());
    candidate.command = known.command;
}

/// Of connections that are new: reading all of /proc is expensive, and who has a connection open
/// hardly ever changes.
void Census::find_commands(std::vector<Candidate>& candidates) {
    std::map<std::uint64_t, Candidate*> wanted;
    for (auto& candidate : candidates)
        if (candidate.command.empty())
            wanted.emplace(candidate.inode, &candidate);
    std::error_code error;
    for (fs::directory_iterator entry(sources_.proc, error), end;
         !wanted.empty() && !error && entry != end; entry.increment(error)) {
        auto pid = process_id(entry->path());
        if (!pid)
            continue;
        auto inodes = socket_inodes(*pid, sources_.proc);
        if (!inodes || inodes->empty())
            continue;
        auto command = read_command(entry->path());
        for (auto inode : *inodes) {
            auto found = wanted.find(inode);
            if (found == wanted.end())
                continue;
            found->second->command = known_[found->second->name.cookie].command = command;
            wanted.erase(found);
        }
    }
}

} // namespace chimney::daemon
