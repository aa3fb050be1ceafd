// Row kernels of Sharpener. Each overruns its row by up to kOvershoot samples.
//
// Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>

namespace parallax::isp::sharpening {

inline constexpr int kOvershoot = 31;

// Luma of 12 bits: 0 … 4095.
template <class Sample>
struct LumaRow {
    std::array<const Sample*, 3> rgb;
    std::uint16_t* out;
};
void luma(const LumaRow<std::uint8_t>& row, int count);
void luma(const LumaRow<std::uint16_t>& row, int count);

// out = (1 4 6 4 1) / 16 of `in`, which is read from in[-2] on.
struct BlurRow {
    const std::uint16_t* in;
    std::uint16_t* out;
};
void blur(const BlurRow& row, int count);

// out = rgb + amount · (luma - blur of the five rows of `blurred`), clamped.
template <class Sample>
struct SharpenRow {
    std::array<const Sample*, 3> rgb;
    const std::uint16_t* luma;
    std::array<const std::uint16_t*, 5> blurred;
    std::int16_t amount;  // Q12, up to 2.0.
    std::array<Sample*, 3> out;
};
void sharpen(const SharpenRow<std::uint8_t>& row, int count);
void sharpen(const SharpenRow<std::uint16_t>& row, int count);

}  // namespace parallax::isp::sharpening
