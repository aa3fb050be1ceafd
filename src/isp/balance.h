// balance: from raw samples to a balanced mosaic in lanes, one row at a time.
//
//     level_row      sample → 15 bits above black, split into half rows
//     repair_row     isolated defects are pulled back to their neighbours
//     balance_row    × lens shading × white balance and exposure → 0 … limit
//
// or, where no defects are looked for, level_and_balance_row at once.
// Integers throughout, and every instruction set gives the same result. Rounding: to nearest.
// Threads: pure functions. Kernels overrun their rows by up to kPad lanes.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "isp/lanes.h"

namespace parallax::isp {

// Black and white level of one frame in the terms of level_row; index 2 × (y & 1) + (x & 1).
struct Levels {
    std::uint16_t white = 0;              // In samples; larger ones count as this.
    int shift = 0;                        // Samples × 2^shift fill 15 bits; −1 … 15.
    std::array<std::int16_t, 4> black{};  // After the shift.
};

// out = max(0, (min(sample, white) << shift) − black).
void level_row(std::span<const std::uint16_t> samples, const Levels& levels, int y,
               const HalfRows& out);
void level_row(std::span<const std::uint8_t> samples, const Levels& levels, int y,
               const HalfRows& out);

// Rows y − 2 … y + 2 of a levelled mosaic, edges mirrored.
using Window = std::array<HalfRows, 5>;

// A sample far above the largest, or far below the smallest, of its eight neighbours of the same
// colour becomes that neighbour. "Far" is a quarter of the neighbour and 1/64 of full scale.
void repair_row(const Window& window, int width, const HalfRows& out);

struct Gains {
    std::array<std::int16_t, 4> gain{};  // Q15; index as in Levels.
    int shift = 0;                       // The product is shifted left by this, 0 … 6.
    std::int16_t limit = kOne;           // Larger values count as this: the clip level.
};

// Shading gains of one row, Q15, laid out as the row itself; null where there are none.
struct ShadingRow {
    std::array<const std::int16_t*, 2> half{};
};

// What balancing one row needs; `out` may be the row that is balanced.
struct Balance {
    const Gains& gains;
    ShadingRow shading;
    int y = 0;
    HalfRows out;
};
void balance_row(const HalfRows& in, int width, const Balance& balance);

void level_and_balance_row(std::span<const std::uint16_t> samples, const Levels& levels,
                           const Balance& balance);
void level_and_balance_row(std::span<const std::uint8_t> samples, const Levels& levels,
                           const Balance& balance);

}  // namespace parallax::isp
