// Band: the fused pass over some rows of a frame: mosaic → linear → finished blocks, into a sink.
//
// Threads: one thread each; the bands of a frame run side by side. Lifetime: kept between frames.
#pragma once

#include <memory>
#include <optional>

#include "isp/demosaic.h"
#include "isp/finish.h"
#include "isp/mosaic.h"
#include "isp/plan.h"
#include "isp/rcd_band.h"
#include "isp/store.h"
#include "parallax/image.h"
#include "parallax/isp.h"

namespace parallax::isp {

// Takes finished pixels, from left to right and from top to bottom, in pairs of rows.
class BlockSink {
  public:
    virtual ~BlockSink() = default;
    // Pixels x … x + count − 1 of rows y (always even) and y + 1, if there is one.
    virtual void take(const BlockPair& blocks, const PixelRange& range) = 0;
    virtual void take(const DeepBlock& block, const PixelRange& range) = 0;
};

struct BandJob {
    const FramePlan& plan;
    const ImageView& raw;
    Demosaic demosaic = Demosaic::mhc;
    std::span<const std::uint16_t> deep_tone = {};  // Not empty: 16-bit pixels are wanted.
};

class Band {
  public:
    explicit Band(const ImageLayout& raw) : mosaic_(raw) {}

    // Rows begin … end − 1 of the developed picture; begin is even.
    void develop(const BandJob& job, int begin, int end, BlockSink& sink);

  private:
    void prepare(const BandJob& job, int y, int end);
    void demosaic(const BandJob& job, int y, const BlockRange& range);

    BalancedMosaic mosaic_;
    std::optional<RcdBand> rcd_;  // Made when first wanted.
    int rcd_end_ = 0;             // The row after those that it has developed.
    LinearBlock linear_;
    std::array<PictureBlock, 2> picture_;
    DeepBlock deep_;
};

}  // namespace parallax::isp
