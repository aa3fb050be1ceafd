// Row kernels between 8-bit YUV with half the chroma columns (4:2:0, 4:2:2) and 8-bit RGB, in
// fixed point: the pairs that cameras, coders and models meet at most often.
//
// Products are rounded to 1/64 of a code (14-bit coefficients, 16-bit lanes), sums once to codes:
// at most 0.56 codes from the exact value. Highway picks the instruction set at run time; integer
// arithmetic gives the same bytes on each.
//
// Rows are read and written exactly as far as `width` reaches.
//
// Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>

#include "compute/image/color.h"

namespace parallax::compute {

// The samples of one row. Interleaved chroma is pairs at `cb`; `swapped`: Cr comes first in them.
template <class Byte>
struct YuvRow {
    Byte* luma;
    Byte* cb;
    Byte* cr;
    bool interleaved = false;
    bool swapped = false;
};

// Which of R, G, B (0, 1, 2) or opacity (3) each component of a pixel is.
struct RgbOrder {
    int components = 3;
    std::array<std::uint8_t, 4> channel{0, 1, 2, 3};
};

// Fixed-point coefficients; see make_yuv_to_rgb.
struct YuvToRgb {
    std::int16_t luma, bias, r_cr, g_cb, g_cr, b_cb;
    RgbOrder order;
};
YuvToRgb make_yuv_to_rgb(const ColorOptions& color, const RgbOrder& order);

void yuv_to_rgb(const YuvToRgb& by, const YuvRow<const std::uint8_t>& in, std::uint8_t* out,
                int width);

struct RgbToYuv {
    std::array<std::int16_t, 3> luma, cb, cr;  // Of R, G, B.
    std::int16_t luma_bias;
    RgbOrder order;
};
RgbToYuv make_rgb_to_yuv(const ColorOptions& color, const RgbOrder& order);

// One row, or two that share their chroma. Without `cb`, luma only.
struct RgbRows {
    const std::uint8_t* first;
    const std::uint8_t* last;  // The same as `first` where there is one.
    std::uint8_t* last_luma;   // Of `last`; null where there is one.
};
void rgb_to_yuv(const RgbToYuv& by, const RgbRows& in, const YuvRow<std::uint8_t>& out, int width);

// Where the four bytes of two pixels of packed 4:2:2 lie: Y0, Y1, Cb, Cr.
using PackedOrder = std::array<std::uint8_t, 4>;
// Between packed 4:2:2 and rows of their own; these need room for an even number of pixels.
void split_packed(const std::uint8_t* in, const PackedOrder& order, const YuvRow<std::uint8_t>& out,
                  int pairs);
void join_packed(const YuvRow<const std::uint8_t>& in, const PackedOrder& order, std::uint8_t* out,
                 int pairs);

// Between interleaved 8-bit pixels. Of each component of the target: which component of the source
// it is; 4: it is 255.
struct PixelShuffle {
    int from_components, to_components;
    std::array<std::uint8_t, 4> source;
};
void shuffle_pixels(const std::uint8_t* in, const PixelShuffle& by, std::uint8_t* out, int pixels);

}  // namespace parallax::compute
