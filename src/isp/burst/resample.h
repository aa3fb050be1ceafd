// resample: a tile of a plane, read between its pixels.
//
// Threads: a pure function.
#pragma once

#include <cstddef>

#include "isp/burst/tile_kernels.h"

namespace parallax::isp {

// What lies under the tile there when it is shifted.
template <std::size_t Size>
void resample(const Plane& plane, const TilePlace& at, const PlaneShift& shift, TileOf<Size>& out) {
    const Resampling by = resampling(shift);
    const TilePlace from{at.left + by.x, at.top + by.y};
    constexpr int reach = static_cast<int>(Size) + 3;
    if (from.left >= 0 && from.top >= 0 && from.left + reach <= plane.width &&
        from.top + reach <= plane.height) {
        tile::convolve({plane.row(from.top) + from.left, plane.width}, by, out);
        return;
    }
    TileOf<reach> patch;
    fetch<reach>(plane, from, patch);
    tile::convolve({patch[0].data(), reach}, by, out);
}

}  // namespace parallax::isp
