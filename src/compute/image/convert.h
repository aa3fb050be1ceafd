// convert: a picture in another format: other channels, depth, subsampling or transfer curve.
//
// Threads: a pure function.
#pragma once

#include "compute/image/color.h"
#include "parallax/image.h"
#include "parallax/result.h"

namespace parallax::compute {

struct ConvertOptions {
    ColorOptions color = {};  // Of the YUV side, or of both.
    // Where these differ the values go through the curve of sRGB or back.
    Transfer from = Transfer::srgb;
    Transfer to = Transfer::srgb;
};

// Any format but Bayer into any other, of the same size.
//
// Each sample is the exact value rounded to nearest: at most 0.51 codes from it. 8-bit codes
// become 16-bit ones times 257; 16-bit ones are divided by 257 and rounded. Gray is full-range
// luma. Alpha is dropped, or opaque where there was none; it never passes the transfer curve.
// Chroma is repeated where the target has more of it, averaged where it has less.
Result<> convert(const ImageView& src, const MutableImageView& dst,
                 const ConvertOptions& options = {});

}  // namespace parallax::compute
