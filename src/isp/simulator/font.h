// A bitmap font of 5 × 7 cells, in the manner of early terminals: capitals, figures, some marks.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace parallax::sim {

// Seven rows, the leftmost cell in bit 4.
using Glyph = std::array<std::uint8_t, 7>;

// Of unknown characters: blank.
const Glyph& glyph(char c);

// Ink at a place in a line of text, averaged over a square of side `size`; all in cells. A
// character is 6 cells wide with its gap; y runs 0 … 7.
float ink(std::string_view line, float x, float y, float size);

}  // namespace parallax::sim
