// What convert() should make of a picture, in double precision, by the definitions of BT.601,
// BT.709, BT.2020 and H.273; it shares nothing with the code under test but where samples lie.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "compute/image/color.h"
#include "compute/image/samples.h"
#include "support/picture.h"

namespace parallax {

using Pixel = std::array<double, 4>;  // R, G, B, A of 0 … 1.

inline std::vector<PixelFormat> picture_formats() {
    std::vector<PixelFormat> all;
    for (const PixelFormat f : all_pixel_formats())
        if (traits(f).family != PixelFamily::bayer) all.push_back(f);
    return all;
}

// The code of the sample that covers pixel (x, y); of a channel that is there.
inline int code_at(const ImageView& p, int channel, int x, int y) {
    const compute::SampleMap map = compute::sample_map(p.layout);
    const compute::ChannelPlace place = map.channels[static_cast<std::size_t>(channel)];
    const compute::SampleGrid& grid = map.grids[static_cast<std::size_t>(place.grid)];
    const int i = (x >> grid.shift_x) * grid.step + place.component;
    const int row = y >> grid.shift_y;
    if (map.sample_bytes == 2)
        return compute::grid_row<std::uint16_t>(p, grid, row)[i] >> map.sample_shift;
    return compute::grid_row<std::uint8_t>(p, grid, row)[i];
}

// Random codes of all that the format has, none beyond.
inline Picture random_picture(PixelFormat format, int width, int height, std::uint64_t seed) {
    Picture p(format, width, height);
    p.randomize(seed);
    const compute::SampleMap map = compute::sample_map(p.layout());
    if (map.sample_bytes == 1 || map.sample_shift > 0) return p;
    const auto most = static_cast<unsigned>((1 << map.sample_bits) - 1);
    for (std::size_t i = 1; i < p.bytes().size(); i += 2) p.bytes()[i] &= std::byte(most >> 8);
    return p;
}

inline std::vector<int> channels_in(PixelFormat f) {
    if (traits(f).family == PixelFamily::gray) return {0};
    if (compute::sample_map(unwrap(image_layout(f, 2, 2))).has_alpha()) return {0, 1, 2, 3};
    return {0, 1, 2};
}

struct ExactColor {
    double kr, kb, luma_zero, luma_scale, chroma_zero, chroma_scale, top;
    ExactColor(const compute::ColorOptions& o, int bits) {
        using compute::YuvMatrix;
        kr = o.matrix == YuvMatrix::bt601 ? 0.299 : o.matrix == YuvMatrix::bt709 ? 0.2126 : 0.2627;
        kb = o.matrix == YuvMatrix::bt601 ? 0.114 : o.matrix == YuvMatrix::bt709 ? 0.0722 : 0.0593;
        top = std::pow(2.0, bits) - 1;
        const bool full = o.range == compute::YuvRange::full;
        const double finer = std::pow(2.0, bits - 8);
        luma_zero = full ? 0.0 : 16 * finer;
        luma_scale = full ? top : 219 * finer;
        chroma_zero = 128 * finer;
        chroma_scale = full ? top : 224 * finer;
    }
};

inline Pixel rgba_at(const ImageView& p, const compute::ColorOptions& o, int x, int y) {
    const PixelTraits& t = traits(p.format());
    const ExactColor e(o, t.bits);
    const auto code = [&](int c) { return static_cast<double>(code_at(p, c, x, y)); };
    const double alpha = channels_in(p.format()).size() == 4 ? code(3) / e.top : 1.0;
    if (t.family == PixelFamily::gray)
        return {code(0) / e.top, code(0) / e.top, code(0) / e.top, 1};
    if (t.family == PixelFamily::rgb)
        return {code(0) / e.top, code(1) / e.top, code(2) / e.top, alpha};
    const double luma = (code(0) - e.luma_zero) / e.luma_scale;
    const double r = luma + 2 * (1 - e.kr) * (code(2) - e.chroma_zero) / e.chroma_scale;
    const double b = luma + 2 * (1 - e.kb) * (code(1) - e.chroma_zero) / e.chroma_scale;
    return {r, (luma - e.kr * r - e.kb * b) / (1 - e.kr - e.kb), b, alpha};
}

// In codes of the target, not clamped.
inline double encode(const Pixel& rgba, PixelFormat to, const compute::ColorOptions& o,
                     int channel) {
    const PixelTraits& t = traits(to);
    const ExactColor e(o, t.bits);
    if (channel == 3) return rgba[3] * e.top;
    const double luma = e.kr * rgba[0] + (1 - e.kr - e.kb) * rgba[1] + e.kb * rgba[2];
    if (t.family == PixelFamily::gray) return luma * e.top;
    if (t.family == PixelFamily::rgb) return rgba[static_cast<std::size_t>(channel)] * e.top;
    if (channel == 0) return e.luma_zero + e.luma_scale * luma;
    const double apart =
        channel == 1 ? (rgba[2] - luma) / (2 * (1 - e.kb)) : (rgba[0] - luma) / (2 * (1 - e.kr));
    return e.chroma_zero + e.chroma_scale * apart;
}

struct ExactColors {
    compute::ColorOptions from, to;
};

// The code of a channel at (x, y), clamped: of chroma, the mean over the pixels of its sample.
inline double exact_code(const ImageView& src, PixelFormat to, const ExactColors& colors,
                         std::array<int, 3> at) {
    const auto [c, x, y] = at;
    const PixelTraits& t = traits(to);
    const bool chroma = t.family == PixelFamily::yuv && (c == 1 || c == 2);
    const int w = chroma ? 1 << t.chroma_shift_x : 1;
    const int h = chroma ? 1 << t.chroma_shift_y : 1;
    double sum = 0;
    int count = 0;
    for (int j = y / h * h; j < std::min(y / h * h + h, src.height()); ++j)
        for (int i = x / w * w; i < std::min(x / w * w + w, src.width()); ++i, ++count)
            sum += encode(rgba_at(src, colors.from, i, j), to, colors.to, c);
    return std::clamp(sum / count, 0.0, std::pow(2.0, t.bits) - 1);
}

// The largest distance of any sample from the exact one, in codes.
inline double convert_error(const ImageView& src, const ImageView& dst, const ExactColors& colors) {
    double worst = 0;
    for (const int c : channels_in(dst.format()))
        for (int y = 0; y < src.height(); ++y)
            for (int x = 0; x < src.width(); ++x)
                worst = std::max(worst, std::abs(code_at(dst, c, x, y) -
                                                 exact_code(src, dst.format(), colors, {c, x, y})));
    return worst;
}

}  // namespace parallax
