// SPDX-License-Identifier: GPL-2.0-only
#include <chimney/protocol.hpp>

#include <algorithm>
#include <array>

namespace chimney {
namespace {

constexpr std::string_view failed = "org.chimney.Failed";

struct OperationMethod {
    OpKind kind;
    std::string_view name;
};
constexpr auto operations = std::to_array<OperationMethod>({
    {CHIMNEY_OP_KIND_INITIATE, method::offload},
    {CHIMNEY_OP_KIND_TERMINATE, method::upload},
    {CHIMNEY_OP_KIND_UPDATE, method::update},
    {CHIMNEY_OP_KIND_QUERY, method::query},
    {CHIMNEY_OP_KIND_INVALIDATE, method::invalidate},
});

std::string encode(const Json& json) {
    auto text = format_json(json);
    text.push_back('\0');
    return text;
}

} // namespace

std::string encode_call(std::string_view method, const Json& parameters, bool more) {
    Json json = {{"method", method}, {"parameters", parameters}};
    if (more)
        json["more"] = true;
    return encode(json);
}

std::string encode_reply(const Json& parameters, bool continues) {
    Json json = {{"parameters", parameters}};
    if (continues)
        json["continues"] = true;
    return encode(json);
}

std::string_view method_of(const OperationOptions& options) {
    if (options.dry_run)
        return method::explain;
    auto found = std::ranges::find(operations, options.kind, &OperationMethod::kind);
    return found->name;
}

std::optional<OperationOptions> operation_of(std::string_view method) {
    OperationOptions options;
    options.dry_run = method == method::explain;
    if (options.dry_run)
        return options;
    auto found = std::ranges::find(operations, method, &OperationMethod::name);
    if (found == operations.end())
        return std::nullopt;
    options.kind = found->kind;
    return options;
}

std::string encode_error(const Error& error) {
    return encode(
        {{"error", failed},
         {"parameters",
          {{"code", to_string(error.code)}, {"errno", error.errnum}, {"message", error.message}}}});
}

Result<Call> decode_call(std::string_view text) {
    auto json = parse_json_object(text, "the call");
    if (!json)
        return tl::unexpected(json.error());
    auto method = json->find("method");
    if (method == json->end() || !method->is_string())
        return fail(ErrorCode::protocol, "the call has no method");
    Call call{method->get<std::string>(), Json::object()};
    call.more = json->value("more", Json()) == true;
    if (auto parameters = json->find("parameters"); parameters != json->end()) {
        if (!parameters->is_object())
            return fail(ErrorCode::protocol, "the parameters of the call are not an object");
        call.parameters = std::move(*parameters);
    }
    return call;
}

Result<Json> decode_reply(std::string_view text) {
    return decode_whole_reply(text).map([](Reply reply) { return std::move(reply.parameters); });
}

Result<Reply> decode_whole_reply(std::string_view text) {
    auto json = parse_json_object(text, "the reply");
    if (!json)
        return tl::unexpected(json.error());
    Reply reply{json->value("parameters", Json::object()),
                json->value("continues", Json()) == true};
    if (!json->contains("error"))
        return reply;
    const auto& parameters = reply.parameters;
    if (!parameters.is_object() || !parameters.contains("message") ||
        !parameters["message"].is_string())
        return fail(ErrorCode::protocol, "chimneyd refused: " + format_json((*json)["error"]));
    auto code = parameters.value("code", Json());
    auto errnum = parameters.value("errno", Json());
    return fail(code.is_string() ? error_code_from_string(code.get<std::string>())
                                 : ErrorCode::protocol,
                parameters["message"].get<std::string>(),
                errnum.is_number_integer() ? errnum.get<int>() : 0);
}

bool Framer::feed(std::string_view bytes) {
    buffer_ += bytes;
    return buffer_.size() <= limit_ || buffer_.find('\0') <= limit_;
}

std::optional<std::string> Framer::next() {
    auto end = buffer_.find('\0', scanned_);
    if (end == std::string::npos) {
        scanned_ = buffer_.size();
        return std::nullopt;
    }
    auto message = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    scanned_ = 0;
    return message;
}

} // namespace chimney
