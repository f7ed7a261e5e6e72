// SPDX-License-Identifier: GPL-2.0-only
// The conformance kit: chimney_conform.ko runs its cases, this starts it and tells the outcome.
#include <cerrno>
#include <fstream>
#include <iterator>
#include <ostream>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <chimney/unique_fd.hpp>

#include "cli.hpp"
#include "render.hpp"
#include "tap.hpp"

namespace chimney::cli {
namespace {

constexpr std::string_view help = R"(usage:
  chimneyctl conform DEV [CASE]...

Runs the conformance kit against the target on a device and prints its report: one line for each
clause it could try, in the Test Anything Protocol, and a summary. It needs root and the module
chimney_conform.ko. The device should carry nothing else meanwhile. With CASEs, those cases are run
whose names begin with one of them.

examples:
  insmod kmod/chimney_conform.ko
  chimneyctl conform veth0
  chimneyctl conform veth0 init term_16
  chimneyctl -j conform veth0 term | jq '.conformance.cases[] | select(.ok | not)'

Exit status: 0 if no case failed, 2 if some did, 1 for an error.
)";

Error explain_absence(const std::string& debugfs) {
    struct statfs info {};
    if (statfs(debugfs.c_str(), &info) < 0 || info.f_type != DEBUGFS_MAGIC)
        return {ErrorCode::not_found, ENOENT,
                "debugfs is not mounted on " + debugfs + ": mount it with mount -t debugfs none " +
                    debugfs};
    return {ErrorCode::not_loaded, ENOENT,
            "the conformance kit is not loaded: load it with insmod chimney_conform.ko (or "
            "modprobe chimney_conform)"};
}

Error explain_open(const std::string& debugfs, int error) {
    if (error == ENOENT)
        return explain_absence(debugfs);
    if (error == EACCES)
        return {ErrorCode::permission, error,
                "permission denied on " + debugfs + ": the conformance kit needs root"};
    if (error == EPERM)
        return {ErrorCode::permission, error,
                "lockdown keeps " + debugfs +
                    " shut, which the conformance kit is run through: boot without Secure Boot"};
    return fail_errno("cannot start the conformance kit", error).value();
}

/// Runs the cases; returns when they are done.
/// @param cases what their names begin with, for all if empty
Result<void> start(const std::string& debugfs, const std::string& dev, Arguments cases) {
    UniqueFd run(open((debugfs + "/chimney_conform/run").c_str(), O_WRONLY | O_CLOEXEC));
    if (!run)
        return tl::unexpected(explain_open(debugfs, errno));
    auto line = dev;
    for (auto name : cases)
        line.append(" ").append(name);
    line += '\n';
    if (write(run.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()))
        return {};
    int error = errno;
    if (error == ENODEV)
        return fail(ErrorCode::not_found,
                    "there is no target on " + dev + ": see chimneyctl target for those there are",
                    error);
    if (error == EINVAL && !cases.empty())
        return fail(ErrorCode::not_found,
                    fmt::format("no case has a name that begins with {}: chimneyctl conform DEV "
                                "shows all names",
                                fmt::join(cases, " or ")),
                    error);
    return fail_errno("the conformance kit cannot run on " + dev, error);
}

Result<std::string> read_report(const std::string& debugfs) {
    std::ifstream stream(debugfs + "/chimney_conform/report");
    if (!stream)
        return fail_errno("cannot read the report of the conformance kit", errno);
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

Result<int> run_conform(Context& context, Arguments arguments) {
    if (arguments.empty())
        return fail(ErrorCode::usage, "conform takes a device: chimneyctl conform DEV [CASE]...");
    auto dev = device_argument(arguments.front());
    if (!dev)
        return tl::unexpected(dev.error());
    auto report = start(context.debugfs(), *dev, arguments.subspan(1)).and_then([&] {
        return read_report(context.debugfs());
    });
    if (!report)
        return tl::unexpected(report.error());
    auto tap = parse_tap(*report);
    if (!tap)
        return tl::unexpected(tap.error());
    context.print(tap_document(*dev, *tap), [&] { return paint_tap(context.style(), *report); });
    return tap->failed() == 0 ? exit_ok : exit_incomplete;
}

} // namespace

const Command conform_command = {"conform", run_conform, "run the conformance kit on a target",
                                 help};

} // namespace chimney::cli
