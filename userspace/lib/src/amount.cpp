// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/amount.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace chimney {
namespace {

/// A unit and how many of the smallest it is.
struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr auto time_units =
    std::to_array<Unit>({{"", 1}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}});
constexpr auto byte_units = std::to_array<Unit>({{"", 1},
                                                 {"B", 1},
                                                 {"kB", 1000},
                                                 {"MB", 1000'000},
                                                 {"GB", 1000'000'000},
                                                 {"KiB", 1U << 10},
                                                 {"MiB", 1U << 20},
                                                 {"GiB", 1U << 30}});

std::optional<std::uint64_t> parse_amount(std::string_view text, std::span<const Unit> units) {
    std::uint64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc())
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    while (text.starts_with(' '))
        text.remove_prefix(1);
    auto unit = std::ranges::find(units, text, &Unit::name);
    if (unit == units.end() || number > std::numeric_limits<std::uint64_t>::max() / unit->factor)
        return std::nullopt;
    return number * unit->factor;
}

} // namespace

std::optional<std::uint64_t> parse_seconds(std::string_view text) {
    return parse_amount(text, time_units);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    return parse_amount(text, byte_units);
}

} // namespace chimney
