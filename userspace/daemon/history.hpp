// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Operations that are over, on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include <chimney/error.hpp>
#include <chimney/json.hpp>

namespace chimney::daemon {

/// Which operations; what is not set holds for all.
struct HistoryFilter {
    std::optional<std::uint32_t> id;
    std::optional<std::string> kind;
    std::optional<std::string> status; ///< or reason, of one of its connections
    std::optional<std::string> since;  ///< RFC 3339, in UTC
    std::optional<std::string> until;
    Selector selector;               ///< ends of one of its connections
    std::optional<std::size_t> last; ///< the newest ones of those

    bool matches(const Json& operation) const;
};

/// A filter from the parameters of a call.
Result<HistoryFilter> parse_history_filter(const Json& parameters);

/// One line of JSON for each operation in two files: the older one is replaced when the other is
/// full. Nothing but the identifiers of the newest is kept in memory.
class History {
  public:
    /// @param directory is made if it is missing
    /// @param limit bytes of both files together
    History(std::filesystem::path directory, std::size_t limit)
        : directory_(std::move(directory)), limit_(limit / 2) {}

    /// Add an operation that is over.
    Result<void> add(const Report& report);
    /// Whether it was added since the start.
    bool has(std::uint32_t id) const { return added_.contains(id); }
    /// Operations, oldest first; with their blocks if the filter names one.
    Result<Json> list(const HistoryFilter& filter) const;

  private:
    std::filesystem::path newer() const { return directory_ / "history.jsonl"; }
    std::filesystem::path older() const { return directory_ / "history.old.jsonl"; }
    Result<void> make_room(std::size_t size);

    std::filesystem::path directory_;
    std::size_t limit_;
    std::set<std::uint32_t> added_;
};

} // namespace chimney::daemon
