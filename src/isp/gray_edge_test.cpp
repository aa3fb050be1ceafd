// The light that gray_world and gray_edge find, against that of the simulated camera, in the whole
// scene and in parts of it that one colour may fill.
#include "isp/gray_edge.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <doctest/doctest.h>

#include "compute/image/geometry.h"
#include "isp/gray_world.h"
#include "isp/plan.h"
#include "isp/simulator/simulator.h"
#include "support/unwrap.h"

namespace parallax::isp {
namespace {

// A mosaic and what is neutral in it.
struct Shot {
    ImageLayout layout;
    std::vector<std::byte> bytes;
    RawInfo info;

    ImageView view() const { return unwrap(view_image(layout, std::span(bytes))); }
};

Shot shot(double illuminant_k, double gain = 1) {
    const auto camera = unwrap(sim::Simulator::create(
        {.width = 768, .height = 576, .gain = gain, .illuminant_k = illuminant_k, .shading = 0}));
    Shot made{.layout = unwrap(image_layout(camera.raw_format(), 768, 576)),
              .bytes = {},
              .info = camera.info(0)};
    made.bytes.resize(made.layout.size_bytes);
    REQUIRE(camera.render(0, {.src = unwrap(view_image(made.layout, std::span(made.bytes)))}));
    return made;
}

Shot part_of(const Shot& whole, int x, int y, int width, int height) {
    Shot part{.layout = unwrap(image_layout(whole.layout.format, width, height)),
              .bytes = {},
              .info = whole.info};
    part.bytes.resize(part.layout.size_bytes);
    REQUIRE(compute::crop(whole.view(), unwrap(view_image(part.layout, std::span(part.bytes))),
                          {x, y}));
    return part;
}

// Between the light that was found and the true one, in degrees (Hordley and Finlayson, 2004).
double error_degrees(const Light& found, const std::array<float, 3>& truth) {
    double dot = 0;
    double a = 0;
    double b = 0;
    for (std::size_t c = 0; c < 3; ++c) {
        dot += static_cast<double>(found[c]) * static_cast<double>(truth[c]);
        a += static_cast<double>(found[c]) * static_cast<double>(found[c]);
        b += static_cast<double>(truth[c]) * static_cast<double>(truth[c]);
    }
    return std::acos(std::min(1.0, dot / std::sqrt(a * b))) * 180 / std::numbers::pi;
}

struct Errors {
    std::vector<double> world;
    std::vector<double> edge;

    void judge(const Shot& at) {
        const Levels levels = unwrap(plan_levels(at.layout, at.info));
        std::vector<std::uint16_t> scratch;
        const auto truth = at.info.as_shot_neutral.value();
        world.push_back(error_degrees(gray_world_neutral(at.view(), levels, scratch), truth));
        edge.push_back(error_degrees(gray_edge_neutral(at.view(), levels, scratch), truth));
    }
};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

}  // namespace

TEST_CASE("gray edge: in parts of a scene, the light is found nearer than by their mean") {
    Errors whole;
    Errors parts;
    for (const double illuminant_k : {2700.0, 3500.0, 4300.0, 5500.0, 7500.0}) {
        const Shot scene = shot(illuminant_k);
        whole.judge(scene);
        for (int y = 0; y + 192 <= 576; y += 192) {
            for (int x = 0; x + 192 <= 768; x += 192) parts.judge(part_of(scene, x, y, 192, 192));
        }
    }
    MESSAGE("median error in degrees, whole scene: gray world "
            << median(whole.world) << ", gray edge " << median(whole.edge)
            << "; 192 x 192 parts of it: " << median(parts.world) << ", " << median(parts.edge));
    CHECK(median(parts.edge) < median(parts.world));
    CHECK(median(whole.edge) < 3.5);
}

TEST_CASE("gray edge: noise is no edge") {
    Errors noisy;
    for (const double illuminant_k : {2700.0, 4300.0, 7500.0}) noisy.judge(shot(illuminant_k, 32));
    MESSAGE("median error in degrees at ISO 3200: gray world "
            << median(noisy.world) << ", gray edge " << median(noisy.edge));
    CHECK(median(noisy.edge) < 3.5);
}

TEST_CASE(
    "gray edge: where nothing has an edge the mean decides, and where nothing votes nothing") {
    for (const int width : {2, 6, 64}) {
        CAPTURE(width);
        const ImageLayout layout = unwrap(image_layout(PixelFormat::grbg8, width, width));
        const RawInfo info;
        const Levels levels = unwrap(plan_levels(layout, info));
        std::vector<std::uint16_t> scratch;
        const auto neutral = [&](auto sample) {
            std::vector<std::byte> bytes(layout.size_bytes);
            const MutableImageView raw = unwrap(view_image(layout, std::span(bytes)));
            for (int y = 0; y < width; ++y) {
                for (int x = 0; x < width; ++x) raw.samples<std::uint8_t>(y)[x] = sample(x, y);
            }
            return gray_edge_neutral(unwrap(view_image(layout, std::span<const std::byte>(bytes))),
                                     levels, scratch);
        };
        // Green 200, red 100 and blue 50, in GRBG.
        const auto flat = [](int x, int y) -> std::uint8_t {
            return (x + y) % 2 == 0 ? 200 : y % 2 == 0 ? 100 : 50;
        };
        const Light found = neutral(flat);
        CHECK(found[0] == doctest::Approx(0.5));
        CHECK(found[1] == 1);
        CHECK(found[2] == doctest::Approx(0.25));
        CHECK(neutral([](int, int) -> std::uint8_t { return 255; }) == Light{1, 1, 1});
        CHECK(neutral([](int, int) -> std::uint8_t { return 0; }) == Light{1, 1, 1});
    }
}

}  // namespace parallax::isp
