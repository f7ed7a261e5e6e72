// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/selector.hpp>

#include <array>
#include <limits>

#include <chimney/keyword.hpp>

namespace chimney {
namespace {

constexpr std::uint32_t max_port = 65535;
constexpr auto selector_words = std::to_array<std::string_view>({"src", "dst", "pid", "all"});

/// The parts of an endpoint as text.
struct EndpointText {
    std::string_view address;
    std::optional<std::string_view> prefix;
    std::optional<std::string_view> port;
};

tl::unexpected<Error> bad_endpoint(std::string_view text) {
    return fail(ErrorCode::usage, "'" + std::string(text) +
                                      "' is not an address: write ADDR, ADDR:PORT, ADDR/PREFIX, "
                                      "ADDR/PREFIX:PORT or :PORT, with IPv6 as [ADDR]:PORT");
}

/// Splits "ADDR[/PREFIX][:PORT]" whose address has no colon, or stands in brackets.
Result<EndpointText> split_endpoint(std::string_view text) {
    EndpointText parts;
    std::string_view rest;
    if (text.starts_with('[')) {
        auto close = text.find(']');
        if (close == std::string_view::npos)
            return fail(ErrorCode::usage,
                        "'" + std::string(text) + "' has no ']' after its IPv6 address");
        parts.address = text.substr(1, close - 1);
        if (parts.address.find(':') == std::string_view::npos)
            return bad_endpoint(text);
        rest = text.substr(close + 1);
    } else {
        // Two colons or more without brackets: an IPv6 address, and no port.
        bool v6 = text.find(':') != text.rfind(':');
        auto end = text.find_first_of(v6 ? "/" : "/:");
        parts.address = text.substr(0, end);
        if (end != std::string_view::npos)
            rest = text.substr(end);
    }
    if (rest.starts_with('/')) {
        auto colon = rest.find(':');
        parts.prefix = rest.substr(1, colon == std::string_view::npos ? colon : colon - 1);
        rest = colon == std::string_view::npos ? "" : rest.substr(colon);
    }
    if (rest.starts_with(':')) {
        parts.port = rest.substr(1);
        rest = {};
    }
    if (!rest.empty() || (parts.address.empty() && (parts.prefix || !parts.port)))
        return bad_endpoint(text);
    return parts;
}

std::string word_at(const Selector& selector, std::string_view word) {
    const auto& end = word == "src" ? selector.src : selector.dst;
    return std::string(word) + " " + end->to_string();
}

bool given(const Selector& selector, std::size_t word) {
    const std::array<bool, selector_words.size()> parts = {
        selector.src.has_value(), selector.dst.has_value(), selector.pid.has_value(), selector.all};
    return parts[word];
}

Result<void> parse_part(Selector& selector, std::size_t word, std::string_view value) {
    if (selector_words[word] == "pid") {
        auto pid = parse_number(value, "pid", 1, std::numeric_limits<pid_t>::max());
        if (!pid)
            return tl::unexpected(pid.error());
        selector.pid = static_cast<pid_t>(*pid);
        return {};
    }
    auto end = parse_endpoint(value);
    if (!end)
        return tl::unexpected(end.error());
    (selector_words[word] == "src" ? selector.src : selector.dst) = *end;
    return {};
}

} // namespace

bool EndpointFilter::matches(const Address& other, std::uint16_t other_port) const {
    if (port && *port != other_port)
        return false;
    return !address || (address->is_v6() == other.is_v6() && other.masked(prefix) == *address);
}

std::string EndpointFilter::to_string() const {
    std::string text;
    if (address) {
        text = address->to_string();
        if (address->is_v6() && port)
            text = "[" + text + "]";
        if (prefix != address->bits())
            text += "/" + std::to_string(prefix);
    }
    if (port)
        text += ":" + std::to_string(*port);
    return text;
}

std::string Selector::to_string() const {
    if (all)
        return "all";
    std::string text;
    auto append = [&](std::string part) { text += (text.empty() ? "" : " ") + std::move(part); };
    if (src)
        append(word_at(*this, "src"));
    if (dst)
        append(word_at(*this, "dst"));
    if (pid)
        append("pid " + std::to_string(*pid));
    return text;
}

Result<EndpointFilter> parse_endpoint(std::string_view text) {
    auto parts = split_endpoint(text);
    if (!parts)
        return tl::unexpected(parts.error());
    EndpointFilter filter;
    if (!parts->address.empty()) {
        auto address = Address::parse(parts->address);
        if (!address)
            return bad_endpoint(text);
        filter.prefix = address->bits();
        if (parts->prefix) {
            auto prefix = parse_number(*parts->prefix, "prefix length", 0, address->bits());
            if (!prefix)
                return tl::unexpected(prefix.error());
            filter.prefix = *prefix;
        }
        // An IPv6 socket over IPv4 is known by the addresses in its datagrams.
        auto unmapped = address->unmapped();
        if (auto mapping = address->bits() - unmapped.bits(); filter.prefix >= mapping) {
            filter.prefix -= mapping;
            address = unmapped;
        }
        filter.address = address->masked(filter.prefix);
    }
    if (parts->port) {
        auto port = parse_number(*parts->port, "port", 1, max_port);
        if (!port)
            return tl::unexpected(port.error());
        filter.port = static_cast<std::uint16_t>(*port);
    }
    return filter;
}

Result<Selector> parse_selector(std::span<const std::string_view> words) {
    Selector selector;
    for (std::size_t i = 0; i < words.size(); ++i) {
        auto word = match_keyword(words[i], selector_words, "part of a selector");
        if (!word)
            return tl::unexpected(word.error());
        auto name = selector_words[*word];
        if (given(selector, *word))
            return fail(ErrorCode::usage, std::string(name) + " is given twice: give it once");
        if (name == "all") {
            selector.all = true;
            continue;
        }
        if (++i == words.size())
            return fail(ErrorCode::usage, std::string(name) +
                                              " needs a value: " + std::string(name) +
                                              (name == "pid" ? " PID" : " ADDR[/PREFIX][:PORT]"));
        auto part = parse_part(selector, *word, words[i]);
        if (!part)
            return tl::unexpected(part.error());
    }
    auto sound = check_selector(selector);
    if (!sound)
        return tl::unexpected(sound.error());
    return selector;
}

Result<void> check_selector(const Selector& selector) {
    if (selector.all && (selector.src || selector.dst || selector.pid))
        return fail(ErrorCode::usage,
                    "all selects every connection: give it alone, or leave it out");
    if (selector.src && selector.dst && selector.src->address && selector.dst->address &&
        selector.src->address->is_v6() != selector.dst->address->is_v6())
        return fail(ErrorCode::usage, word_at(selector, "src") + " and " +
                                          word_at(selector, "dst") +
                                          " are of different families: no connection has both");
    return {};
}

} // namespace chimney
