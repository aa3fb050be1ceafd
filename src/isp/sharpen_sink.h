// SharpenSink: sharpens finished blocks on their way into another sink.
//
// Blocks become whole rows, rows are sharpened, and rows become blocks again, two rows later.
// Threads: one thread each. Lifetime: kept between frames; about 20 rows of the picture.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isp/block_sink.h"
#include "isp/sharpen.h"

namespace parallax::isp {

class SharpenSink final : public BlockSink {
  public:
    struct Options {
        int width = 0;  // Of the picture.
        int height = 0;
        float amount = 0.0F;  // 0 … 2
        bool deep = false;    // 16-bit blocks will come.
        bool operator==(const Options&) const = default;
    };
    // Options must be sound: the developer has checked them.
    explicit SharpenSink(const Options& options);

    const Options& options() const { return options_; }

    // Rows begin … end − 1 of the picture, all beginning even, for `next`. Blocks of them will
    // come, and of Sharpener::kReachPx rows more on either side, as far as there are any.
    void start(int begin, int end, BlockSink& next);

    void take(const BlockPair& blocks, const PixelRange& range) override;
    void take(const DeepBlock& block, const PixelRange& range) override;

  private:
    template <class Sample>
    using Row = std::array<std::vector<Sample>, 3>;  // R, G, B

    void emit_pair(int y);
    void emit_row(int y);
    bool is_last_of_row(const PixelRange& range) const {
        return range.x + range.count == options_.width;
    }

    Options options_;
    Sharpener sharpener_;
    BlockSink* next_ = nullptr;
    int begin_ = 0;
    int end_ = 0;
    std::array<Row<std::uint8_t>, 2> bytes_;  // The pair of rows that is coming in.
    Row<std::uint16_t> words_;                // The deep row that is.
    std::array<PictureBlock, 2> pair_;
    DeepBlock deep_;
};

}  // namespace parallax::isp
