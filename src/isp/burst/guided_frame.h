// GuidedFrame: a mosaic that can be read between its photosites.
//
// Samples of one colour lie two pixels apart, too far for fine texture: read between them it is
// aliased. Green is denser. So green is found at every pixel, along edges rather than across them
// (Hamilton and Adams, US patent 5629734, expired; both directions are mixed by how smooth each
// is), and a red or blue sample is read as green plus its difference from green, which is smooth.
//
// Threads: immutable once made.
#pragma once

#include <array>

#include "isp/burst/noise.h"
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

class GuidedFrame {
  public:
    GuidedFrame(const CellPlanes& cells, const NoiseModel& noise, const BurstSlices& slices);

    // Samples of a plane, in its own light, as they are read when the tile there is shifted.
    void read(std::size_t plane, const TilePlace& at, const PlaneShift& shift,
              tile::Tile& out) const;

  private:
    void make_row(const CellPlanes& cells, const NoiseModel& noise, int row);
    void make_colors(const CellPlanes& cells, const NoiseModel& noise, int row);
    void read_green(const TilePlace& pixel, const Resampling& by, tile::Tile& out) const;

    // Of pixels in even columns and in odd ones, of the mosaic's height.
    std::array<Plane, 2> green_;
    std::array<Plane, 4> difference_;  // Balanced colour less green, of red and blue.
    std::array<int, 4> color_;
    std::array<float, 4> gain_;
};

}  // namespace parallax::isp
