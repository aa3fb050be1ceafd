#include "isp/simulator/painting.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

namespace parallax::sim {
namespace {

TEST_CASE("painting: the taps of a pixel add up to one and balance on its centre") {
    for (const int factor : {1, 2}) {
        for (double centre = 5.0; centre < 7.0; centre += 0.0625) {
            const Taps taps = aperture_taps(centre, factor);
            double sum = 0, moment = 0, spread = 0;
            for (int i = 0; i < taps.count; ++i) {
                const double w = taps.weight[static_cast<std::size_t>(i)];
                const double at = (taps.first + i + 0.5) / factor;
                sum += w;
                moment += w * at;
                spread += w * (at - centre) * (at - centre);
                CHECK(std::abs(at - centre) <= kApertureRadiusPx + 0.5 / factor);
            }
            CHECK(sum == doctest::Approx(1.0));
            CHECK(std::abs(moment - centre) < (factor == 2 ? 0.002 : 0.06));
            // Variances of a box of one pixel and of the blur.
            CHECK(std::abs(spread - (1.0 / 12 + 0.38 * 0.38)) < 0.05);
        }
    }
}

// A slope shows where each pixel looks; a constant, that nothing is lost.
TEST_CASE("painting: a sampled slope is the slope at the pixels' centres") {
    for (const int factor : {1, 2}) {
        Painting painting({.width_px = 40, .height_px = 20, .channels = 2, .factor = factor});
        std::vector<float> slope(static_cast<std::size_t>(painting.width_px() * factor));
        std::vector<float> constant(slope.size(), 0.5F);
        for (int y = 0; y < painting.sample_rows(); ++y) {
            for (std::size_t x = 0; x < slope.size(); ++x)
                slope[x] = (static_cast<float>(x) + 0.5F) / static_cast<float>(factor) * 0.04F +
                           (static_cast<float>(y) + 0.5F) / static_cast<float>(factor) * 0.02F;
            painting.set_row(y, 0, slope.data());
            painting.set_row(y, 1, constant.data());
        }
        Sampler sampler;
        for (const double at : {4.5, 5.03, 6.71, 7.999}) {
            std::vector<float> a(24), b(24);
            const std::array<float*, 2> out{a.data(), b.data()};
            sampler.sample(painting, aperture_taps(at, factor), aperture_taps(at, factor),
                           {.y = 3, .first_x = 2, .count = 24}, out.data());
            for (int i = 0; i < 24; ++i) {
                const auto k = static_cast<std::size_t>(i);
                const double wanted = 0.04 * (at + 2 + i) + 0.02 * (at + 3);
                CHECK(std::abs(a[k] / kPaintCodes - wanted) < (factor == 2 ? 0.0004 : 0.004));
                CHECK(std::abs(b[k] / kPaintCodes - 0.5) < 1e-5);
            }
        }
    }
}

TEST_CASE("painting: radiance above its range is held, not wrapped") {
    Painting painting({.width_px = 2, .height_px = 1, .channels = 1, .factor = 1});
    const std::array<float, 2> bright{100.0F, -1.0F};
    painting.set_row(0, 0, bright.data());
    CHECK(painting.samples(0, 0, 0)[0] == 65535);
    CHECK(painting.samples(0, 0, 0)[1] == 0);
}

}  // namespace
}  // namespace parallax::sim
