// SPDX-License-Identifier: GPL-2.0-only
#include "history.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <fstream>

#include <nlohmann/json.hpp>

#include <chimney/protocol.hpp>

namespace chimney::daemon {
namespace {

/// Identifiers that are remembered, more than the operations a kernel keeps.
constexpr std::size_t ids_at_most = 4096;

bool has_end(const std::optional<EndpointFilter>& filter, const Json& block, const char* address,
             const char* port) {
    if (!filter)
        return true;
    auto parsed = Address::parse(block.value(address, ""));
    return parsed && filter->matches(*parsed, block.value(port, std::uint16_t{0}));
}

std::optional<std::string> text_of(const Json& parameters, const char* key) {
    auto found = parameters.find(key);
    return found != parameters.end() && found->is_string()
               ? std::optional(found->get<std::string>())
               : std::nullopt;
}

/// Not if a crash left half of the last one.
bool ends_in_line(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::ate);
    if (!file || file.tellg() == std::streampos(0))
        return true;
    file.seekg(-1, std::ios::end);
    return file.get() == '\n';
}

} // namespace

bool HistoryFilter::matches(const Json& operation) const {
    if (id && operation.value("id", 0U) != *id)
        return false;
    if (kind && operation.value("kind", "") != *kind)
        return false;
    auto start = operation.value("start", "");
    if ((since && start < *since) || (until && start > *until))
        return false;
    if (!status && selector.empty())
        return true;
    return std::ranges::any_of(operation.value("blocks", Json::array()), [&](const Json& block) {
        return block.value("layer", "") == "tcp" &&
               (!status || block.value("status", "") == *status ||
                block.value("reason", "") == *status) &&
               has_end(selector.src, block, "src", "sport") &&
               has_end(selector.dst, block, "dst", "dport");
    });
}

Result<HistoryFilter> parse_history_filter(const Json& parameters) {
    HistoryFilter filter;
    filter.kind = text_of(parameters, "kind");
    filter.status = text_of(parameters, "status");
    filter.since = text_of(parameters, "since");
    filter.until = text_of(parameters, "until");
    if (auto last = parameters.find("last"); last != parameters.end() && last->is_number_unsigned())
        filter.last = last->get<std::size_t>();
    if (!parameters.contains("selector"))
        return filter;
    return parse_selector_json(parameters["selector"]).and_then([&](const Selector& selector) {
        if (selector.pid)
            return Result<HistoryFilter>(
                fail(ErrorCode::usage, "the history does not know processes: use src and dst"));
        filter.selector = selector;
        filter.selector.all = false;
        return Result<HistoryFilter>(filter);
    });
}

Result<void> History::add(const Report& report) {
    auto operation = reports_document({report})["operations"][0];
    auto line = format_json(operation);
    // One that is larger than all others may not drive them out.
    if (line.size() > limit_ / 2) {
        operation["blocks"] = Json::array();
        line = format_json(operation);
    }
    if (auto room = make_room(line.size() + 1); !room)
        return room;
    errno = 0;
    std::ofstream file(newer(), std::ios::app);
    file << (ends_in_line(newer()) ? "" : "\n") << line << "\n";
    file.close();
    if (!file)
        return fail_errno("cannot write " + newer().string(), errno);
    added_.insert(report.operation.id);
    if (added_.size() > ids_at_most)
        added_.erase(added_.begin());
    return {};
}

Result<void> History::make_room(std::size_t size) {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    auto used = std::filesystem::file_size(newer(), error);
    if (error || used + size <= limit_)
        return {};
    std::filesystem::rename(newer(), older(), error);
    if (error)
        return fail_errno("cannot replace " + older().string(), error.value());
    return {};
}

Result<Json> History::list(const HistoryFilter& filter) const {
    std::deque<Json> found;
    for (const auto& path : {older(), newer()}) {
        std::ifstream file(path);
        for (std::string line; std::getline(file, line);) {
            // The last line may be half of one if the power failed.
            auto operation = parse_json_object(line, "a line of the history");
            if (!operation || !filter.matches(*operation))
                continue;
            if (!filter.id)
                operation->erase("blocks");
            found.push_back(std::move(*operation));
            if (filter.last && found.size() > *filter.last)
                found.pop_front();
        }
    }
    return Json{{"schema", 1}, {"operations", found}};
}

} // namespace chimney::daemon
