// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Reports in the Test Anything Protocol.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <chimney/error.hpp>
#include <chimney/json.hpp>

#include "table.hpp"

namespace chimney::cli {

/// One line "ok 1 - init_43 # SKIP why".
struct TapCase {
    std::string name;
    bool ok = false;
    bool skipped = false;
    std::string remark; ///< why it was skipped
    bool operator==(const TapCase&) const = default;
};

struct Tap {
    std::vector<TapCase> cases;

    std::size_t failed() const;
    std::size_t skipped() const;
    std::size_t passed() const { return cases.size() - failed() - skipped(); }
};

/// The cases of a report; an error if it has no plan, or another number of cases than planned.
Result<Tap> parse_tap(std::string_view text);

/// {"schema":1,"conformance":{"dev":...,"passed":N,"failed":N,"skipped":N,"cases":[...]}}
Json tap_document(const std::string& dev, const Tap& tap);

/// The report with a colour for each verdict.
std::string paint_tap(const Style& style, std::string_view text);

} // namespace chimney::cli
