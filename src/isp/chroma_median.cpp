#include "isp/chroma_median.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/chroma_median.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

// Shared by all instruction sets.
#ifndef PARALLAX_ISP_MEDIAN_ROWS
#define PARALLAX_ISP_MEDIAN_ROWS
namespace parallax::isp {
namespace {

// A row, the ones above and below it, and where its median goes.
struct MedianRows {
    std::array<HalfRows, 3> in;
    HalfRows out;
    int half_lanes;
};

struct Subtraction {
    const std::int16_t* from;
    const std::int16_t* what;
    std::int16_t* out;
    int count;
};

// The sites of one column parity in part of a row: green, and the differences from it of the row's
// own colour and of the other one.
struct SiteRows {
    const std::int16_t* green;
    const std::int16_t* own_before;  // As it came; the others are medians.
    const std::int16_t* own;
    const std::int16_t* other;
    std::int16_t* green_out;
    std::int16_t* own_out;
    std::int16_t* other_out;
    int count;
    std::int16_t limit;
    LinearNoise noise;
};

// How many standard deviations are taken for noise.
constexpr float kDeviations = 2.0F;

}  // namespace
}  // namespace parallax::isp
#endif

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<std::int16_t>;
using V = hn::Vec<Lanes>;
constexpr Lanes kLanes;

int lanes() { return static_cast<int>(hn::Lanes(kLanes)); }

struct Sorted {
    V low, middle, high;
};

HWY_INLINE Sorted sorted(V a, V b, V c) {
    const V low = hn::Min(a, b);
    const V high = hn::Max(a, b);
    return {hn::Min(low, c), hn::Max(low, hn::Min(high, c)), hn::Max(high, c)};
}

HWY_INLINE Sorted column(const std::array<const std::int16_t*, 3>& rows, int i) {
    return sorted(hn::LoadU(kLanes, rows[0] + i), hn::LoadU(kLanes, rows[1] + i),
                  hn::LoadU(kLanes, rows[2] + i));
}

// Of nine values in three sorted columns: the middle one of the largest low, the middle middle and
// the smallest high.
HWY_INLINE V median(const Sorted& a, const Sorted& b, const Sorted& c) {
    const V low = hn::Max(a.low, hn::Max(b.low, c.low));
    const V high = hn::Min(a.high, hn::Min(b.high, c.high));
    return sorted(low, sorted(a.middle, b.middle, c.middle).middle, high).middle;
}

void median_row(const MedianRows& rows) {
    const auto half = [&](std::size_t x) {
        return std::array<const std::int16_t*, 3>{rows.in[0].half[x], rows.in[1].half[x],
                                                  rows.in[2].half[x]};
    };
    const auto even = half(0);
    const auto odd = half(1);
    for (int i = 0; i < rows.half_lanes; i += lanes()) {
        const Sorted here = column(even, i);
        const Sorted next = column(odd, i);
        hn::StoreU(median(column(odd, i - 1), here, next), kLanes, rows.out.half[0] + i);
        hn::StoreU(median(here, next, column(even, i + 1)), kLanes, rows.out.half[1] + i);
    }
}

void subtract(const Subtraction& rows) {
    for (int i = 0; i < rows.count; i += lanes()) {
        const V difference =
            hn::Sub(hn::LoadU(kLanes, rows.from + i), hn::LoadU(kLanes, rows.what + i));
        hn::StoreU(difference, kLanes, rows.out + i);
    }
}

HWY_INLINE V limited(V v, std::int16_t limit) {
    return hn::Min(hn::Max(v, hn::Zero(kLanes)), hn::Set(kLanes, limit));
}

// Where green was measured: it is kept, and the others stand beside it by their medians.
void read_green_sites(const SiteRows& rows) {
    for (int i = 0; i < rows.count; i += lanes()) {
        const V green = hn::LoadU(kLanes, rows.green + i);
        const V own = hn::SaturatedAdd(green, hn::LoadU(kLanes, rows.own + i));
        const V other = hn::SaturatedAdd(green, hn::LoadU(kLanes, rows.other + i));
        hn::StoreU(green, kLanes, rows.green_out + i);
        hn::StoreU(limited(own, rows.limit), kLanes, rows.own_out + i);
        hn::StoreU(limited(other, rows.limit), kLanes, rows.other_out + i);
    }
}

// To where green goes later: what is taken for noise in the measured values.
void put_thresholds(const SiteRows& rows) {
    const hn::ScalableTag<float> floats;
    const hn::RebindToSigned<decltype(floats)> wholes;
    const hn::Rebind<std::int16_t, decltype(floats)> halves;
    const auto offset = hn::Set(floats, rows.noise.offset);
    const auto scale = hn::Set(floats, kDeviations * rows.noise.scale);
    for (int i = 0; i < rows.count; i += static_cast<int>(hn::Lanes(floats))) {
        const auto own =
            hn::Add(hn::LoadU(halves, rows.green + i), hn::LoadU(halves, rows.own_before + i));
        const auto light =
            hn::Max(hn::ConvertTo(floats, hn::PromoteTo(wholes, own)), hn::Zero(floats));
        const auto noise = hn::Mul(hn::Sqrt(hn::Add(light, offset)), scale);
        hn::StoreU(hn::DemoteTo(halves, hn::ConvertTo(wholes, noise)), halves, rows.green_out + i);
    }
}

// Where red or blue was measured: that is kept but for its noise, green follows from it, and the
// third from green.
void read_own_sites(const SiteRows& rows) {
    put_thresholds(rows);
    for (int i = 0; i < rows.count; i += lanes()) {
        const V before = hn::LoadU(kLanes, rows.own_before + i);
        const V interpolated = hn::LoadU(kLanes, rows.green + i);
        const V threshold = hn::LoadU(kLanes, rows.green_out + i);
        const V residual = hn::SaturatedSub(before, hn::LoadU(kLanes, rows.own + i));
        const V noise = hn::Min(hn::Max(residual, hn::Neg(threshold)), threshold);
        const V own = hn::SaturatedSub(hn::Add(interpolated, before), noise);
        const V green =
            limited(hn::SaturatedAdd(interpolated, hn::SaturatedSub(residual, noise)), rows.limit);
        const V other = hn::SaturatedAdd(green, hn::LoadU(kLanes, rows.other + i));
        hn::StoreU(limited(own, rows.limit), kLanes, rows.own_out + i);
        hn::StoreU(green, kLanes, rows.green_out + i);
        hn::StoreU(limited(other, rows.limit), kLanes, rows.other_out + i);
    }
}

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {

HWY_EXPORT(median_row);
HWY_EXPORT(subtract);
HWY_EXPORT(read_green_sites);
HWY_EXPORT(read_own_sites);

constexpr std::array kColors{0UZ, 2UZ};  // Planes that have differences: red and blue.
constexpr std::size_t kGreen = 1;

}  // namespace

ChromaMedian::ChromaMedian(const Options& options)
    : options_(options),
      green_(options.width),
      passes_(static_cast<std::size_t>(options.passes) + 1,
              Differences{LineRing(options.width), LineRing(options.width)}) {}

void ChromaMedian::start(int first) { ready_.fill(first); }

void ChromaMedian::put(int y, const BlockRange& range, const LinearBlock& in) {
    const HalfRows green = green_.row(y);
    for (std::size_t x = 0; x < 2; ++x) {
        std::copy_n(in.plane[kGreen][x].data(), range.count, green.half[x] + range.begin);
        for (std::size_t d = 0; d < 2; ++d) {
            HWY_DYNAMIC_DISPATCH(subtract)
            ({in.plane[kColors[d]][x].data(), in.plane[kGreen][x].data(),
              passes_[0][d].row(y).half[x] + range.begin, range.count});
        }
    }
}

// Each pass follows the one before it by a row, and catches up at the bottom of the picture.
void ChromaMedian::close_row(int y) {
    for (LineRing& ring : passes_[0]) ring.mirror_edges(ring.row(y));
    ready_[0] = y + 1;
    for (std::size_t pass = 1; pass < passes_.size(); ++pass) {
        const bool bottom = ready_[pass - 1] == options_.height;
        const int end = bottom ? options_.height : ready_[pass - 1] - 1;
        for (int& next = ready_[pass]; next < end; ++next) filter(pass, next);
    }
}

void ChromaMedian::filter(std::size_t pass, int y) {
    for (std::size_t d = 0; d < 2; ++d) {
        LineRing& in = passes_[pass - 1][d];
        LineRing& out = passes_[pass][d];
        const int last = options_.height - 1;
        HWY_DYNAMIC_DISPATCH(median_row)
        ({{in.row(y == 0 ? std::min(1, last) : y - 1), in.row(y),
           in.row(y == last ? std::max(0, last - 1) : y + 1)},
          out.row(y),
          (options_.width + 1) / 2});
        out.mirror_edges(out.row(y));
    }
}

void ChromaMedian::read(int y, const BlockRange& range, const Site& site, LinearBlock& out) {
    const std::size_t own = site.phase.red ? 0 : 1;
    for (std::size_t x = 0; x < 2; ++x) {
        const auto from = [&](LineRing& ring) { return ring.row(y).half[x] + range.begin; };
        const SiteRows rows{from(green_),
                            from(passes_.front()[own]),
                            from(passes_.back()[own]),
                            from(passes_.back()[1 - own]),
                            out.plane[kGreen][x].data(),
                            out.plane[kColors[own]][x].data(),
                            out.plane[kColors[1 - own]][x].data(),
                            range.count,
                            site.limit,
                            site.noise};
        if (static_cast<int>(x) == site.phase.column) {
            HWY_DYNAMIC_DISPATCH(read_own_sites)(rows);
        } else {
            HWY_DYNAMIC_DISPATCH(read_green_sites)(rows);
        }
    }
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
