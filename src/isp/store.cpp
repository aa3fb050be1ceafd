#include "isp/store.h"

#include <algorithm>
#include <array>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/store.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using Bytes = hn::ScalableTag<std::uint8_t>;
constexpr Bytes kBytes;
using Planes = std::array<const std::uint8_t*, 4>;

// Whole vectors straight to `out`, the rest by way of a buffer.
template <std::size_t kSize, class Store>
void interleave(int count, std::uint8_t* out, const Store& store) {
    const int step = static_cast<int>(hn::Lanes(kBytes));
    int i = 0;
    for (; i + step <= count; i += step) store(i, out + kSize * static_cast<std::size_t>(i));
    if (i >= count) return;
    std::array<std::uint8_t, kSize * 64> tail;
    store(i, tail.data());
    std::memcpy(out + kSize * static_cast<std::size_t>(i), tail.data(),
                kSize * static_cast<std::size_t>(count - i));
}

void store3(const Planes& from, int count, std::uint8_t* out) {
    interleave<3>(count, out, [&](int i, std::uint8_t* to) HWY_ATTR {
        hn::StoreInterleaved3(hn::LoadU(kBytes, from[0] + i), hn::LoadU(kBytes, from[1] + i),
                              hn::LoadU(kBytes, from[2] + i), kBytes, to);
    });
}

void store4(const Planes& from, int count, std::uint8_t* out) {
    const auto opaque = hn::Set(kBytes, std::uint8_t{255});
    interleave<4>(count, out, [&](int i, std::uint8_t* to) HWY_ATTR {
        hn::StoreInterleaved4(hn::LoadU(kBytes, from[0] + i), hn::LoadU(kBytes, from[1] + i),
                              hn::LoadU(kBytes, from[2] + i), opaque, kBytes, to);
    });
}

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {

HWY_EXPORT(store3);
HWY_EXPORT(store4);

using F = PixelFormat;

std::uint8_t* bytes(std::byte* p) { return static_cast<std::uint8_t*>(static_cast<void*>(p)); }

// Q15 weights of full-range RGB in limited-range Y, Cb, Cr, for samples of 8 bits × 128.
struct YuvWeights {
    std::array<int, 3> y, cb, cr;
};

constexpr int q15(double value) {
    return static_cast<int>(value * 32768 + (value < 0 ? -0.5 : 0.5));
}

constexpr YuvWeights yuv_weights(double kr, double kb) {
    const double kg = 1 - kr - kb;
    const double y = 219.0 / 255;
    const double b = 112.0 / 255 / (1 - kb);
    const double r = 112.0 / 255 / (1 - kr);
    return {{q15(kr * y), q15(kg * y), q15(kb * y)},
            {q15(-kr * b), q15(-kg * b), q15((1 - kb) * b)},
            {q15((1 - kr) * r), q15(-kg * r), q15(-kb * r)}};
}

constexpr YuvWeights kBt601 = yuv_weights(0.299, 0.114);
constexpr YuvWeights kBt709 = yuv_weights(0.2126, 0.0722);

// The weighted sum of RGB given in 1/2^fraction steps, plus `offset`, rounded.
std::uint8_t weighted(const std::array<int, 3>& weight, const std::array<int, 3>& rgb, int fraction,
                      int offset) {
    const int sum = weight[0] * rgb[0] + weight[1] * rgb[1] + weight[2] * rgb[2];
    const int shift = 15 + fraction;
    return static_cast<std::uint8_t>((sum + (offset << shift) + (1 << (shift - 1))) >> shift);
}

void store_luma(const PictureBlock& block, const PixelRange& range, const YuvWeights& weights,
                std::byte* row) {
    std::uint8_t* const out = bytes(row) + range.x;
    const auto* const r = block.plane(0);
    const auto* const g = block.plane(1);
    const auto* const b = block.plane(2);
    for (int i = 0; i < range.count; ++i) out[i] = weighted(weights.y, {r[i], g[i], b[i]}, 0, 16);
}

// The sum over a 2×2 cell; at an odd right edge the last column counts twice.
std::array<int, 3> cell_sum(const PictureBlock& upper, const PictureBlock& lower, int i, int next) {
    std::array<int, 3> sum{};
    for (std::size_t c = 0; c < 3; ++c) {
        const auto* const u = upper.plane(c);
        const auto* const l = lower.plane(c);
        sum[c] = u[i] + u[next] + l[i] + l[next];
    }
    return sum;
}

struct ChromaRows {
    std::uint8_t* cb = nullptr;
    std::uint8_t* cr = nullptr;
    int step = 1;
};

ChromaRows chroma_rows(const MutableImageView& out, int y) {
    const bool swapped = out.format() == F::nv21 || out.format() == F::yv12;
    const bool pairs = out.format() == F::nv12 || out.format() == F::nv21;
    std::uint8_t* first = bytes(out.row(y / 2, 1));
    std::uint8_t* second = pairs ? first + 1 : bytes(out.row(y / 2, 2));
    if (swapped) std::swap(first, second);
    return {first, second, pairs ? 2 : 1};
}

}  // namespace

bool can_store(PixelFormat format) {
    switch (format) {
        case F::rgb:
        case F::bgr:
        case F::rgba:
        case F::bgra:
        case F::rgbx:
        case F::bgrx:
        case F::rgba64le:
        case F::nv12:
        case F::nv21:
        case F::i420:
        case F::yv12:
            return true;
        default:
            return false;
    }
}

void store_rgb(const PictureBlock& block, const PixelRange& range, const MutableImageView& out) {
    const F format = out.format();
    const bool blue_first = format == F::bgr || format == F::bgra || format == F::bgrx;
    const std::array<const std::uint8_t*, 4> planes{block.plane(blue_first ? 2 : 0), block.plane(1),
                                                    block.plane(blue_first ? 0 : 2), nullptr};
    const int size = format == F::rgb || format == F::bgr ? 3 : 4;
    std::uint8_t* const to = bytes(out.row(range.y)) + size * range.x;
    if (size == 3) {
        HWY_DYNAMIC_DISPATCH(store3)(planes, range.count, to);
    } else {
        HWY_DYNAMIC_DISPATCH(store4)(planes, range.count, to);
    }
}

void store_rgb16(const DeepBlock& block, const PixelRange& range, const MutableImageView& out) {
    std::uint16_t* to = out.samples<std::uint16_t>(range.y) + 4 * range.x;
    for (std::size_t i = 0; i < static_cast<std::size_t>(range.count); ++i, to += 4) {
        for (std::size_t c = 0; c < 3; ++c) to[c] = block.plane[c][i];
        to[3] = 0xFFFF;
    }
}

void store_yuv(const BlockPair& blocks, const PixelRange& range, const MutableImageView& out) {
    const YuvWeights& weights = out.height() > 576 ? kBt709 : kBt601;
    const bool two = range.y + 1 < out.height();
    const PictureBlock& lower = two ? blocks.lower : blocks.upper;
    store_luma(blocks.upper, range, weights, out.row(range.y));
    if (two) store_luma(lower, range, weights, out.row(range.y + 1));

    const ChromaRows chroma = chroma_rows(out, range.y);
    for (int i = 0; i < range.count; i += 2) {
        const auto sum = cell_sum(blocks.upper, lower, i, std::min(i + 1, range.count - 1));
        const std::ptrdiff_t at = (range.x + i) / 2 * chroma.step;
        chroma.cb[at] = weighted(weights.cb, sum, 2, 128);
        chroma.cr[at] = weighted(weights.cr, sum, 2, 128);
    }
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
