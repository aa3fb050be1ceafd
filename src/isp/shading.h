// ShadingMap: a grid of lens shading gains, unrolled so that a row costs one interpolation.
//
// Each row of the grid is widened to the full width once per grid; a picture row then blends two
// of them. Gains are kept as Q15 shares of the largest one, which the caller folds into its own.
//
// Threads: set() alone; blend() from many at once. Lifetime: memory is kept between grids.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "isp/lanes.h"
#include "parallax/raw_info.h"
#include "parallax/result.h"

namespace parallax::isp {

// Two unrolled rows, and the share of the second, Q15.
struct ShadingBlend {
    const std::int16_t* above = nullptr;
    const std::int16_t* below = nullptr;
    std::int16_t share = 0;
};

class ShadingMap {
  public:
    // Fails on grids that are not as ShadingGrid says. Does nothing if the grid is that of before.
    Result<> set(const ShadingGrid& grid, int width, int height);

    float largest() const { return largest_; }

    // The gains of row y, both halves; `out` has kPad lanes of room beyond its end.
    void blend(int y, const HalfRows& out) const;

  private:
    std::int16_t* unrolled(int grid_row, int position);

    ShadingGrid grid_;
    int width_ = 0;
    int height_ = 0;
    float largest_ = 1.0F;
    std::size_t half_ = 0;                // Lanes of one unrolled half row.
    std::vector<std::int16_t> unrolled_;  // [grid row][CFA position][half column]
};

}  // namespace parallax::isp
