// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// What chimneyd does, without its sockets and its event loop.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <chimney/client.hpp>
#include <chimney/config.hpp>
#include <chimney/netlink.hpp>
#include <chimney/protocol.hpp>
#include <chimney/resolve.hpp>

#include "enforcer.hpp"
#include "history.hpp"
#include "metrics.hpp"
#include "state_file.hpp"
#include "wishes.hpp"

namespace chimney::daemon {

/// A parameter of a call that must be a string.
Result<std::string> text_parameter(const Json& parameters, const char* key);

/// The selector of a call.
Result<Selector> selector_parameter(const Json& parameters);

/// Where a call came from. The connection to the caller may end before the answer is there.
class Caller {
  public:
    virtual ~Caller() = default;
    /// Send an encoded message.
    virtual void send(std::string message) = 0;
    /// For the log: "uid 1000 pid 4711".
    virtual std::string describe() const = 0;
    /// Bytes that wait for the caller to read them.
    virtual std::size_t backlog() const = 0;
};

/// Wishes that are remembered before the daemon looks which of the connections still exist.
inline constexpr std::size_t wishes_at_least = 4096;

/// Handles calls. Requests to the kernel are short; what takes time is an operation, whose end
/// the kernel announces: the caller who started it is answered then.
///
/// An announcement may get lost, so that poll() must be called now and then while waiting().
///
/// What came home because a target wanted everything back goes out again when it resumes.
///
/// If there is a policy, poll() also looks at the connections there are and does what it says.
class Service {
  public:
    /// @param owned connections come home when the kernel closes @p socket
    Service(NetlinkSocket& socket, bool owned, Resolver resolver = {},
            InterfaceNamer namer = interface_name, Sources sources = {})
        : client_(socket, namer), owned_(owned), resolver_(resolver), namer_(namer),
          census_(std::move(sources)) {}

    /// @param file it was read from and is read from again on request
    void set_policy(Policy policy, std::string file);
    /// Read the policy from its file again.
    Result<void> reload();
    /// Remember quarantines, what was done by hand, and operations in a directory, and read what
    /// is there.
    void keep_state(const std::string& directory);

    /// Carry out one encoded call; answers now or later.
    void handle(const std::shared_ptr<Caller>& caller, std::string_view text);
    /// What the multicast group announced.
    void on_events(const Events& events);
    /// Ask the kernel about the operations that are waited for, and begin those that are due.
    void poll();
    /// Counters in the text format of OpenMetrics.
    Result<std::string> metrics();
    /// Whether there is something for poll() to do.
    bool waiting() const {
        return !jobs_.empty() || !applications_.empty() || !wishes_.due().empty() || has_policy();
    }

  private:
    /// Rules, or connections that rules have offloaded when there were some.
    bool has_policy() const { return !policy_.rules.empty() || enforcer_.owns_any(); }
    /// Why operations were started.
    enum class Origin { call, resume, policy, quarantine };

    /// Operations that belong together, and who waits for them.
    struct Job {
        Origin origin = Origin::call;
        std::string requester; ///< for the history
        std::weak_ptr<Caller> caller{};
        std::uint32_t again = 0; ///< the target that has resumed
        std::set<std::uint32_t> running{};
        std::vector<std::uint32_t> operations{}; ///< all, in the order of the answer
        Json decisions{};                        ///< if the caller wants to know of them
        bool more = false;                       ///< the caller wants to know how far it is
    };

    /// A policy that somebody wants in force, and who that is.
    struct Application {
        Policy policy;
        std::weak_ptr<Caller> caller;
        std::string requester;
    };

    /// A caller that wants to know of events.
    struct Listener {
        std::weak_ptr<Caller> caller;
        bool lost = false; ///< it missed some
    };

    using Answer = Result<Json> (Service::*)(const Json& parameters);
    static Answer answer_of(std::string_view method);
    using Start = Result<void> (Service::*)(const std::shared_ptr<Caller>& caller,
                                            const Json& parameters);
    static Start start_of(std::string_view method);
    Result<Json> ping(const Json& parameters);
    Result<Json> list_operations(const Json& parameters);
    Result<Json> list_targets(const Json& parameters);
    Result<Json> add_target(const Json& parameters);
    Result<Json> del_target(const Json& parameters);
    Result<Json> list_connections(const Json& parameters);
    Result<Json> show_operation(const Json& parameters);
    Result<Json> cancel_operation(const Json& parameters);
    Result<Json> list_statistics(const Json& parameters);
    Result<Json> reset_statistics(const Json& parameters);
    Result<Json> set_parameters(const Json& parameters);
    Result<Json> set_faults(const Json& parameters);
    Result<Json> list_history(const Json& parameters);
    Result<Json> get_metrics(const Json& parameters);
    Result<Json> get_info(const Json& parameters);
    Result<Json> get_interface(const Json& parameters);
    Result<Json> show_policy(const Json& parameters);
    Result<Json> test_policy(const Json& parameters);
    Result<Json> release(const Json& parameters);
    Result<Json> release_target(const Json& parameters);
    Result<void> quarantine(const std::shared_ptr<Caller>& caller, const Json& parameters);
    Result<void> apply_policy(const std::shared_ptr<Caller>& caller, const Json& parameters);
    Result<void> start(const std::shared_ptr<Caller>& caller, const Call& call,
                       OperationOptions options);
    void listen(const std::shared_ptr<Caller>& caller);
    void offload_again(std::uint32_t ifindex);
    Result<void> begin(Job& job, const KernelSelector& request, const OperationOptions& options);
    void wait_for(Job job);
    void tell_progress(const Job& job);
    Result<std::vector<Target>> mark_quarantined(Result<std::vector<Target>> targets) const;
    Result<Policy> policy_parameter(const Json& parameters) const;
    Result<Situation> look(const Policy& policy);
    bool in_round() const;
    void enforce();
    void apply(Application application);
    void carry_out(const std::vector<Decision>& decisions, Job job);
    void begin_step(const std::vector<Decision>& decisions, Step step, OpKind kind, Job& job);
    Result<void> check_allowed(const std::vector<KernelSelector>& requests);
    void enforce_quarantine(const Report& report);
    void learn(const Job& job, const Report& report);
    void record(const Report& report);
    void record_foreign(std::uint32_t operation);
    void remember();
    void tell(const std::vector<Event>& events, bool lost);
    void on_done(std::uint32_t operation);
    void finish(const Job& job);
    void abandon(std::uint32_t operation, const Error& error);
    void trim_wishes();

    Client client_;
    bool owned_;
    Resolver resolver_;
    InterfaceNamer namer_;
    std::list<Job> jobs_;
    std::deque<Application> applications_;
    std::list<Listener> listeners_;
    Wishes wishes_;
    std::size_t wishes_limit_ = wishes_at_least;
    Policy policy_;
    std::string policy_file_;
    Census census_;
    Enforcer enforcer_;
    std::optional<StateFile> state_;
    Json stored_; ///< what state_ holds
    std::optional<History> history_;
    Metrics metrics_;
};

} // namespace chimney::daemon
