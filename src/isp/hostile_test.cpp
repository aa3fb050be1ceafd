#include <functional>
#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "parallax/isp.h"
#include "support/developed.h"

namespace parallax::isp {

TEST_CASE("isp: hostile metadata is refused, with the number that is wrong") {
    constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const Picture raw = noise(PixelFormat::rggb12le, 16, 16);
    Picture out(PixelFormat::rgb, 16, 16);
    const auto refused = [&](const std::function<void(RawInfo&)>& spoil) {
        RawInfo info = sensor(12);
        spoil(info);
        Developer developer = unwrap(Developer::create({}, raw.layout, out.layout));
        const auto result = developer.develop(raw.view(), info, out.edit());
        return !result && result.error().code == Errc::corrupt && !result.error().message.empty();
    };
    for (const float bad : {kNan, kInfinity, -kInfinity, -1.0F, 1e30F}) {
        CAPTURE(bad);
        CHECK(refused([&](RawInfo& i) { i.black_level[2] = bad; }));
        CHECK(refused([&](RawInfo& i) { i.white_level = bad; }));
        CHECK(refused([&](RawInfo& i) { i.as_shot_neutral = {1.0F, bad, 1.0F}; }));
        CHECK(refused([&](RawInfo& i) { i.calibrations[0].temperature_k = bad; }));
        if (bad != -1.0F) {
            CHECK(refused([&](RawInfo& i) { i.calibrations[0].xyz_to_camera[4] = bad; }));
            CHECK(refused([&](RawInfo& i) { i.baseline_exposure_ev = bad; }));
        }
        CHECK(refused(
            [&](RawInfo& i) { i.shading = ShadingGrid{2, 2, std::vector<float>(16, bad)}; }));
    }
    CHECK(refused([](RawInfo& i) { i.white_level = i.black_level[1]; }));
    CHECK(refused([](RawInfo& i) { i.white_level = 70000; }));
    CHECK(refused([](RawInfo& i) { i.as_shot_neutral = {0.0F, 1.0F, 1.0F}; }));
    CHECK(refused([](RawInfo& i) { i.as_shot_neutral = {1.0F, 1e-3F, 1.0F}; }));
    CHECK(refused([](RawInfo& i) { i.calibrations[0].xyz_to_camera = {}; }));
    CHECK(refused([](RawInfo& i) { i.calibrations[0].xyz_to_camera.fill(1.0F); }));
    CHECK(refused([](RawInfo& i) { i.shading = ShadingGrid{2, 2, {1.0F}}; }));
    CHECK(refused([](RawInfo& i) { i.shading = ShadingGrid{1, 2, std::vector<float>(8, 1.0F)}; }));
    CHECK(
        refused([](RawInfo& i) { i.shading = ShadingGrid{-1, -1, std::vector<float>(4, 1.0F)}; }));
    CHECK(refused([](RawInfo& i) { i.shading = ShadingGrid{2, 2, std::vector<float>(16, 0.0F)}; }));
    CHECK(refused([](RawInfo& i) { i.defects = {{16, 0}}; }));
    CHECK(refused([](RawInfo& i) { i.defects = {{0, -1}}; }));
    CHECK(refused([](RawInfo& i) { i.defects.resize(65537); }));
}

TEST_CASE("isp: impossible jobs are refused when the developer is made") {
    const ImageLayout raw = unwrap(image_layout(PixelFormat::rggb12le, 16, 16));
    const ImageLayout rgb = unwrap(image_layout(PixelFormat::rgb, 16, 16));
    const auto refused = [](const Settings& settings, const ImageLayout& in,
                            const ImageLayout& out) {
        return !Developer::create(settings, in, out).has_value();
    };
    CHECK_FALSE(refused({}, raw, rgb));
    CHECK(refused({}, rgb, rgb));
    CHECK(refused({}, raw, unwrap(image_layout(PixelFormat::yuy2, 16, 16))));
    CHECK(refused({}, unwrap(image_layout(PixelFormat::rggb12le, 1, 16)),
                  unwrap(image_layout(PixelFormat::rgb, 1, 16))));
    CHECK(refused({.exposure_ev = std::nanf("")}, raw, rgb));
    CHECK(refused({.exposure_ev = 9}, raw, rgb));
    CHECK(refused({.sharpen = -1}, raw, rgb));
    CHECK(refused({.white_balance = WhiteBalance::manual, .manual_gains = {0, 1, 1}}, raw, rgb));
    ImageLayout narrow = raw;
    narrow.stride_bytes[0] = 31;
    CHECK(refused({}, narrow, rgb));
    ImageLayout late = rgb;
    late.offset_bytes[0] = 8;
    CHECK(refused({}, raw, late));
}

TEST_CASE("isp: a frame of another layout, or with too few bytes, is refused") {
    const Picture raw = noise(PixelFormat::rggb12le, 16, 16);
    Picture out(PixelFormat::rgb, 16, 16);
    Developer developer = unwrap(Developer::create({}, raw.layout, out.layout));
    const Picture other = noise(PixelFormat::rggb12le, 18, 16);
    CHECK_FALSE(developer.develop(other.view(), {}, out.edit()).has_value());
    ImageView cut = raw.view();
    cut.bytes = cut.bytes.first(cut.bytes.size() - 1);
    CHECK_FALSE(developer.develop(cut, {}, out.edit()).has_value());
}

}  // namespace parallax::isp
