// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/error.hpp>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace chimney {
namespace {

constexpr std::array<std::string_view, 9> code_names = {
    "usage", "permission", "not-loaded", "daemon-not-running", "not-found", "kernel",
    "io",    "protocol",   "refused",
};

} // namespace

std::string_view to_string(ErrorCode code) {
    return code_names[static_cast<std::size_t>(code)];
}

ErrorCode error_code_from_string(std::string_view name) {
    for (std::size_t i = 0; i < code_names.size(); ++i)
        if (code_names[i] == name)
            return static_cast<ErrorCode>(i);
    return ErrorCode::protocol;
}

tl::unexpected<Error> fail(ErrorCode code, std::string message, int errnum) {
    return tl::unexpected<Error>(Error{code, errnum, std::move(message)});
}

tl::unexpected<Error> fail_errno(std::string_view what, int errnum) {
    return fail(error_code_from_errno(errnum), std::string(what) + ": " + describe_errno(errnum),
                errnum);
}

ErrorCode error_code_from_errno(int errnum) {
    return errnum == EPERM || errnum == EACCES ? ErrorCode::permission : ErrorCode::io;
}

std::string describe_errno(int errnum) {
    return std::generic_category().message(errnum);
}

} // namespace chimney
