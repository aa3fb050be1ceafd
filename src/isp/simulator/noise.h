// Band-limited random textures for the scene: value noise and its fractal sum.
//
// Lattice values come from an integer hash, so a point's texture depends on its coordinates alone.
// Threads: pure functions.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace parallax::sim {

// A well-mixed 32-bit integer: two rounds of xor-shift and multiply (C. Wellons, "Prospecting for
// Hash Functions", 2018).
constexpr std::uint32_t hash32(std::uint32_t h) {
    h = (h ^ (h >> 16)) * 0x21F0AAADU;
    h = (h ^ (h >> 15)) * 0xD35A2D97U;
    return h ^ (h >> 15);
}

// −1 … 1 at the lattice point (x, y).
constexpr float lattice(int x, int y, std::uint32_t seed) {
    const std::uint32_t h = hash32(static_cast<std::uint32_t>(x) * 0x9E3779B1U ^
                                   hash32(static_cast<std::uint32_t>(y) + seed * 0x85EBCA77U));
    return static_cast<float>(h) * 0x1p-31F - 1.0F;
}

// Smooth between lattice points; about −1 … 1, mean 0.
inline float value_noise(float x, float y, std::uint32_t seed) {
    // Rounds down, unlike the cast alone, and without a call to floor().
    const int ix = static_cast<int>(x) - (x < 0.0F ? 1 : 0);
    const int iy = static_cast<int>(y) - (y < 0.0F ? 1 : 0);
    const float tx = x - static_cast<float>(ix);
    const float ty = y - static_cast<float>(iy);
    const float sx = tx * tx * (3.0F - 2.0F * tx);
    const float sy = ty * ty * (3.0F - 2.0F * ty);
    const float a = lattice(ix, iy, seed);
    const float b = lattice(ix, iy + 1, seed);
    const float top = a + (lattice(ix + 1, iy, seed) - a) * sx;
    const float bottom = b + (lattice(ix + 1, iy + 1, seed) - b) * sx;
    return top + (bottom - top) * sy;
}

struct FractalRow {
    float x, step, y;
    float pixel;  // Size of a point in the units of x and y.
    std::uint32_t seed;
};

// Octaves of halving size and amplitude: a 1/f spectrum, as natural pictures have. Octaves finer
// than `pixel` (in the units of x and y) are left out, so that sampling does not alias.
inline float fractal_noise(float x, float y, float pixel, std::uint32_t seed) {
    float sum = 0.0F;
    float amplitude = 0.5F;
    for (std::uint32_t octave = 0; octave < 8 && pixel < 1.0F; ++octave) {
        const float fade = pixel < 0.5F ? 1.0F : 2.0F - 2.0F * pixel;
        sum += amplitude * fade * value_noise(x, y, seed + octave);
        amplitude *= 0.5F;
        x = 2.0F * x + 17.3F;
        y = 2.0F * y - 9.1F;
        pixel *= 2.0F;
    }
    return sum;
}

// The same for a whole row of points (x + i · step, y): what two lattice rows say is worked out
// once a cell, not once a point. Within a rounding error of fractal_noise().
void fractal_row(std::span<float> out, const FractalRow& row);

}  // namespace parallax::sim
