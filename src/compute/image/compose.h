// blend: one picture laid over another.
//
// Threads: pure functions.
#pragma once

#include <array>

#include "compute/image/color.h"
#include "compute/image/geometry.h"
#include "parallax/image.h"
#include "parallax/result.h"

namespace parallax::compute {

// Lays `picture` over `canvas` with its upper left corner at `place`; what falls outside is left
// out, so any place is legal. Formats must agree, Bayer has none.
//
// `opacity` is 0 … 1. Formats with alpha are laid by it as well (not premultiplied): the "over" of
// T. Porter and T. Duff, "Compositing Digital Images", 1984. Chroma of subsampled formats is
// placed to the nearest of its samples up and left.
Result<> blend(const ImageView& picture, const MutableImageView& canvas, Point place,
               float opacity = 1.0F);

// Every pixel gets one colour: R, G, B, A in 0 … 1, sRGB-encoded. Any format but Bayer.
Result<> fill(const MutableImageView& canvas, const std::array<float, 4>& rgba,
              const ColorOptions& color = {});

}  // namespace parallax::compute
