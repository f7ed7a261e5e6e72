// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Rules that say which connections are to be offloaded. The first that matches wins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include <chimney/selector.hpp>

namespace chimney {

/// What a rule wants of a connection.
enum class Action {
    offload,    ///< hand it over
    never,      ///< leave it alone; what the policy has offloaded comes home
    quarantine, ///< it comes home whoever has offloaded it, and nobody may offload it
};

/// "offload", "never", "quarantine".
std::string_view to_string(Action action);

/// A connection as a policy sees it.
struct Candidate {
    SocketName name;
    std::uint64_t inode = 0;
    uid_t uid = 0;
    std::string cgroup;  ///< path below the root of the hierarchy; empty if not known
    std::string command; ///< of the process that has it open; empty if not known
    std::string dev;     ///< it is routed through; empty if not known
    std::uint64_t age_s = 0;
    std::uint64_t bytes = 0; ///< sent and received
    std::uint64_t rate = 0;  ///< bytes in a second
};

/// One rule. It matches if everything that is set in it holds.
struct Rule {
    std::string name;
    std::uint32_t line = 0; ///< in the file
    Action action = Action::never;
    std::optional<EndpointFilter> src;
    std::optional<EndpointFilter> dst;
    std::optional<uid_t> user;
    std::optional<std::string> cgroup; ///< or one below it
    std::optional<std::string> command;
    std::optional<std::string> dev;
    std::uint64_t min_age_s = 0;
    std::uint64_t min_bytes = 0;
    std::uint64_t min_rate = 0;
    std::optional<std::uint32_t> max; ///< connections it offloads at a time
    bool operator==(const Rule&) const = default;

    /// Whether all but the thresholds (age, bytes, rate) hold.
    bool matches(const Candidate& candidate) const;
    /// The thresholds that do not hold, for a person; empty if all do.
    std::string shortfall(const Candidate& candidate) const;
};

/// What a policy says of a connection.
struct Verdict {
    const Rule* rule = nullptr; ///< none matches if null
    std::string waiting;        ///< for what, if an earlier rule would offload it one day
    bool operator==(const Verdict&) const = default;
};

/// Rules in their order.
struct Policy {
    std::vector<Rule> rules;
    bool operator==(const Policy&) const = default;

    /// @param out it is offloaded already: thresholds say when a connection goes out, not when
    ///            it comes home
    Verdict judge(const Candidate& candidate, bool out) const;
    /// Whether a rule asks for the field; what nobody asks for need not be found out.
    bool uses(std::optional<std::string> Rule::*field) const;
};

} // namespace chimney
