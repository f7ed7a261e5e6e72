// SPDX-License-Identifier: GPL-2.0-only
// Apart from json.cpp because the parser and the printer take long to compile.
#include <chimney/json.hpp>

#include <nlohmann/json.hpp>

namespace chimney {

std::string format_json(const Json& json, bool pretty) {
    return json.dump(pretty ? 2 : -1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> parse_json_object(std::string_view text, std::string_view what) {
    auto json = Json::parse(text, nullptr, false);
    if (!json.is_object())
        return fail(ErrorCode::protocol, std::string(what) + " is not a JSON object");
    return json;
}

} // namespace chimney
