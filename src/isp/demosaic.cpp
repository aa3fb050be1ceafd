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

// (a + b + 1) / 2. Samples are never negative, so the unsigned average of x86 and Arm serves.
V average(V a, V b) {
    const hn::RebindToUnsigned<Lanes> u;
    return hn::BitCast(kLanes, hn::AverageRound(hn::BitCast(u, a), hn::BitCast(u, b)));
}

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

template <int kColumn>
void bilinear(const MosaicRows& job, const BlockRange& range, LinearBlock& out) {
    using R = Rows<kColumn>;
    const R rows(job.window);
    const Sites to = sites(job.phase, out);
    for (int k = 0; k < range.count; k += lanes()) {
        const int i = range.begin + k;
        hn::StoreU(at(rows.own[2], i), kLanes, to.own[0] + k);
        const V across = average(at(rows.green[2], i + R::kLeft), at(rows.green[2], i + R::kRight));
        const V along = average(at(rows.own[1], i), at(rows.own[3], i));
        hn::StoreU(average(across, along), kLanes, to.green[0] + k);
        const V above = average(at(rows.green[1], i + R::kLeft), at(rows.green[1], i + R::kRight));
        const V below = average(at(rows.green[3], i + R::kLeft), at(rows.green[3], i + R::kRight));
        hn::StoreU(average(above, below), kLanes, to.other[0] + k);

        hn::StoreU(at(rows.green[2], i), kLanes, to.green[1] + k);
        hn::StoreU(average(at(rows.own[2], i + R::kGreenLeft), at(rows.own[2], i + R::kGreenRight)),
                   kLanes, to.own[1] + k);
        hn::StoreU(average(at(rows.green[1], i), at(rows.green[3], i)), kLanes, to.other[1] + k);
    }
}

// What the MHC filters share: both sites of a row, one vector at a time.
template <int kColumn>
class Mhc {
  public:
    using R = Rows<kColumn>;
    Mhc(const MosaicRows& job, const Sites& to)
        : rows_(job.window), to_(to), limit_(hn::Set(kLanes, job.limit)) {}

    // At a red site (or blue, likewise). With s = 4c − Σ of the four c two away, green is the
    // average of its four neighbours + s/8, blue that of its four + 3s/16.
    void chroma_site(int i, int k) const {
        const V c = at(rows_.own[2], i);
        const V far = hn::Add(hn::Add(at(rows_.own[2], i - 1), at(rows_.own[2], i + 1)),
                              hn::Add(at(rows_.own[0], i), at(rows_.own[4], i)));
        const V s8 = hn::ShiftRight<3>(hn::Sub(hn::ShiftLeft<2>(c), far));
        const V across =
            average(at(rows_.green[2], i + R::kLeft), at(rows_.green[2], i + R::kRight));
        const V along = average(at(rows_.own[1], i), at(rows_.own[3], i));
        const V above =
            average(at(rows_.green[1], i + R::kLeft), at(rows_.green[1], i + R::kRight));
        const V below =
            average(at(rows_.green[3], i + R::kLeft), at(rows_.green[3], i + R::kRight));
        const V s316 = hn::Add(s8, hn::ShiftRight<1>(s8));
        hn::StoreU(c, kLanes, to_.own[0] + k);
        store(hn::Add(average(across, along), s8), to_.green[0] + k);
        store(hn::Add(average(above, below), s316), to_.other[0] + k);
    }

    // At a green site: the colour beside it and the colour above it are averages of two, plus
    // (5c − Σ diagonal greens − Σ greens two away in that direction + ½ Σ those across) / 8.
    void green_site(int i, int k) const {
        const V c = at(rows_.green[2], i);
        const V diagonal = hn::Add(
            hn::Add(at(rows_.own[1], i + R::kGreenLeft), at(rows_.own[1], i + R::kGreenRight)),
            hn::Add(at(rows_.own[3], i + R::kGreenLeft), at(rows_.own[3], i + R::kGreenRight)));
        const V across = hn::Add(at(rows_.green[2], i - 1), at(rows_.green[2], i + 1));
        const V along = hn::Add(at(rows_.green[0], i), at(rows_.green[4], i));
        const V near = hn::Sub(hn::ShiftLeft<2>(c), diagonal);
        const V beside = hn::Add(hn::Sub(c, across), hn::ShiftRight<1>(along));
        const V above = hn::Add(hn::Sub(c, along), hn::ShiftRight<1>(across));
        hn::StoreU(c, kLanes, to_.green[1] + k);
        store(hn::Add(average(at(rows_.own[2], i + R::kGreenLeft),
                              at(rows_.own[2], i + R::kGreenRight)),
                      hn::ShiftRight<3>(hn::SaturatedAdd(near, beside))),
              to_.own[1] + k);
        store(hn::Add(average(at(rows_.green[1], i), at(rows_.green[3], i)),
                      hn::ShiftRight<3>(hn::SaturatedAdd(near, above))),
              to_.other[1] + k);
    }

  private:
    void store(V v, std::int16_t* to) const {
        hn::StoreU(hn::Min(hn::Max(v, hn::Zero(kLanes)), limit_), kLanes, to);
    }

    R rows_;
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
            hn::StoreU(cell[0][x], kLanes, out.plane[phase.red ? 0 : 2][x].data() + k);
            hn::StoreU(average(cell[1][x], cell[2][x]), kLanes, out.plane[1][x].data() + k);
            hn::StoreU(cell[3][x], kLanes, out.plane[phase.red ? 2 : 0][x].data() + k);
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
