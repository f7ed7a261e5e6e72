// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// JSON documents: what chimneyctl -j prints and chimneyd answers with.
///
/// Each document has "schema": 1 and one more key. Keys are never renamed.
/// Identifiers of 64 bits are hexadecimal strings, all other numbers are numbers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <chimney/error.hpp>
#include <chimney/replay.hpp>
#include <chimney/selector.hpp>
#include <chimney/types.hpp>

namespace chimney {

using Json = nlohmann::ordered_json;

/// One line, or indented if @p pretty. Bytes that are not UTF-8 are replaced.
std::string format_json(const Json& json, bool pretty = false);
/// An object from text. @param what names it in the error sentence: "the call"
Result<Json> parse_json_object(std::string_view text, std::string_view what);

/// {"schema":1,"targets":[...]}
Json targets_document(const std::vector<Target>& targets);
/// {"schema":1,"connections":[...]}
Json connections_document(const std::vector<Connection>& connections);
/// {"schema":1,"operations":[...]}, operations without their blocks
Json operations_document(const std::vector<Operation>& operations);
/// {"schema":1,"operations":[...]}, operations with "blocks"
Json reports_document(const std::vector<Report>& reports);
/// {"schema":1,"events":[...]}
Json events_document(const std::vector<Event>& events);
/// One event as an object.
Json event_to_json(const Event& event);
/// An object in the place of events that were lost.
Json gap_to_json(std::uint64_t time_ns);
/// {"schema":1,"statistics":[...]}
Json statistics_document(const std::vector<Statistics>& statistics);
/// {"schema":1,"parameters":[{"dev":...,"ack-frequency":...}]}
Json settings_document(const Settings& settings);
/// {"schema":1,"replay":[...]}, steps that can be replayed
Json replay_document(const std::vector<ReplayStep>& steps);
/// {"schema":1,"replay":[...]}, what came back; can be replayed, too
Json results_document(const std::vector<ReplayResult>& results);
/// {"schema":1,"error":{"code":...,"message":...}}
Json error_document(const Error& error);

Result<std::vector<Target>> parse_targets(const Json& document);
Result<std::vector<Connection>> parse_connections(const Json& document);
Result<std::vector<Operation>> parse_operations(const Json& document);
Result<std::vector<Report>> parse_reports(const Json& document);
Result<std::vector<Event>> parse_events(const Json& document);
Result<std::vector<Statistics>> parse_statistics(const Json& document);
Result<Settings> parse_settings(const Json& document);
/// Steps from a replay document, which a person wrote: errors name the place.
Result<std::vector<ReplayStep>> parse_replay(const Json& document);

/// {"src":"10.0.0.0/8:80","pid":7} and so on, strings in the grammar of parse_endpoint().
Json selector_to_json(const Selector& selector);
Result<Selector> parse_selector_json(const Json& json);
Json target_spec_to_json(const TargetSpec& spec);
Result<TargetSpec> parse_target_spec(const Json& json);

} // namespace chimney
