#include "isp/demosaic.h"

#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/demosaic.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<std::int16_t>;
using V = hn::Vec<Lanes>;
constexpr Lanes kLanes;

int lanes() { return static_cast<int>(hn::Lanes(kLanes)); }
V at(const std::int16_t* row, int i) { return hn::LoadU(kLanes, row + i); }

V sum(V a, V b) { return hn::Add(a, b); }

// To the scale of results, four times that of samples.
V from_one(V sample) { return hn::ShiftLeft<2>(sample); }
V from_two(V a, V b) { return hn::ShiftLeft<1>(sum(a, b)); }
V from_four(V a, V b, V c, V d) { return sum(sum(a, b), sum(c, d)); }

// The five rows around one, as seen from a chroma site (red or blue): its own columns, and the
// green ones, which begin kColumn half columns further left.
template <int kColumn>
struct Rows {
    explicit Rows(const Window& window) {
        for (std::size_t y = 0; y < 5; ++y) {
            own[y] = window[y].half[kColumn];
            green[y] = window[y].half[1 - kColumn];
        }
    }
    // Index of the left and right neighbour, as seen from a chroma site and from a green one.
    static constexpr int kLeft = kColumn - 1;
    static constexpr int kRight = kColumn;
    static constexpr int kGreenLeft = -kColumn;
    static constexpr int kGreenRight = 1 - kColumn;

    std::array<const std::int16_t*, 5> own{};
    std::array<const std::int16_t*, 5> green{};
};

// Linear RGB at both sites: the row's own colour, green, and the other one.
struct Sites {
    std::int16_t* own[2];
    std::int16_t* green[2];
    std::int16_t* other[2];
};

Sites sites(const RowPhase& phase, LinearBlock& out) {
    const auto column = static_cast<std::size_t>(phase.column);
    auto& own = out.plane[phase.red ? 0 : 2];
    auto& other = out.plane[phase.red ? 2 : 0];
    return {{own[column].data(), own[1 - column].data()},
            {out.plane[1][column].data(), out.plane[1][1 - column].data()},
            {other[column].data(), other[1 - column].data()}};
}

// What both filters need at both sites of a row, one vector at a time.
template <int kColumn>
class Neighbours {
  public:
    using R = Rows<kColumn>;
    explicit Neighbours(const Window& window) : rows_(window) {}

    V own(int i) const { return at(rows_.own[2], i); }
    V green(int i) const { return at(rows_.green[2], i); }

    // At a red site (or blue, likewise), × 4.
    V greens(int i) const {
        return from_four(at(rows_.green[2], i + R::kLeft), at(rows_.green[2], i + R::kRight),
                         at(rows_.own[1], i), at(rows_.own[3], i));
    }
    V corners(int i) const {
        return from_four(at(rows_.green[1], i + R::kLeft), at(rows_.green[1], i + R::kRight),
                         at(rows_.green[3], i + R::kLeft), at(rows_.green[3], i + R::kRight));
    }
    V far(int i) const {
        return from_four(at(rows_.own[2], i - 1), at(rows_.own[2], i + 1), at(rows_.own[0], i),
                         at(rows_.own[4], i));
    }

    // At a green site: the colours beside it and above it, × 4.
    V beside(int i) const {
        return from_two(at(rows_.own[2], i + R::kGreenLeft), at(rows_.own[2], i + R::kGreenRight));
    }
    V above(int i) const { return from_two(at(rows_.green[1], i), at(rows_.green[3], i)); }
    V diagonal_greens(int i) const {
        return from_four(at(rows_.own[1], i + R::kGreenLeft), at(rows_.own[1], i + R::kGreenRight),
                         at(rows_.own[3], i + R::kGreenLeft), at(rows_.own[3], i + R::kGreenRight));
    }
    V far_across(int i) const { return sum(at(rows_.green[2], i - 1), at(rows_.green[2], i + 1)); }
    V far_along(int i) const { return sum(at(rows_.green[0], i), at(rows_.green[4], i)); }

  private:
    R rows_;
};

template <int kColumn>
void bilinear(const MosaicRows& job, const BlockRange& range, LinearBlock& out) {
    const Neighbours<kColumn> near(job.window);
    const Sites to = sites(job.phase, out);
    for (int k = 0; k < range.count; k += lanes()) {
        const int i = range.begin + k;
        hn::StoreU(from_one(near.own(i)), kLanes, to.own[0] + k);
        hn::StoreU(near.greens(i), kLanes, to.green[0] + k);
        hn::StoreU(near.corners(i), kLanes, to.other[0] + k);
        hn::StoreU(near.beside(i), kLanes, to.own[1] + k);
        hn::StoreU(from_one(near.green(i)), kLanes, to.green[1] + k);
        hn::StoreU(near.above(i), kLanes, to.other[1] + k);
    }
}

template <int kColumn>
class Mhc {
  public:
    Mhc(const MosaicRows& job, const Sites& to)
        : near_(job.window),
          to_(to),
          limit_(hn::Set(kLanes, static_cast<std::int16_t>(4 * job.limit))) {}

    // With s = 4c − Σ of the four c two away, green is the average of its four neighbours + s/8,
    // the third colour that of its four + 3s/16.
    void chroma_site(int i, int k) const {
        const V c = from_one(near_.own(i));
        const V s2 = hn::ShiftRight<1>(hn::Sub(c, near_.far(i)));
        hn::StoreU(c, kLanes, to_.own[0] + k);
        store(hn::SaturatedAdd(near_.greens(i), s2), to_.green[0] + k);
        store(hn::SaturatedAdd(near_.corners(i), hn::Add(s2, hn::ShiftRight<1>(s2))),
              to_.other[0] + k);
    }

    // The colour beside and the colour above are averages of two, plus (5c − Σ diagonal greens −
    // Σ greens two away in that direction + ½ Σ those across it) / 8.
    void green_site(int i, int k) const {
        const V c = near_.green(i);
        const V c4 = from_one(c);
        const V common = hn::Sub(c4, near_.diagonal_greens(i));
        const V across = near_.far_across(i);
        const V along = near_.far_along(i);
        const V beside = hn::Add(hn::Sub(c, across), hn::ShiftRight<1>(along));
        const V above = hn::Add(hn::Sub(c, along), hn::ShiftRight<1>(across));
        hn::StoreU(c4, kLanes, to_.green[1] + k);
        store(
            hn::SaturatedAdd(near_.beside(i), hn::ShiftRight<1>(hn::SaturatedAdd(common, beside))),
            to_.own[1] + k);
        store(hn::SaturatedAdd(near_.above(i), hn::ShiftRight<1>(hn::SaturatedAdd(common, above))),
              to_.other[1] + k);
    }

  private:
    void store(V v, std::int16_t* to) const {
        hn::StoreU(hn::Min(hn::Max(v, hn::Zero(kLanes)), limit_), kLanes, to);
    }

    Neighbours<kColumn> near_;
    Sites to_;
    V limit_;
};

template <int kColumn>
void mhc(const MosaicRows& job, const BlockRange& range, LinearBlock& out) {
    const Mhc<kColumn> filter(job, sites(job.phase, out));
    for (int k = 0; k < range.count; k += lanes()) filter.chroma_site(range.begin + k, k);
    for (int k = 0; k < range.count; k += lanes()) filter.green_site(range.begin + k, k);
}

void bilinear_row(const MosaicRows& rows, const BlockRange& range, LinearBlock& out) {
    rows.phase.column == 0 ? bilinear<0>(rows, range, out) : bilinear<1>(rows, range, out);
}

void mhc_row(const MosaicRows& rows, const BlockRange& range, LinearBlock& out) {
    rows.phase.column == 0 ? mhc<0>(rows, range, out) : mhc<1>(rows, range, out);
}

// Pixel i of a row comes from cell i; even pixels and odd ones are kept apart again.
void superpixel(const CellRows& rows, const BlockRange& range, LinearBlock& out) {
    const RowPhase phase = row_phase(rows.order, 0);
    const auto own = static_cast<std::size_t>(phase.column);
    const std::array<const std::int16_t*, 4> from{rows.upper.half[own], rows.upper.half[1 - own],
                                                  rows.lower.half[own], rows.lower.half[1 - own]};
    for (int k = 0; k < range.count; k += lanes()) {
        const int i = 2 * (range.begin + k);
        std::array<std::array<V, 2>, 4> cell;
        for (std::size_t c = 0; c < 4; ++c) {
            hn::LoadInterleaved2(kLanes, from[c] + i, cell[c][0], cell[c][1]);
        }
        for (std::size_t x = 0; x < 2; ++x) {
            hn::StoreU(from_one(cell[0][x]), kLanes, out.plane[phase.red ? 0 : 2][x].data() + k);
            hn::StoreU(from_two(cell[1][x], cell[2][x]), kLanes, out.plane[1][x].data() + k);
            hn::StoreU(from_one(cell[3][x]), kLanes, out.plane[phase.red ? 2 : 0][x].data() + k);
        }
    }
}

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {
HWY_EXPORT(bilinear_row);
HWY_EXPORT(mhc_row);
HWY_EXPORT(superpixel);
}  // namespace

RowPhase row_phase(BayerOrder order, int y) {
    const bool red_first = order == BayerOrder::rggb || order == BayerOrder::grbg;
    const bool green_first = order == BayerOrder::grbg || order == BayerOrder::gbrg;
    const int odd = y & 1;
    return {red_first == (odd == 0), green_first ? 1 - odd : odd};
}

void demosaic_bilinear(const MosaicRows& rows, const BlockRange& range, LinearBlock& out) {
    HWY_DYNAMIC_DISPATCH(bilinear_row)(rows, range, out);
}
void demosaic_mhc(const MosaicRows& rows, const BlockRange& range, LinearBlock& out) {
    HWY_DYNAMIC_DISPATCH(mhc_row)(rows, range, out);
}
void demosaic_superpixel(const CellRows& rows, const BlockRange& range, LinearBlock& out) {
    HWY_DYNAMIC_DISPATCH(superpixel)(rows, range, out);
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
