// SPDX-License-Identifier: GPL-2.0-only
#include "state_file.hpp"

#include <cerrno>
#include <fstream>

#include <nlohmann/json.hpp>

#include <chimney/config.hpp>

namespace chimney::daemon {
namespace {

constexpr std::string_view file_name = "state.json";

} // namespace

std::string boot_id() {
    std::string id;
    std::getline(std::ifstream("/proc/sys/kernel/random/boot_id") >> std::ws, id);
    return id;
}

Result<Json> StateFile::load() const {
    auto path = (directory_ / file_name).string();
    auto text = read_text(path);
    if (!text && text.error().errnum == ENOENT)
        return Json::object();
    return text.and_then(
        [&](const std::string& content) { return parse_json_object(content, path); });
}

Result<void> StateFile::store(const Json& state) const {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    auto path = directory_ / file_name;
    auto fresh = path;
    fresh += ".new";
    errno = 0;
    std::ofstream file(fresh);
    file << format_json(state, true) << "\n";
    file.close();
    if (!file)
        return fail_errno("cannot write " + fresh.string(), errno);
    std::filesystem::rename(fresh, path, error);
    if (error)
        return fail_errno("cannot replace " + path.string(), error.value());
    return {};
}

} // namespace chimney::daemon
