#include "compute/image/yuv_kernels.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

// Vectors of unknown size cannot be kept in arrays, as is done below.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/image/yuv_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::compute::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
#include "compute/image/yuv_kernels_plain-inl.h"
#else
// A lane of 16 bits is two neighbours: even columns are computed apart from odd ones, so that
// chroma of half the columns has its lanes where luma has them.
using D16 = hn::CappedTag<std::int16_t, 16>;
using D8 = hn::Repartition<std::uint8_t, D16>;
using DHalf8 = hn::Rebind<std::uint8_t, D16>;
using V16 = hn::Vec<D16>;
using V8 = hn::Vec<D8>;
constexpr D16 words;
constexpr D8 octets;
constexpr DHalf8 halves;
constexpr hn::RebindToUnsigned<D16> naturals;
constexpr std::size_t kMostPixels = 32;

HWY_INLINE int pixels_at_once() { return static_cast<int>(hn::Lanes(octets)); }
HWY_INLINE V16 constant(int value) { return hn::Set(words, static_cast<std::int16_t>(value)); }
HWY_INLINE V16 high_bytes(V16 v) {
    return hn::BitCast(words, hn::ShiftRight<8>(hn::BitCast(naturals, v)));
}
HWY_INLINE V16 low_bytes(V16 v) { return hn::And(v, constant(255)); }

// From 1/64 of codes to bytes; rounding is in the sum already.
HWY_INLINE V16 codes(V16 sum) {
    return hn::Min(hn::Max(hn::ShiftRight<6>(sum), hn::Zero(words)), constant(255));
}
HWY_INLINE V8 join(V16 even, V16 odd) {
    return hn::BitCast(octets, hn::Or(codes(even), hn::ShiftLeft<8>(codes(odd))));
}

struct Chroma {
    V16 cb, cr;  // 256 times the distance from 128.
};

HWY_INLINE Chroma load_chroma(const YuvRow<const std::uint8_t>& in, int pair) {
    const V16 middle = hn::BitCast(words, hn::Set(naturals, std::uint16_t{0x8000}));
    if (!in.interleaved) {
        const auto cb = hn::PromoteTo(words, hn::LoadU(halves, in.cb + pair));
        const auto cr = hn::PromoteTo(words, hn::LoadU(halves, in.cr + pair));
        return {hn::Xor(hn::ShiftLeft<8>(cb), middle), hn::Xor(hn::ShiftLeft<8>(cr), middle)};
    }
    const V16 both = hn::BitCast(words, hn::LoadU(octets, in.cb + std::ptrdiff_t{2} * pair));
    const V16 first = hn::Xor(hn::ShiftLeft<8>(both), middle);
    const V16 second = hn::Xor(hn::AndNot(constant(255), both), middle);
    return in.swapped ? Chroma{second, first} : Chroma{first, second};
}

struct Pixels {
    V8 r, g, b;
};

HWY_INLINE Pixels to_rgb(const YuvToRgb& by, V16 luma, const Chroma& chroma) {
    const V16 scale = constant(by.luma);
    const V16 bias = constant(by.bias);
    const V16 even = hn::MulFixedPoint15(hn::ShiftLeft<7>(low_bytes(luma)), scale) + bias;
    const V16 odd = hn::MulFixedPoint15(hn::ShiftLeft<7>(high_bytes(luma)), scale) + bias;
    const V16 r = hn::MulFixedPoint15(chroma.cr, constant(by.r_cr));
    const V16 b = hn::MulFixedPoint15(chroma.cb, constant(by.b_cb));
    const V16 g = hn::MulFixedPoint15(chroma.cb, constant(by.g_cb)) +
                  hn::MulFixedPoint15(chroma.cr, constant(by.g_cr));
    return {join(hn::SaturatedAdd(even, r), hn::SaturatedAdd(odd, r)),
            join(hn::SaturatedAdd(even, g), hn::SaturatedAdd(odd, g)),
            join(hn::SaturatedAdd(even, b), hn::SaturatedAdd(odd, b))};
}

HWY_INLINE V8 pick(const Pixels& p, std::uint8_t channel) {
    return channel == 0 ? p.r : channel == 1 ? p.g : channel == 2 ? p.b : hn::Set(octets, 255);
}

HWY_INLINE void yuv_step(const YuvToRgb& by, const YuvRow<const std::uint8_t>& in, int x,
                         std::uint8_t* out) {
    const RgbOrder& order = by.order;
    const V16 luma = hn::BitCast(words, hn::LoadU(octets, in.luma + x));
    const Pixels p = to_rgb(by, luma, load_chroma(in, x / 2));
    const auto& c = order.channel;
    if (order.components == 3)
        hn::StoreInterleaved3(pick(p, c[0]), pick(p, c[1]), pick(p, c[2]), octets, out);
    else
        hn::StoreInterleaved4(pick(p, c[0]), pick(p, c[1]), pick(p, c[2]), pick(p, c[3]), octets,
                              out);
}

// The last pixels of a row, where whole vectors do not fit: by way of rows that are long enough.
struct LastYuv {
    std::array<std::uint8_t, kMostPixels> luma{}, cb{}, cr{};
    std::array<std::uint8_t, 4 * kMostPixels> rgb;
};

void yuv_row(const YuvToRgb& given, const YuvRow<const std::uint8_t>& in, std::uint8_t* out,
             int width) {
    const YuvToRgb by = given;
    const RgbOrder& order = by.order;
    int x = 0;
    for (; x + pixels_at_once() <= width; x += pixels_at_once())
        yuv_step(by, in, x, out + std::ptrdiff_t{x} * order.components);
    if (x == width) return;
    LastYuv last;
    const auto left = static_cast<std::size_t>(width - x);
    const std::size_t pairs = (left + 1) / 2;
    std::memcpy(last.luma.data(), in.luma + x, left);
    std::memcpy(last.cb.data(), in.cb + (in.interleaved ? x : x / 2),
                in.interleaved ? 2 * pairs : pairs);
    if (!in.interleaved) std::memcpy(last.cr.data(), in.cr + x / 2, pairs);
    yuv_step(by, {last.luma.data(), last.cb.data(), last.cr.data(), in.interleaved, in.swapped}, 0,
             last.rgb.data());
    std::memcpy(out + std::ptrdiff_t{x} * order.components, last.rgb.data(),
                left * static_cast<std::size_t>(order.components));
}

HWY_INLINE Pixels load_rgb(const std::uint8_t* in, const RgbOrder& order) {
    V8 v[4];
    if (order.components == 3)
        hn::LoadInterleaved3(octets, in, v[0], v[1], v[2]);
    else
        hn::LoadInterleaved4(octets, in, v[0], v[1], v[2], v[3]);
    Pixels p{v[0], v[1], v[2]};
    for (int c = 0; c < order.components; ++c) {
        const std::uint8_t channel = order.channel[static_cast<std::size_t>(c)];
        if (channel == 0) p.r = v[c];
        if (channel == 1) p.g = v[c];
        if (channel == 2) p.b = v[c];
    }
    return p;
}

struct Rgb16 {
    V16 r, g, b;
};
HWY_INLINE Rgb16 even_of(const Pixels& p) {
    return {low_bytes(hn::BitCast(words, p.r)), low_bytes(hn::BitCast(words, p.g)),
            low_bytes(hn::BitCast(words, p.b))};
}
HWY_INLINE Rgb16 odd_of(const Pixels& p) {
    return {high_bytes(hn::BitCast(words, p.r)), high_bytes(hn::BitCast(words, p.g)),
            high_bytes(hn::BitCast(words, p.b))};
}
HWY_INLINE Rgb16 operator+(const Rgb16& a, const Rgb16& b) {
    return {a.r + b.r, a.g + b.g, a.b + b.b};
}

template <int shift>
HWY_INLINE V16 weigh(const Rgb16& p, const std::array<std::int16_t, 3>& k, int bias) {
    return (hn::MulFixedPoint15(hn::ShiftLeft<shift>(p.r), constant(k[0])) +
            hn::MulFixedPoint15(hn::ShiftLeft<shift>(p.g), constant(k[1]))) +
           (hn::MulFixedPoint15(hn::ShiftLeft<shift>(p.b), constant(k[2])) + constant(bias));
}

HWY_INLINE void store_luma(const RgbToYuv& by, const Pixels& p, std::uint8_t* out) {
    const V16 even = weigh<7>(even_of(p), by.luma, by.luma_bias);
    const V16 odd = weigh<7>(odd_of(p), by.luma, by.luma_bias);
    hn::StoreU(join(even, odd), octets, out);
}

HWY_INLINE void store_chroma(V16 cb, V16 cr, const YuvRow<std::uint8_t>& out, int pair) {
    if (!out.interleaved) {
        hn::StoreU(hn::DemoteTo(halves, hn::ShiftRight<6>(cb)), halves, out.cb + pair);
        hn::StoreU(hn::DemoteTo(halves, hn::ShiftRight<6>(cr)), halves, out.cr + pair);
        return;
    }
    hn::StoreU(out.swapped ? join(cr, cb) : join(cb, cr), octets,
               out.cb + std::ptrdiff_t{2} * pair);
}

HWY_INLINE void rgb_step(const RgbToYuv& by, const RgbRows& in, const YuvRow<std::uint8_t>& out,
                         int x) {
    const RgbOrder& order = by.order;
    constexpr int bias = 128 * 64 + 32;
    const Pixels first = load_rgb(in.first + std::ptrdiff_t{x} * order.components, order);
    store_luma(by, first, out.luma + x);
    const Rgb16 sum = even_of(first) + odd_of(first);
    if (in.last_luma == nullptr) {
        if (out.cb != nullptr)
            store_chroma(weigh<6>(sum, by.cb, bias), weigh<6>(sum, by.cr, bias), out, x / 2);
        return;
    }
    const Pixels last = load_rgb(in.last + std::ptrdiff_t{x} * order.components, order);
    store_luma(by, last, in.last_luma + x);
    const Rgb16 all = sum + (even_of(last) + odd_of(last));
    store_chroma(weigh<5>(all, by.cb, bias), weigh<5>(all, by.cr, bias), out, x / 2);
}

struct LastRgb {
    std::array<std::uint8_t, 4 * kMostPixels> first{}, last{};
    std::array<std::uint8_t, kMostPixels> luma, last_luma, cb, cr;

    // The last pixel once more, so that a chroma sample over half a pair is that pixel's.
    static void fill(std::array<std::uint8_t, 4 * kMostPixels>& row, const std::uint8_t* in,
                     std::size_t bytes, std::size_t pixel_bytes) {
        std::memcpy(row.data(), in, bytes);
        std::memcpy(row.data() + bytes, in + bytes - pixel_bytes, pixel_bytes);
    }
};

void rgb_row(const RgbToYuv& given, const RgbRows& in, const YuvRow<std::uint8_t>& out, int width) {
    const RgbToYuv by = given;
    int x = 0;
    for (; x + pixels_at_once() <= width; x += pixels_at_once()) rgb_step(by, in, out, x);
    if (x == width) return;
    LastRgb last;
    const auto left = static_cast<std::size_t>(width - x);
    const std::size_t pairs = (left + 1) / 2;
    const auto pixel = static_cast<std::size_t>(by.order.components);
    const std::size_t at = static_cast<std::size_t>(x) * pixel;
    LastRgb::fill(last.first, in.first + at, left * pixel, pixel);
    LastRgb::fill(last.last, in.last + at, left * pixel, pixel);
    rgb_step(by,
             {last.first.data(), last.last.data(),
              in.last_luma == nullptr ? nullptr : last.last_luma.data()},
             {last.luma.data(), out.cb == nullptr ? nullptr : last.cb.data(), last.cr.data(),
              out.interleaved, out.swapped},
             0);
    std::memcpy(out.luma + x, last.luma.data(), left);
    if (in.last_luma != nullptr) std::memcpy(in.last_luma + x, last.last_luma.data(), left);
    if (out.cb == nullptr) return;
    std::memcpy(out.cb + (out.interleaved ? x : x / 2), last.cb.data(),
                out.interleaved ? 2 * pairs : pairs);
    if (!out.interleaved) std::memcpy(out.cr + x / 2, last.cr.data(), pairs);
}

void split_row(const std::uint8_t* in, const PackedOrder& order, const YuvRow<std::uint8_t>& out,
               int pairs) {
    const int step = pixels_at_once();
    int i = 0;
    for (; i + step <= pairs; i += step) {
        V8 v[4];
        hn::LoadInterleaved4(octets, in + std::ptrdiff_t{4} * i, v[0], v[1], v[2], v[3]);
        hn::StoreInterleaved2(v[order[0]], v[order[1]], octets, out.luma + std::ptrdiff_t{2} * i);
        hn::StoreU(v[order[2]], octets, out.cb + i);
        hn::StoreU(v[order[3]], octets, out.cr + i);
    }
    for (; i < pairs; ++i) {
        const std::uint8_t* const p = in + std::ptrdiff_t{4} * i;
        std::uint8_t* const luma = out.luma + std::ptrdiff_t{2} * i;
        luma[0] = p[order[0]];
        luma[1] = p[order[1]];
        out.cb[i] = p[order[2]];
        out.cr[i] = p[order[3]];
    }
}

void join_row(const YuvRow<const std::uint8_t>& in, const PackedOrder& order, std::uint8_t* out,
              int pairs) {
    const int step = pixels_at_once();
    int i = 0;
    for (; i + step <= pairs; i += step) {
        V8 v[4];
        hn::LoadInterleaved2(octets, in.luma + std::ptrdiff_t{2} * i, v[order[0]], v[order[1]]);
        v[order[2]] = hn::LoadU(octets, in.cb + i);
        v[order[3]] = hn::LoadU(octets, in.cr + i);
        hn::StoreInterleaved4(v[0], v[1], v[2], v[3], octets, out + std::ptrdiff_t{4} * i);
    }
    for (; i < pairs; ++i) {
        std::uint8_t* const p = out + std::ptrdiff_t{4} * i;
        const std::uint8_t* const luma = in.luma + std::ptrdiff_t{2} * i;
        p[order[0]] = luma[0];
        p[order[1]] = luma[1];
        p[order[2]] = in.cb[i];
        p[order[3]] = in.cr[i];
    }
}

HWY_INLINE void shuffle_step(const std::uint8_t* in, const PixelShuffle& by, std::uint8_t* out) {
    V8 v[5];
    v[3] = v[4] = hn::Set(octets, 255);
    if (by.from_components == 3)
        hn::LoadInterleaved3(octets, in, v[0], v[1], v[2]);
    else
        hn::LoadInterleaved4(octets, in, v[0], v[1], v[2], v[3]);
    const auto& s = by.source;
    if (by.to_components == 3)
        hn::StoreInterleaved3(v[s[0]], v[s[1]], v[s[2]], octets, out);
    else
        hn::StoreInterleaved4(v[s[0]], v[s[1]], v[s[2]], v[s[3]], octets, out);
}

void shuffle_row(const std::uint8_t* in, const PixelShuffle& by, std::uint8_t* out, int pixels) {
    int x = 0;
    for (; x + pixels_at_once() <= pixels; x += pixels_at_once())
        shuffle_step(in + std::ptrdiff_t{x} * by.from_components, by,
                     out + std::ptrdiff_t{x} * by.to_components);
    for (; x < pixels; ++x) {
        const std::uint8_t* const p = in + std::ptrdiff_t{x} * by.from_components;
        std::uint8_t* const q = out + std::ptrdiff_t{x} * by.to_components;
        for (int c = 0; c < by.to_components; ++c) {
            const std::uint8_t source = by.source[static_cast<std::size_t>(c)];
            q[c] = source < by.from_components ? p[source] : std::uint8_t{255};
        }
    }
}

#endif  // HWY_SCALAR

}  // namespace parallax::compute::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::compute {
namespace {

std::int16_t fixed(double value) { return static_cast<std::int16_t>(std::lround(value)); }

}  // namespace

HWY_EXPORT(yuv_row);
HWY_EXPORT(rgb_row);
HWY_EXPORT(split_row);
HWY_EXPORT(join_row);
HWY_EXPORT(shuffle_row);

// Luma is multiplied as 128 · Y, chroma as 256 · (C − 128), both by coefficient / 2^15.
YuvToRgb make_yuv_to_rgb(const ColorOptions& color, const RgbOrder& order) {
    const LumaWeights k = luma_weights(color.matrix);
    const YuvCodes codes = yuv_codes(color.range);
    const double luma = 255.0 / codes.luma_scale;
    const double r_cr = 2.0 * (1.0 - k.r) * 255.0 / codes.chroma_scale;
    const double b_cb = 2.0 * (1.0 - k.b) * 255.0 / codes.chroma_scale;
    constexpr double for_luma = 64.0 * 256.0;
    constexpr double for_chroma = 64.0 * 128.0;
    return {.luma = fixed(luma * for_luma),
            .bias = fixed(32.0 - 64.0 * luma * codes.luma_zero),
            .r_cr = fixed(r_cr * for_chroma),
            .g_cb = fixed(-b_cb * k.b / k.g * for_chroma),
            .g_cr = fixed(-r_cr * k.r / k.g * for_chroma),
            .b_cb = fixed(b_cb * for_chroma),
            .order = order};
}

// All samples are multiplied as 128 · code, of means for chroma, by coefficient / 2^15.
RgbToYuv make_rgb_to_yuv(const ColorOptions& color, const RgbOrder& order) {
    const LumaWeights k = luma_weights(color.matrix);
    const YuvCodes codes = yuv_codes(color.range);
    constexpr double one = 64.0 * 256.0;
    const double luma = codes.luma_scale / 255.0 * one;
    const double cb = codes.chroma_scale / 255.0 / (2.0 * (1.0 - k.b)) * one;
    const double cr = codes.chroma_scale / 255.0 / (2.0 * (1.0 - k.r)) * one;
    return {.luma = {fixed(k.r * luma), fixed(k.g * luma), fixed(k.b * luma)},
            .cb = {fixed(-k.r * cb), fixed(-k.g * cb), fixed((1.0 - k.b) * cb)},
            .cr = {fixed((1.0 - k.r) * cr), fixed(-k.g * cr), fixed(-k.b * cr)},
            .luma_bias = fixed(codes.luma_zero * 64.0 + 32.0),
            .order = order};
}

void yuv_to_rgb(const YuvToRgb& by, const YuvRow<const std::uint8_t>& in, std::uint8_t* out,
                int width) {
    HWY_DYNAMIC_DISPATCH(yuv_row)(by, in, out, width);
}
void rgb_to_yuv(const RgbToYuv& by, const RgbRows& in, const YuvRow<std::uint8_t>& out, int width) {
    HWY_DYNAMIC_DISPATCH(rgb_row)(by, in, out, width);
}
void split_packed(const std::uint8_t* in, const PackedOrder& order, const YuvRow<std::uint8_t>& out,
                  int pairs) {
    HWY_DYNAMIC_DISPATCH(split_row)(in, order, out, pairs);
}
void join_packed(const YuvRow<const std::uint8_t>& in, const PackedOrder& order, std::uint8_t* out,
                 int pairs) {
    HWY_DYNAMIC_DISPATCH(join_row)(in, order, out, pairs);
}
void shuffle_pixels(const std::uint8_t* in, const PixelShuffle& by, std::uint8_t* out, int pixels) {
    HWY_DYNAMIC_DISPATCH(shuffle_row)(in, by, out, pixels);
}

}  // namespace parallax::compute
#endif  // HWY_ONCE
