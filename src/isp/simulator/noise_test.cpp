#include "isp/simulator/noise.h"

#include <vector>

#include <doctest/doctest.h>

namespace parallax::sim {
namespace {

TEST_CASE("noise: a row is the same texture as its points") {
    for (const float pixel : {0.01F, 0.3F, 0.9F, 3.0F}) {
        for (const float y : {-7.3F, 0.0F, 4.99F}) {
            const FractalRow row{.x = -5.21F, .step = 0.037F, .y = y, .pixel = pixel, .seed = 4};
            std::vector<float> values(400);
            fractal_row(values, row);
            float worst = 0;
            for (std::size_t i = 0; i < values.size(); ++i)
                worst = std::max(
                    worst,
                    std::abs(values[i] -
                             fractal_noise(row.x + static_cast<float>(i) * row.step, y, pixel, 4)));
            CHECK(worst < 2e-3F);
        }
    }
}

TEST_CASE("noise: a row with steps wider than its cells still has every point") {
    const FractalRow row{.x = 0.4F, .step = 3.7F, .y = 1.5F, .pixel = 0.9F, .seed = 8};
    std::vector<float> values(50);
    fractal_row(values, row);
    for (std::size_t i = 0; i < values.size(); ++i)
        CHECK(std::abs(values[i] - fractal_noise(row.x + static_cast<float>(i) * row.step, row.y,
                                                 row.pixel, 8)) < 1e-4F);
}

TEST_CASE("noise: is continuous, bounded, and different for each seed") {
    double sum = 0;
    float largest = 0;
    for (int i = 0; i < 4000; ++i) {
        const float x = static_cast<float>(i) * 0.013F - 20.0F;
        const float here = value_noise(x, 3.7F, 1);
        CHECK(std::abs(here - value_noise(x + 1e-4F, 3.7F, 1)) < 2e-3F);
        largest = std::max(largest, std::abs(here));
        sum += static_cast<double>(here) * value_noise(x, 3.7F, 2);
    }
    CHECK(largest <= 1.0F);
    CHECK(std::abs(sum / 4000) < 0.15);
}

}  // namespace
}  // namespace parallax::sim
