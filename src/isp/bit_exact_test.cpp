#include <array>
#include <vector>

#include <doctest/doctest.h>

#include "isp/plan.h"
#include "isp/tone.h"
#include "parallax/isp.h"
#include "support/developed.h"
#include "support/each_target.h"
#include "support/plain_develop.h"

namespace parallax::isp {
namespace {

FramePlan plan_for(const Settings& settings, const ImageLayout& raw, const RawInfo& info) {
    FramePlan plan;
    plan.order = traits(raw.format).order;
    plan.levels = unwrap(plan_levels(raw, info));
    plan.repair = settings.correct_defects;
    plan.finish.tone = unwrap(fit_tone(settings.tone));
    unwrap(plan_color({settings, info, known_neutral(settings, info).value()}, plan));
    return plan;
}

bool equals(const Picture& rgb, const std::vector<plain::Pixel>& expected) {
    std::size_t next = 0;
    for (int y = 0; y < rgb.layout.height; ++y) {
        const auto* const row = rgb.view().samples<std::uint8_t>(y);
        for (int x = 0; x < rgb.layout.width; ++x, ++next) {
            for (int c = 0; c < 3; ++c) {
                if (row[3 * x + c] != expected[next][static_cast<std::size_t>(c)]) return false;
            }
        }
    }
    return next == expected.size();
}

}  // namespace

TEST_CASE("isp: every instruction set gives exactly what the plain arithmetic gives") {
    const std::array sizes{std::array{2, 2},   std::array{3, 2},   std::array{2, 3},
                           std::array{5, 7},   std::array{33, 31}, std::array{64, 20},
                           std::array{129, 9}, std::array{511, 6}, std::array{1043, 11}};
    for (const Demosaic demosaic : kDemosaics) {
        for (const auto [width, height] : sizes) {
            for (const BayerOrder order : kOrders) {
                CAPTURE(to_string(demosaic));
                CAPTURE(width);
                CAPTURE(to_string(order));
                const Picture raw = noise(bayer_format(order, 12).value(), width, height);
                const RawInfo info = sensor(12);
                const Settings settings{.demosaic = demosaic, .correct_defects = width % 2 == 1};
                const auto expected =
                    plain::develop(raw.view(), plan_for(settings, raw.layout, info), demosaic);
                each_target([&] { CHECK(equals(developed(settings, raw, info), expected)); });
            }
        }
    }
}

TEST_CASE("isp: every depth and packing, tone and highlight mode equals the plain arithmetic") {
    for (const PixelFormat format : all_pixel_formats()) {
        if (traits(format).family != PixelFamily::bayer) continue;
        for (const Tone tone : {Tone::linear, Tone::srgb, Tone::filmic}) {
            for (const Highlights mode : {Highlights::clip, Highlights::blend}) {
                for (const float ev : {-1.5F, 0.0F, 2.0F}) {
                    CAPTURE(traits(format).name);
                    CAPTURE(to_string(tone));
                    CAPTURE(to_string(mode));
                    CAPTURE(ev);
                    const Settings settings{.demosaic = Demosaic::mhc,
                                            .exposure_ev = ev,
                                            .tone = tone,
                                            .highlights = mode};
                    const Picture raw = noise(format, 77, 6);
                    const RawInfo info = sensor(traits(format).bits);
                    const auto expected = plain::develop(
                        raw.view(), plan_for(settings, raw.layout, info), Demosaic::mhc);
                    CHECK(equals(developed(settings, raw, info), expected));
                }
            }
        }
    }
}

}  // namespace parallax::isp
