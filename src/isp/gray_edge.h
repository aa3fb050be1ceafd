// gray_edge: the white balance under which the edges of a frame are gray.
//
// J. van de Weijer, T. Gevers, A. Gijsenij, "Edge-based color constancy", IEEE Transactions on
// Image Processing 16, 2007: first derivatives, Minkowski norm 6. A large surface of one colour,
// which misleads gray_world, has no edges but its outline. Derivatives are Sobel's, of cells; each
// 16th row of cells votes, every cell of it, unless one of its neighbours is clipped or black.
// Threads: a pure function.
#pragma once

#include <cstdint>
#include <vector>

#include "isp/cell_light.h"

namespace parallax::isp {

// Camera RGB of edges, as neutral_of() has it; gray_world's where there are none. `scratch` as
// there.
Light gray_edge_neutral(const ImageView& raw, const Levels& levels,
                        std::vector<std::uint16_t>& scratch);

}  // namespace parallax::isp
