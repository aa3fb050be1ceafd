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
#include "isp/burst/resample.h"

namespace parallax::isp {

class GuidedFrame {
  public:
    GuidedFrame(const CellPlanes& cells, const NoiseModel& noise, const BurstSlices& slices);

    // Samples of a plane, in its own light, as they are read when the tile there is shifted.
    template <int Size>
    void read(std::size_t plane, const TilePlace& at, const PlaneShift& shift,
              TileOf<Size>& out) const {
        const TilePlace pixel{2 * at.left + static_cast<int>(plane % 2),
                              2 * at.top + static_cast<int>(plane / 2)};
        read_green<Size>(pixel, resampling({2 * shift.x, 2 * shift.y}), out);
        if (color_[plane] == 1) return;
        TileOf<Size> difference;
        resample<Size>(difference_[plane], at, resampling(shift), difference);
        add_difference<Size>(difference, 1 / gain_[plane], out);
    }

  private:
    template <int Size>
    static void add_difference(const TileOf<Size>& difference, float scale, TileOf<Size>& out) {
        for (std::size_t y = 0; y < Size; ++y) {
            for (std::size_t x = 0; x < Size; ++x)
                out[y][x] = (out[y][x] + difference[y][x]) * scale;
        }
    }
    void make_green(const CellPlanes& cells, const NoiseModel& noise, int row);
    template <int Size>
    void read_green(const TilePlace& at, const Resampling& by, TileOf<Size>& out) const {
        constexpr int reach = 2 * Size + 2;  // Every second pixel, and what cubics read around it.
        TileOf<reach> patch;
        fetch<reach>(green_, {at.left + by.x, at.top + by.y}, patch);
        convolve<Size, 2>(patch, by, out);
    }

    Plane green_;                      // Of the mosaic's own size.
    std::array<Plane, 4> difference_;  // Balanced colour less green, of red and blue.
    std::array<int, 4> color_;
    std::array<float, 4> gain_;
};

}  // namespace parallax::isp
