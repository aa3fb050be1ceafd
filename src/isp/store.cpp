#include "isp/store.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include <hwy/cache_control.h>

#include "compute/image/color.h"

// Shared by all instruction sets.
#ifndef PARALLAX_ISP_YUV_WEIGHTS
#define PARALLAX_ISP_YUV_WEIGHTS
namespace parallax::isp {
namespace {

// Q15 weights of full-range RGB in YUV as the picture functions read it where caps do not say.
struct YuvWeights {
    std::array<std::int16_t, 3> y, cb, cr;
};

constexpr YuvWeights make_yuv_weights() {
    constexpr compute::ColorOptions color;
    constexpr auto luma = compute::luma_weights(color.matrix);
    constexpr auto codes = compute::yuv_codes(color.range);
    const auto q15 = [](double value) {
        return static_cast<std::int16_t>(value * 32768 + (value < 0 ? -0.5 : 0.5));
    };
    const double y = codes.luma_scale / 255;
    const double b = codes.chroma_scale / 255 / 2 / (1 - luma.b);
    const double r = codes.chroma_scale / 255 / 2 / (1 - luma.r);
    return {{q15(luma.r * y), q15(luma.g * y), q15(luma.b * y)},
            {q15(-luma.r * b), q15(-luma.g * b), q15((1 - luma.b) * b)},
            {q15((1 - luma.r) * r), q15(-luma.g * r), q15(-luma.b * r)}};
}

constexpr YuvWeights kYuvWeights = make_yuv_weights();

constexpr std::size_t kLine = 64;  // Of a cache.

struct Place {
    std::uint8_t* bytes;
    bool streamed;
};

}  // namespace
}  // namespace parallax::isp
#endif

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

// Whole lines of cache past the caches; the ends, which share a line with others, as always.
void stream(const std::uint8_t* from, std::size_t count, std::uint8_t* to) {
    const std::size_t before = (0 - std::bit_cast<std::uintptr_t>(to)) % kLine;
    std::size_t i = std::min(before, count);
    std::memcpy(to, from, i);
    for (; i + kLine <= count; i += kLine) {
        for (std::size_t k = 0; k < kLine; k += hn::Lanes(kBytes)) {
            hn::Stream(hn::LoadU(kBytes, from + i + k), kBytes, to + i + k);
        }
    }
    std::memcpy(to + i, from + i, count - i);
}

// Whole vectors straight to `out`, the rest by way of a buffer; all of it, where it is streamed.
template <std::size_t kSize, class Store>
HWY_INLINE void interleave(int count, const Place& to, const Store& store) {
    const int step = static_cast<int>(hn::Lanes(kBytes));
    alignas(64) std::array<std::uint8_t, kSize * PictureBlock::kPixels> buffer;
    int i = 0;
    if (to.streamed) {
        for (; i < count; i += step) store(i, buffer.data() + kSize * static_cast<std::size_t>(i));
        stream(buffer.data(), kSize * static_cast<std::size_t>(count), to.bytes);
        return;
    }
    for (; i + step <= count; i += step) store(i, to.bytes + kSize * static_cast<std::size_t>(i));
    if (i >= count) return;
    store(i, buffer.data());
    std::memcpy(to.bytes + kSize * static_cast<std::size_t>(i), buffer.data(),
                kSize * static_cast<std::size_t>(count - i));
}

void store3(const Planes& from, int count, const Place& place) {
    interleave<3>(count, place, [&](int i, std::uint8_t* to) HWY_ATTR {
        hn::StoreInterleaved3(hn::LoadU(kBytes, from[0] + i), hn::LoadU(kBytes, from[1] + i),
                              hn::LoadU(kBytes, from[2] + i), kBytes, to);
    });
}

void store4(const Planes& from, int count, const Place& place) {
    const auto opaque = hn::Set(kBytes, std::uint8_t{255});
    interleave<4>(count, place, [&](int i, std::uint8_t* to) HWY_ATTR {
        hn::StoreInterleaved4(hn::LoadU(kBytes, from[0] + i), hn::LoadU(kBytes, from[1] + i),
                              hn::LoadU(kBytes, from[2] + i), opaque, kBytes, to);
    });
}

using Lanes = hn::ScalableTag<std::int16_t>;
using V = hn::Vec<Lanes>;
constexpr Lanes kLanes;
constexpr hn::RebindToUnsigned<Lanes> kWords;

struct Rgb {
    V r, g, b;
};

// Y, Cb or Cr: a weighted sum of samples at 15 bits, which the weights take to 8 and 7 more.
class Weighted {
  public:
    Weighted(const std::array<std::int16_t, 3>& weight, int offset)
        : r_(hn::Set(kLanes, weight[0])),
          g_(hn::Set(kLanes, weight[1])),
          b_(hn::Set(kLanes, weight[2])),
          offset_(hn::Set(kLanes, static_cast<std::int16_t>(128 * offset + 64))) {}

    V operator()(const Rgb& p) const {
        const V sum = hn::Add(hn::MulFixedPoint15(p.r, r_), hn::MulFixedPoint15(p.g, g_));
        return hn::ShiftRight<7>(hn::Add(hn::Add(sum, hn::MulFixedPoint15(p.b, b_)), offset_));
    }

  private:
    V r_, g_, b_, offset_;
};

// Two columns in one word: the even one, the odd one, both.
V even(const std::uint16_t* pairs) {
    return hn::BitCast(kLanes,
                       hn::And(hn::LoadU(kWords, pairs), hn::Set(kWords, std::uint16_t{255})));
}
V odd(const std::uint16_t* pairs) {
    return hn::BitCast(kLanes, hn::ShiftRight<8>(hn::LoadU(kWords, pairs)));
}
V cell(const std::uint16_t* upper, const std::uint16_t* lower) {
    return hn::Add(hn::Add(even(upper), odd(upper)), hn::Add(even(lower), odd(lower)));
}

void store_bytes(V low, V high, std::uint16_t* to) {
    hn::StoreU(hn::BitCast(kWords, hn::Or(low, hn::ShiftLeft<8>(high))), kWords, to);
}

void luma(const PictureBlock& block, int pairs, std::uint16_t* out) {
    const Weighted y(kYuvWeights.y, 16);
    const auto& [r, g, b] = block.pairs;
    for (int i = 0; i < pairs; i += static_cast<int>(hn::Lanes(kLanes))) {
        const auto at = [&](auto column) HWY_ATTR {
            return y({hn::ShiftLeft<7>(column(r.data() + i)),
                      hn::ShiftLeft<7>(column(g.data() + i)),
                      hn::ShiftLeft<7>(column(b.data() + i))});
        };
        store_bytes(at(even), at(odd), out + i);
    }
}

// Cb in the low byte, Cr in the high one, of the mean of each cell.
void chroma(const BlockPair& blocks, int pairs, std::uint16_t* out) {
    const Weighted cb(kYuvWeights.cb, 128);
    const Weighted cr(kYuvWeights.cr, 128);
    for (int i = 0; i < pairs; i += static_cast<int>(hn::Lanes(kLanes))) {
        const auto mean = [&](std::size_t c) HWY_ATTR {
            return hn::ShiftLeft<5>(
                cell(blocks.upper.pairs[c].data() + i, blocks.lower.pairs[c].data() + i));
        };
        const Rgb p{mean(0), mean(1), mean(2)};
        store_bytes(cb(p), cr(p), out + i);
    }
}

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {

HWY_EXPORT(store3);
HWY_EXPORT(store4);
HWY_EXPORT(luma);
HWY_EXPORT(chroma);

using F = PixelFormat;

std::uint8_t* bytes(std::byte* p) { return std::bit_cast<std::uint8_t*>(p); }

constexpr std::size_t kPairs = PictureBlock::kPixels / 2;

void store_luma(const PictureBlock& block, const PixelRange& range, std::byte* row) {
    alignas(64) std::array<std::uint16_t, kPairs> buffer;
    HWY_DYNAMIC_DISPATCH(luma)(block, (range.count + 1) / 2, buffer.data());
    std::memcpy(row + range.x, buffer.data(), static_cast<std::size_t>(range.count));
}

// The last column again, where there is an odd number of them.
void repeat_last_column(PictureBlock& block, int count) {
    if (count % 2 == 0) return;
    for (std::size_t c = 0; c < 3; ++c) {
        std::uint8_t* const pixels = block.edit(c);
        pixels[count] = pixels[count - 1];
    }
}

// Cb and Cr of one row of cells, as pairs, into the planes of the format.
void store_chroma(std::span<const std::uint16_t> cells, const PixelRange& range,
                  const MutableImageView& out) {
    const std::size_t x = static_cast<std::size_t>(range.x) / 2;
    const int y = range.y / 2;
    if (out.format() == F::nv12) {
        std::memcpy(out.row(y, 1) + 2 * x, cells.data(), cells.size_bytes());
    } else if (out.format() == F::nv21) {
        std::uint8_t* to = bytes(out.row(y, 1)) + 2 * x;
        for (const std::uint16_t cell : cells) {
            *to++ = static_cast<std::uint8_t>(cell >> 8);
            *to++ = static_cast<std::uint8_t>(cell);
        }
    } else {
        const int cb_plane = out.format() == F::i420 ? 1 : 2;
        std::uint8_t* cb = bytes(out.row(y, cb_plane)) + x;
        std::uint8_t* cr = bytes(out.row(y, 3 - cb_plane)) + x;
        for (const std::uint16_t cell : cells) {
            *cb++ = static_cast<std::uint8_t>(cell);
            *cr++ = static_cast<std::uint8_t>(cell >> 8);
        }
    }
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

bool is_streamed(const MutableImageView& out) { return out.bytes.size() >= kStreamedBytes; }

void publish_stores() { hwy::FlushStream(); }

void store_rgb(const PictureBlock& block, const PixelRange& range, const MutableImageView& out) {
    const F format = out.format();
    const bool blue_first = format == F::bgr || format == F::bgra || format == F::bgrx;
    const std::array<const std::uint8_t*, 4> planes{block.plane(blue_first ? 2 : 0), block.plane(1),
                                                    block.plane(blue_first ? 0 : 2), nullptr};
    const std::size_t size = format == F::rgb || format == F::bgr ? 3 : 4;
    const Place to{bytes(out.row(range.y)) + size * static_cast<std::size_t>(range.x),
                   is_streamed(out)};
    if (size == 3) {
        HWY_DYNAMIC_DISPATCH(store3)(planes, range.count, to);
    } else {
        HWY_DYNAMIC_DISPATCH(store4)(planes, range.count, to);
    }
}

void store_rgb16(const DeepBlock& block, const PixelRange& range, const MutableImageView& out) {
    std::uint16_t* to = out.samples<std::uint16_t>(range.y) + 4 * static_cast<std::size_t>(range.x);
    for (std::size_t i = 0; i < static_cast<std::size_t>(range.count); ++i, to += 4) {
        for (std::size_t c = 0; c < 3; ++c) to[c] = block.plane[c][i];
        to[3] = 0xFFFF;
    }
}

void store_yuv(const BlockPair& blocks, const PixelRange& range, const MutableImageView& out) {
    const bool two = range.y + 1 < out.height();
    PictureBlock& lower = two ? blocks.lower : blocks.upper;
    repeat_last_column(blocks.upper, range.count);
    repeat_last_column(lower, range.count);
    store_luma(blocks.upper, range, out.row(range.y));
    if (two) store_luma(lower, range, out.row(range.y + 1));

    alignas(64) std::array<std::uint16_t, kPairs> cells;
    const int count = (range.count + 1) / 2;
    HWY_DYNAMIC_DISPATCH(chroma)({blocks.upper, lower}, count, cells.data());
    store_chroma(std::span(cells).first(static_cast<std::size_t>(count)), range, out);
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
