// gray_world: the white balance under which the mean of a frame is gray.
//
// G. Buchsbaum, "A spatial processor model for object colour perception", 1980. Every eighth cell
// of every eighth row of cells votes, unless a sample of it is clipped or black.
// Threads: a pure function.
#pragma once

#include <cstdint>
#include <vector>

#include "isp/cell_light.h"

namespace parallax::isp {

// Camera RGB of the mean, as neutral_of() has it. `scratch` is resized as needed, and kept by who
// calls again.
Light gray_world_neutral(const ImageView& raw, const Levels& levels,
                         std::vector<std::uint16_t>& scratch);

}  // namespace parallax::isp
