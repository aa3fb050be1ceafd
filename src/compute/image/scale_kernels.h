// Row kernels of the fixed-point scaler, for 8-bit samples.
//
// Along columns, bytes become lanes of 16 bits with 6 bits of fraction; along rows, lanes become
// bytes. Weights are int16 whose sum is a power of two, sums are int32 and exact, each pass rounds
// once: halves up. So every instruction set gives the same bytes.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compute/image/scale_axis.h"

namespace parallax::compute {

inline constexpr int kScaleFraction = 6;
// Lanes of a row's end that kernels may read and write, beyond it.
inline constexpr int kScaleSlack = 32;
inline constexpr int kMostFixedTaps = 16;

// An axis of at most kMostFixedTaps in fixed point: weights sum up to 2^shift exactly.
struct FixedAxis {
    std::vector<Tap> taps;
    std::vector<std::int16_t> weights;
    int shift = 14;
};
FixedAxis fix_axis(const ScaleAxis& axis, int most_shift);

// The sum of rows of bytes, `weights` of 2^shift altogether.
struct ColumnSum {
    std::span<const std::uint8_t* const> rows;
    std::span<const std::int16_t> weights;
    int shift;
    std::int16_t* out;
};
void sum_rows(const ColumnSum& sum, int count);

// How the samples of a target row are made of lanes of the source row. Two ways to the same sums:
// where four neighbours need no more than eight lanes for two of their taps, bytes are shuffled;
// else each sample has taps of its own, in eights.
class RowPlan {
  public:
    explicit RowPlan(const FixedAxis& axis);

    int width = 0;
    int shift = 14;
    bool shuffled = false;
    int steps = 0;  // Pairs of taps, or eights of taps, of each sample.
    // Shuffled: for each four samples and each step. Else: for each sample.
    std::vector<std::int32_t> first;    // Lane at which the window starts.
    std::vector<std::uint8_t> shuffle;  // 16 for each window.
    std::vector<std::int16_t> weights;  // 8 for each window.

  private:
    bool add_window(const FixedAxis& axis, std::size_t four, int step);
    bool plan_shuffled(const FixedAxis& axis);
    void plan_eights(const FixedAxis& axis);
};
void sum_columns(const RowPlan& plan, const std::int16_t* in, std::uint8_t* out);

// Two to four components of a row to rows of their own, up to kScaleSlack beyond `pixels`.
struct LaneSplit {
    int components;
    std::size_t stride;
    std::int16_t* out;
};
void split_lanes(const std::int16_t* in, const LaneSplit& to, int pixels);
// And back, of bytes; `out` ends at `pixels`.
struct ByteJoin {
    int components;
    std::size_t stride;
    const std::uint8_t* in;
};
void join_bytes(const ByteJoin& from, std::uint8_t* out, int pixels);

}  // namespace parallax::compute
