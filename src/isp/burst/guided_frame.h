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
#include "isp/burst/planes.h"
#include "isp/burst/tile_kernels.h"

namespace parallax::isp {

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
