// SPDX-License-Identifier: GPL-2.0-only
#include "tap.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace chimney::cli {
namespace {

template <typename Function>
void for_each_line(std::string_view text, Function function) {
    while (!text.empty()) {
        auto end = text.find('\n');
        function(text.substr(0, end));
        text = end == text.npos ? std::string_view() : text.substr(end + 1);
    }
}

std::string_view trim(std::string_view text) {
    auto first = text.find_first_not_of(' ');
    if (first == text.npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \r") - first + 1);
}

/// N of "1..N".
std::optional<std::size_t> parse_plan(std::string_view line) {
    std::size_t count = 0;
    if (!line.starts_with("1.."))
        return std::nullopt;
    auto* end = line.data() + line.size();
    return std::from_chars(line.data() + 3, end, count).ptr == end ? std::optional(count)
                                                                   : std::nullopt;
}

std::optional<TapCase> parse_case(std::string_view line) {
    TapCase result;
    if (line.starts_with("ok "))
        result.ok = true;
    else if (!line.starts_with("not ok "))
        return std::nullopt;
    auto rest = trim(line.substr(result.ok ? 3 : 7));
    rest = trim(rest.substr(std::min(rest.find_first_not_of("0123456789"), rest.size())));
    if (rest.starts_with("- "))
        rest = trim(rest.substr(2));
    if (auto hash = rest.find(" # "); hash != rest.npos) {
        auto remark = trim(rest.substr(hash + 3));
        result.skipped = remark.starts_with("SKIP") || remark.starts_with("skip");
        result.remark = result.skipped ? trim(remark.substr(4)) : remark;
        rest = trim(rest.substr(0, hash));
    }
    result.name = rest;
    return result;
}

} // namespace

std::size_t Tap::failed() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(cases, [](const TapCase& one) { return !one.ok && !one.skipped; }));
}

std::size_t Tap::skipped() const {
    return static_cast<std::size_t>(std::ranges::count_if(cases, &TapCase::skipped));
}

Result<Tap> parse_tap(std::string_view text) {
    Tap tap;
    std::optional<std::size_t> plan;
    for_each_line(text, [&](std::string_view line) {
        if (auto count = parse_plan(line))
            plan = count;
        else if (auto one = parse_case(line))
            tap.cases.push_back(std::move(*one));
    });
    if (!plan)
        return fail(ErrorCode::protocol, "the report of the conformance kit has no plan (1..N)");
    if (*plan != tap.cases.size())
        return fail(ErrorCode::protocol,
                    fmt::format("the report of the conformance kit plans {} cases and has {}",
                                *plan, tap.cases.size()));
    return tap;
}

Json tap_document(const std::string& dev, const Tap& tap) {
    auto cases = Json::array();
    for (const auto& one : tap.cases) {
        Json json = {{"name", one.name}, {"ok", one.ok}};
        if (one.skipped)
            json["skipped"] = true;
        if (!one.remark.empty())
            json["remark"] = one.remark;
        cases.push_back(std::move(json));
    }
    return {{"schema", 1},
            {"conformance",
             {{"dev", dev},
              {"passed", tap.passed()},
              {"failed", tap.failed()},
              {"skipped", tap.skipped()},
              {"cases", std::move(cases)}}}};
}

std::string paint_tap(const Style& style, std::string_view text) {
    std::string painted;
    for_each_line(text, [&](std::string_view line) {
        auto one = parse_case(line);
        auto color = !one           ? Color::none
                     : one->skipped ? Color::yellow
                     : one->ok      ? Color::green
                                    : Color::red;
        painted += paint(style, color, line) + "\n";
    });
    return painted;
}

} // namespace chimney::cli
