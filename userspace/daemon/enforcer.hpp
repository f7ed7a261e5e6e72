// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// What the policy makes of the connections there are, and what came of it before.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <chimney/json.hpp>
#include <chimney/policy.hpp>
#include <chimney/types.hpp>

#include "census.hpp"

namespace chimney::daemon {

/// What is to be done with a connection.
enum class Step { stay, offload, upload };

struct Decision {
    Candidate candidate;
    bool out = false;           ///< it is offloaded now
    const Rule* rule = nullptr; ///< of the policy that was judged by
    Step step = Step::stay;
    std::string why; ///< a clause for a person
};

/// {"schema":1,"decisions":[...]}
Json decisions_document(const std::vector<Decision>& decisions);
/// The same document; each decision that was carried out has what became of it.
Json with_results(Json document, const std::vector<Report>& reports);

/// How things stand when the policy is looked at.
struct Situation {
    std::vector<Candidate> candidates;
    std::vector<Connection> connections; ///< that are offloaded or on their way
    std::vector<Target> targets;
    Clock::time_point now;
};

/// Decides, and remembers for each connection what the administrator and the targets did with it:
/// what somebody has moved by hand stays where it is, and what failed is tried again later and
/// later.
class Enforcer {
  public:
    /// See which connections ended, and which came home without being asked to.
    void observe(const Situation& situation);
    std::vector<Decision> decide(const Policy& policy, const Situation& situation) const;
    /// The decisions are carried out: what a rule offloads belongs to it from now on.
    void begin(const std::vector<Decision>& decisions);
    /// What came of the operations that were started for decisions.
    void note_result(const Report& report, Clock::time_point now);
    /// An operation that somebody asked for.
    void note_hand(const Report& report);
    /// A target asks for a connection, or opens.
    void note_event(const Event& event, Clock::time_point now);
    /// Things have changed: what failed is tried again at once.
    void forget_failures();
    /// Connections that were moved by hand are the policy's again.
    std::size_t release(const std::set<std::uint64_t>& cookies);
    /// Forget all but these connections.
    void keep(const std::set<std::uint64_t>& cookies);

    /// Nothing may be offloaded to these devices.
    const std::set<std::string>& quarantined() const { return quarantined_; }
    /// False if it was so before.
    bool quarantine(const std::string& dev) { return quarantined_.insert(dev).second; }
    bool release(const std::string& dev) { return quarantined_.erase(dev) > 0; }
    /// Those of @p candidates that must not be offloaded by anyone, and why.
    std::vector<std::string> forbidden(const Policy& policy,
                                       const std::vector<Candidate>& candidates) const;

    /// Whether a rule has offloaded a connection.
    bool owns_any() const;
    /// Connections each rule has offloaded.
    std::map<std::string, std::size_t> counts() const;
    std::size_t size() const { return records_.size(); }
    /// Cookies of connections that were taken back by hand.
    std::set<std::uint64_t> held() const;
    /// What must outlive the daemon.
    Json save() const;
    /// The reverse; what does not make sense is left out.
    void restore(const Json& state);

  private:
    enum class Hand { none, home, out };
    struct Record {
        Hand hand = Hand::none;
        std::string rule;          ///< that offloaded it; empty if none did
        unsigned failures = 0;     ///< one after the other
        Clock::time_point again{}; ///< not before
        std::string reason;        ///< of the last failure
        bool operator==(const Record&) const = default;
    };
    struct Budget;

    void decide_one(Decision& decision, Budget& budget, Clock::time_point now) const;
    void postpone(Record& record, std::string reason, std::chrono::seconds first,
                  Clock::time_point now);

    std::map<std::uint64_t, Record> records_;    ///< by cookie
    std::map<std::uint64_t, std::string> asked_; ///< rules of offloads that are under way
    std::set<std::string> quarantined_;
};

} // namespace chimney::daemon
