// ScaleSink: brings finished blocks to another size on their way into another sink.
//
// Pixels are areas, and the pictures' outer edges coincide. Along an axis that shrinks, a pixel is
// the mean of what it covers; along one that grows, it lies between its two nearest neighbours.
// Encoded values are averaged, in single precision and in a fixed order, as compute::scale does.
//
// Threads: one thread each. Lifetime: kept between frames; about eight rows of the larger picture.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isp/block_sink.h"

namespace parallax::isp {

class ScaleSink final : public BlockSink {
  public:
    struct Size {
        int width = 0;
        int height = 0;
        bool operator==(const Size&) const = default;
    };
    struct Options {
        Size from;
        Size to;
        bool deep = false;  // 16-bit blocks will come.
        bool operator==(const Options&) const = default;
    };
    explicit ScaleSink(const Options& options);

    const Options& options() const { return options_; }

    // Rows y0 … y1 − 1.
    struct Rows {
        int y0 = 0;
        int y1 = 0;
    };
    // The rows of the source that rows of the result are made of; y0 is even.
    Rows source_rows(const Rows& result) const;

    // `result` will be made for `next`; blocks of all its source rows will come.
    void start(const Rows& result, BlockSink& next);

    void take(const BlockPair& blocks, const PixelRange& range) override;
    void take(const DeepBlock& block, const PixelRange& range) override;

  private:
    template <class Sample>
    using Row = std::array<std::vector<Sample>, 3>;  // R, G, B

    // What one result coordinate is made of: weights_[weight …] of coordinates first … last.
    struct Tap {
        int first = 0;
        int last = 0;
        std::size_t weight = 0;
    };
    struct Axis {
        std::vector<Tap> taps;
        std::vector<float> weights;
    };
    static Axis make_axis(int from, int to);

    template <class Sample>
    void push(int y, const Row<Sample>& row);
    void add(int y, const Tap& tap, const Row<float>& row);
    void finish_row();
    void emit(int y);
    bool is_last_of_row(const PixelRange& range) const {
        return range.x + range.count == options_.from.width;
    }

    Options options_;
    Axis across_;
    Axis down_;
    BlockSink* next_ = nullptr;
    Rows result_;
    int next_row_ = 0;  // Of the result.

    std::array<Row<std::uint8_t>, 2> bytes_;  // The pair of rows that is coming in.
    Row<std::uint16_t> words_;                // The deep row that is.
    Row<float> before_;                       // The row before the one that is complete …
    Row<float> here_;                         // … and that one.
    Row<float> sum_;                          // Of rows, towards next_row_.
    std::array<PictureBlock, 2> pair_;
    DeepBlock deep_;
    std::array<Row<std::uint8_t>, 2>
        small_;  // Finished rows of the result, an even and an odd one.
    Row<std::uint16_t> small_words_;
};

}  // namespace parallax::isp
