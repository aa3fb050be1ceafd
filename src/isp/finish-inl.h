// Highlights, matrix and tone, one vector at a time; for finish.cpp and fused.cpp.
//
// Read once for each instruction set, so without #pragma once.
#if defined(PARALLAX_ISP_FINISH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef PARALLAX_ISP_FINISH_INL
#undef PARALLAX_ISP_FINISH_INL
#else
#define PARALLAX_ISP_FINISH_INL
#endif

#include <cstddef>
#include <cstdint>

#include <hwy/highway.h>

#include "isp/finish.h"
#include "isp/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {
// All of it is inlined by force: a call costs a tenth of all finishing.

// Colour fades to white, at the level of the largest channel, as any channel goes from 7/8 of its
// clip level to all of it.
class Fade {
  public:
    explicit Fade(const Fading& fading)
        : per_r_(constant(fading.per_clip[0])),
          per_g_(constant(fading.per_clip[1])),
          per_b_(constant(fading.per_clip[2])),
          slope_(constant(fading.slope)),
          scale_(constant(fading.scale)) {}

    HWY_INLINE Rgb faded(const Rgb& p) const {
        const V full =
            hn::Max(hn::MulFixedPoint15(p.r, per_r_),
                    hn::Max(hn::MulFixedPoint15(p.g, per_g_), hn::MulFixedPoint15(p.b, per_b_)));
        const V over = hn::Max(hn::Sub(full, constant(kFadingOne / 8 * 7)), hn::Zero(kLanes));
        const V weight = hn::ShiftLeft<4>(hn::Min(over, constant(kFadingOne / 8 - 1)));
        const V white = hn::Max(p.r, hn::Max(p.g, p.b));
        return {towards(white, p.r, weight), towards(white, p.g, weight),
                towards(white, p.b, weight)};
    }

    // Compresses what lies above 3/4 of white, and comes back to full lanes.
    HWY_INLINE V shown(V v) const {
        const V knee = constant(kFadingOne / 4 * 3);
        const V positive = hn::Max(v, hn::Zero(kLanes));
        const V bent = hn::Add(knee, hn::MulFixedPoint15(hn::Sub(positive, knee), slope_));
        const V white = hn::Min(positive, bent);
        return hn::MulFixedPoint15(hn::SaturatedAdd(white, white), scale_);
    }

  private:
    HWY_INLINE static V towards(V white, V v, V weight) {
        return hn::Add(v, hn::MulFixedPoint15(hn::Sub(white, v), weight));
    }

    V per_r_, per_g_, per_b_, slope_, scale_;
};

template <bool kWide>
class Matrix {
  public:
    explicit Matrix(const Mixing& m)
        : rg_(constant(m.rg)),
          rb_(constant(m.rb)),
          gr_(constant(-m.gr)),
          gb_(constant(m.gb)),
          br_(constant(-m.br)),
          bg_(constant(-m.bg)) {}

    HWY_INLINE Rgb mixed(const Rgb& p) const {
        const V gr = hn::Sub(p.g, p.r);
        const V br = hn::Sub(p.b, p.r);
        const V bg = hn::Sub(p.b, p.g);
        return {sum(p.r, hn::MulFixedPoint15(gr, rg_), hn::MulFixedPoint15(br, rb_)),
                sum(p.g, hn::MulFixedPoint15(gr, gr_), hn::MulFixedPoint15(bg, gb_)),
                sum(p.b, hn::MulFixedPoint15(br, br_), hn::MulFixedPoint15(bg, bg_))};
    }

  private:
    HWY_INLINE static V sum(V own, V a, V b) {
        V change = hn::SaturatedAdd(a, b);
        if constexpr (kWide) {
            change = hn::SaturatedAdd(change, change);
            change = hn::SaturatedAdd(change, change);
        }
        return hn::SaturatedAdd(own, change);
    }

    V rg_, rb_, gr_, gb_, br_, bg_;
};

class Curve {
  public:
    explicit Curve(const TonePowers& tone)
        : w1_(constant(tone.weight[0])),
          w2_(constant(tone.weight[1])),
          w8_(constant(tone.weight[2])),
          w_high_(constant(tone.weight[3])),
          constant_(constant(tone.constant + 64)) {}

    // In: any linear values; they count as 0 … kLinearOne. Out: 0 … 255.99 in 1/128. Sums wrap
    // around on the way, and end inside int16. Six samples side by side, because each waits for
    // itself.
    HWY_INLINE void apply(Rgb& x, Rgb& y) const {
        Rgb p = rest(x);
        Rgb q = rest(y);
        x = plus({constant_, constant_, constant_}, p, w1_);
        y = plus({constant_, constant_, constant_}, q, w1_);
        square(p, q);
        x = plus(x, p, w2_);
        y = plus(y, q, w2_);
        square(p, q);
        square(p, q);
        x = plus(x, p, w8_);
        y = plus(y, q, w8_);
        square(p, q);
        square(p, q);
        const Rgb p32 = p;
        const Rgb q32 = q;
        square(p, q);
        square(p, q);
        x = plus(x, mean(p32, p), w_high_);
        y = plus(y, mean(q32, q), w_high_);
    }

  private:
    HWY_INLINE static Rgb rest(const Rgb& x) {
        const V one = constant(32767);
        return {hn::SaturatedSub(one, x.r), hn::SaturatedSub(one, x.g), hn::SaturatedSub(one, x.b)};
    }
    HWY_INLINE static V times(V a, V b) { return hn::MulFixedPoint15(a, b); }
    HWY_INLINE static void square(Rgb& p, Rgb& q) {
        p = {times(p.r, p.r), times(p.g, p.g), times(p.b, p.b)};
        q = {times(q.r, q.r), times(q.g, q.g), times(q.b, q.b)};
    }
    HWY_INLINE static Rgb plus(const Rgb& sum, const Rgb& q, V weight) {
        return {hn::Add(sum.r, times(q.r, weight)), hn::Add(sum.g, times(q.g, weight)),
                hn::Add(sum.b, times(q.b, weight))};
    }
    HWY_INLINE static V mean(V a, V b) {
        return hn::BitCast(kLanes,
                           hn::AverageRound(hn::BitCast(kWords, a), hn::BitCast(kWords, b)));
    }
    HWY_INLINE static Rgb mean(const Rgb& a, const Rgb& b) {
        return {mean(a.r, b.r), mean(a.g, b.g), mean(a.b, b.b)};
    }

    V w1_, w2_, w8_, w_high_, constant_;
};

template <bool kFade, bool kWide>
class Finisher {
  public:
    explicit Finisher(const Finish& finish) : fade_(finish.fading), matrix_(finish.mixing) {}

    // Linear sRGB, not yet clamped.
    HWY_INLINE Rgb linear(Rgb p) const {
        if constexpr (kFade) p = fade_.faded(p);
        p = matrix_.mixed(p);
        if constexpr (kFade) p = {fade_.shown(p.r), fade_.shown(p.g), fade_.shown(p.b)};
        return p;
    }

  private:
    Fade fade_;
    Matrix<kWide> matrix_;
};

// Two neighbours as bytes of one word.
HWY_INLINE void store_pair(V even, V odd, std::uint16_t* to) {
    const auto low = hn::ShiftRight<7>(hn::BitCast(kWords, even));
    const auto high =
        hn::And(hn::ShiftLeft<1>(hn::BitCast(kWords, odd)), hn::Set(kWords, std::uint16_t{0xFF00}));
    hn::StoreU(hn::Or(low, high), kWords, to);
}

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // Once for each instruction set.
