// CellLight: the light of a cell of the mosaic, as statistics want it: linear, without black, and
// only where no sample is clipped or black.
//
// Threads: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "isp/balance.h"
#include "isp/demosaic.h"
#include "parallax/image.h"

namespace parallax::isp {

// Red, green (the mean of both) and blue in 0 … 1.
using Light = std::array<float, 3>;

class CellLight {
  public:
    CellLight(const Levels& levels, PixelFormat format);

    // The four samples row-major, the first of an even row and column. Nothing if it may not vote.
    std::optional<Light> of(const std::array<std::uint16_t, 4>& cell) const;

  private:
    std::array<float, 4> black_{};
    float white_;
    RowPhase phase_;
};

// Camera RGB of what is neutral from sums for each colour: the largest is 1, none is less than
// 1/16, which is beyond any light. All ones if there is nothing.
Light neutral_of(const std::array<double, 3>& sums);

}  // namespace parallax::isp
