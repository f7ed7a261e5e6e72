// SPDX-License-Identifier: GPL-2.0-only
#include "table.hpp"

#include <algorithm>

namespace chimney::cli {
namespace {

std::string_view escape(Color color) {
    switch (color) {
    case Color::bold:
        return "\033[1m";
    case Color::dim:
        return "\033[2m";
    case Color::green:
        return "\033[32m";
    case Color::yellow:
        return "\033[33m";
    case Color::red:
        return "\033[31m";
    case Color::none:
        break;
    }
    return "";
}

/// Columns on the terminal: code points, since we print no wide or combining ones.
std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

} // namespace

std::string paint(const Style& style, Color color, std::string_view text) {
    if (!style.color || color == Color::none || text.empty())
        return std::string(text);
    return std::string(escape(color)) + std::string(text) + "\033[0m";
}

std::string format_table(const Style& style, const std::vector<std::vector<Cell>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        if (row.size() == 1)
            continue;
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], display_width(row[i].text));
    }
    std::string text;
    for (const auto& row : rows) {
        // Blanks wait until something follows them: no line ends in blanks.
        std::size_t blanks = 0;
        if (row.size() == 1) {
            text += paint(style, row[0].color, row[0].text) + "\n";
            continue;
        }
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (!row[i].text.empty()) {
                text.append(blanks, ' ');
                text += paint(style, row[i].color, row[i].text);
                blanks = 0;
            }
            if (widths[i] > 0)
                blanks += widths[i] - display_width(row[i].text) + 2;
        }
        text += '\n';
    }
    return text;
}

} // namespace chimney::cli
