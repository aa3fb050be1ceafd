#include "isp/plan.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "isp/color.h"

namespace parallax::isp {
namespace {

constexpr int kMaxShift = 12;         // Of Gains.
constexpr float kMaxExposure = 16;    // EV, either way.
constexpr float kWhite = kFadingOne;  // In linear lanes, while highlights fade.

std::int16_t q15(float value) {
    return static_cast<std::int16_t>(std::clamp(std::lround(value * 32768), 0L, 32767L));
}

// Which of R, G, B the sample at a CFA position is.
std::size_t channel_at(BayerOrder order, std::size_t position) {
    const RowPhase phase = row_phase(order, static_cast<int>(position / 2));
    if (static_cast<int>(position % 2) != phase.column) return 1;
    return phase.red ? 0 : 2;
}

Result<float> total_exposure_ev(const Settings& settings, const RawInfo& info) {
    const float ev = settings.exposure_ev + info.baseline_exposure_ev;
    if (!(std::abs(ev) <= kMaxExposure)) {
        return fail(Errc::corrupt, "an exposure of " + std::to_string(ev) + " EV",
                    "BaselineExposure and exposure together must stay within -16 to 16");
    }
    return ev;
}

// Gains that take a levelled sample to lanes: `scale` per channel makes its white.
Result<Gains> plan_gains(const FramePlan& plan, const std::array<float, 3>& scale) {
    std::array<float, 4> wanted{};
    for (std::size_t i = 0; i < 4; ++i) {
        const int white =
            plan.levels.shift < 0 ? plan.levels.white >> 1 : plan.levels.white << plan.levels.shift;
        const auto range = static_cast<float>(white - plan.levels.black[i]);
        wanted[i] = kOne / range * scale[channel_at(plan.order, i)] * 32768.0F;
    }
    Gains gains;
    float largest = std::ranges::max(wanted);
    for (; largest > 32766.0F && gains.shift <= kMaxShift; ++gains.shift) largest /= 2;
    if (gains.shift > kMaxShift) {
        return fail(Errc::corrupt, "levels and gains that stretch one sample over the whole range",
                    "check BlackLevel, WhiteLevel, white balance and exposure");
    }
    // Rounded up, so that white reaches the limit in every channel.
    for (std::size_t i = 0; i < 4; ++i) {
        gains.gain[i] = static_cast<std::int16_t>(std::ceil(std::ldexp(wanted[i], -gains.shift)));
    }
    return gains;
}

// Where nobody tells: that of a photosite which holds 40 000 electrons at ISO 100, as those of many
// cameras do. Without an ISO value, a picture that has no noise.
std::array<float, 2> noise_profile(const RawInfo& info) {
    constexpr float usual = 1.0F / 40'000 / 100;
    const auto profile = info.noise_profile.value_or(std::array{usual * info.iso, 0.0F});
    const bool sane = profile[0] > 0 && profile[0] <= 1 && profile[1] >= 0 && profile[1] <= 1;
    return sane ? profile : std::array{0.0F, 0.0F};
}

// Of a value that balancing multiplied by `gain`.
LinearNoise plan_noise(const std::array<float, 2>& profile, float gain) {
    const auto [scale, offset] = profile;
    if (!(scale > 0)) return {};
    return {.scale = std::sqrt(gain * scale * kLinearOne),
            .offset = gain * offset / scale * kLinearOne};
}

Fading plan_fading(const std::array<float, 3>& gain, float exposure) {
    Fading fading{.on = true, .scale = q15(std::min(exposure, 1.0F))};
    float top = kWhite;
    for (std::size_t c = 0; c < 3; ++c) {
        const float clip = std::min(kWhite * gain[c] * std::max(exposure, 1.0F), float{kLinearOne});
        fading.per_clip[c] = q15(kWhite / clip);
        top = std::max(top, clip);
    }
    fading.slope = q15(kWhite / 4 / (top - kWhite / 4 * 3));
    return fading;
}

// A neutral that was asked for or guessed may be no light under the calibration. Then the matrix
// is that of daylight; the white balance stays as it is.
Result<ColorTransform> plan_transform(const ColorInput& input) {
    auto transform = color_transform(input.info, input.neutral);
    const bool from_file = input.settings.white_balance == WhiteBalance::metadata &&
                           input.info.as_shot_neutral.has_value();
    if (from_file || (transform && mixing(transform->camera_to_srgb))) return transform;
    return daylight_transform(input.info);
}

}  // namespace

Result<Levels> plan_levels(const ImageLayout& raw, const RawInfo& info) {
    const int full_scale = (1 << traits(raw.format).bits) - 1;
    const float white =
        info.white_level == 0.0F ? static_cast<float>(full_scale) : info.white_level;
    if (!(white >= 1 && white <= 65535)) {
        return fail(Errc::corrupt, "a white level of " + std::to_string(white),
                    "it must be within 1 to 65535");
    }
    Levels levels;
    levels.white = static_cast<std::uint16_t>(std::lround(white));
    levels.shift = levels.white > 32767 ? -1 : 0;
    while (levels.shift >= 0 && levels.white << (levels.shift + 1) <= 32767) ++levels.shift;
    for (std::size_t i = 0; i < 4; ++i) {
        const float black = info.black_level[i];
        if (!(black >= 0 && black < white)) {
            return fail(Errc::corrupt, "white level " + std::to_string(white) +
                                           " is not above black level " + std::to_string(black));
        }
        levels.black[i] = static_cast<std::int16_t>(std::lround(std::ldexp(black, levels.shift)));
        const int top = levels.shift < 0 ? levels.white >> 1 : levels.white << levels.shift;
        if (levels.black[i] >= top) {
            return fail(Errc::corrupt, "no light between black level " + std::to_string(black) +
                                           " and white level " + std::to_string(white));
        }
    }
    return levels;
}

std::optional<std::array<float, 3>> known_neutral(const Settings& settings, const RawInfo& info) {
    switch (settings.white_balance) {
        case WhiteBalance::metadata:
            return info.as_shot_neutral;
        case WhiteBalance::manual: {
            const auto& gain = settings.manual_gains;
            return std::array{1 / gain[0], 1 / gain[1], 1 / gain[2]};
        }
        case WhiteBalance::gray_world:
        case WhiteBalance::gray_edge:
            break;
    }
    return std::nullopt;
}

Result<> plan_color(const ColorInput& input, FramePlan& plan) {
    const std::array<float, 3> gain = PX_TRY(white_gains(input.neutral));
    const float ev = PX_TRY(total_exposure_ev(input.settings, input.info));
    const float exposure = std::exp2(ev);

    ColorTransform transform;
    if (input.settings.color_matrix) transform = PX_TRY(plan_transform(input));
    plan.finish.mixing = PX_TRY(mixing(transform.camera_to_srgb));

    const bool fade = input.settings.highlights == Highlights::blend;
    plan.finish.fading = fade ? plan_fading(gain, exposure) : Fading{};
    std::array<float, 3> scale = gain;
    for (float& s : scale) {
        s *= input.shading_gain * (fade ? std::max(exposure, 1.0F) / 2 : exposure);
    }
    plan.gains = PX_TRY(plan_gains(plan, scale));
    const auto profile = noise_profile(input.info);
    plan.noise = {plan_noise(profile, scale[0] / input.shading_gain),
                  plan_noise(profile, scale[2] / input.shading_gain)};
    plan.gains.limit =
        static_cast<std::int16_t>(fade ? float{kOne} : std::round(kOne * std::min(exposure, 1.0F)));

    plan.development = {.gains = gain,
                        .temperature_k = transform.temperature_k,
                        .calibrated = transform.calibrated,
                        .exposure_ev = ev,
                        .camera_to_srgb = transform.camera_to_srgb};
    return {};
}

}  // namespace parallax::isp
