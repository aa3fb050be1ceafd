#include "compute/image/convert.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "compute/image/samples.h"
#include "support/picture.h"
#include "support/unwrap.h"

namespace parallax::compute {
namespace {

std::vector<PixelFormat> picture_formats() {
    std::vector<PixelFormat> all;
    for (const PixelFormat f : all_pixel_formats())
        if (traits(f).family != PixelFamily::bayer) all.push_back(f);
    return all;
}

Picture converted(const Picture& src, PixelFormat to, const ConvertOptions& options = {}) {
    Picture dst(to, src.layout().width, src.layout().height);
    dst.randomize(99);  // What was there before must not matter.
    const auto done = convert(src.view(), dst.edit(), options);
    if (!done) FAIL(to_string(done.error()));
    return dst;
}

// One channel of the sample that covers pixel (x, y); 8-bit codes count 257 in the scale of 16.
double sample(const Picture& p, int channel, int x, int y) {
    const SampleMap map = sample_map(p.layout());
    const ChannelPlace place = map.channels[static_cast<std::size_t>(channel)];
    if (place.grid < 0) return channel == 3 ? 255.0 : 0.0;
    const SampleGrid& grid = map.grids[static_cast<std::size_t>(place.grid)];
    const int i = (x >> grid.shift_x) * grid.step + place.component;
    if (map.sample_bytes == 2)
        return grid_row<std::uint16_t>(p.view(), grid, y >> grid.shift_y)[i] / 257.0;
    return grid_row<std::uint8_t>(p.view(), grid, y >> grid.shift_y)[i];
}

using Pixel = std::array<double, 4>;

// Full-range R, G, B, A in 0 … 255, by the definitions of BT.601, BT.709 and BT.2020.
Pixel rgb_at(const Picture& p, const ColorOptions& o, int x, int y) {
    Pixel v{};
    for (int c = 0; c < 4; ++c) v[static_cast<std::size_t>(c)] = sample(p, c, x, y);
    const PixelFamily family = traits(p.layout().format).family;
    if (family == PixelFamily::gray) return {v[0], v[0], v[0], 255.0};
    if (family == PixelFamily::rgb) return v;
    const bool full = o.range == YuvRange::full;
    const double luma = (v[0] - (full ? 0 : 16)) / (full ? 255.0 : 219.0);
    const double cb = (v[1] - 128) / (full ? 255.0 : 224.0);
    const double cr = (v[2] - 128) / (full ? 255.0 : 224.0);
    const double kr = o.matrix == YuvMatrix::bt601   ? 0.299
                      : o.matrix == YuvMatrix::bt709 ? 0.2126
                                                     : 0.2627;
    const double kb = o.matrix == YuvMatrix::bt601   ? 0.114
                      : o.matrix == YuvMatrix::bt709 ? 0.0722
                                                     : 0.0593;
    const double r = luma + 2 * (1 - kr) * cr;
    const double b = luma + 2 * (1 - kb) * cb;
    const double g = (luma - kr * r - kb * b) / (1 - kr - kb);
    return {r * 255, g * 255, b * 255, 255.0};
}

Pixel ycc_of(const Pixel& rgb, const ColorOptions& o) {
    const bool full = o.range == YuvRange::full;
    const double kr = o.matrix == YuvMatrix::bt601   ? 0.299
                      : o.matrix == YuvMatrix::bt709 ? 0.2126
                                                     : 0.2627;
    const double kb = o.matrix == YuvMatrix::bt601   ? 0.114
                      : o.matrix == YuvMatrix::bt709 ? 0.0722
                                                     : 0.0593;
    const double y = (kr * rgb[0] + (1 - kr - kb) * rgb[1] + kb * rgb[2]) / 255;
    const double cb = (rgb[2] / 255 - y) / (2 * (1 - kb));
    const double cr = (rgb[0] / 255 - y) / (2 * (1 - kr));
    return {y * (full ? 255 : 219) + (full ? 0 : 16), cb * (full ? 255 : 224) + 128,
            cr * (full ? 255 : 224) + 128, 255.0};
}

// What channel c of pixel (x, y) of `to` should be, in its own codes / 257 or / 1.
double expected(const Picture& src, const Picture& to, const ColorOptions& o,
                std::array<int, 3> at) {
    const auto [c, x, y] = at;
    const PixelTraits& t = traits(to.layout().format);
    const auto channel = static_cast<std::size_t>(c);
    if (t.family == PixelFamily::rgb) return rgb_at(src, o, x, y)[channel];
    if (t.family == PixelFamily::gray) {
        const bool full = o.range == YuvRange::full;
        const double luma = ycc_of(rgb_at(src, o, x, y), o)[0];
        return full ? luma : (luma - 16) / 219 * 255;
    }
    if (c == 0) return ycc_of(rgb_at(src, o, x, y), o)[0];
    // Chroma is the mean over the pixels of its sample.
    double sum = 0;
    int count = 0;
    const int x0 = x >> t.chroma_shift_x << t.chroma_shift_x;
    const int y0 = y >> t.chroma_shift_y << t.chroma_shift_y;
    for (int j = y0; j < y0 + (1 << t.chroma_shift_y) && j < src.layout().height; ++j) {
        for (int i = x0; i < x0 + (1 << t.chroma_shift_x) && i < src.layout().width; ++i) {
            sum += ycc_of(rgb_at(src, o, i, j), o)[channel];
            ++count;
        }
    }
    return sum / count;
}

// Every format into every other, odd size, random samples: beyond gamut and range too.
TEST_CASE("convert: every sample is the exact value rounded") {
    double worst = 0;
    for (const PixelFormat from : picture_formats()) {
        Picture src(from, 11, 7);
        src.randomize(static_cast<std::uint64_t>(from) + 1);
        for (const PixelFormat to : picture_formats()) {
            for (const ColorOptions color :
                 {ColorOptions{}, ColorOptions{YuvMatrix::bt709, YuvRange::full},
                  ColorOptions{YuvMatrix::bt2020, YuvRange::limited}}) {
                const Picture dst = converted(src, to, {.color = color});
                const double step = traits(to).bits == 16 ? 1 / 257.0 : 1.0;
                const int channels = traits(to).family == PixelFamily::gray ? 1
                                     : sample_map(dst.layout()).has_alpha() ? 4
                                                                            : 3;
                for (int c = 0; c < channels; ++c)
                    for (int y = 0; y < 7; ++y)
                        for (int x = 0; x < 11; ++x) {
                            const double wanted =
                                std::clamp(expected(src, dst, color, {c, x, y}), 0.0, 255.0);
                            worst = std::max(worst, std::abs(sample(dst, c, x, y) - wanted) / step);
                        }
            }
        }
        CAPTURE(traits(from).name);
        CHECK(worst < 0.51);
    }
    MESSAGE("largest distance from the exact value: " << worst << " codes");
}

TEST_CASE("convert: 8 bits survive 16, and subsampled chroma survives full chroma") {
    for (const PixelFormat f : picture_formats()) {
        Picture src(f, 10, 6);
        src.randomize(3);
        const PixelFamily family = traits(f).family;
        const PixelFormat via =
            family == PixelFamily::yuv ? PixelFormat::y444 : PixelFormat::rgba64le;
        const Picture back = converted(converted(src, via), f);
        CAPTURE(traits(f).name);
        const int channels = family == PixelFamily::gray            ? 1
                             : sample_map(src.layout()).has_alpha() ? 4
                                                                    : 3;
        for (int c = 0; c < channels; ++c)
            for (int y = 0; y < 6; ++y)
                for (int x = 0; x < 10; ++x) REQUIRE(sample(src, c, x, y) == sample(back, c, x, y));
    }
}

TEST_CASE("convert: what means nothing is opaque") {
    Picture src(PixelFormat::rgb, 3, 2);
    src.randomize(4);
    for (const PixelFormat f : {PixelFormat::rgbx, PixelFormat::bgrx, PixelFormat::rgba}) {
        for (const Picture& from : {src, converted(src, PixelFormat::y444)}) {
            const Picture dst = converted(from, f);
            for (int y = 0; y < 2; ++y)
                for (int x = 0; x < 3; ++x)
                    CHECK(dst.view().samples<std::uint8_t>(y)[x * 4 + 3] == 255);
        }
    }
}

TEST_CASE("convert: linear light is encoded by the curve of sRGB, and decoded") {
    Picture linear(PixelFormat::rgba64le, 256, 1);
    auto* row = linear.edit().samples<std::uint16_t>(0);
    for (int x = 0; x < 256; ++x)
        for (int c = 0; c < 4; ++c) row[x * 4 + c] = static_cast<std::uint16_t>(x * x);
    const Picture encoded =
        converted(linear, PixelFormat::rgba, {.from = Transfer::linear, .to = Transfer::srgb});
    for (int x = 0; x < 256; ++x) {
        const double exact = 255 * linear_to_srgb(x * x / 65535.0);
        CHECK(std::abs(encoded.view().samples<std::uint8_t>(0)[x * 4] - exact) < 0.501);
        // Alpha is no light.
        CHECK(std::abs(encoded.view().samples<std::uint8_t>(0)[x * 4 + 3] - x * x / 257.0) < 0.501);
    }
    const Picture back =
        converted(encoded, PixelFormat::rgba64le, {.from = Transfer::srgb, .to = Transfer::linear});
    for (int x = 0; x < 256; ++x) {
        const double exact =
            65535 * srgb_to_linear(encoded.view().samples<std::uint8_t>(0)[x * 4] / 255.0);
        CHECK(std::abs(back.view().samples<std::uint16_t>(0)[x * 4] - exact) < 0.51);
    }
}

TEST_CASE("convert: known colours land on their codes") {
    Picture red(PixelFormat::rgb, 2, 2);
    for (int y = 0; y < 2; ++y)
        for (int x = 0; x < 2; ++x) red.edit().samples<std::uint8_t>(y)[x * 3] = 255;
    const Picture yuv = converted(red, PixelFormat::i420);
    CHECK(sample(yuv, 0, 0, 0) == 81);  // BT.601's red: 81, 90, 240.
    CHECK(sample(yuv, 1, 0, 0) == 90);
    CHECK(sample(yuv, 2, 0, 0) == 240);
    const Picture hd = converted(red, PixelFormat::nv12, {.color = {.matrix = YuvMatrix::bt709}});
    CHECK(sample(hd, 0, 0, 0) == 63);
    CHECK(sample(hd, 1, 0, 0) == 102);
    CHECK(sample(hd, 2, 0, 0) == 240);
    CHECK(sample(converted(red, PixelFormat::gray8), 0, 0, 0) == 76);
}

TEST_CASE("convert: refuses mosaics and other sizes") {
    Picture rgb(PixelFormat::rgb, 4, 4);
    Picture small(PixelFormat::bgr, 4, 3);
    Picture mosaic(PixelFormat::rggb8, 4, 4);
    CHECK(convert(mosaic.view(), rgb.edit()).error().code == Errc::unsupported);
    CHECK(convert(rgb.view(), mosaic.edit()).error().code == Errc::unsupported);
    CHECK(convert(rgb.view(), small.edit()).error().message.find("4x3 BGR") != std::string::npos);
}

}  // namespace
}  // namespace parallax::compute
