// Tone: the curves from linear light to the display, exactly and as the fast path computes them.
//
// The fast path uses no table: a look-up per sample cannot be done by vectors and used to cost half
// of the whole development. A curve that is steep in the dark and flat in the light is a sum of
// decaying powers,
//     y(x) ≈ c + w₁ q + w₂ q² + w₈ q⁸ + w (q³² + q¹²⁸) / 2,   q = 1 − x,
// which seven squarings and four multiplications of int16 give. The weights are fitted when the
// curve is made (least squares, reweighted towards the largest error), and every one of the 32768
// results is checked: at most 0.95/255 from the exact curve, rounding included, and monotone.
//
// Threads: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isp/lanes.h"
#include "parallax/isp.h"
#include "parallax/result.h"

namespace parallax::isp {

// The exact curve, 0 … 1 → 0 … 1; clamps its argument.
double tone_exact(Tone tone, double linear);

// As integers: with q₁ = 32767 − x, q₂ = q₁², q₈, q₃₂, q₁₂₈ (Q15, rounded),
// 128 y = constant + w₀ q₁ + w₁ q₂ + w₂ q₈ + w₃ average(q₃₂, q₁₂₈), each product rounded.
struct TonePowers {
    static constexpr int kTerms = 4;
    static constexpr int kBound = 255 * 128;
    std::array<std::int16_t, kTerms> weight{};
    std::int16_t constant = 0;
};

// What the vector code computes for one sample 0 … 32767, which is kLinearOne or above: 0 … 255.
int evaluate(const TonePowers& powers, int x);

// Fails if the fit does not reach the promised accuracy; it does for every Tone.
Result<TonePowers> fit_tone(Tone tone);

// The curve at every sample 0 … 32767, 0 … 65535, for 16-bit pictures.
std::vector<std::uint16_t> tone_table16(Tone tone);

}  // namespace parallax::isp
