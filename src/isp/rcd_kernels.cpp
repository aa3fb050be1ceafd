#include "isp/rcd_kernels.h"

// Vectors of unknown size cannot be kept in structs, as is done below.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/rcd_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::rcd::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most 16 lanes, which kOvershoot allows for.
using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr D d;

// Tolerances of the algorithm for samples of 0 … 1, to keep clear of 0 / 0.
constexpr float kEps = 1e-5F;
constexpr float kEpsSquared = 1e-10F;

HWY_INLINE V at(const float* row, int i) { return hn::LoadU(d, row + i); }
HWY_INLINE V constant(float value) { return hn::Set(d, value); }
HWY_INLINE V distance(V a, V b) { return hn::Abs(a - b); }

HWY_INLINE int lanes() { return static_cast<int>(hn::Lanes(d)); }

void square_high_pass(const HighPass& given, int count) {
    const HighPass taps = given;
    const auto& line = taps.line;
    for (int i = 0; i < count; i += lanes()) {
        const V outer = at(line[0], i) + at(line[6], i);
        const V near = at(line[2], i) + at(line[4], i);
        const V middle = at(line[1], i) + at(line[5], i);
        const V response =
            (outer - near) - constant(3.0F) * middle + constant(6.0F) * at(line[3], i);
        hn::StoreU(response * response, d, taps.out + i);
    }
}

HWY_INLINE V energy(const std::array<const float*, 3>& line, int i) {
    return hn::Max((at(line[0], i) + at(line[2], i)) + at(line[1], i), constant(kEpsSquared));
}

void find_direction(const Direction& given, int count) {
    const Direction taps = given;
    for (int i = 0; i < count; i += lanes()) {
        const V first = energy(taps.first, i);
        const V second = energy(taps.second, i);
        hn::StoreU((first - second) / (first + second), d, taps.out + i);
    }
}

void low_pass(const LowPass& given, int count) {
    const LowPass taps = given;
    for (int i = 0; i < count; i += lanes()) {
        const V cross =
            (at(taps.up, i) + at(taps.down, i)) + (at(taps.left, i) + at(taps.left, i + 1));
        const V corners = (at(taps.up_left, i) + at(taps.down_left, i + 1)) +
                          (at(taps.up_left, i + 1) + at(taps.down_left, i));
        const V sum = constant(0.25F) * at(taps.here, i) + constant(0.125F) * cross +
                      constant(0.0625F) * corners;
        hn::StoreU(sum, d, taps.out + i);
    }
}

// The site's own direction, or its diagonal neighbours' mean where that is more decided.
HWY_INLINE V decide(const Discriminator& taps, int i) {
    const V here = at(taps.here, i);
    const V around = constant(0.25F) * ((at(taps.up_left, i) + at(taps.down_left, i + 1)) +
                                        (at(taps.up_left, i + 1) + at(taps.down_left, i)));
    return hn::IfThenElse(hn::Lt(hn::Abs(here), hn::Abs(around)), around, here);
}

// What one line through the site says of its green: samples at -4 … 4, low-pass at -2, 0, 2.
struct GreenLine {
    V sample[9];
    V low_before, low_after;
};

HWY_INLINE V estimate_green(const GreenLine& line, V low) {
    const V eps = constant(kEps);
    const auto& s = line.sample;
    const V across = distance(s[3], s[5]);
    const V grad_before =
        eps + (across + distance(s[4], s[2])) + (distance(s[3], s[1]) + distance(s[2], s[0]));
    const V grad_after =
        eps + (across + distance(s[4], s[6])) + (distance(s[5], s[7]) + distance(s[6], s[8]));

    // Each green times 2·low / (low here + low there), weighted by the other side's gradient; over
    // one common denominator, because divisions are dear.
    const V low_eps = low + eps;
    const V below_before = low_eps + line.low_before;
    const V below_after = low_eps + line.low_after;
    const V sum = (grad_after * s[3]) * below_after + (grad_before * s[5]) * below_before;
    return ((low + low_eps) * sum) / ((grad_before + grad_after) * (below_before * below_after));
}

void interpolate_green(const Green& given, int count) {
    const Green taps = given;
    const auto& column = taps.column;
    for (int i = 0; i < count; i += lanes()) {
        // Written out: a loop would pass the samples through memory.
        const GreenLine vertical{{at(column[0], i), at(column[1], i), at(column[2], i),
                                  at(column[3], i), at(column[4], i), at(column[5], i),
                                  at(column[6], i), at(column[7], i), at(column[8], i)},
                                 at(taps.low_up, i),
                                 at(taps.low_down, i)};

        const float* here = column[4];
        const GreenLine horizontal{
            {at(here, i - 2), at(taps.left, i - 1), at(here, i - 1), at(taps.left, i), at(here, i),
             at(taps.left, i + 1), at(here, i + 1), at(taps.left, i + 2), at(here, i + 2)},
            at(taps.low, i - 1),
            at(taps.low, i + 1)};

        const V low = at(taps.low, i);
        const V one = constant(1.0F);
        const V direction = decide(taps.direction, i);
        const V twice = (one - direction) * estimate_green(vertical, low) +
                        (one + direction) * estimate_green(horizontal, low);
        hn::StoreU(constant(0.5F) * twice, d, taps.out + i);
    }
}

// A colour difference on either side of the site along one line, and how rough each side is.
struct Slope {
    V grad_before, grad_after, diff_before, diff_after;
};

// The two lines' differences, each weighted by the opposite gradient, mixed by the direction.
HWY_INLINE V mix(const Slope& first, const Slope& second, V direction) {
    const V one = constant(1.0F);
    const V above1 = first.grad_before * first.diff_after + first.grad_after * first.diff_before;
    const V below1 = first.grad_before + first.grad_after;
    const V above2 =
        second.grad_before * second.diff_after + second.grad_after * second.diff_before;
    const V below2 = second.grad_before + second.grad_after;
    const V above = (one - direction) * (above1 * below2) + (one + direction) * (above2 * below1);
    return (constant(0.5F) * above) / (below1 * below2);
}

void interpolate_opposite(const Opposite& given, int count) {
    const Opposite taps = given;
    for (int i = 0; i < count; i += lanes()) {
        const V eps = constant(kEps);
        const V zero = hn::Zero(d);
        const V nw = at(taps.up1_left1, i);
        const V ne = at(taps.up1_left1, i + 1);
        const V sw = at(taps.down1_left1, i);
        const V se = at(taps.down1_left1, i + 1);
        const V green = at(taps.green, i);

        const V falling = eps + distance(nw, se);
        const Slope p{falling + (distance(nw, at(taps.up3_left3, i)) +
                                 distance(green, at(taps.green_up2, i - 1))),
                      falling + (distance(se, at(taps.down3_left3, i + 3)) +
                                 distance(green, at(taps.green_down2, i + 1))),
                      nw - at(taps.green_up1_left1, i), se - at(taps.green_down1_left1, i + 1)};
        const V rising = eps + distance(ne, sw);
        const Slope q{rising + (distance(ne, at(taps.up3_left3, i + 3)) +
                                distance(green, at(taps.green_up2, i + 1))),
                      rising + (distance(sw, at(taps.down3_left3, i)) +
                                distance(green, at(taps.green_down2, i - 1))),
                      ne - at(taps.green_up1_left1, i + 1), sw - at(taps.green_down1_left1, i)};

        const V value = green + mix(p, q, decide(taps.direction, i));
        hn::StoreU(hn::Max(value, zero), d, taps.out + i);
    }
}

// How rough green is on each side of a green site.
struct Roughness {
    V n, s, w, e;
};

HWY_INLINE V difference_at_green(const AtGreen& taps, const ColorAtGreen& color,
                                 const Roughness& rough, int i) {
    const V n = at(color.up1, i);
    const V s = at(color.down1, i);
    const V w = at(color.left1, i);
    const V e = at(color.left1, i + 1);
    const V ns = distance(n, s);
    const V we = distance(w, e);
    const Slope vertical{rough.n + (ns + distance(n, at(color.up3, i))),
                         rough.s + (ns + distance(s, at(color.down3, i))),
                         n - at(taps.green_up1, i), s - at(taps.green_down1, i)};
    const Slope horizontal{rough.w + (we + distance(w, at(color.left1, i - 1))),
                           rough.e + (we + distance(e, at(color.left1, i + 2))),
                           w - at(taps.green_left1, i), e - at(taps.green_left1, i + 1)};
    return mix(vertical, horizontal, decide(taps.direction, i));
}

void interpolate_at_green(const AtGreen& given, int count) {
    const AtGreen taps = given;
    for (int i = 0; i < count; i += lanes()) {
        const V eps = constant(kEps);
        const V zero = hn::Zero(d);
        const V green = at(taps.green, i);
        const Roughness rough{eps + distance(green, at(taps.green_up2, i)),
                              eps + distance(green, at(taps.green_down2, i)),
                              eps + distance(green, at(taps.green, i - 1)),
                              eps + distance(green, at(taps.green, i + 1))};
        const V first = green + difference_at_green(taps, taps.beside, rough, i);
        const V second = green + difference_at_green(taps, taps.above, rough, i);
        hn::StoreU(hn::Max(first, zero), d, taps.beside.out + i);
        hn::StoreU(hn::Max(second, zero), d, taps.above.out + i);
    }
}
void to_float(const ToFloat& given, int count) {
    const ToFloat row = given;
    const hn::Rebind<std::int16_t, D> d16;
    const hn::RebindToSigned<D> d32;
    const V scale = constant(1.0F / row.full);
    for (int i = 0; i < count; i += lanes()) {
        const V value = hn::ConvertTo(d, hn::PromoteTo(d32, hn::LoadU(d16, row.in + i)));
        hn::StoreU(value * scale, d, row.out + i);
    }
}

void to_lanes(const ToLanes& given, int count) {
    const ToLanes row = given;
    const hn::Rebind<std::int16_t, D> d16;
    const hn::RebindToSigned<D> d32;
    for (int i = 0; i < count; i += lanes()) {
        // Conversion cuts off what follows the point; half is added first, to round.
        const V scaled = at(row.in, i) * constant(row.full);
        const V clamped = hn::Min(hn::Max(scaled, hn::Zero(d)), constant(row.limit));
        const auto whole = hn::ConvertTo(d32, clamped + constant(0.5F));
        hn::StoreU(hn::DemoteTo(d16, whole), d16, row.out + i);
    }
}

}  // namespace parallax::isp::rcd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp::rcd {

HWY_EXPORT(square_high_pass);
HWY_EXPORT(find_direction);
HWY_EXPORT(low_pass);
HWY_EXPORT(interpolate_green);
HWY_EXPORT(interpolate_opposite);
HWY_EXPORT(interpolate_at_green);
HWY_EXPORT(to_float);
HWY_EXPORT(to_lanes);

void square_high_pass(const HighPass& taps, int count) {
    HWY_DYNAMIC_DISPATCH(square_high_pass)(taps, count);
}
void find_direction(const Direction& taps, int count) {
    HWY_DYNAMIC_DISPATCH(find_direction)(taps, count);
}
void low_pass(const LowPass& taps, int count) { HWY_DYNAMIC_DISPATCH(low_pass)(taps, count); }
void interpolate_green(const Green& taps, int count) {
    HWY_DYNAMIC_DISPATCH(interpolate_green)(taps, count);
}
void interpolate_opposite(const Opposite& taps, int count) {
    HWY_DYNAMIC_DISPATCH(interpolate_opposite)(taps, count);
}
void interpolate_at_green(const AtGreen& taps, int count) {
    HWY_DYNAMIC_DISPATCH(interpolate_at_green)(taps, count);
}

void to_float(const ToFloat& row, int count) { HWY_DYNAMIC_DISPATCH(to_float)(row, count); }
void to_lanes(const ToLanes& row, int count) { HWY_DYNAMIC_DISPATCH(to_lanes)(row, count); }

}  // namespace parallax::isp::rcd
#endif  // HWY_ONCE
