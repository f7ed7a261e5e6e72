// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// What the writers and readers of JSON documents share.
#pragma once

#include <array>
#include <charconv>
#include <ctime>
#include <optional>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chimney/json.hpp>

namespace chimney {

inline constexpr int schema = 1;

inline std::string hex(std::uint64_t value) {
    return fmt::format("{:#x}", value);
}

/// UTC with nanoseconds, as RFC 3339 has it. A number would not fit in a double.
inline std::string format_time(std::uint64_t ns) {
    constexpr std::uint64_t second = 1'000'000'000;
    auto seconds = static_cast<std::time_t>(ns / second);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", utc.tm_year + 1900,
                       utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                       ns % second);
}

/// Thrown by the readers below, caught in guarded(); never leaves the library.
struct BadValue {
    std::string key;
    std::string why = "makes no sense";
};

inline std::uint64_t read_hex(const Json& json, const char* key) {
    const auto& text = json.at(key).get_ref<const std::string&>();
    std::uint64_t value = 0;
    auto* end = text.data() + text.size();
    if (!text.starts_with("0x") || std::from_chars(text.data() + 2, end, value, 16).ptr != end)
        throw BadValue{key};
    return value;
}

template <typename E>
E read_enum(const Json& json, const char* key) {
    const auto& name = json.at(key).get_ref<const std::string&>();
    constexpr std::string_view unknown = "unknown-";
    if (auto value = from_string<E>(name))
        return *value;
    std::uint32_t number = 0;
    auto* end = name.data() + name.size();
    if (!name.starts_with(unknown) ||
        std::from_chars(name.data() + unknown.size(), end, number).ptr != end)
        throw BadValue{key};
    return static_cast<E>(number);
}

inline Status read_status(const Json& json, const char* key) {
    const auto& name = json.at(key).get_ref<const std::string&>();
    constexpr std::string_view unknown = "UNKNOWN_";
    if (auto status = status_from_ndis_name(name))
        return *status;
    std::uint32_t number = 0;
    auto* end = name.data() + name.size();
    if (!name.starts_with(unknown) ||
        std::from_chars(name.data() + unknown.size(), end, number).ptr != end)
        throw BadValue{key};
    return static_cast<Status>(number);
}

inline Address read_address(const Json& json, const char* key) {
    auto address = Address::parse(json.at(key).get_ref<const std::string&>());
    if (!address)
        throw BadValue{key};
    return *address;
}

inline std::array<std::uint8_t, 6> read_mac(const Json& json, const char* key) {
    const auto& text = json.at(key).get_ref<const std::string&>();
    std::array<std::uint8_t, 6> mac{};
    if (text.size() != mac.size() * 3 - 1)
        throw BadValue{key};
    for (std::size_t i = 0; i < mac.size(); ++i)
        if (auto* at = text.data() + i * 3; std::from_chars(at, at + 2, mac[i], 16).ptr != at + 2)
            throw BadValue{key};
    return mac;
}

inline std::uint64_t read_time(const Json& json, const char* key) {
    const auto& text = json.at(key).get_ref<const std::string&>();
    std::tm utc{};
    std::uint64_t ns = 0;
    const char* dot = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &utc);
    if (!dot || *dot != '.' || std::from_chars(dot + 1, dot + 10, ns).ptr != dot + 10)
        throw BadValue{key};
    return static_cast<std::uint64_t>(timegm(&utc)) * 1'000'000'000 + ns;
}

template <typename T>
void read(const Json& json, const char* key, T& value) {
    json.at(key).get_to(value);
}

template <typename T, typename Reader>
void read_optional(const Json& json, const char* key, std::optional<T>& value, Reader reader) {
    if (json.contains(key))
        value = reader(json, key);
}

template <typename T>
void read_optional(const Json& json, const char* key, std::optional<T>& value) {
    if (json.contains(key))
        value = json.at(key).get<T>();
}

/// The one place where exceptions of the JSON library become errors.
template <typename Function>
auto guarded(std::string_view what, Function function) -> Result<decltype(function())> {
    auto bad = [&](const std::string& why) {
        return fail(ErrorCode::protocol, fmt::format("malformed {}: {}", what, why));
    };
    try {
        return function();
    } catch (const BadValue& error) {
        return bad("the value of '" + error.key + "' " + error.why);
    } catch (const Json::exception& error) {
        return bad(error.what());
    }
}

/// {"schema":1,KEY:[...]}
template <typename T, typename Convert>
Json list_document(const char* key, const std::vector<T>& items, Convert convert) {
    auto list = Json::array();
    for (const auto& item : items)
        list.push_back(convert(item));
    return {{"schema", schema}, {key, std::move(list)}};
}

/// The items of such a document.
template <typename T, typename Convert>
Result<std::vector<T>> parse_list_document(const Json& json, const char* key, Convert convert) {
    return guarded(key, [&] {
        std::vector<T> items;
        for (const auto& item : json.at(key))
            items.push_back(convert(item));
        return items;
    });
}

Json state_to_json(Layer layer, const State& state);
/// Throws BadValue.
State read_state(const Json& json, Layer layer);

} // namespace chimney
