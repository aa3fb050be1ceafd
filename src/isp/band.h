// Band: the fused pass over some rows of a frame: mosaic → linear → finished blocks, into a sink.
//
// Threads: one thread each; the bands of a frame run side by side. Lifetime: kept between frames.
#pragma once

#include <memory>
#include <optional>

#include "isp/block_sink.h"
#include "isp/chroma_median.h"
#include "isp/demosaic.h"
#include "isp/finish.h"
#include "isp/mosaic.h"
#include "isp/plan.h"
#include "isp/rcd_band.h"
#include "isp/scale_sink.h"
#include "isp/sharpen_sink.h"
#include "parallax/image.h"
#include "parallax/isp.h"

namespace parallax::isp {

struct BandJob {
    const FramePlan& plan;
    const ImageView& raw;
    Demosaic demosaic = Demosaic::mhc;
    std::span<const std::uint16_t> deep_tone = {};  // Not empty: 16-bit pixels are wanted.
    float sharpen = 0.0F;                           // As in Settings,
    int suppression = 0;                            // like false_color_suppression.
    ScaleSink::Size size;                           // Of the finished picture.
};

class Band {
  public:
    explicit Band(const ImageLayout& raw) : mosaic_(raw) {}

    // Rows begin … end − 1 of the finished picture; begin is even.
    void develop(const BandJob& job, int begin, int end, BlockSink& sink);

  private:
    // A block of one or two rows: half columns of lanes, and the pixels they are.
    struct Block {
        BlockRange range;
        PixelRange pixels;
        int rows = 2;
    };
    static Block block_of(const BlockRange& range, int width, int y, int end);
    class RcdFinisher;
    void develop_strips(const BandJob& job, int begin, int end, BlockSink& sink);
    void develop_rows(const BandJob& job, int begin, int end, BlockSink& sink);
    void suppress_rows(const BandJob& job, int begin, int end, BlockSink& sink);
    void begin_rows(const BandJob& job, int begin);
    void prepare(const BandJob& job, int y, int end);
    void demosaic(const BandJob& job, int y, const BlockRange& range);
    void linearize(const BandJob& job, int y, const BlockRange& range);
    void finish(const BandJob& job, int y, const BlockRange& range);
    void develop_block(const BandJob& job, const Block& block, BlockSink& sink);

    BalancedMosaic mosaic_;
    std::array<Window, 2> windows_;       // Around the even row and the odd one.
    std::optional<RcdBand> rcd_;          // Made when first wanted.
    int rcd_end_ = 0;                     // The row after those that it has developed.
    std::optional<ChromaMedian> median_;  // Likewise.
    LinearBlock linear_;
    std::array<PictureBlock, 2> picture_;
    DeepBlock deep_;
    std::optional<ScaleSink> scale_;      // Made when first wanted …
    std::optional<SharpenSink> sharpen_;  // … like this one.
};

}  // namespace parallax::isp
