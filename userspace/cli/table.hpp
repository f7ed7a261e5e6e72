// SPDX-License-Identifier: GPL-2.0-only
/// @file
/// Aligned columns for text output.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chimney::cli {

/// How text is drawn.
struct Style {
    bool utf8 = false;    ///< the locale can show box characters and arrows
    bool color = false;   ///< the terminal understands colours
    bool details = false; ///< print everything there is
};

enum class Color { none, bold, dim, green, yellow, red };

/// @p text in a colour, if @p style has colours.
std::string paint(const Style& style, Color color, std::string_view text);

struct Cell {
    std::string text;
    Color color = Color::none;
};

/// Rows as lines, their columns as wide as the widest cell, two blanks between. A row of one cell
/// has no columns and does not count.
std::string format_table(const Style& style, const std::vector<std::vector<Cell>>& rows);

} // namespace chimney::cli
