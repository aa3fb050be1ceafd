// The kernels of yuv_kernels.cpp without vectors: what they must equal, and what runs where there
// are none.
//
// Included there, in the namespace of the scalar target.
#pragma once

// As hn::MulFixedPoint15.
inline int multiply(int a, int b) { return (a * b + (1 << 14)) >> 15; }
inline std::uint8_t code(int sum) {
    return static_cast<std::uint8_t>(std::clamp(sum >> 6, 0, 255));
}

struct CbCr {
    int cb, cr;
};
template <class Byte>
CbCr chroma_places(const YuvRow<Byte>& row) {
    return row.swapped ? CbCr{1, 0} : CbCr{0, 1};
}

void yuv_row(const YuvToRgb& by, const YuvRow<const std::uint8_t>& in, std::uint8_t* out,
             int width) {
    const CbCr places = chroma_places(in);
    const RgbOrder& order = by.order;
    for (int x = 0; x < width; ++x, out += order.components) {
        const std::ptrdiff_t pair = x / 2;
        const int cb = ((in.interleaved ? in.cb[2 * pair + places.cb] : in.cb[pair]) - 128) * 256;
        const int cr = ((in.interleaved ? in.cb[2 * pair + places.cr] : in.cr[pair]) - 128) * 256;
        const int luma = multiply(in.luma[x] << 7, by.luma) + by.bias;
        const std::array<std::uint8_t, 4> rgb{
            code(luma + multiply(cr, by.r_cr)),
            code(luma + multiply(cb, by.g_cb) + multiply(cr, by.g_cr)),
            code(luma + multiply(cb, by.b_cb)), 255};
        for (int c = 0; c < order.components; ++c)
            out[c] = rgb[order.channel[static_cast<std::size_t>(c)]];
    }
}

using Sums = std::array<int, 3>;

// Adds the pixel's R, G and B.
inline void add_pixel(Sums& sums, const std::uint8_t* pixel, const RgbOrder& order) {
    for (int c = 0; c < order.components; ++c) {
        const std::uint8_t channel = order.channel[static_cast<std::size_t>(c)];
        if (channel < 3) sums[channel] += pixel[c];
    }
}

inline int weigh(const Sums& sums, int shift, const std::array<std::int16_t, 3>& k, int bias) {
    int total = bias;
    for (std::size_t c = 0; c < 3; ++c) total += multiply(sums[c] << shift, k[c]);
    return total;
}

void luma_row(const RgbToYuv& by, const std::uint8_t* in, std::uint8_t* out, int width) {
    for (int x = 0; x < width; ++x, in += by.order.components) {
        Sums sums{};
        add_pixel(sums, in, by.order);
        out[x] = code(weigh(sums, 7, by.luma, by.luma_bias));
    }
}

void rgb_row(const RgbToYuv& by, const RgbRows& in, const YuvRow<std::uint8_t>& out, int width) {
    luma_row(by, in.first, out.luma, width);
    if (in.last_luma != nullptr) luma_row(by, in.last, in.last_luma, width);
    if (out.cb == nullptr) return;
    const CbCr places = chroma_places(out);
    const std::ptrdiff_t n = by.order.components;
    for (std::ptrdiff_t pair = 0; pair < (width + 1) / 2; ++pair) {
        Sums sums{};
        for (const auto x : {2 * pair, std::min<std::ptrdiff_t>(2 * pair + 1, width - 1)}) {
            add_pixel(sums, in.first + x * n, by.order);
            if (in.last_luma != nullptr) add_pixel(sums, in.last + x * n, by.order);
        }
        const int shift = in.last_luma != nullptr ? 5 : 6;
        const auto cb = code(weigh(sums, shift, by.cb, 128 * 64 + 32));
        const auto cr = code(weigh(sums, shift, by.cr, 128 * 64 + 32));
        out.cb[out.interleaved ? 2 * pair + places.cb : pair] = cb;
        (out.interleaved ? out.cb : out.cr)[out.interleaved ? 2 * pair + places.cr : pair] = cr;
    }
}

void split_row(const std::uint8_t* in, const PackedOrder& order, const YuvRow<std::uint8_t>& out,
               int pairs) {
    for (std::ptrdiff_t i = 0; i < pairs; ++i, in += 4) {
        out.luma[2 * i] = in[order[0]];
        out.luma[2 * i + 1] = in[order[1]];
        out.cb[i] = in[order[2]];
        out.cr[i] = in[order[3]];
    }
}

void join_row(const YuvRow<const std::uint8_t>& in, const PackedOrder& order, std::uint8_t* out,
              int pairs) {
    for (std::ptrdiff_t i = 0; i < pairs; ++i, out += 4) {
        out[order[0]] = in.luma[2 * i];
        out[order[1]] = in.luma[2 * i + 1];
        out[order[2]] = in.cb[i];
        out[order[3]] = in.cr[i];
    }
}

void shuffle_row(const std::uint8_t* in, const PixelShuffle& by, std::uint8_t* out, int pixels) {
    for (int x = 0; x < pixels; ++x, in += by.from_components, out += by.to_components)
        for (int c = 0; c < by.to_components; ++c) {
            const std::uint8_t source = by.source[static_cast<std::size_t>(c)];
            out[c] = source < by.from_components ? in[source] : std::uint8_t{255};
        }
}
