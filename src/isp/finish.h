// finish: from linear camera RGB to the display: highlights, colour matrix, tone; a block at a
// time.
//
// The matrix keeps neutrals by construction: its rows sum to 1, so each output is its own input
// plus two weighted differences, which are zero where R = G = B.
// Integers throughout, and every instruction set gives the same result.
// Threads: pure functions. Kernels overrun blocks by up to kPad lanes.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "isp/lanes.h"
#include "isp/tone.h"
#include "parallax/raw_info.h"

namespace parallax::isp {

// Off-diagonal elements of a 3×3 matrix whose rows sum to 1: r′ = r + rg (g − r) + rb (b − r).
// Q15 while all are within ±1, as cameras' are; `wide` ones are a quarter of that, Q13.
struct Mixing {
    std::int16_t rg = 0, rb = 0, gr = 0, gb = 0, br = 0, bg = 0;
    bool wide = false;
};

// Fails if an element is 4 or more, or not finite.
Result<Mixing> mixing(const Matrix3& matrix);

// How highlights fade where samples are kept beyond the clip level of the first channel. Linear
// lanes then hold half their value, kFadingOne is display white, and no clip level is below it.
inline constexpr int kFadingOne = 16384;
struct Fading {
    bool on = false;
    std::array<std::int16_t, 3> per_clip{};  // kFadingOne / clip level, Q15: how full a channel is.
    std::int16_t slope = 0;                  // Of the tone above three quarters of white, Q15.
    std::int16_t scale = 0;                  // Exposure below 0 EV, Q15.
};

struct Finish {
    Mixing mixing;
    Fading fading;
    TonePowers tone;
};

// The first `count` half columns of a block.
void finish_block(const LinearBlock& in, int count, const Finish& finish, PictureBlock& out);

// The same by a table of 32768 entries instead of the tone, to 16 bits; planes of 2 × count pixels.
struct DeepFinish {
    const Finish& finish;
    std::span<const std::uint16_t> table;
};
struct DeepBlock {
    std::array<std::array<std::uint16_t, PictureBlock::kPixels>, 3> plane;
};
void finish_block16(const LinearBlock& in, int count, const DeepFinish& deep, DeepBlock& out);

}  // namespace parallax::isp
