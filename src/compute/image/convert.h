// convert: a picture in another format: other channels, depth, subsampling, matrix, range or
// transfer curve.
//
// Threads: a pure function.
#pragma once

#include <optional>

#include "compute/image/color.h"
#include "parallax/image.h"
#include "parallax/result.h"

namespace parallax::compute {

struct ConvertOptions {
    ColorOptions color = {};  // Of the YUV side, or of both.
    // Of the target, where it differs: YUV becomes YUV of another matrix or range.
    std::optional<ColorOptions> to_color = {};
    // Where these differ the values go through the curve of sRGB or back.
    Transfer from = Transfer::srgb;
    Transfer to = Transfer::srgb;
    // Only the way that serves every pair; for tests, and to see what the short ways bring.
    bool general_only = false;
};

// How far a sample may be from the exact value, in codes of the target.
inline constexpr double kConvertErrorCodes = 0.52;      // In general: it is rounded once.
inline constexpr double kFastConvertErrorCodes = 0.56;  // 8-bit RGB and 4:2:0 or 4:2:2.

// Any format but Bayer into any other, of the same size, with any strides.
//
// YUV follows BT.601-7, BT.709-6 or BT.2020-2 (non-constant luminance), of limited range or of full
// range as H.273 has it. Codes of n bits become codes of m bits by the largest code for RGB, gray
// and alpha (8 to 16 bits: times 257) and by 2^(m - n) for limited-range YUV. Gray is full-range
// luma. Alpha is dropped, or opaque where there was none; it never passes the transfer curve.
// Primaries are not converted.
//
// Chroma samples are taken to lie in the middle of their pixels, as in JPEG and MPEG-1: chroma is
// repeated where the target has more of it, averaged where it has less.
Result<> convert(const ImageView& src, const MutableImageView& dst,
                 const ConvertOptions& options = {});

}  // namespace parallax::compute
