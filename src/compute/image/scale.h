// scale: a picture at another size.
//
// Threads: a pure function.
#pragma once

#include <cstdint>

#include "parallax/image.h"
#include "parallax/result.h"

namespace parallax::compute {

enum class ScaleMethod : std::uint8_t {
    nearest,   // The sample whose area the target's centre falls on.
    bilinear,  // Between the two nearest samples each way. Shrinking below half skips some.
    area,      // The mean over the target's footprint: for shrinking.
};

// Formats must agree, Bayer has none. Pixels are areas: the pictures' outer edges coincide, for
// chroma as for luma. Values are computed in single precision and rounded to nearest.
Result<> scale(const ImageView& src, const MutableImageView& dst, ScaleMethod method);

}  // namespace parallax::compute
