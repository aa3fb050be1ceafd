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

    Rgb faded(const Rgb& p) const {
        const V full =
            hn::Max(hn::MulFixedPoint15(p.r, per_r_),
                    hn::Max(hn::MulFixedPoint15(p.g, per_g_), hn::MulFixedPoint15(p.b, per_b_)));
        const V over = hn::Max(hn::Sub(full, constant(3584)), hn::Zero(kLanes));
        const V weight = hn::ShiftLeft<6>(hn::Min(over, constant(511)));
        const V white = hn::Max(p.r, hn::Max(p.g, p.b));
        return {towards(white, p.r, weight), towards(white, p.g, weight),
                towards(white, p.b, weight)};
    }

    // Compresses what lies above 3/4 of white, and comes back to full lanes.
    V shown(V v) const {
        const V knee = constant(3072);
        const V bent = hn::Add(knee, hn::MulFixedPoint15(hn::Sub(v, knee), slope_));
        const V white = hn::Min(hn::Min(v, bent), constant(4096));
        const V whole = hn::Min(hn::ShiftLeft<1>(white), constant(kOne));
        return hn::MulFixedPoint15(whole, scale_);
    }

  private:
    static V towards(V white, V v, V weight) {
        return hn::Add(v, hn::MulFixedPoint15(hn::Sub(white, v), weight));
    }

    V per_r_, per_g_, per_b_, slope_, scale_;
};

class Matrix {
  public:
    explicit Matrix(const Mixing& m)
        : rg_(constant(m.rg)),
          rb_(constant(m.rb)),
          gr_(constant(-m.gr)),
          gb_(constant(m.gb)),
          br_(constant(-m.br)),
          bg_(constant(-m.bg)) {}

    // Differences fit in 14 bits with their sign; times 4 they meet Q13 weights as Q15 wants it.
    Rgb mixed(const Rgb& p) const {
        const V gr = hn::ShiftLeft<2>(hn::Sub(p.g, p.r));
        const V br = hn::ShiftLeft<2>(hn::Sub(p.b, p.r));
        const V bg = hn::ShiftLeft<2>(hn::Sub(p.b, p.g));
        return {sum(p.r, hn::MulFixedPoint15(gr, rg_), hn::MulFixedPoint15(br, rb_)),
                sum(p.g, hn::MulFixedPoint15(gr, gr_), hn::MulFixedPoint15(bg, gb_)),
                sum(p.b, hn::MulFixedPoint15(br, br_), hn::MulFixedPoint15(bg, bg_))};
    }

  private:
    static V sum(V own, V a, V b) { return hn::SaturatedAdd(own, hn::SaturatedAdd(a, b)); }

    V rg_, rb_, gr_, gb_, br_, bg_;
};

class Curve {
  public:
    explicit Curve(const TonePowers& tone)
        : w1_(constant(tone.weight[0])),
          w2_(constant(tone.weight[1])),
          w8_(constant(tone.weight[2])),
          w32_(constant(tone.weight[3])),
          w128_(constant(tone.weight[4])),
          constant_(constant(tone.constant + 64)) {}

    // 0 … 255.99 in 1/128. Sums wrap around on the way, and end inside int16.
    V operator()(V x) const {
        const V q1 = hn::Sub(constant(32767), hn::ShiftLeft<2>(x));
        const V q2 = square(q1);
        const V q8 = square(square(q2));
        const V q32 = square(square(q8));
        const V q128 = square(square(q32));
        const V low = hn::Add(hn::MulFixedPoint15(q1, w1_), hn::MulFixedPoint15(q2, w2_));
        const V high = hn::Add(hn::MulFixedPoint15(q32, w32_), hn::MulFixedPoint15(q128, w128_));
        const V y = hn::Add(hn::Add(constant_, hn::MulFixedPoint15(q8, w8_)), hn::Add(low, high));
        return y;
    }

  private:
    static V square(V q) { return hn::MulFixedPoint15(q, q); }

    V w1_, w2_, w8_, w32_, w128_, constant_;
};

template <bool kFade>
class Finisher {
  public:
    explicit Finisher(const Finish& finish) : fade_(finish.fading), matrix_(finish.mixing) {}

    // Linear, clamped to 0 … kOne, ready for the tone curve.
    Rgb linear(const LinearBlock& in, std::size_t x, int k) const {
        Rgb p{hn::LoadU(kLanes, in.plane[0][x].data() + k),
              hn::LoadU(kLanes, in.plane[1][x].data() + k),
              hn::LoadU(kLanes, in.plane[2][x].data() + k)};
        if constexpr (kFade) p = fade_.faded(p);
        p = matrix_.mixed(p);
        return {shown(p.r), shown(p.g), shown(p.b)};
    }

  private:
    V shown(V v) const {
        const V positive = hn::Max(v, hn::Zero(kLanes));
        if constexpr (kFade) return fade_.shown(positive);
        return hn::Min(positive, constant(kOne));
    }

    Fade fade_;
    Matrix matrix_;
};

// Two neighbours as bytes of one word.
void store_pair(V even, V odd, std::uint16_t* to) {
    const auto low = hn::ShiftRight<7>(hn::BitCast(kWords, even));
    const auto high =
        hn::And(hn::ShiftLeft<1>(hn::BitCast(kWords, odd)), hn::Set(kWords, std::uint16_t{0xFF00}));
    hn::StoreU(hn::Or(low, high), kWords, to);
}

template <bool kFade>
void to_bytes(const LinearBlock& in, int count, const Finish& finish, PictureBlock& out) {
    const Finisher<kFade> finisher(finish);
    const Curve curve(finish.tone);
    for (int k = 0; k < count; k += lanes()) {
        const Rgb even = finisher.linear(in, 0, k);
        const Rgb odd = finisher.linear(in, 1, k);
        store_pair(curve(even.r), curve(odd.r), out.pairs[0].data() + k);
        store_pair(curve(even.g), curve(odd.g), out.pairs[1].data() + k);
        store_pair(curve(even.b), curve(odd.b), out.pairs[2].data() + k);
    }
}

void finish_bytes(const LinearBlock& in, int count, const Finish& finish, PictureBlock& out) {
    finish.fading.on ? to_bytes<true>(in, count, finish, out)
                     : to_bytes<false>(in, count, finish, out);
}

template <bool kFade>
void to_linear(const LinearBlock& in, int count, const Finish& finish, LinearBlock& out) {
    const Finisher<kFade> finisher(finish);
    for (std::size_t x = 0; x < 2; ++x) {
        for (int k = 0; k < count; k += lanes()) {
            const Rgb p = finisher.linear(in, x, k);
            hn::StoreU(p.r, kLanes, out.plane[0][x].data() + k);
            hn::StoreU(p.g, kLanes, out.plane[1][x].data() + k);
            hn::StoreU(p.b, kLanes, out.plane[2][x].data() + k);
        }
    }
}

void finish_linear(const LinearBlock& in, int count, const Finish& finish, LinearBlock& out) {
    finish.fading.on ? to_linear<true>(in, count, finish, out)
                     : to_linear<false>(in, count, finish, out);
}

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {

HWY_EXPORT(finish_bytes);
HWY_EXPORT(finish_linear);

std::int16_t q13(float value) { return static_cast<std::int16_t>(std::lround(value * 8192)); }

}  // namespace

Result<Mixing> mixing(const Matrix3& matrix) {
    for (const float element : matrix) {
        if (!(std::abs(element) < 3.99F)) {
            return fail(Errc::corrupt, "a colour matrix with an element of 4 or more",
                        "check ColorMatrix and the white balance, or turn the matrix off");
        }
    }
    return Mixing{.rg = q13(matrix[1]),
                  .rb = q13(matrix[2]),
                  .gr = q13(matrix[3]),
                  .gb = q13(matrix[5]),
                  .br = q13(matrix[6]),
                  .bg = q13(matrix[7])};
}

void finish_block(const LinearBlock& in, int count, const Finish& finish, PictureBlock& out) {
    HWY_DYNAMIC_DISPATCH(finish_bytes)(in, count, finish, out);
}

void finish_block16(const LinearBlock& in, int count, const Finish& finish,
                    std::span<const std::uint16_t> table, DeepBlock& out) {
    LinearBlock linear;
    HWY_DYNAMIC_DISPATCH(finish_linear)(in, count, finish, linear);
    for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            for (std::size_t x = 0; x < 2; ++x) {
                const auto value = static_cast<std::size_t>(linear.plane[c][x][i]);
                out.plane[c][2 * i + x] = table[value];
            }
        }
    }
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
