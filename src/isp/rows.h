// MosaicSource, RgbSink: how float stages of the developer hand on pixels, a row segment at a time.
//
// A stage that needs neighbours pulls mosaic rows from a source and pushes finished rows into a
// sink, strip by strip, so that everything between the raw frame and the finished picture stays in
// the cache: no stage keeps a frame. Rows are split into even and odd columns, as in lanes.h: then
// every lane of a vector has the same colour.
//
// Threads: a source and a sink are used by one thread at a time; each thread has its own.
// Lifetime: spans are valid during the call only.
#pragma once

#include <array>
#include <span>

namespace parallax::isp {

// Columns x0 … x1 - 1 of rows y0 … y1 - 1. x0 is even, x1 even or the width of the frame.
struct Region {
    int x0 = 0;
    int y0 = 0;
    int x1 = 0;
    int y1 = 0;
    bool operator==(const Region&) const = default;
};

// A row segment: columns x, x + 2 … in `even` and x + 1, x + 3 … in `odd`, equally many. Where the
// frame ends in between, the last one of `odd` is outside, and means nothing.
template <class Sample>
struct BasicSplitRow {
    std::span<Sample> even;
    std::span<Sample> odd;
};
using SplitRow = BasicSplitRow<float>;
using ConstSplitRow = BasicSplitRow<const float>;

// Raw samples after black subtraction and white balance, nominally 0 … 1, finite, never negative.
class MosaicSource {
  public:
    virtual ~MosaicSource() = default;

    // Fills `out` with samples of row y from the even column x on. Always inside the frame. Up to
    // 15 places after the ends of `out` may be overwritten, so that whole vectors can be stored.
    virtual void fetch(int y, int x, const SplitRow& out) = 0;
};

// Red, green, blue.
using RgbRow = std::array<ConstSplitRow, 3>;

class RgbSink {
  public:
    virtual ~RgbSink() = default;

    // Takes a finished row segment, which begins at column x. Up to 15 places after the ends of
    // its spans may be read.
    virtual void emit(int y, int x, const RgbRow& row) = 0;
};

}  // namespace parallax::isp
