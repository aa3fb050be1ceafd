// RcdBand: RCD between the balanced mosaic and the linear blocks of the fused pass.
//
// RCD works in strips from top to bottom; before it stands the balanced mosaic of kRows rows, in
// integer lanes. Who takes strips gets them while they are in the cache; for who wants whole rows,
// their linear pixels are kept. Each band costs the rows that RCD looks at beyond it, so bands are
// tall: 20 in 276 rows are worked twice.
//
// Threads: one thread each. Lifetime: kept between frames; about 2 bytes per pixel of a band, and 6
// more where whole rows are wanted.
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

// Takes linear pixels, a row of a strip at a time: the strips from left to right, each from top to
// bottom.
class LinearSink {
  public:
    virtual ~LinearSink() = default;
    virtual void take(int y, const BlockRange& range, const LinearBlock& block) = 0;
};

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
    // Into `sink`, or else kept for read().
    void develop(const Rows& rows, BalancedMosaic& mosaic, LinearSink* sink);

    // Pixels of a row of the developed band.
    void read(int y, const BlockRange& range, LinearBlock& out) const;

  private:
    class Source;
    class Sink;
    class Keeper;

    void balance(const Rows& rows, BalancedMosaic& mosaic);

    // The lanes of one half row of a plane; planes of the linear pixels are R, G, B.
    std::size_t mosaic_at(int y, int half) const;
    std::size_t linear_at(int plane, int y, int half) const;

    int width_;
    int begin_ = 0;         // First row of the linear pixels.
    int mosaic_begin_ = 0;  // First row of the mosaic.
    std::size_t half_stride_;
    Rcd rcd_;
    std::vector<std::int16_t> mosaic_;
    std::vector<std::int16_t> linear_;  // Made when first wanted.
};

}  // namespace parallax::isp
