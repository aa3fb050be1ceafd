#include "isp/rcd.h"

#include <cstdint>
#include <random>

#include <doctest/doctest.h>

#include "support/each_target.h"
#include "support/rcd_frame.h"
#include "support/reference_demosaic.h"

namespace parallax::isp {
namespace {

using reference::Mosaic;
using reference::Rgb;

constexpr std::array kOrders{BayerOrder::rggb, BayerOrder::grbg, BayerOrder::gbrg,
                             BayerOrder::bggr};

struct Size {
    int width, height;
};

// Noise that is sometimes exactly black, sometimes far beyond white: what a sensor gives at worst.
Mosaic noise(const Size& size, BayerOrder order) {
    Mosaic mosaic{size.width, size.height, order, {}};
    std::mt19937 random(static_cast<std::uint32_t>(size.width * 1000 + size.height));
    std::uniform_real_distribution<float> uniform(-0.2F, 1.2F);
    for (int i = 0; i < size.width * size.height; ++i) {
        const float value = std::max(uniform(random), 0.0F);
        mosaic.samples.push_back(i % 97 == 0 ? 16.0F * value : value);
    }
    return mosaic;
}

// A picture sampled by a mosaic.
template <class Scene>
Mosaic sampled(const Size& size, BayerOrder order, const Scene& scene) {
    Mosaic mosaic{size.width, size.height, order, {}};
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x)
            mosaic.samples.push_back(scene(mosaic.color(x, y), x, y));
    return mosaic;
}

// -0 and 0 are equal, so this is the same bytes but for signs of zeros, of which there are none.
bool same(const Rgb& a, const Rgb& b) { return a.planes == b.planes; }

TEST_CASE("rcd: equals the plain scalar reference to the last bit, in all orders and odd sizes") {
    for (const Size& size : {Size{2, 2},
                             {3, 3},
                             {2, 9},
                             {9, 2},
                             {5, 4},
                             {11, 10},
                             {12, 13},
                             {17, 16},
                             {33, 17},
                             {101, 31},
                             {511, 12},
                             {512, 12},
                             {513, 12},
                             {514, 12},
                             {545, 12},
                             {1031, 25}})
        for (const BayerOrder order : kOrders) {
            CAPTURE(size.width);
            CAPTURE(size.height);
            CAPTURE(to_string(order));
            const Mosaic mosaic = noise(size, order);
            CHECK(same(develop_rcd(mosaic), reference::rcd(mosaic)));
        }
}

TEST_CASE("rcd: every instruction set of this machine gives the same bytes, scalar included") {
    const Mosaic mosaic = noise({301, 40}, BayerOrder::grbg);
    const Rgb expected = develop_rcd(mosaic);
    int sets = 0;
    each_target([&] {
        CHECK(same(develop_rcd(mosaic), expected));
        ++sets;
    });
    CHECK(sets >= 2);
}

TEST_CASE("rcd: any cut into regions gives the same bytes") {
    const Mosaic mosaic = noise({1301, 77}, BayerOrder::gbrg);
    const Rgb expected = develop_rcd(mosaic);
    Rcd rcd = unwrap(Rcd::create({.width = 1301, .height = 77, .order = mosaic.order}));
    MosaicInMemory source(mosaic);

    std::mt19937 random(7);
    for (int round = 0; round < 5; ++round) {
        Rgb picture(1301, 77);
        PictureInMemory sink(picture);
        for (int y = 0; y < 77;) {
            const int y1 = std::min(77, y + 1 + static_cast<int>(random() % 30));
            for (int x = 0; x < 1301;) {
                const int x1 = std::min(1301, x + 2 + 2 * static_cast<int>(random() % 400));
                rcd.process({x, y, x1, y1}, source, sink);
                x = x1;
            }
            y = y1;
        }
        CHECK(same(picture, expected));
    }
}

TEST_CASE("rcd: an empty region asks for nothing and gives nothing") {
    const Mosaic mosaic = noise({8, 8}, BayerOrder::rggb);
    struct Never final : RgbSink {
        int calls = 0;
        void emit(int, int, const RgbRow&) override { ++calls; }
    } never;
    MosaicInMemory source(mosaic);
    Rcd rcd = unwrap(Rcd::create({.width = 8, .height = 8}));
    rcd.process({4, 4, 4, 8}, source, never);
    rcd.process({0, 4, 8, 4}, source, never);
    CHECK(never.calls == 0);
}

// Mirroring a mosaic of even size swaps its order; of odd size it keeps it.
TEST_CASE("rcd: a mirrored mosaic gives exactly the mirrored picture, in all four orders") {
    for (const Size& size : {Size{46, 32}, {45, 32}, {46, 33}, {45, 33}, {2, 2}, {3, 2}})
        for (const BayerOrder order : kOrders)
            for (int flip = 1; flip < 4; ++flip) {
                const bool across = (flip & 1) != 0;
                const bool down = (flip & 2) != 0;
                const Mosaic mosaic = noise(size, order);
                const auto from = [&](int x, int y) {
                    return std::pair{across ? size.width - 1 - x : x,
                                     down ? size.height - 1 - y : y};
                };
                Mosaic flipped = mosaic;
                for (int y = 0; y < size.height; ++y)
                    for (int x = 0; x < size.width; ++x)
                        flipped.samples[static_cast<std::size_t>(y * size.width + x)] =
                            mosaic.at(from(x, y).first, from(x, y).second);
                for (const BayerOrder candidate : kOrders) {
                    flipped.order = candidate;
                    if (flipped.color(0, 0) == mosaic.color(from(0, 0).first, from(0, 0).second) &&
                        flipped.color(1, 0) == mosaic.color(from(1, 0).first, from(1, 0).second))
                        break;
                }
                const Rgb expected = develop_rcd(mosaic);
                const Rgb got = develop_rcd(flipped);
                bool equal = true;
                for (std::size_t c = 0; c < 3; ++c)
                    for (int y = 0; y < size.height; ++y)
                        for (int x = 0; x < size.width; ++x)
                            equal &= got.at(c, x, y) ==
                                     expected.at(c, from(x, y).first, from(x, y).second);
                CAPTURE(size.width);
                CAPTURE(flip);
                CAPTURE(to_string(order));
                CHECK(equal);
            }
}

template <class Scene>
double worst_error(const Mosaic& mosaic, int border_px, const Scene& scene) {
    const Rgb picture = develop_rcd(mosaic);
    double worst = 0;
    for (int y = border_px; y < mosaic.height - border_px; ++y)
        for (int x = border_px; x < mosaic.width - border_px; ++x)
            for (std::size_t c = 0; c < 3; ++c)
                worst = std::max(worst, std::abs(double{picture.at(c, x, y)} - scene(c, x, y)));
    return worst;
}

TEST_CASE("rcd: a constant colour stays that colour, up to the borders") {
    for (const auto& color : {std::array{0.0F, 0.0F, 0.0F},
                              {0.5F, 0.5F, 0.5F},
                              {1.0F, 0.25F, 0.0F},
                              {0.1F, 0.7F, 0.3F},
                              {1e-4F, 2e-4F, 3e-4F},
                              {8.0F, 8.0F, 8.0F}}) {
        const auto scene = [&](std::size_t c, int, int) { return color[c]; };
        for (const BayerOrder order : kOrders)
            for (const Size& size : {Size{2, 2}, {3, 3}, {40, 31}}) {
                // Green is interpolated by ratios with a tolerance of 1e-5 in the denominator, and
                // by differences from there: nothing but rounding may be lost.
                const double error = worst_error(sampled(size, order, scene), 0, scene);
                CHECK(error <= 1e-6 * std::max({color[0], color[1], color[2], 0.1F}));
            }
    }
}

TEST_CASE("rcd: a gray ramp in any direction comes out as that ramp") {
    for (const auto& [dx, dy] : {std::pair{1, 0}, {0, 1}, {1, 1}, {1, -1}, {2, 1}}) {
        const auto scene = [dx = dx, dy = dy](std::size_t, int x, int y) {
            return 0.5F + 0.002F * static_cast<float>(dx * (x - 40) + dy * (y - 40));
        };
        // A ratio of low-pass values is linear to the first order; a tenth of a step is left.
        for (const BayerOrder order : kOrders)
            CHECK(worst_error(sampled({80, 80}, order, scene), 10, scene) < 0.0002);
    }
}

// What bilinear interpolation cannot do: it fringes by half the step.
TEST_CASE("rcd: a gray edge along rows or columns stays sharp and gray") {
    for (const bool upright : {true, false}) {
        const auto scene = [&](std::size_t, int x, int y) {
            return (upright ? x : y) < 30 ? 0.2F : 0.8F;
        };
        for (const BayerOrder order : kOrders) {
            const Mosaic mosaic = sampled({60, 60}, order, scene);
            CHECK(worst_error(mosaic, 0, scene) < 0.03);
        }
    }
}

TEST_CASE("rcd: refuses frames without neighbours, and larger ones than we accept") {
    for (const Size& size : {Size{0, 0}, {1, 2}, {2, 1}, {-4, 8}, {8, kMaxSidePx + 1}}) {
        const auto made = Rcd::create({.width = size.width, .height = size.height});
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().code == Errc::invalid_argument);
    }
}

// The corners of a frame of 210 MP, whose samples are made up as they are asked for.
TEST_CASE("rcd: the largest width works, at its far end as at its near one") {
    static constexpr int width = kMaxSidePx;
    static constexpr int height = 3201;
    struct Endless final : MosaicSource {
        void fetch(int y, int x, const SplitRow& out) override {
            REQUIRE((y >= 0 && y < height && x >= 0));
            REQUIRE(x + 2 * static_cast<int>(out.even.size()) <= width);
            std::ranges::fill(out.even, 0.25F);
            std::ranges::fill(out.odd, 0.25F);
        }
    } endless;
    struct Count final : RgbSink {
        std::int64_t pixels = 0;
        bool right = true;
        void emit(int, int, const RgbRow& row) override {
            pixels += 2 * static_cast<int>(row[0].even.size());
            for (const float v : row[2].odd) right &= std::abs(v - 0.25F) < 1e-6F;
        }
    } count;
    Rcd rcd = unwrap(Rcd::create({.width = width, .height = height}));
    rcd.process({0, 0, width, 2}, endless, count);
    rcd.process({width - 700, height - 40, width, height}, endless, count);
    CHECK(count.pixels == 2 * width + 700 * 40);
    CHECK(count.right);
}

}  // namespace
}  // namespace parallax::isp
