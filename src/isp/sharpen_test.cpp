#include "isp/sharpen.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "support/each_target.h"
#include "support/unwrap.h"

namespace parallax::isp {
namespace {

template <class Sample>
struct Planes {
    int width = 0;
    int height = 0;
    std::array<std::vector<Sample>, 3> planes{};

    Planes(int w, int h) : width(w), height(h) {
        for (auto& plane : planes) plane.resize(static_cast<std::size_t>(w * h));
    }
    Sample at(std::size_t c, int x, int y) const {
        const auto reflect = [](int i, int n) {
            if (n == 1) return 0;
            while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
            return i;
        };
        return planes[c][static_cast<std::size_t>(reflect(y, height) * width + reflect(x, width))];
    }
    template <class S>
    PlanarRow<S> row(int y, int x0, int x1) {
        PlanarRow<S> spans;
        for (std::size_t c = 0; c < 3; ++c)
            spans[c] = std::span(planes[c]).subspan(static_cast<std::size_t>(y * width + x0),
                                                    static_cast<std::size_t>(x1 - x0));
        return spans;
    }
};

// Noise with stretches of black and white, where results must be clamped.
template <class Sample>
Planes<Sample> noise(int width, int height) {
    Planes<Sample> picture(width, height);
    std::mt19937 random(static_cast<std::uint32_t>(width * 77 + height));
    for (auto& plane : picture.planes)
        for (Sample& sample : plane) {
            const auto kind = random() % 8;
            sample = static_cast<Sample>(kind == 0 ? 0U : kind == 1 ? ~0U : random());
        }
    return picture;
}

// A part of a picture, as a slice and a segment give it.
struct Part {
    int x0, y0, x1, y1;
};

template <class Sample>
void sharpen_part(Sharpener& sharpener, Planes<Sample>& in, Planes<Sample>& out, const Part& part) {
    constexpr int reach = Sharpener::kReachPx;
    const int from_x = std::max(part.x0 - reach, 0);
    const int to_x = std::min(part.x1 + reach, in.width);
    sharpener.start({from_x, to_x});
    const int from_y = std::max(part.y0 - reach, 0);
    for (int y = from_y; y < std::min(part.y1 + reach, in.height); ++y) {
        sharpener.push(y, in.template row<const Sample>(y, from_x, to_x));
        if (y - reach >= part.y0)
            sharpener.pull(y - reach, part.x0,
                           out.template row<Sample>(y - reach, part.x0, part.x1));
    }
    for (int y = std::max(part.y0, in.height - reach); y < part.y1; ++y)
        sharpener.pull(y, part.x0, out.template row<Sample>(y, part.x0, part.x1));
}

template <class Sample>
Planes<Sample> sharpened(Planes<Sample>& in, float amount) {
    Planes<Sample> out(in.width, in.height);
    Sharpener sharpener = unwrap(Sharpener::create({.width = in.width,
                                                    .height = in.height,
                                                    .segment_px = in.width,
                                                    .sample_bits = 8 * int{sizeof(Sample)},
                                                    .amount = amount}));
    sharpen_part(sharpener, in, out, {0, 0, in.width, in.height});
    return out;
}

// The definition, pixel by pixel.
template <class Sample>
Planes<Sample> expected(const Planes<Sample>& in, float amount) {
    constexpr bool bytes = sizeof(Sample) == 1;
    constexpr std::array weights{1, 4, 6, 4, 1};
    const auto luma = [&](int x, int y) {
        const int r = in.at(0, x, y);
        const int g = in.at(1, x, y);
        const int b = in.at(2, x, y);
        if (bytes) return (54 * r + 183 * g + 19 * b + 8) >> 4;
        return ((r * 54 >> 8) + (g * 183 >> 8) + (b * 19 >> 8)) >> 4;
    };
    const auto blurred_row = [&](int x, int y) {
        int sum = 8;
        for (int k = 0; k < 5; ++k)
            sum += weights[static_cast<std::size_t>(k)] * luma(x + k - 2, y);
        return sum >> 4;
    };
    const int q12 = static_cast<int>(std::lround(amount * 4096.0F));
    Planes<Sample> out(in.width, in.height);
    for (int y = 0; y < in.height; ++y)
        for (int x = 0; x < in.width; ++x) {
            int sum = 8;
            for (int k = 0; k < 5; ++k)
                sum += weights[static_cast<std::size_t>(k)] * blurred_row(x, y + k - 2);
            const int detail = luma(x, y) - (sum >> 4);
            const int scaled = (detail * 8 * (bytes ? q12 / 16 : q12) + (1 << 14)) >> 15;
            const int change = bytes ? scaled : 16 * std::clamp(scaled, -4095, 4095);
            for (std::size_t c = 0; c < 3; ++c)
                out.planes[c][static_cast<std::size_t>(y * in.width + x)] = static_cast<Sample>(
                    std::clamp(in.at(c, x, y) + change, 0, bytes ? 255 : 65535));
        }
    return out;
}

TEST_CASE_TEMPLATE("sharpen: is what its definition says, for every instruction set", Sample,
                   std::uint8_t, std::uint16_t) {
    each_target([] {
        for (const auto& [width, height] :
             {std::pair{1, 1}, {2, 1}, {1, 7}, {3, 2}, {16, 3}, {17, 5}, {33, 9}, {131, 20}})
            for (const float amount : {0.0F, 0.3F, 1.0F, 2.0F}) {
                CAPTURE(width);
                CAPTURE(amount);
                Planes<Sample> in = noise<Sample>(width, height);
                const bool equal = sharpened(in, amount).planes == expected(in, amount).planes;
                CHECK(equal);
            }
    });
}

TEST_CASE("sharpen: any cut into slices and segments gives the same bytes") {
    Planes<std::uint8_t> in = noise<std::uint8_t>(257, 61);
    const auto whole = sharpened(in, 1.3F).planes;
    Sharpener sharpener = unwrap(Sharpener::create(
        {.width = 257, .height = 61, .segment_px = 257, .sample_bits = 8, .amount = 1.3F}));
    std::mt19937 random(3);
    for (int round = 0; round < 5; ++round) {
        Planes<std::uint8_t> out(257, 61);
        for (int y0 = 0; y0 < 61;) {
            const int y1 = std::min(61, y0 + 1 + static_cast<int>(random() % 20));
            for (int x0 = 0; x0 < 257;) {
                const int x1 = std::min(257, x0 + 1 + static_cast<int>(random() % 90));
                sharpen_part(sharpener, in, out, {x0, y0, x1, y1});
                x0 = x1;
            }
            y0 = y1;
        }
        const bool equal = out.planes == whole;
        CHECK(equal);
    }
}

TEST_CASE("sharpen: one row may be pulled in pieces") {
    Planes<std::uint8_t> in = noise<std::uint8_t>(100, 3);
    Planes<std::uint8_t> out(100, 3);
    Sharpener sharpener =
        unwrap(Sharpener::create({.width = 100, .height = 3, .segment_px = 100, .amount = 2.0F}));
    sharpener.start({0, 100});
    for (int y = 0; y < 3; ++y) sharpener.push(y, in.row<const std::uint8_t>(y, 0, 100));
    for (int y = 0; y < 3; ++y)
        for (int x = 0; x < 100; x += 7)
            sharpener.pull(y, x, out.row<std::uint8_t>(y, x, std::min(x + 7, 100)));
    const bool equal = out.planes == sharpened(in, 2.0F).planes;
    CHECK(equal);
}

TEST_CASE("sharpen: flat areas stay, edges overshoot, and hues do not turn") {
    Planes<std::uint8_t> in(40, 8);
    for (int i = 0; i < 320; ++i) {
        const auto at = static_cast<std::size_t>(i);
        in.planes[0][at] = i % 40 < 20 ? 80 : 140;
        in.planes[1][at] = i % 40 < 20 ? 90 : 150;
        in.planes[2][at] = i % 40 < 20 ? 60 : 120;
    }
    const Planes<std::uint8_t> out = sharpened(in, 1.0F);
    CHECK(out.at(1, 5, 4) == 90);
    CHECK(out.at(1, 35, 4) == 150);
    CHECK(out.at(1, 19, 4) < 90);
    CHECK(out.at(1, 20, 4) > 150);
    for (int x = 0; x < 40; ++x) {
        CHECK(out.at(1, x, 4) - out.at(0, x, 4) == 10);
        CHECK(out.at(0, x, 4) - out.at(2, x, 4) == 20);
    }
}

TEST_CASE("sharpen: refuses what it cannot do") {
    const Sharpener::Options good{
        .width = 8, .height = 8, .segment_px = 8, .sample_bits = 8, .amount = 1};
    CHECK(Sharpener::create(good).has_value());
    for (const float amount : {-0.1F, 2.1F, NAN, INFINITY}) {
        auto options = good;
        options.amount = amount;
        CHECK_FALSE(Sharpener::create(options).has_value());
    }
    for (int Sharpener::Options::* size :
         {&Sharpener::Options::width, &Sharpener::Options::height, &Sharpener::Options::segment_px,
          &Sharpener::Options::sample_bits})
        for (const int bad : {0, -1, 65537}) {
            auto options = good;
            options.*size = bad;
            CHECK_FALSE(Sharpener::create(options).has_value());
        }
}

}  // namespace
}  // namespace parallax::isp
