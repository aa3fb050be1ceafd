#include "isp/simulator/simulator.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <doctest/doctest.h>

#include "support/picture.h"
#include "support/unwrap.h"

namespace parallax::sim {
namespace {

struct Shot {
    Picture src, clean, truth;
};

Shot shoot(const Simulator& camera, std::uint64_t frame) {
    const SimulatorOptions& o = camera.options();
    Shot shot{Picture(camera.raw_format(), o.width, o.height),
              Picture(camera.raw_format(), o.width, o.height),
              Picture(PixelFormat::rgba64le, o.width, o.height)};
    REQUIRE(camera.render(
        frame, {.src = shot.src.edit(), .clean = shot.clean.edit(), .truth = shot.truth.edit()}));
    return shot;
}

Simulator small_camera(SimulatorOptions options = {}) {
    options.width = 128;
    options.height = 96;
    return unwrap(Simulator::create(options));
}

int code(const Picture& mosaic, int x, int y) { return mosaic.view().samples<std::uint16_t>(y)[x]; }

TEST_CASE("simulator: a frame is a function of its options and its number") {
    const Simulator a = small_camera({.seed = 5, .shake_px = 1.0});
    const Simulator b = small_camera({.seed = 5, .shake_px = 1.0});
    const Shot later = shoot(a, 9);
    const Shot earlier = shoot(a, 2);
    CHECK(shoot(b, 2).src.bytes() == earlier.src.bytes());
    CHECK(shoot(b, 9).src.bytes() == later.src.bytes());
    CHECK(shoot(b, 9).truth.bytes() == later.truth.bytes());
    CHECK(earlier.src.bytes() != later.src.bytes());
    const Simulator other = small_camera({.seed = 6, .shake_px = 1.0});
    CHECK(shoot(other, 2).src.bytes() != earlier.src.bytes());
}

TEST_CASE("simulator: slices in any order make the same frame") {
    const Simulator camera = small_camera({.shake_px = 2.0});
    const Shot whole = shoot(camera, 3);
    Picture src(camera.raw_format(), 128, 96);
    Picture truth(PixelFormat::rgba64le, 128, 96);
    for (const auto& [first, rows] : {std::pair{50, 46}, {0, 1}, {1, 12}, {13, 37}, {96, 5}}) {
        CHECK(camera.render(
            3, {.src = src.edit(), .truth = truth.edit(), .first_row = first, .rows = rows}));
    }
    CHECK(src.bytes() == whole.src.bytes());
    CHECK(truth.bytes() == whole.truth.bytes());
}

TEST_CASE("simulator: the scene, and so the clean frame, does not depend on seed or gain") {
    const Simulator a = small_camera({.seed = 1, .gain = 1.0});
    const Simulator b = small_camera({.seed = 2, .gain = 16.0});
    CHECK(shoot(a, 4).clean.bytes() == shoot(b, 4).clean.bytes());
}

// An order is another place of the same filters: a camera that points one column to the right
// through RGGB sees what a GRBG camera sees without its first column.
TEST_CASE("simulator: the four orders are one mosaic, shifted") {
    const auto look = [](BayerOrder order, double dx, double dy) {
        return shoot(small_camera({.order = order,
                                   .offset_x_px = dx,
                                   .offset_y_px = dy,
                                   .shading = 0.0,
                                   .defects_per_megapixel = 0}),
                     0);
    };
    struct Case {
        BayerOrder order;
        int dx, dy;
    };
    for (const Case& c :
         {Case{BayerOrder::grbg, 1, 0}, {BayerOrder::gbrg, 0, 1}, {BayerOrder::bggr, 1, 1}}) {
        CAPTURE(to_string(c.order));
        const Shot other = look(c.order, 0, 0);
        const Shot moved = look(BayerOrder::rggb, c.dx, c.dy);
        int worst = 0;
        for (int y = c.dy; y < 96; ++y)
            for (int x = c.dx; x < 128; ++x)
                worst = std::max(worst, std::abs(code(other.clean, x, y) -
                                                 code(moved.clean, x - c.dx, y - c.dy)));
        CHECK(worst <= 2);  // Codes of 12 bits: single-precision places differ in the last digit.
        CHECK(look(c.order, 0, 0).truth.bytes() == look(BayerOrder::rggb, 0, 0).truth.bytes());
    }
}

TEST_CASE("simulator: every depth shows the same light") {
    const Shot deep = shoot(small_camera({.bits = 16}), 0);
    for (const int bits : {10, 12, 14}) {
        const Shot shot = shoot(small_camera({.bits = bits}), 0);
        const double step = std::exp2(16 - bits);
        double worst = 0;
        for (int y = 0; y < 96; ++y)
            for (int x = 0; x < 128; ++x)
                worst = std::max(worst,
                                 std::abs(code(shot.clean, x, y) * step - code(deep.clean, x, y)));
        CHECK(worst <= 0.5 * step + 1.0);
    }
    const Shot bytes = shoot(small_camera({.bits = 8}), 0);
    double worst = 0;
    for (int y = 0; y < 96; ++y)
        for (int x = 0; x < 128; ++x)
            worst =
                std::max(worst, std::abs(bytes.clean.view().samples<std::uint8_t>(y)[x] * 256.0 -
                                         code(deep.clean, x, y)));
    CHECK(worst <= 129.0);
}

TEST_CASE("simulator: MIPI packing holds the same samples") {
    for (const int bits : {10, 12}) {
        for (const int width : {128, 127, 126, 125}) {
            SimulatorOptions o{.width = width, .height = 5, .bits = bits};
            const Shot plain = shoot(unwrap(Simulator::create(o)), 1);
            o.packed = true;
            const Shot packed = shoot(unwrap(Simulator::create(o)), 1);
            for (int y = 0; y < 5; ++y) {
                const std::byte* row = packed.src.view().row(y);
                for (int x = 0; x < width; ++x) {
                    const int group = bits == 10 ? 4 : 2;
                    const std::byte* cell = row + x / group * (group + 1);
                    const int high = std::to_integer<int>(cell[x % group]);
                    const int low = std::to_integer<int>(cell[group]);
                    const int sample = bits == 10 ? high * 4 + (low >> (2 * (x % 4)) & 3)
                                                  : high * 16 + (low >> (4 * (x % 2)) & 15);
                    REQUIRE(sample == code(plain.src, x, y));
                }
            }
        }
    }
}

TEST_CASE("simulator: any size has all three pictures") {
    for (const auto& [w, h] : {std::pair{1, 1}, {2, 2}, {3, 5}, {1, 40}, {97, 2}, {2000, 3}}) {
        const Simulator camera =
            unwrap(Simulator::create({.width = w, .height = h, .shake_px = 1.5}));
        const Shot shot = shoot(camera, 7);
        CHECK(shot.truth.view().samples<std::uint16_t>(h - 1)[w * 4 - 1] == 65535);
    }
}

TEST_CASE("simulator: defects stay where they are, and most are known") {
    const Simulator camera = small_camera({.seed = 3, .defects_per_megapixel = 4000});
    const Simulator flawless = small_camera({.seed = 3, .defects_per_megapixel = 0});
    const Simulator::Defects defects = camera.defects();
    REQUIRE(defects.at.size() > 30);
    const std::set<std::array<int, 2>> places(defects.at.begin(), defects.at.end());
    CHECK(places.size() == defects.at.size());

    const RawInfo info = camera.info(0);
    CHECK(info.defects.size() == defects.known);
    CHECK(defects.known * 4 >= defects.at.size() * 2);
    CHECK(defects.known < defects.at.size());

    const Shot bad = shoot(camera, 0);
    const Shot good = shoot(flawless, 0);
    CHECK(bad.clean.bytes() == good.clean.bytes());
    int changed = 0;
    for (int y = 0; y < 96; ++y) {
        for (int x = 0; x < 128; ++x) {
            const bool differs = code(bad.src, x, y) != code(good.src, x, y);
            if (!places.contains({x, y})) CHECK_FALSE(differs);
            changed += differs ? 1 : 0;
        }
    }
    CHECK(changed > static_cast<int>(places.size() * 8 / 10));
}

TEST_CASE("simulator: a highlight clips at the white level, shadows sit above black") {
    const Simulator camera =
        unwrap(Simulator::create({.width = 256, .height = 192, .exposure_ev = 1.0}));
    const Shot shot = shoot(camera, 0);
    const RawInfo info = camera.info(0);
    int clipped = 0;
    int lowest = 65535;
    for (int y = 0; y < 192; ++y) {
        for (int x = 0; x < 256; ++x) {
            CHECK_FALSE(code(shot.clean, x, y) > static_cast<int>(info.white_level));
            clipped += code(shot.clean, x, y) == static_cast<int>(info.white_level) ? 1 : 0;
            lowest = std::min(lowest, code(shot.clean, x, y));
        }
    }
    CHECK(clipped > 50);
    CHECK(lowest >= static_cast<int>(*std::ranges::min_element(info.black_level)));
    CHECK(info.white_level < 4095);
}

TEST_CASE("simulator: refuses what no camera could be") {
    const auto code_of = [](const SimulatorOptions& o) {
        auto camera = Simulator::create(o);
        REQUIRE_FALSE(camera);
        CHECK_FALSE(camera.error().message.empty());
        return camera.error().code;
    };
    CHECK(code_of({.width = 0}) == Errc::invalid_argument);
    CHECK(code_of({.height = 65537}) == Errc::invalid_argument);
    CHECK(code_of({.bits = 9}) == Errc::unsupported);
    CHECK(code_of({.bits = 14, .packed = true}) == Errc::unsupported);
    CHECK(code_of({.gain = 0}) == Errc::invalid_argument);
    CHECK(code_of({.gain = std::nan("")}) == Errc::invalid_argument);
    CHECK(code_of({.shake_px = -1}) == Errc::invalid_argument);
    CHECK(code_of({.illuminant_k = 100}) == Errc::invalid_argument);

    const Simulator camera = small_camera();
    Picture wrong(PixelFormat::rggb8, 128, 96);
    const auto refused = camera.render(0, {.src = wrong.edit()});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find("rggb12le") != std::string::npos);
}

}  // namespace
}  // namespace parallax::sim
