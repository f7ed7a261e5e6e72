// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Variables of state objects, as state.h of the kernel has them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include <chimney/address.hpp>
#include <chimney/attributes.hpp>
#include <chimney/enums.hpp>

namespace chimney {

/// How a variable looks on the wire and to a person.
enum class VariableForm {
    u8,
    u16,
    u32,
    timer, ///< 32 bits, all ones for "off"
    port,
    address,
    mac,
    text,
    tcp_state,
    const_flags,
    cached_flags,
};

/// One variable of a layer.
struct Variable {
    std::uint16_t attribute;
    StateClass state_class; ///< const, cached or delegated
    std::string_view name;
    VariableForm form;
};

/// All variables of a layer, in the order of their classes.
std::span<const Variable> variables(Layer layer);

/// Names of the bits of a variable; empty if it has none.
std::span<const std::string_view> flag_names(VariableForm form);

/// Numbers of all sizes, addresses, texts; link-layer addresses as "52:54:00:12:34:56".
using Value = std::variant<std::uint32_t, Address, std::string>;

/// What an object's state structure holds; a value.
struct State {
    StateClass state_class = CHIMNEY_STATE_CLASS_COMPLETE;
    std::map<std::uint16_t, Value> values; ///< by the attribute of the variable

    bool operator==(const State&) const = default;
};

/// The number a state holds for an attribute; 0 if it has none.
std::uint32_t number_of(const State& state, std::uint16_t attribute);

/// "off" for a timer that does not run, names for flags, "10.0.0.1" and so on.
std::string format_value(const Variable& variable, const Value& value);

/// "52:54:00:12:34:56" as bytes.
std::optional<std::vector<std::byte>> parse_mac(std::string_view text);

/// The attributes of a state's nest.
AttributeWriter encode_state(Layer layer, const State& state);

/// A state from its nest; nothing if it is malformed.
std::optional<State> decode_state(Layer layer, StateClass state_class,
                                  std::span<const std::byte> nest);

} // namespace chimney
