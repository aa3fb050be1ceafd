// RcdBand: RCD between the balanced mosaic and the linear blocks of the fused pass.
//
// RCD works in strips from top to bottom, the pass in rows from left to right; between them stand
// the balanced mosaic and the linear pixels of kRows rows, in integer lanes. Each band costs the
// rows that RCD looks at beyond it, so bands are tall: 20 in 276 rows are worked twice.
//
// Threads: one thread each. Lifetime: kept between frames; about 10 bytes per pixel of a band.
#pragma once

#include <cstdint>
#include <vector>

#include "isp/demosaic.h"
#include "isp/lanes.h"
#include "isp/mosaic.h"
#include "isp/plan.h"
#include "isp/rcd.h"
#include "parallax/image.h"

namespace parallax::isp {

class RcdBand {
  public:
    static constexpr int kRows = 256;

    explicit RcdBand(const ImageLayout& raw);

    // Rows begin … end − 1 of `raw`, at most kRows of them, even `begin`.
    struct Rows {
        const FramePlan& plan;
        const ImageView& raw;
        int begin = 0;
        int end = 0;
    };
    void develop(const Rows& rows, BalancedMosaic& mosaic);

    // Pixels of a row of the developed band.
    void read(int y, const BlockRange& range, LinearBlock& out) const;

  private:
    class Source;
    class Sink;

    // The lanes of one half row of a plane; planes of the linear pixels are R, G, B.
    std::size_t mosaic_at(int y, int half) const;
    std::size_t linear_at(int plane, int y, int half) const;

    int width_;
    int begin_ = 0;         // First row of the linear pixels.
    int mosaic_begin_ = 0;  // First row of the mosaic.
    std::size_t half_stride_;
    Rcd rcd_;
    std::vector<std::int16_t> mosaic_;
    std::vector<std::int16_t> linear_;
};

}  // namespace parallax::isp
