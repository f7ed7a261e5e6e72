// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Names of the enumerations of the wire format.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <linux/chimney.h>

namespace chimney {

using Status = chimney_status;
using Layer = chimney_layer;
using Role = chimney_role;
using OpKind = chimney_op_kind;
using OpState = chimney_op_state;
using ConnState = chimney_conn_state;
using TcpState = chimney_tcp_state;
using Reason = chimney_reason;
using TcpEvent = chimney_tcp_event;
using UploadReason = chimney_upload_reason;
using NeighborEvent = chimney_event;
using Indication = chimney_indication;
using EventSource = chimney_event_source;
using Gate = chimney_gate;
using StateClass = chimney_state_class;

/// Names of the enumerators of @p E in the order of their values, spelled as in chimney.yaml.
template <typename E>
std::span<const std::string_view> enum_names();

/// Name of a value; "unknown-N" if a newer kernel uses one this version does not know.
template <typename E>
std::string to_string(E value);

/// Value with that name.
template <typename E>
std::optional<E> from_string(std::string_view name);

/// Name of a status as the NDIS pages print it, without NDIS_STATUS_: "TCP_ENTRIES".
std::string ndis_name(Status status);

/// Reverse of ndis_name().
std::optional<Status> status_from_ndis_name(std::string_view name);

/// Names of flags in the order of their bits, spelled as in chimney.yaml.
template <typename E>
std::span<const std::string_view> flag_names();

/// Why a connection was refused, as a clause for a person.
std::string_view describe(Reason reason);

} // namespace chimney
