#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include <doctest/doctest.h>

#include "compute/image/scale.h"
#include "parallax/isp.h"
#include "support/developed.h"
#include "support/each_target.h"

namespace parallax::isp {
namespace {

Picture developed_at(const Settings& settings, const Picture& raw, const ImageLayout& size,
                     const Slices& slices = {}) {
    Picture out(size.format, size.width, size.height);
    Developer developer = unwrap(Developer::create(settings, raw.layout, out.layout));
    unwrap(developer.develop(raw.view(), sensor(12), out.edit(), slices));
    return out;
}

int largest_difference(const Picture& a, const Picture& b) {
    int largest = 0;
    for (std::size_t i = 0; i < a.bytes.size(); ++i) {
        largest = std::max(
            largest, std::abs(std::to_integer<int>(a.bytes[i]) - std::to_integer<int>(b.bytes[i])));
    }
    return largest;
}

ImageLayout rgb(int width, int height) {
    return unwrap(image_layout(PixelFormat::rgb, width, height));
}

}  // namespace

TEST_CASE("isp: developing to another size is developing, then scaling") {
    const Picture raw = noise(PixelFormat::grbg12le, 151, 90);
    const Settings settings{.demosaic = Demosaic::mhc};
    const Picture whole = developed(settings, raw, sensor(12));
    for (const auto [width, height] : {std::array{75, 45}, std::array{150, 89}, std::array{50, 30},
                                       std::array{1, 1}, std::array{7, 3}, std::array{2, 90}}) {
        CAPTURE(width);
        Picture expected(PixelFormat::rgb, width, height);
        unwrap(compute::scale(whole.view(), expected.edit(), compute::ScaleMethod::area));
        each_target([&] {
            CHECK(largest_difference(developed_at(settings, raw, rgb(width, height)), expected) <=
                  1);
        });
    }
    for (const auto [width, height] :
         {std::array{302, 180}, std::array{152, 91}, std::array{1100, 97}}) {
        CAPTURE(width);
        Picture expected(PixelFormat::rgb, width, height);
        unwrap(compute::scale(whole.view(), expected.edit(), compute::ScaleMethod::bilinear));
        CHECK(largest_difference(developed_at(settings, raw, rgb(width, height)), expected) <= 1);
    }
}

TEST_CASE("isp: slices change no byte of scaled and sharpened pictures, in any format") {
    const Picture raw = noise(PixelFormat::rggb12le, 230, 410);
    for (const PixelFormat format : {PixelFormat::rgb, PixelFormat::nv12, PixelFormat::rgba64le}) {
        for (const auto [width, height] :
             {std::array{100, 203}, std::array{77, 31}, std::array{300, 500}}) {
            for (const float sharpen : {0.0F, 1.0F}) {
                for (const Demosaic demosaic : kDemosaics) {
                    CAPTURE(traits(format).name);
                    CAPTURE(width);
                    CAPTURE(to_string(demosaic));
                    const ImageLayout size = unwrap(image_layout(format, width, height));
                    const Settings settings{.demosaic = demosaic, .sharpen = sharpen};
                    const Picture once = developed_at(settings, raw, size);
                    CHECK(developed_at(settings, raw, size, threads(2)).bytes == once.bytes);
                }
            }
        }
    }
}

TEST_CASE("isp: every instruction set scales alike, byte for byte") {
    const Picture raw = noise(PixelFormat::rggb12le, 131, 77);
    const Settings settings{.demosaic = Demosaic::bilinear};
    for (const auto [width, height] : {std::array{49, 31}, std::array{140, 99}}) {
        const Picture expected = developed_at(settings, raw, rgb(width, height));
        each_target([&] {
            CHECK(developed_at(settings, raw, rgb(width, height)).bytes == expected.bytes);
        });
    }
}

TEST_CASE("isp: a flat picture stays flat at any size") {
    const Picture raw = flat(12, {1000, 2000, 1200}, BayerOrder::rggb);
    RawInfo info = sensor(12);
    info.black_level.fill(64);
    const Settings settings{.demosaic = Demosaic::mhc};
    const auto wanted = pixel(developed(settings, raw, info), 3, 3);
    for (const auto [width, height] : {std::array{3, 5}, std::array{22, 13}, std::array{31, 40}}) {
        Picture out(PixelFormat::rgb, width, height);
        Developer developer = unwrap(Developer::create(settings, raw.layout, out.layout));
        unwrap(developer.develop(raw.view(), info, out.edit()));
        bool same = true;
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) same = same && pixel(out, x, y) == wanted;
        }
        CHECK(same);
    }
}

TEST_CASE("isp: a small preview is made of superpixels") {
    const Picture raw = noise(PixelFormat::rggb12le, 64, 48);
    const Picture preview = developed_at({.quality = Quality::preview}, raw, rgb(32, 24));
    CHECK(preview.bytes ==
          developed_at({.demosaic = Demosaic::superpixel}, raw, rgb(32, 24)).bytes);
    const Picture large = developed_at({.quality = Quality::preview}, raw, rgb(33, 24));
    CHECK(large.bytes == developed_at({.demosaic = Demosaic::bilinear}, raw, rgb(33, 24)).bytes);
}

}  // namespace parallax::isp
