#include "isp/finish.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/finish.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<std::int16_t>;
using V = hn::Vec<Lanes>;
constexpr Lanes kLanes;
constexpr hn::RebindToUnsigned<Lanes> kWords;

int lanes() { return static_cast<int>(hn::Lanes(kLanes)); }
V constant(int value) { return hn::Set(kLanes, static_cast<std::int16_t>(value)); }

// What the loops below are made of is inlined by force: a call costs a tenth of all finishing.
struct Rgb {
    V r, g, b;
};

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
    static V towards(V white, V v, V weight) {
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
    static V sum(V own, V a, V b) {
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

    // In: any linear value; it counts as 0 … kLinearOne. Out: 0 … 255.99 in 1/128. Sums wrap around
    // on the way, and end inside int16.
    HWY_INLINE V operator()(V x) const {
        const V q1 = hn::SaturatedSub(constant(32767), x);
        const V q2 = square(q1);
        const V q8 = square(square(q2));
        const V q32 = square(square(q8));
        const V q128 = square(square(q32));
        const V high = hn::BitCast(
            kLanes, hn::AverageRound(hn::BitCast(kWords, q32), hn::BitCast(kWords, q128)));
        const V low = hn::Add(hn::MulFixedPoint15(q1, w1_), hn::MulFixedPoint15(q2, w2_));
        const V rest = hn::Add(hn::MulFixedPoint15(q8, w8_), hn::MulFixedPoint15(high, w_high_));
        return hn::Add(hn::Add(constant_, low), rest);
    }

  private:
    static V square(V q) { return hn::MulFixedPoint15(q, q); }

    V w1_, w2_, w8_, w_high_, constant_;
};

template <bool kFade, bool kWide>
class Finisher {
  public:
    explicit Finisher(const Finish& finish) : fade_(finish.fading), matrix_(finish.mixing) {}

    // Linear sRGB, not yet clamped.
    HWY_INLINE Rgb linear(const LinearBlock& in, std::size_t x, int k) const {
        Rgb p{hn::LoadU(kLanes, in.plane[0][x].data() + k),
              hn::LoadU(kLanes, in.plane[1][x].data() + k),
              hn::LoadU(kLanes, in.plane[2][x].data() + k)};
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

// Calls body with the Finisher that the frame needs.
template <class Body>
void with_finisher(const Finish& finish, const Body& body) {
    if (finish.fading.on) {
        finish.mixing.wide ? body(Finisher<true, true>(finish))
                           : body(Finisher<true, false>(finish));
    } else {
        finish.mixing.wide ? body(Finisher<false, true>(finish))
                           : body(Finisher<false, false>(finish));
    }
}

void finish_bytes(const LinearBlock& in, int count, const Finish& finish, PictureBlock& out) {
    with_finisher(finish, [&](const auto& finisher) HWY_ATTR {
        const Curve curve(finish.tone);
        for (int k = 0; k < count; k += lanes()) {
            const Rgb even = finisher.linear(in, 0, k);
            const Rgb odd = finisher.linear(in, 1, k);
            store_pair(curve(even.r), curve(odd.r), out.pairs[0].data() + k);
            store_pair(curve(even.g), curve(odd.g), out.pairs[1].data() + k);
            store_pair(curve(even.b), curve(odd.b), out.pairs[2].data() + k);
        }
    });
}

void finish_linear(const LinearBlock& in, int count, const Finish& finish, LinearBlock& out) {
    with_finisher(finish, [&](const auto& finisher) HWY_ATTR {
        for (std::size_t x = 0; x < 2; ++x) {
            for (int k = 0; k < count; k += lanes()) {
                const Rgb p = finisher.linear(in, x, k);
                hn::StoreU(hn::Max(p.r, hn::Zero(kLanes)), kLanes, out.plane[0][x].data() + k);
                hn::StoreU(hn::Max(p.g, hn::Zero(kLanes)), kLanes, out.plane[1][x].data() + k);
                hn::StoreU(hn::Max(p.b, hn::Zero(kLanes)), kLanes, out.plane[2][x].data() + k);
            }
        }
    });
}

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {

HWY_EXPORT(finish_bytes);
HWY_EXPORT(finish_linear);

}  // namespace

Result<Mixing> mixing(const Matrix3& matrix) {
    float largest = 0;
    for (const std::size_t i : {1UZ, 2UZ, 3UZ, 5UZ, 6UZ, 7UZ}) {
        if (!(std::abs(matrix[i]) < 3.99F)) {
            return fail(Errc::corrupt, "a colour matrix with an element of 4 or more",
                        "check ColorMatrix and the white balance, or turn the matrix off");
        }
        largest = std::max(largest, std::abs(matrix[i]));
    }
    const bool wide = largest > 0.999F;
    const float one = wide ? 8192 : 32768;
    const auto fixed = [&](std::size_t i) {
        return static_cast<std::int16_t>(std::lround(matrix[i] * one));
    };
    return Mixing{.rg = fixed(1),
                  .rb = fixed(2),
                  .gr = fixed(3),
                  .gb = fixed(5),
                  .br = fixed(6),
                  .bg = fixed(7),
                  .wide = wide};
}

void finish_block(const LinearBlock& in, int count, const Finish& finish, PictureBlock& out) {
    HWY_DYNAMIC_DISPATCH(finish_bytes)(in, count, finish, out);
}

void finish_block16(const LinearBlock& in, int count, const DeepFinish& deep, DeepBlock& out) {
    LinearBlock linear;
    HWY_DYNAMIC_DISPATCH(finish_linear)(in, count, deep.finish, linear);
    for (std::size_t plane = 0; plane < 6; ++plane) {
        const std::size_t c = plane / 2;
        const std::size_t x = plane % 2;
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            out.plane[c][2 * i + x] = deep.table[static_cast<std::size_t>(linear.plane[c][x][i])];
        }
    }
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
