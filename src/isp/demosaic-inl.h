// The demosaics' arithmetic, one vector at a time; for demosaic.cpp and fused.cpp.
//
// Read once for each instruction set, so without #pragma once.
#if defined(PARALLAX_ISP_DEMOSAIC_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef PARALLAX_ISP_DEMOSAIC_INL
#undef PARALLAX_ISP_DEMOSAIC_INL
#else
#define PARALLAX_ISP_DEMOSAIC_INL
#endif

#include <array>
#include <cstddef>

#include <hwy/highway.h>

#include "isp/demosaic.h"
#include "isp/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {
HWY_INLINE V sum(V a, V b) { return hn::Add(a, b); }

// To the scale of results, four times that of samples.
HWY_INLINE V from_one(V sample) { return hn::ShiftLeft<2>(sample); }
HWY_INLINE V from_two(V a, V b) { return hn::ShiftLeft<1>(sum(a, b)); }
HWY_INLINE V from_four(V a, V b, V c, V d) { return sum(sum(a, b), sum(c, d)); }

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

// What both filters need at both sites of a row, one vector at a time.
template <int kColumn>
class Neighbours {
  public:
    using R = Rows<kColumn>;
    explicit Neighbours(const Window& window) : rows_(window) {}

    HWY_INLINE V own(int i) const { return at(rows_.own[2], i); }
    HWY_INLINE V green(int i) const { return at(rows_.green[2], i); }

    // At a red site (or blue, likewise), × 4.
    HWY_INLINE V greens(int i) const {
        return from_four(at(rows_.green[2], i + R::kLeft), at(rows_.green[2], i + R::kRight),
                         at(rows_.own[1], i), at(rows_.own[3], i));
    }
    HWY_INLINE V corners(int i) const {
        return from_four(at(rows_.green[1], i + R::kLeft), at(rows_.green[1], i + R::kRight),
                         at(rows_.green[3], i + R::kLeft), at(rows_.green[3], i + R::kRight));
    }
    HWY_INLINE V far(int i) const {
        return from_four(at(rows_.own[2], i - 1), at(rows_.own[2], i + 1), at(rows_.own[0], i),
                         at(rows_.own[4], i));
    }

    // At a green site: the colours beside it and above it, × 4.
    HWY_INLINE V beside(int i) const {
        return from_two(at(rows_.own[2], i + R::kGreenLeft), at(rows_.own[2], i + R::kGreenRight));
    }
    HWY_INLINE V above(int i) const {
        return from_two(at(rows_.green[1], i), at(rows_.green[3], i));
    }
    HWY_INLINE V diagonal_greens(int i) const {
        return from_four(at(rows_.own[1], i + R::kGreenLeft), at(rows_.own[1], i + R::kGreenRight),
                         at(rows_.own[3], i + R::kGreenLeft), at(rows_.own[3], i + R::kGreenRight));
    }
    HWY_INLINE V far_across(int i) const {
        return sum(at(rows_.green[2], i - 1), at(rows_.green[2], i + 1));
    }
    HWY_INLINE V far_along(int i) const {
        return sum(at(rows_.green[0], i), at(rows_.green[4], i));
    }

  private:
    R rows_;
};

// The colours at both sites of a row, in the order of its own colour, green, and the other one.
template <int kColumn>
class Bilinear {
  public:
    static constexpr int kChroma = kColumn;  // The column of red or blue.
    explicit Bilinear(const MosaicRows& rows) : near_(rows.window) {}

    HWY_INLINE Rgb chroma_site(int i) const {
        return {from_one(near_.own(i)), near_.greens(i), near_.corners(i)};
    }
    HWY_INLINE Rgb green_site(int i) const {
        return {near_.beside(i), from_one(near_.green(i)), near_.above(i)};
    }

  private:
    Neighbours<kColumn> near_;
};

template <int kColumn>
class Mhc {
  public:
    static constexpr int kChroma = kColumn;
    explicit Mhc(const MosaicRows& rows) : near_(rows.window), limit_(constant(4 * rows.limit)) {}

    // With s = 4c − Σ of the four c two away, green is the average of its four neighbours + s/8,
    // the third colour that of its four + 3s/16.
    HWY_INLINE Rgb chroma_site(int i) const {
        const V c = from_one(near_.own(i));
        const V s2 = hn::ShiftRight<1>(hn::Sub(c, near_.far(i)));
        const V s3 = hn::Add(s2, hn::ShiftRight<1>(s2));
        return {c, limited(hn::SaturatedAdd(near_.greens(i), s2)),
                limited(hn::SaturatedAdd(near_.corners(i), s3))};
    }

    // The colour beside and the colour above are averages of two, plus (5c − Σ diagonal greens −
    // Σ greens two away in that direction + ½ Σ those across it) / 8.
    HWY_INLINE Rgb green_site(int i) const {
        const V c = near_.green(i);
        const V c4 = from_one(c);
        const V common = hn::Sub(c4, near_.diagonal_greens(i));
        const V across = near_.far_across(i);
        const V along = near_.far_along(i);
        const V beside = hn::Add(hn::Sub(c, across), hn::ShiftRight<1>(along));
        const V above = hn::Add(hn::Sub(c, along), hn::ShiftRight<1>(across));
        return {limited(added(near_.beside(i), common, beside)), c4,
                limited(added(near_.above(i), common, above))};
    }

  private:
    HWY_INLINE static V added(V mean, V common, V own) {
        return hn::SaturatedAdd(mean, hn::ShiftRight<1>(hn::SaturatedAdd(common, own)));
    }
    HWY_INLINE V limited(V v) const { return hn::Min(hn::Max(v, hn::Zero(kLanes)), limit_); }

    Neighbours<kColumn> near_;
    V limit_;
};

// Two neighbouring pixels, each from a cell.
class Cells {
  public:
    explicit Cells(const CellRows& rows) {
        const auto own = static_cast<std::size_t>(row_phase(rows.order, 0).column);
        from_ = {rows.upper.half[own], rows.upper.half[1 - own], rows.lower.half[own],
                 rows.lower.half[1 - own]};
    }

    HWY_INLINE void pixels(int pair, Rgb& even, Rgb& odd) const {
        const std::ptrdiff_t i = std::ptrdiff_t{2} * pair;
        V own[2];
        V beside[2];
        V below[2];
        V other[2];
        hn::LoadInterleaved2(kLanes, from_[0] + i, own[0], own[1]);
        hn::LoadInterleaved2(kLanes, from_[1] + i, beside[0], beside[1]);
        hn::LoadInterleaved2(kLanes, from_[2] + i, below[0], below[1]);
        hn::LoadInterleaved2(kLanes, from_[3] + i, other[0], other[1]);
        even = {from_one(own[0]), from_two(beside[0], below[0]), from_one(other[0])};
        odd = {from_one(own[1]), from_two(beside[1], below[1]), from_one(other[1])};
    }

  private:
    std::array<const std::int16_t*, 4> from_{};
};

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // Once for each instruction set.
