// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// The error type and Result: nothing in this library throws across a call.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace chimney {

/// Class of an error; its name is the `code` in JSON output and never changes.
enum class ErrorCode {
    usage,              ///< the user said something that makes no sense
    permission,         ///< the kernel or a file mode forbids it
    not_loaded,         ///< the chimney module is not loaded
    daemon_not_running, ///< chimneyd does not listen on its socket
    not_found,          ///< no such device, process, operation ...
    kernel,             ///< the kernel refused the request
    io,                 ///< a system call failed
    protocol,           ///< a message does not have the shape it must have
    refused,            ///< chimneyd may not: a quarantine forbids it
};

/// Stable name of an error class, such as "not-loaded".
std::string_view to_string(ErrorCode code);

/// The class with that name; ErrorCode::protocol for names this version does not know.
ErrorCode error_code_from_string(std::string_view name);

/// What went wrong, as one sentence for a person and as codes for a program.
struct Error {
    ErrorCode code = ErrorCode::io;
    int errnum = 0; ///< errno if there is one, else 0
    std::string message;
    bool operator==(const Error&) const = default;
};

template <typename T>
using Result = tl::expected<T, Error>;

/// An error to return.
tl::unexpected<Error> fail(ErrorCode code, std::string message, int errnum = 0);

/// An error from errno: "@p what: description", its class taken from @p errnum.
tl::unexpected<Error> fail_errno(std::string_view what, int errnum);

/// The class that fits an errno.
ErrorCode error_code_from_errno(int errnum);

/// The system's description of an errno.
std::string describe_errno(int errnum);

} // namespace chimney
