#include "compute/image/convert.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "support/exact_convert.h"
#include "support/picture.h"
#include "support/unwrap.h"

namespace parallax::compute {
namespace {

Picture converted(const Picture& src, PixelFormat to, const ConvertOptions& options = {}) {
    Picture dst(to, src.layout().width, src.layout().height);
    dst.randomize(99);  // What was there before must not matter.
    const auto done = convert(src.view(), dst.edit(), options);
    if (!done) FAIL(to_string(done.error()));
    return dst;
}

constexpr ColorOptions kBt601{YuvMatrix::bt601, YuvRange::limited};
constexpr ColorOptions kBt709{YuvMatrix::bt709, YuvRange::limited};
constexpr ColorOptions kBt709Full{YuvMatrix::bt709, YuvRange::full};
constexpr ColorOptions kBt2020{YuvMatrix::bt2020, YuvRange::limited};

int sample(const Picture& p, int channel, int x, int y) { return code_at(p.view(), channel, x, y); }

// Every format into every other, odd size, random samples: beyond gamut and range too.
TEST_CASE("convert: every sample of every pair is within its bound of the exact value") {
    double general = 0;
    double fast = 0;
    for (const PixelFormat from : picture_formats()) {
        const Picture src = random_picture(from, 37, 5, static_cast<std::uint64_t>(from) + 1);
        for (const PixelFormat to : picture_formats()) {
            for (const ColorOptions color : {kBt601, kBt709Full, kBt2020}) {
                const ExactColors colors{color, color};
                const Picture any = converted(src, to, {.color = color, .general_only = true});
                general = std::max(general, convert_error(src.view(), any.view(), colors));
                const Picture dst = converted(src, to, {.color = color});
                fast = std::max(fast, convert_error(src.view(), dst.view(), colors));
            }
            CAPTURE(traits(from).name);
            CAPTURE(traits(to).name);
            REQUIRE(general < kConvertErrorCodes);
            REQUIRE(fast < kFastConvertErrorCodes);
        }
    }
    MESSAGE("largest distance: " << general << " codes in general, " << fast << " by short ways");
}

TEST_CASE("convert: YUV of one matrix and range becomes YUV of another") {
    const std::vector colors{kBt601, kBt709, kBt709Full, kBt2020};
    for (const PixelFormat from : {PixelFormat::nv12, PixelFormat::yuy2, PixelFormat::y444_10le}) {
        const Picture src = random_picture(from, 19, 6, 7);
        for (const PixelFormat to :
             {from, PixelFormat::i420, PixelFormat::p010_10le, PixelFormat::gray8}) {
            for (const ColorOptions& a : colors) {
                for (const ColorOptions& b : colors) {
                    const Picture dst = converted(src, to, {.color = a, .to_color = b});
                    CAPTURE(traits(to).name);
                    CHECK(convert_error(src.view(), dst.view(), {a, b}) < kConvertErrorCodes);
                }
            }
        }
    }
}

TEST_CASE("convert: 8 bits survive 16, and subsampled chroma survives full chroma") {
    for (const PixelFormat f : picture_formats()) {
        const Picture src = random_picture(f, 10, 6, 3);
        const PixelFamily family = traits(f).family;
        const PixelFormat via =
            family == PixelFamily::yuv ? PixelFormat::y444_16le : PixelFormat::rgba64le;
        const Picture back = converted(converted(src, via), f);
        CAPTURE(traits(f).name);
        for (const int c : channels_in(f))
            if (c < 3 || family == PixelFamily::rgb)
                for (int y = 0; y < 6; ++y)
                    for (int x = 0; x < 10; ++x)
                        REQUIRE(sample(src, c, x, y) == sample(back, c, x, y));
    }
}

TEST_CASE("convert: what means nothing is opaque") {
    const Picture src = random_picture(PixelFormat::rgb, 3, 2, 4);
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
