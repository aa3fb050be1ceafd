// The ways between formats that need no floats: samples that only move, and the common 8-bit pairs
// of YUV and RGB.
//
// Threads: a pure function.
#pragma once

#include "compute/image/convert.h"

namespace parallax::compute {

// False where there is no such way; then nothing has been written. Sizes agree, no mosaics.
bool convert_fast(const ImageView& src, const MutableImageView& dst, const ConvertOptions& options);

}  // namespace parallax::compute
