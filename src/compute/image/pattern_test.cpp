#include "compute/image/pattern.h"

#include <doctest/doctest.h>

#include "compute/image/convert.h"
#include "support/picture.h"
#include "support/unwrap.h"

namespace parallax::compute {
namespace {

Picture painted(Pattern pattern, int width, int height, std::uint64_t frame = 0) {
    Picture p(PixelFormat::rgb, width, height);
    REQUIRE(paint_pattern(p.edit(), {.pattern = pattern, .frame = frame}));
    return p;
}

std::array<int, 3> at(const Picture& p, int x, int y) {
    const auto* row = p.view().samples<std::uint8_t>(y) + x * 3;
    return {row[0], row[1], row[2]};
}

using Color = std::array<int, 3>;

TEST_CASE("pattern: names are GStreamer's") {
    CHECK(pattern("smpte") == Pattern::smpte);
    CHECK(pattern("checkers-8") == Pattern::checkers_8);
    CHECK(pattern("gradient") == Pattern::gradient);
    CHECK_FALSE(pattern("SMPTE"));
}

TEST_CASE("pattern: smpte has its seven bars and what lies below them") {
    const Picture p = painted(Pattern::smpte, 70, 48);
    const std::array<Color, 7> bars{{{255, 255, 255},
                                     {255, 255, 0},
                                     {0, 255, 255},
                                     {0, 255, 0},
                                     {255, 0, 255},
                                     {255, 0, 0},
                                     {0, 0, 255}}};
    for (int i = 0; i < 7; ++i) {
        CHECK(at(p, i * 10, 0) == bars[static_cast<std::size_t>(i)]);
        CHECK(at(p, i * 10 + 9, 31) == bars[static_cast<std::size_t>(i)]);
    }
    CHECK(at(p, 5, 33) == Color{0, 0, 255});
    CHECK(at(p, 15, 33) == Color{0, 0, 0});
    CHECK(at(p, 69, 33) == Color{255, 255, 255});
    CHECK(at(p, 15, 40) == Color{255, 255, 255});
}

TEST_CASE("pattern: checkers are squares of their size") {
    for (const auto& [pattern, size] : {std::pair{Pattern::checkers_1, 1},
                                        {Pattern::checkers_2, 2},
                                        {Pattern::checkers_4, 4},
                                        {Pattern::checkers_8, 8}}) {
        const Picture p = painted(pattern, 19, 17);
        for (int y = 0; y < 17; ++y)
            for (int x = 0; x < 19; ++x)
                REQUIRE(at(p, x, y) ==
                        ((x / size + y / size) % 2 == 0 ? Color{255, 0, 0} : Color{0, 255, 0}));
    }
}

TEST_CASE("pattern: snow differs from frame to frame and is the same when asked again") {
    CHECK(painted(Pattern::snow, 16, 16, 3).bytes() == painted(Pattern::snow, 16, 16, 3).bytes());
    CHECK(painted(Pattern::snow, 16, 16, 3).bytes() != painted(Pattern::snow, 16, 16, 4).bytes());
    double sum = 0;
    const Picture p = painted(Pattern::snow, 64, 64);
    for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 64; ++x) sum += at(p, x, y)[0];
    CHECK(std::abs(sum / 4096 - 127.5) < 6);  // Five standard errors of a uniform byte.
}

TEST_CASE("pattern: the ball moves, the gradient runs from black to white") {
    CHECK(painted(Pattern::ball, 64, 48, 0).bytes() != painted(Pattern::ball, 64, 48, 9).bytes());
    CHECK(painted(Pattern::ball, 64, 48, 1).bytes() == painted(Pattern::ball, 64, 48, 91).bytes());
    const Picture p = painted(Pattern::gradient, 3, 50);
    CHECK(at(p, 1, 0) == Color{0, 0, 0});
    CHECK(at(p, 1, 49) == Color{255, 255, 255});
    for (int y = 1; y < 50; ++y) CHECK(at(p, 0, y)[1] > at(p, 0, y - 1)[1]);
}

TEST_CASE("pattern: every pattern in every format and the smallest sizes") {
    for (const PixelFormat f : all_pixel_formats()) {
        for (std::size_t i = 0; i < kPatternNames.size(); ++i) {
            for (const auto& [w, h] : {std::pair{1, 1}, {3, 2}, {16, 9}}) {
                Picture p(f, w, h);
                const auto done = paint_pattern(p.edit(), {.pattern = static_cast<Pattern>(i)});
                CHECK(done.has_value() == !traits(f).packed);
            }
        }
    }
}

TEST_CASE("pattern: a mosaic sees its colours through its filters") {
    Picture p(PixelFormat::grbg12le, 4, 2);
    REQUIRE(paint_pattern(p.edit(), {.pattern = Pattern::red}));
    CHECK(p.view().samples<std::uint16_t>(0)[0] == 0);
    CHECK(p.view().samples<std::uint16_t>(0)[1] == 4095);
    CHECK(p.view().samples<std::uint16_t>(1)[0] == 0);
}

}  // namespace
}  // namespace parallax::compute
