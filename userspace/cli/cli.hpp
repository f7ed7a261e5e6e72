// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// chimneyctl without its main(): parsing, dispatch and output.
#pragma once

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <chimney/error.hpp>
#include <chimney/protocol.hpp>

#include "backend.hpp"
#include "table.hpp"

namespace chimney::cli {

using Arguments = std::span<const std::string_view>;

/// Exit status of the program.
enum ExitStatus : int {
    exit_ok = 0,
    exit_error = 1,      ///< nothing was done
    exit_incomplete = 2, ///< some of the selected connections did not make it
};

/// What the program finds around it; replaced in tests.
struct Environment {
    std::ostream& out;
    std::ostream& err;
    bool terminal = false; ///< out is a terminal
    bool utf8 = false;
    bool err_terminal = false;                ///< err is one
    std::chrono::milliseconds patience{1000}; ///< until a bar shows how far an operation is
    std::function<Result<std::unique_ptr<Backend>>(const std::string& socket)> open = open_backend;
    std::function<Result<std::unique_ptr<Replayer>>()> open_replayer = cli::open_replayer;
    std::string debugfs = "/sys/kernel/debug";
    std::string root = "/"; ///< of the files that doctor looks at
};

/// What a command works with.
class Context {
  public:
    explicit Context(Environment environment) : environment_(std::move(environment)) {}

    /// Opened at the first use, so that bad usage is told first.
    Result<Backend*> backend();
    Result<std::unique_ptr<Replayer>> replayer() { return environment_.open_replayer(); }
    const std::string& debugfs() const { return environment_.debugfs; }
    const std::string& root() const { return environment_.root; }
    /// Whether what is printed goes to a terminal.
    bool terminal() const { return environment_.terminal; }
    std::ostream& out() { return environment_.out; }
    std::ostream& err() { return environment_.err; }
    Style style() const;
    /// Carry out an operation that the user may cancel, and sees the progress of.
    Result<std::vector<Report>> operate(const Selector& selector, const OperationOptions& options);
    /// Print a document: JSON if the user wants that, else what @p render returns.
    void print(const Json& document, const std::function<std::string()>& render);

    bool json = false;
    bool pretty = false;
    bool details = false;
    std::string color = "auto";
    std::string socket{default_socket_path};

  private:
    Environment environment_;
    std::unique_ptr<Backend> backend_;
};

/// A word of the grammar and what it does.
struct Command {
    std::string_view name;
    Result<int> (*run)(Context& context, Arguments arguments);
    std::string_view summary;
    std::string_view help; ///< usage and examples; empty for commands below an object
};

/// Run the command that the first argument names, with the rest.
/// @param what what the commands are, for the error sentence
Result<int> dispatch(Context& context, Arguments arguments, std::span<const Command> commands,
                     std::string_view what);

/// The selector a command got; an error if it must not be empty and is.
Result<Selector> selector_argument(Arguments arguments, std::string_view command);

/// An error if a command that takes no words got one.
Result<void> no_arguments(Arguments arguments, std::string_view command);

/// Print the reports of operations; the exit status they mean.
int print_reports(Context& context, const std::vector<Report>& reports, const Selector& selector);

/// The one device name a command got.
Result<std::string> device_argument(std::string_view word);

extern const Command target_command;
extern const Command offload_command;
extern const Command upload_command;
extern const Command conn_command;
extern const Command op_command;
extern const Command metrics_command;
extern const Command top_command;
extern const Command tree_command;
extern const Command doctor_command;
extern const Command policy_command;
extern const Command update_command;
extern const Command query_command;
extern const Command invalidate_command;
extern const Command explain_command;
extern const Command monitor_command;
extern const Command stats_command;
extern const Command capture_command;
extern const Command replay_command;
extern const Command conform_command;

/// One screen that tells how things stand.
Result<int> run_summary(Context& context);

/// The program. @p words are those after its name.
int run(Arguments words, Environment environment);

} // namespace chimney::cli
