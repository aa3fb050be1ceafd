// gray_world: the white balance under which the mean of a frame is gray.
//
// G. Buchsbaum, "A spatial processor model for object colour perception", 1980. Every eighth cell
// of every eighth row of cells votes, unless a sample of it is clipped or black.
// Threads: a pure function.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "isp/balance.h"
#include "parallax/image.h"

namespace parallax::isp {

// Camera RGB of the mean, the largest is 1; all ones if nothing could vote. No component is less
// than 1/16, which is beyond any light.
// `scratch` holds two rows of samples.
std::array<float, 3> gray_world_neutral(const ImageView& raw, const Levels& levels,
                                        std::span<std::uint16_t> scratch);

}  // namespace parallax::isp
