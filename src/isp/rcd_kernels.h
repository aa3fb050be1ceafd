// Row kernels of Rcd: each makes one row of one quantity from rows of others.
//
// A row is kept as two half rows: its red or blue sites ("chroma"), and its green sites. Whatever
// the mosaic, a neighbour in any direction is then a pointer with a constant offset, and vectors
// never compute sites that nobody needs. Kernels see pointers at the first wanted site, already
// shifted to the neighbour they stand for, and may run up to kOvershoot sites past `count`.
//
// Highway picks the instruction set at run time. Only exact IEEE operations in a fixed order are
// used (no fused multiply-add, no approximate reciprocal), so every set gives the same bits.
// Opposite neighbours are added first, so that mirrored input gives exactly mirrored output.
//
// Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>

namespace parallax::isp::rcd {

inline constexpr int kOvershoot = 15;

// Samples at distance -3 … 3 along a line through the site: column, row or diagonal.
struct HighPass {
    std::array<const float*, 7> line;
    float* out;  // The squared response.
};

// Squared responses at -1, 0, 1 along a first and a second direction.
struct Direction {
    std::array<const float*, 3> first;
    std::array<const float*, 3> second;
    float* out;  // -1 where only `second` varies … 1 where only `first` does.
};

struct LowPass {
    const float* here;
    const float *up, *down, *left;  // `left` also gives the right one, a site later.
    const float *up_left, *down_left;
    float* out;
};

// A direction at a site and at its four diagonal neighbours, right ones a site after left ones.
struct Discriminator {
    const float *here, *up_left, *down_left;
};

struct Green {
    std::array<const float*, 9> column;  // Samples at -4 … 4 along the column.
    const float* left;                   // Green at -1; -3, 1 and 3 are around it.
    const float *low, *low_up, *low_down;
    Discriminator direction;
    float* out;
};

// Blue at red sites and red at blue ones. Names give distances: up1_left1 is at (-1, -1).
struct Opposite {
    const float *up1_left1, *down1_left1;              // Wanted colour.
    const float *up3_left3, *down3_left3;              // Its next ones, 3 sites to the right too.
    const float *green, *green_up2, *green_down2;      // At chroma sites.
    const float *green_up1_left1, *green_down1_left1;  // At the wanted colour's sites.
    Discriminator direction;
    float* out;
};

// One colour at green sites: known up, down, left and right of them.
struct ColorAtGreen {
    const float *up1, *down1, *up3, *down3, *left1;
    float* out;
};

struct AtGreen {
    ColorAtGreen beside, above;  // Sampled left and right of the site; above and below it.
    const float *green, *green_up2, *green_down2;        // Sampled greens.
    const float *green_up1, *green_down1, *green_left1;  // Interpolated greens.
    Discriminator direction;
};

void square_high_pass(const HighPass& taps, int count);
void find_direction(const Direction& taps, int count);
void low_pass(const LowPass& taps, int count);
void interpolate_green(const Green& taps, int count);
void interpolate_opposite(const Opposite& taps, int count);
void interpolate_at_green(const AtGreen& taps, int count);

// Integer lanes of 0 … full to floats of 0 … 1, and back: rounded, clamped to 0 … limit.
struct ToFloat {
    const std::int16_t* in;
    float* out;
    float full;
};
void to_float(const ToFloat& row, int count);

struct ToLanes {
    const float* in;
    std::int16_t* out;
    float full;
    float limit;  // At most 32767; a whole number.
};
void to_lanes(const ToLanes& row, int count);

}  // namespace parallax::isp::rcd
