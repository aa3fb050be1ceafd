#include "compute/image/compose.h"

#include <cmath>

#include <doctest/doctest.h>

#include "compute/image/convert.h"
#include "support/picture.h"
#include "support/unwrap.h"

namespace parallax::compute {
namespace {

std::uint8_t at(const Picture& p, int i, int y) { return p.view().samples<std::uint8_t>(y)[i]; }

Picture flat(PixelFormat format, int width, int height, std::array<float, 4> color) {
    Picture p(format, width, height);
    REQUIRE(fill(p.edit(), color));
    return p;
}

TEST_CASE("blend: an opaque picture replaces what it covers, clipped at any place") {
    for (const Point place :
         {Point{2, 1}, {-3, -2}, {7, 5}, {-100, 0}, {2147483647, -2147483647}}) {
        Picture canvas(PixelFormat::rgb, 9, 7);
        canvas.randomize(1);
        const Picture before = canvas;
        Picture picture(PixelFormat::rgb, 5, 4);
        picture.randomize(2);
        REQUIRE(blend(picture.view(), canvas.edit(), place));
        for (int y = 0; y < 7; ++y) {
            for (int x = 0; x < 9; ++x) {
                const std::int64_t px = x - std::int64_t{place.x};
                const std::int64_t py = y - std::int64_t{place.y};
                const bool inside = px >= 0 && py >= 0 && px < 5 && py < 4;
                for (int c = 0; c < 3; ++c)
                    REQUIRE(at(canvas, x * 3 + c, y) ==
                            (inside
                                 ? at(picture, static_cast<int>(px) * 3 + c, static_cast<int>(py))
                                 : at(before, x * 3 + c, y)));
            }
        }
    }
}

TEST_CASE("blend: half opacity is half-way") {
    Picture canvas = flat(PixelFormat::gray8, 2, 2, {0, 0, 0, 1});
    const Picture white = flat(PixelFormat::gray8, 2, 2, {1, 1, 1, 1});
    REQUIRE(blend(white.view(), canvas.edit(), {1, 0}, 0.5F));
    CHECK(at(canvas, 0, 0) == 0);
    CHECK(at(canvas, 1, 0) == 128);
    REQUIRE(blend(white.view(), canvas.edit(), {0, 0}, 0.0F));
    CHECK(at(canvas, 0, 0) == 0);
    CHECK_FALSE(blend(white.view(), canvas.edit(), {0, 0}, 1.5F));
    CHECK_FALSE(blend(white.view(), canvas.edit(), {0, 0}, std::nanf("")));
}

TEST_CASE("blend: alpha composes by over") {
    Picture canvas = flat(PixelFormat::rgba, 1, 1, {0, 0, 1, 1});
    const Picture veil = flat(PixelFormat::rgba, 1, 1, {1, 0, 0, 0.25F});
    REQUIRE(blend(veil.view(), canvas.edit(), {0, 0}));
    CHECK(at(canvas, 0, 0) == 64);
    CHECK(at(canvas, 2, 0) == 191);
    CHECK(at(canvas, 3, 0) == 255);
    // On nothing, a veil is itself.
    Picture empty(PixelFormat::rgba, 1, 1);
    REQUIRE(blend(veil.view(), empty.edit(), {0, 0}));
    CHECK(at(empty, 0, 0) == 255);
    CHECK(at(empty, 3, 0) == 64);
    // Nothing on nothing stays nothing.
    const Picture nothing(PixelFormat::rgba, 1, 1);
    Picture still(PixelFormat::rgba, 1, 1);
    REQUIRE(blend(nothing.view(), still.edit(), {0, 0}));
    CHECK(at(still, 3, 0) == 0);
}

TEST_CASE("blend: side by side in every format") {
    for (const PixelFormat f : all_pixel_formats()) {
        if (traits(f).family == PixelFamily::bayer) continue;
        CAPTURE(traits(f).name);
        Picture canvas = flat(f, 8, 4, {0, 0, 0, 1});
        const Picture left = flat(f, 4, 4, {1, 0, 0, 1});
        const Picture right = flat(f, 4, 4, {0, 0, 1, 1});
        REQUIRE(blend(left.view(), canvas.edit(), {0, 0}));
        REQUIRE(blend(right.view(), canvas.edit(), {4, 0}));
        Picture rgb(PixelFormat::rgb, 8, 4);
        REQUIRE(convert(canvas.view(), rgb.edit()));
        for (int y = 0; y < 4; ++y) {
            for (int x = 0; x < 8; ++x) {
                if (traits(f).family == PixelFamily::gray) {
                    CHECK(at(rgb, x * 3, y) == (x < 4 ? 76 : 29));
                } else {
                    CHECK((at(rgb, x * 3, y) > 250) == (x < 4));
                    CHECK((at(rgb, x * 3 + 2, y) > 250) == (x >= 4));
                }
            }
        }
    }
}

TEST_CASE("blend and fill: refuse mosaics and mixed formats") {
    Picture rgb(PixelFormat::rgb, 2, 2);
    Picture bgr(PixelFormat::bgr, 2, 2);
    Picture mosaic(PixelFormat::rggb8, 2, 2);
    CHECK_FALSE(blend(rgb.view(), bgr.edit(), {0, 0}));
    CHECK_FALSE(blend(mosaic.view(), mosaic.edit(), {0, 0}));
    CHECK_FALSE(fill(mosaic.edit(), {0, 0, 0, 1}));
}

}  // namespace
}  // namespace parallax::compute
