#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "isp/sharpen.h"
#include "parallax/isp.h"
#include "support/developed.h"

namespace parallax::isp {

TEST_CASE("isp: slices and threads do not change a byte, nor does doing it again") {
    for (const Demosaic demosaic : kDemosaics) {
        Picture raw = noise(PixelFormat::gbrg10p, 333, 517);
        RawInfo info = sensor(10);
        info.shading = ShadingGrid{3, 2, std::vector<float>(24, 1.0F)};
        for (std::size_t i = 0; i < 24; ++i) info.shading->gains[i] += 0.1F * float(i % 5);
        for (int i = 0; i < 517; ++i) info.defects.push_back({(i * 7) % 333, i});
        const Settings settings{.demosaic = demosaic};
        const Picture once = developed(settings, raw, info);
        CHECK(developed(settings, raw, info).bytes == once.bytes);
        CHECK(developed(settings, raw, info, PixelFormat::rgb, threads(1)).bytes == once.bytes);
        CHECK(developed(settings, raw, info, PixelFormat::rgb, threads(2)).bytes == once.bytes);
        CHECK(developed(settings, raw, info, PixelFormat::rgb, threads(3)).bytes == once.bytes);
    }
}

TEST_CASE("isp: a developer forgets one frame before the next") {
    const Picture first = noise(PixelFormat::rggb12le, 90, 70);
    const Picture second = noise(PixelFormat::rggb12le, 90, 70);
    RawInfo marked = sensor(12);
    marked.defects = {{3, 3}, {40, 2}};
    marked.shading = ShadingGrid{2, 2, std::vector<float>(16, 1.5F)};
    Picture out(PixelFormat::rgb, 90, 70);
    Developer developer = unwrap(Developer::create({}, first.layout, out.layout));
    unwrap(developer.develop(first.view(), marked, out.edit()));
    unwrap(developer.develop(second.view(), sensor(12), out.edit()));
    CHECK(out.bytes == developed({.demosaic = Demosaic::mhc}, second, sensor(12)).bytes);
    unwrap(developer.develop(first.view(), marked, out.edit()));
    CHECK(out.bytes == developed({.demosaic = Demosaic::mhc}, first, marked).bytes);
}

TEST_CASE("isp: neutrals stay neutral, and white is white, in all orders and demosaics") {
    for (const BayerOrder order : kOrders) {
        for (const Demosaic demosaic : kDemosaics) {
            for (const int level : {0, 5, 40, 300, 1200, 2800, 4095}) {
                RawInfo info = sensor(12);
                info.black_level = {64, 64, 64, 64};
                info.white_level = 4095;
                std::array<std::uint16_t, 3> rgb{};
                for (std::size_t c = 0; c < 3; ++c) {
                    const double light = level * double{(*info.as_shot_neutral)[c]};
                    rgb[c] =
                        static_cast<std::uint16_t>(level == 4095 ? 4095 : std::lround(64 + light));
                }
                const Picture out = developed({.demosaic = demosaic}, flat(12, rgb, order), info);
                const auto [r, g, b] = pixel(out, 5, 4);
                CAPTURE(level);
                CHECK(std::abs(r - g) <= 1 + (level < 50 ? 3 : 0));  // Rounding to samples shows.
                CHECK(std::abs(b - g) <= 1 + (level < 50 ? 3 : 0));
                if (level == 4095) CHECK((r == 255 && g == 255 && b == 255));
            }
        }
    }
}

TEST_CASE("isp: a blown highlight is white, not magenta, with either highlight mode") {
    for (const Highlights mode : {Highlights::clip, Highlights::blend}) {
        // Green is clipped, red and blue are not: balanced, they would exceed it.
        const Picture raw = flat(12, {3000, 4095, 3100}, BayerOrder::rggb);
        RawInfo info = sensor(12);
        info.black_level = {0, 0, 0, 0};
        info.white_level = 4095;
        const auto [r, g, b] =
            pixel(developed({.demosaic = Demosaic::mhc, .highlights = mode}, raw, info), 5, 5);
        CHECK(r == g);
        CHECK(g == b);
        CHECK(g >= (mode == Highlights::clip ? 255 : 240));
    }
}

TEST_CASE("isp: mirrored mosaics of mirrored order give mirrored pictures") {
    const Picture raw = noise(PixelFormat::rggb12le, 70, 34);
    Picture across(PixelFormat::grbg12le, 70, 34);
    Picture along(PixelFormat::gbrg12le, 70, 34);
    for (int y = 0; y < 34; ++y) {
        for (int x = 0; x < 70; ++x) {
            const std::uint16_t v = raw.view().samples<std::uint16_t>(y)[x];
            across.edit().samples<std::uint16_t>(y)[69 - x] = v;
            along.edit().samples<std::uint16_t>(33 - y)[x] = v;
        }
    }
    RawInfo info = sensor(12);
    info.black_level = {200, 200, 200, 200};
    for (const Demosaic demosaic : kDemosaics) {
        const Settings settings{.demosaic = demosaic};
        const Picture expected = developed(settings, raw, info);
        const Picture flipped = developed(settings, across, info);
        const Picture turned = developed(settings, along, info);
        const auto [width, height] = natural_size_px(demosaic, raw.layout);
        bool same = true;
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                same = same && pixel(expected, x, y) == pixel(flipped, width - 1 - x, y);
                same = same && pixel(expected, x, y) == pixel(turned, x, height - 1 - y);
            }
        }
        CHECK(same);
    }
}

TEST_CASE("isp: all RGB formats hold the same picture, the 16-bit one to its precision") {
    const Picture raw = noise(PixelFormat::bggr12le, 71, 9);
    const RawInfo info = sensor(12);
    const Settings settings{.demosaic = Demosaic::mhc};
    const Picture rgb = developed(settings, raw, info);
    const Picture bgr = developed(settings, raw, info, PixelFormat::bgr);
    const Picture rgba = developed(settings, raw, info, PixelFormat::rgba);
    const Picture bgrx = developed(settings, raw, info, PixelFormat::bgrx);
    const Picture deep = developed(settings, raw, info, PixelFormat::rgba64le);
    for (int y = 0; y < 9; ++y) {
        for (int x = 0; x < 71; ++x) {
            const auto p = pixel(rgb, x, y);
            const auto* const a = rgba.view().samples<std::uint8_t>(y) + 4 * x;
            const auto* const b = bgrx.view().samples<std::uint8_t>(y) + 4 * x;
            const auto* const d = deep.view().samples<std::uint16_t>(y) + 4 * x;
            REQUIRE(pixel(bgr, x, y) == std::array{p[2], p[1], p[0]});
            REQUIRE(std::array{a[0], a[1], a[2]} == p);
            REQUIRE(std::array{b[2], b[1], b[0]} == p);
            REQUIRE((a[3] == 255 && b[3] == 255 && d[3] == 65535));
            for (std::size_t c = 0; c < 3; ++c) REQUIRE(std::abs(d[c] / 257.0 - p[c]) <= 1.0);
        }
    }
}

TEST_CASE("isp: YUV pictures are the RGB one in limited range, chroma averaged over cells") {
    for (const auto [width, height] : {std::array{38, 10}, std::array{37, 9}, std::array{4, 600}}) {
        const Picture raw = noise(PixelFormat::rggb12le, width, height);
        const RawInfo info = sensor(12);
        const Settings settings{.demosaic = Demosaic::bilinear};
        const Picture rgb = developed(settings, raw, info);
        const Picture nv12 = developed(settings, raw, info, PixelFormat::nv12);
        const Picture nv21 = developed(settings, raw, info, PixelFormat::nv21);
        const Picture i420 = developed(settings, raw, info, PixelFormat::i420);
        const Picture yv12 = developed(settings, raw, info, PixelFormat::yv12);
        const double kr = 0.299;
        const double kb = 0.114;
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                const auto at = [&](int px, int py) {
                    const auto p = pixel(rgb, std::min(px, width - 1), std::min(py, height - 1));
                    return std::array<double, 3>{p[0] / 255.0, p[1] / 255.0, p[2] / 255.0};
                };
                const auto luma = [&](const std::array<double, 3>& p) {
                    return kr * p[0] + (1 - kr - kb) * p[1] + kb * p[2];
                };
                const int got = nv12.view().samples<std::uint8_t>(y)[x];
                REQUIRE(std::abs(got - (16 + 219 * luma(at(x, y)))) <= 0.52);
                REQUIRE(i420.view().samples<std::uint8_t>(y)[x] == got);
                if (x % 2 == 1 || y % 2 == 1) continue;
                std::array<double, 3> mean{};
                for (int i = 0; i < 4; ++i) {
                    const auto p = at(x + i % 2, y + i / 2);
                    for (std::size_t c = 0; c < 3; ++c) mean[c] += p[c] / 4;
                }
                const double cb = 128 + 112 * (mean[2] - luma(mean)) / (1 - kb);
                const double cr = 128 + 112 * (mean[0] - luma(mean)) / (1 - kr);
                const auto* const pair = nv12.view().samples<std::uint8_t>(y / 2, 1) + x;
                const auto* const riap = nv21.view().samples<std::uint8_t>(y / 2, 1) + x;
                REQUIRE(std::abs(pair[0] - cb) <= 0.52);
                REQUIRE(std::abs(pair[1] - cr) <= 0.52);
                REQUIRE((riap[0] == pair[1] && riap[1] == pair[0]));
                REQUIRE(i420.view().samples<std::uint8_t>(y / 2, 1)[x / 2] == pair[0]);
                REQUIRE(i420.view().samples<std::uint8_t>(y / 2, 2)[x / 2] == pair[1]);
                REQUIRE(yv12.view().samples<std::uint8_t>(y / 2, 1)[x / 2] == pair[1]);
            }
        }
    }
}

TEST_CASE("isp: gray world makes the mean gray; manual gains beat the metadata") {
    const Picture raw = flat(12, {1000, 2000, 500}, BayerOrder::grbg);
    RawInfo info;
    const auto gray = pixel(developed({.demosaic = Demosaic::mhc}, raw, info), 9, 9);
    CHECK((gray[0] == gray[1] && gray[1] == gray[2]));

    info.as_shot_neutral = {1.0F, 1.0F, 1.0F};
    const auto cast = pixel(developed({.demosaic = Demosaic::mhc}, raw, info), 9, 9);
    CHECK((cast[0] < cast[1] && cast[2] < cast[0]));
    const Settings manual{.demosaic = Demosaic::mhc,
                          .white_balance = WhiteBalance::manual,
                          .manual_gains = {6.0F, 3.0F, 12.0F}};
    const auto chosen = pixel(developed(manual, raw, info), 9, 9);
    CHECK((chosen[0] == chosen[1] && chosen[1] == chosen[2]));
}

TEST_CASE("isp: one EV doubles the light") {
    const Picture raw = flat(12, {400, 400, 400}, BayerOrder::rggb);
    RawInfo info;
    info.as_shot_neutral = {1.0F, 1.0F, 1.0F};
    const auto shot = [&](float ev, float baseline) {
        info.baseline_exposure_ev = baseline;
        const Settings settings{.demosaic = Demosaic::mhc, .exposure_ev = ev, .tone = Tone::linear};
        return int{pixel(developed(settings, raw, info), 4, 4)[1]};
    };
    CHECK(shot(0, 0) == 25);
    CHECK(shot(1, 0) == 50);
    CHECK(shot(1, 1) == 100);
    CHECK(shot(-1, 0) == 12);
    CHECK(shot(6, 0) == 255);
}

TEST_CASE("isp: defects vanish, found ones and known ones; a fine line stays") {
    Picture raw = flat(12, {1000, 1000, 1000}, BayerOrder::rggb);
    RawInfo info;
    info.as_shot_neutral = {1.0F, 1.0F, 1.0F};
    const Settings settings{.demosaic = Demosaic::mhc};
    const Picture sound = developed(settings, raw, info);
    for (const auto [x, y] : {std::array{6, 6}, std::array{0, 0}, std::array{21, 13}}) {
        raw.edit().samples<std::uint16_t>(y)[x] = 4000;
    }
    raw.edit().samples<std::uint16_t>(3)[11] = 0;
    CHECK(developed(settings, raw, info).bytes == sound.bytes);
    CHECK(developed({.demosaic = Demosaic::mhc, .correct_defects = false}, raw, info).bytes !=
          sound.bytes);

    // Two neighbours of one colour hide each other, unless they are known.
    raw.edit().samples<std::uint16_t>(6)[8] = 4000;
    CHECK(developed(settings, raw, info).bytes != sound.bytes);
    info.defects = {{8, 6}, {6, 6}};
    CHECK(developed(settings, raw, info).bytes == sound.bytes);

    Picture line = flat(12, {1000, 1000, 1000}, BayerOrder::rggb);
    for (int x = 0; x < 22; ++x) line.edit().samples<std::uint16_t>(6)[x] = 4000;
    info.defects.clear();
    CHECK(developed(settings, line, info).bytes ==
          developed({.demosaic = Demosaic::mhc, .correct_defects = false}, line, info).bytes);
}

TEST_CASE("isp: a shading grid undoes the shading it describes") {
    RawInfo info;
    info.as_shot_neutral = {1.0F, 1.0F, 1.0F};
    info.shading = ShadingGrid{3, 3, {}};
    for (int node = 0; node < 9; ++node) {
        for (int position = 0; position < 4; ++position) {
            const bool centre = node == 4;
            info.shading->gains.push_back(centre ? 1.0F : 2.0F + 0.25F * float(position));
        }
    }
    Picture raw(PixelFormat::rggb12le, 65, 49);
    for (int y = 0; y < 49; ++y) {
        for (int x = 0; x < 65; ++x) {
            const double u = std::abs(x - 32) / 32.0;
            const double v = std::abs(y - 24) / 24.0;
            const double outside = 2.0 + 0.25 * (2 * (y & 1) + (x & 1));
            const double gain = 1 + (outside - 1) * (u + v - u * v);
            raw.edit().samples<std::uint16_t>(y)[x] =
                static_cast<std::uint16_t>(std::lround(2000 / gain));
        }
    }
    const Settings settings{.demosaic = Demosaic::bilinear, .tone = Tone::linear};
    const Picture out = developed(settings, raw, info);
    int low = 255;
    int high = 0;
    for (int y = 0; y < 49; ++y) {
        for (int x = 0; x < 65; ++x) {
            for (const int v : pixel(out, x, y)) {
                low = std::min(low, v);
                high = std::max(high, v);
            }
        }
    }
    CHECK(low >= 124);
    CHECK(high <= 125);
}

// Sharpened afterwards, in memory, by the sharpener that has its own tests.
Picture sharpened(const Picture& in, float amount) {
    const auto [width, height] = std::array{in.layout.width, in.layout.height};
    Sharpener sharpener = unwrap(Sharpener::create(
        {.width = width, .height = height, .segment_px = width, .amount = amount}));
    sharpener.start({0, width});
    std::vector<std::uint8_t> planes(3 * static_cast<std::size_t>(width));
    const auto row = [&](std::size_t c) {
        return std::span(planes).subspan(c * static_cast<std::size_t>(width),
                                         static_cast<std::size_t>(width));
    };
    Picture out = in;
    for (int y = 0; y < height + 2; ++y) {
        if (y < height) {
            for (std::size_t i = 0; i < planes.size(); ++i)
                row(i % 3)[i / 3] = in.view().samples<std::uint8_t>(y)[i];
            sharpener.push(y, {row(0), row(1), row(2)});
        }
        if (y < 2) continue;
        sharpener.pull(y - 2, 0, {row(0), row(1), row(2)});
        for (std::size_t i = 0; i < planes.size(); ++i)
            out.edit().samples<std::uint8_t>(y - 2)[i] = row(i % 3)[i / 3];
    }
    return out;
}

TEST_CASE("isp: sharpening is the last step, for any size, demosaic and number of slices") {
    for (const auto& [width, height] : {std::array{2, 2}, {3, 5}, {600, 131}, {1025, 300}})
        for (const Demosaic demosaic : kDemosaics) {
            const Picture raw = noise(PixelFormat::grbg10le, width, height);
            const Settings plain{.demosaic = demosaic};
            const Settings sharp{.demosaic = demosaic, .sharpen = 0.7F};
            const Picture expected = sharpened(developed(plain, raw, sensor(10)), 0.7F);
            CAPTURE(width);
            CAPTURE(to_string(demosaic));
            CHECK(developed(sharp, raw, sensor(10)).bytes == expected.bytes);
            CHECK(developed(sharp, raw, sensor(10), PixelFormat::rgb, threads(2)).bytes ==
                  expected.bytes);
        }
}

TEST_CASE("isp: 16-bit and YUV pictures are sharpened as the 8-bit RGB one") {
    const Picture raw = noise(PixelFormat::grbg10le, 130, 71);
    const Settings settings{.demosaic = Demosaic::mhc, .sharpen = 1.0F};
    const Picture rgb = developed(settings, raw, sensor(10));
    const Picture deep = developed(settings, raw, sensor(10), PixelFormat::rgba64le);
    int worst = 0;
    for (int y = 0; y < 71; ++y)
        for (int x = 0; x < 130; ++x)
            for (int c = 0; c < 3; ++c) {
                const int bytes = rgb.view().samples<std::uint8_t>(y)[3 * x + c];
                const int words = deep.view().samples<std::uint16_t>(y)[4 * x + c];
                worst = std::max(worst, std::abs(bytes - words / 257));
            }
    CHECK(worst <= 2);
    const Picture yuv = developed(settings, raw, sensor(10), PixelFormat::nv12);
    double luma_error = 0;
    for (int y = 0; y < 71; ++y)
        for (int x = 0; x < 130; ++x) {
            const auto [r, g, b] = pixel(rgb, x, y);
            const double luma = 16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255;  // BT.601
            luma_error =
                std::max(luma_error, std::abs(luma - yuv.view().samples<std::uint8_t>(y)[x]));
        }
    CHECK(luma_error < 1);
}

}  // namespace parallax::isp
