#include "compute/image/scale.h"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "compute/image/samples.h"
#include "support/picture.h"
#include "support/unwrap.h"

namespace parallax::compute {
namespace {

constexpr std::array kMethods{ScaleMethod::nearest, ScaleMethod::bilinear, ScaleMethod::area};

std::vector<PixelFormat> picture_formats() {
    std::vector<PixelFormat> all;
    for (const PixelFormat f : all_pixel_formats())
        if (traits(f).family != PixelFamily::bayer) all.push_back(f);
    return all;
}

Picture scaled(const Picture& src, int width, int height, ScaleMethod method) {
    Picture dst(src.layout().format, width, height);
    REQUIRE(scale(src.view(), dst.edit(), method));
    return dst;
}

double sample(const Picture& p, const SampleGrid& grid, int bytes, std::array<int, 3> at) {
    const auto [x, y, c] = at;
    const int i = std::clamp(x, 0, grid.width - 1) * grid.step + c;
    const int row = std::clamp(y, 0, grid.height - 1);
    if (bytes == 2) return grid_row<std::uint16_t>(p.view(), grid, row)[i];
    return grid_row<std::uint8_t>(p.view(), grid, row)[i];
}

// The definition of each method for one sample, in double precision.
double exact(const Picture& p, std::size_t g, const SampleGrid& to, std::array<int, 3> at,
             ScaleMethod method) {
    const SampleMap map = sample_map(p.layout());
    const SampleGrid& from = map.grids[g];
    const double sx = static_cast<double>(from.width) / to.width;
    const double sy = static_cast<double>(from.height) / to.height;
    const auto [x, y, c] = at;
    const auto value = [&](int i, int j) { return sample(p, from, map.sample_bytes, {i, j, c}); };
    if (method == ScaleMethod::nearest)
        return value(static_cast<int>((2 * x + 1) * from.width / (2 * to.width)),
                     static_cast<int>((2 * y + 1) * from.height / (2 * to.height)));
    if (method == ScaleMethod::bilinear) {
        const double fx = (x + 0.5) * sx - 0.5;
        const double fy = (y + 0.5) * sy - 0.5;
        const int i = static_cast<int>(std::floor(fx));
        const int j = static_cast<int>(std::floor(fy));
        return std::lerp(std::lerp(value(i, j), value(i + 1, j), fx - i),
                         std::lerp(value(i, j + 1), value(i + 1, j + 1), fx - i), fy - j);
    }
    double sum = 0;
    for (int j = 0; j < from.height; ++j) {
        const double h = std::max(0.0, std::min((y + 1) * sy, j + 1.0) - std::max(y * sy, j + 0.0));
        if (h <= 0) continue;
        for (int i = 0; i < from.width; ++i)
            sum += h * value(i, j) *
                   std::max(0.0, std::min((x + 1) * sx, i + 1.0) - std::max(x * sx, i + 0.0));
    }
    return sum / (sx * sy);
}

TEST_CASE("scale: every sample is the exact value rounded, in every format") {
    for (const PixelFormat f : picture_formats()) {
        Picture src(f, 13, 9);
        src.randomize(11);
        const SampleMap map = sample_map(src.layout());
        for (const auto& [w, h] : {std::pair{13, 9}, {29, 20}, {5, 4}, {26, 3}, {1, 1}}) {
            for (const ScaleMethod method : kMethods) {
                const Picture dst = scaled(src, w, h, method);
                const SampleMap out = sample_map(dst.layout());
                double worst = 0;
                for (std::size_t g = 0; g < static_cast<std::size_t>(map.grid_count); ++g) {
                    const SampleGrid& grid = out.grids[g];
                    for (int y = 0; y < grid.height; ++y)
                        for (int x = 0; x < grid.width; ++x)
                            for (int c = 0; c < grid.components; ++c)
                                worst = std::max(
                                    worst, std::abs(sample(dst, grid, out.sample_bytes, {x, y, c}) -
                                                    exact(src, g, grid, {x, y, c}, method)));
                }
                CAPTURE(traits(f).name);
                CAPTURE(static_cast<int>(method));
                CHECK(worst < 0.52);
            }
        }
    }
}

TEST_CASE("scale: the same size is the same picture, and flat stays flat") {
    for (const ScaleMethod method : kMethods) {
        Picture src(PixelFormat::rgb, 17, 11);
        src.randomize(2);
        const Picture same = scaled(src, 17, 11, method);
        for (int y = 0; y < 11; ++y)
            for (int x = 0; x < 51; ++x)
                REQUIRE(same.view().samples<std::uint8_t>(y)[x] ==
                        src.view().samples<std::uint8_t>(y)[x]);
        for (const int level : {0, 1, 127, 254, 255}) {
            Picture flat(PixelFormat::gray8, 10, 10);
            std::ranges::fill(flat.bytes(), static_cast<std::byte>(level));
            const Picture out = scaled(flat, 23, 7, method);
            for (int y = 0; y < 7; ++y)
                for (int x = 0; x < 23; ++x)
                    REQUIRE(out.view().samples<std::uint8_t>(y)[x] == level);
        }
    }
}

TEST_CASE("scale: area of an exact half is the mean of four") {
    Picture src(PixelFormat::gray8, 4, 2);
    for (int x = 0; x < 4; ++x) {
        src.edit().samples<std::uint8_t>(0)[x] = static_cast<std::uint8_t>(10 * x);
        src.edit().samples<std::uint8_t>(1)[x] = static_cast<std::uint8_t>(100 + 10 * x);
    }
    const Picture half = scaled(src, 2, 1, ScaleMethod::area);
    CHECK(half.view().samples<std::uint8_t>(0)[0] == 55);
    CHECK(half.view().samples<std::uint8_t>(0)[1] == 75);
}

TEST_CASE("scale: refuses other formats and mosaics") {
    Picture rgb(PixelFormat::rgb, 4, 4);
    Picture bgr(PixelFormat::bgr, 2, 2);
    Picture mosaic(PixelFormat::rggb8, 4, 4);
    CHECK_FALSE(scale(rgb.view(), bgr.edit(), ScaleMethod::area));
    CHECK_FALSE(scale(mosaic.view(), mosaic.edit(), ScaleMethod::area));
}

}  // namespace
}  // namespace parallax::compute
