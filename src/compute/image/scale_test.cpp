#include "compute/image/scale.h"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "compute/image/samples.h"
#include "support/each_target.h"
#include "support/exact_convert.h"
#include "support/picture.h"
#include "support/spaced.h"
#include "support/unwrap.h"

namespace parallax::compute {
namespace {

constexpr std::array kMethods{ScaleMethod::nearest,  ScaleMethod::bilinear, ScaleMethod::area,
                              ScaleMethod::triangle, ScaleMethod::bicubic,  ScaleMethod::lanczos};

Picture scaled(const Picture& src, int width, int height, ScaleMethod method) {
    Picture dst(src.layout().format, width, height);
    const auto done = scale(src.view(), dst.edit(), method);
    if (!done) FAIL(to_string(done.error()));
    return dst;
}

// The definitions, as weights of all samples of one axis in double precision.
double keys_cubic(double x) {
    x = std::abs(x);
    if (x >= 2) return 0;
    return x < 1 ? 1.5 * x * x * x - 2.5 * x * x + 1 : -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2;
}
double sinc(double x) { return x == 0 ? 1 : std::sin(M_PI * x) / (M_PI * x); }

double weight_at(double distance, ScaleMethod method) {
    if (method == ScaleMethod::bicubic) return keys_cubic(distance);
    if (method == ScaleMethod::lanczos)
        return std::abs(distance) < 3 ? sinc(distance) * sinc(distance / 3) : 0;
    return std::max(0.0, 1 - std::abs(distance));
}

std::vector<double> exact_weights(int from, int to, int i, ScaleMethod method) {
    std::vector<double> weights(static_cast<std::size_t>(from));
    const double ratio = static_cast<double>(from) / to;
    if (method == ScaleMethod::nearest) {
        weights[static_cast<std::size_t>((2 * i + 1) * from / (2 * to))] = 1;
        return weights;
    }
    if (method == ScaleMethod::area) {
        for (int k = 0; k < from; ++k)
            weights[static_cast<std::size_t>(k)] =
                std::max(0.0, std::min((i + 1) * ratio, k + 1.0) - std::max(i * ratio, k + 0.0)) /
                ratio;
        return weights;
    }
    const double width = method == ScaleMethod::bilinear ? 1 : std::max(1.0, ratio);
    double sum = 0;
    for (int k = -8 * from - 8; k < 9 * from + 8; ++k) {
        const double w = weight_at((k - ((i + 0.5) * ratio - 0.5)) / width, method);
        weights[static_cast<std::size_t>(std::clamp(k, 0, from - 1))] += w;
        sum += w;
    }
    for (double& w : weights) w /= sum;
    return weights;
}

int code_of(const Picture& p, const SampleMap& map, std::size_t g, std::array<int, 3> at) {
    const SampleGrid& grid = map.grids[g];
    const int i = at[0] * grid.step + at[2];
    if (map.sample_bytes == 2)
        return grid_row<std::uint16_t>(p.view(), grid, at[1])[i] >> map.sample_shift;
    return grid_row<std::uint8_t>(p.view(), grid, at[1])[i];
}

// The largest distance of any sample from the exact one, in codes.
double scale_error(const Picture& src, const Picture& dst, ScaleMethod method) {
    const SampleMap in = sample_map(src.layout());
    const SampleMap out = sample_map(dst.layout());
    const double top = std::pow(2.0, in.sample_bits) - 1;
    double worst = 0;
    for (std::size_t g = 0; g < static_cast<std::size_t>(in.grid_count); ++g) {
        const SampleGrid& a = in.grids[g];
        const SampleGrid& b = out.grids[g];
        for (int y = 0; y < b.height; ++y) {
            const auto down = exact_weights(a.height, b.height, y, method);
            for (int x = 0; x < b.width; ++x) {
                const auto across = exact_weights(a.width, b.width, x, method);
                for (int c = 0; c < b.components; ++c) {
                    double sum = 0;
                    for (int j = 0; j < a.height; ++j) {
                        if (down[static_cast<std::size_t>(j)] == 0) continue;
                        for (int i = 0; i < a.width; ++i)
                            sum += down[static_cast<std::size_t>(j)] *
                                   across[static_cast<std::size_t>(i)] *
                                   code_of(src, in, g, {i, j, c});
                    }
                    worst = std::max(worst, std::abs(code_of(dst, out, g, {x, y, c}) -
                                                     std::clamp(sum, 0.0, top)));
                }
            }
        }
    }
    return worst;
}

TEST_CASE("scale: every sample is within its bound of the exact value, by every method") {
    double worst = 0;
    double worst_deep = 0;
    for (const PixelFormat f : picture_formats()) {
        const Picture src = random_picture(f, 23, 9, 11);
        for (const auto& [w, h] : {std::pair{23, 9}, {31, 20}, {15, 6}, {5, 4}, {26, 3}, {1, 1}}) {
            for (const ScaleMethod method : kMethods) {
                const double error = scale_error(src, scaled(src, w, h, method), method);
                const bool deep = traits(f).bits > 8;
                (deep ? worst_deep : worst) = std::max(deep ? worst_deep : worst, error);
                CAPTURE(traits(f).name);
                CAPTURE(static_cast<int>(method));
                CAPTURE(w);
                REQUIRE(error < (deep ? kDeepScaleErrorCodes : kScaleErrorCodes));
            }
        }
    }
    MESSAGE("largest distance: " << worst << " codes of 8 bits, " << worst_deep << " of more");
}

// Sizes that take each of the ways along rows, with rows longer than any vector.
constexpr std::array<std::array<int, 4>, 8> kSizes{{{150, 7, 100, 5},
                                                    {200, 4, 100, 2},
                                                    {150, 8, 40, 3},
                                                    {90, 5, 131, 9},
                                                    {300, 6, 33, 4},
                                                    {400, 40, 20, 2},
                                                    {65, 3, 64, 2},
                                                    {1, 1, 70, 3}}};

TEST_CASE("scale: long rows keep the bound") {
    for (const auto& [w, h, to_w, to_h] : kSizes) {
        for (const ScaleMethod method : kMethods) {
            for (const PixelFormat f : {PixelFormat::nv12, PixelFormat::rgb, PixelFormat::rgba}) {
                const Picture src = random_picture(f, w, h, 5);
                CAPTURE(static_cast<int>(method));
                CAPTURE(to_w);
                CHECK(scale_error(src, scaled(src, to_w, to_h, method), method) < kScaleErrorCodes);
            }
        }
    }
}

TEST_CASE("scale: every instruction set gives the same bytes") {
    for (const auto& [w, h, to_w, to_h] : kSizes) {
        for (const ScaleMethod method : kMethods) {
            for (const PixelFormat f : {PixelFormat::nv12, PixelFormat::bgr, PixelFormat::argb,
                                        PixelFormat::uyvy, PixelFormat::p010_10le}) {
                const Picture src = random_picture(f, w, h, 6);
                std::vector<std::byte> first;
                each_target([&] {
                    const Picture dst = scaled(src, to_w, to_h, method);
                    if (first.empty()) first = dst.bytes();
                    CAPTURE(traits(f).name);
                    CAPTURE(static_cast<int>(method));
                    CAPTURE(to_w);
                    CHECK(dst.bytes() == first);
                });
            }
        }
    }
}

TEST_CASE("scale: any strides give the same samples, and nothing between rows is touched") {
    for (const PixelFormat f : picture_formats()) {
        for (const auto& [w, h, to_w, to_h] : {std::array{33, 5, 20, 3}, {3, 3, 35, 5}}) {
            for (const ScaleMethod method : kMethods) {
                const Picture src = random_picture(f, w, h, 8);
                const Picture plain = scaled(src, to_w, to_h, method);
                Spaced in(f, w, h);
                in.take(src.view());
                Spaced out(f, to_w, to_h);
                REQUIRE(scale(in.view(), out.edit(), method));
                CAPTURE(traits(f).name);
                CHECK(out.gaps_untouched());
                for (const int c : channels_in(f))
                    for (int y = 0; y < to_h; ++y)
                        for (int x = 0; x < to_w; ++x)
                            REQUIRE(code_at(out.view(), c, x, y) == code_at(plain.view(), c, x, y));
            }
        }
    }
}

// A ramp stays a ramp: samples have their centres where they should. Half a pixel off would be
// half a step of 8 off.
TEST_CASE("scale: a ramp keeps its place") {
    Picture ramp(PixelFormat::gray16le, 32, 1);
    for (int x = 0; x < 32; ++x)
        ramp.edit().samples<std::uint16_t>(0)[x] = static_cast<std::uint16_t>(1000 * x + 500);
    for (const ScaleMethod method :
         {ScaleMethod::bilinear, ScaleMethod::triangle, ScaleMethod::bicubic, ScaleMethod::area}) {
        for (const int width : {16, 64}) {
            const Picture out = scaled(ramp, width, 1, method);
            for (int x = width / 4; x < width * 3 / 4; ++x) {
                const double exact = 1000.0 * (x + 0.5) * 32 / width;
                const double seen = out.view().samples<std::uint16_t>(0)[x];
                const bool steps = method == ScaleMethod::area && width > 32;
                CHECK(std::abs(seen - exact) < (steps ? 251 : 1));
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
