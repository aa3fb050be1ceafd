#include "parallax/audio_caps.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace parallax {
namespace {

using F = SampleFormat;

constexpr std::string_view kMediaType = "audio/x-raw";

constexpr std::array<SampleTraits, 7> kTraits{{{"S8", 1, 8},
                                               {"U8", 1, 8},
                                               {"S16LE", 2, 16},
                                               {"S24LE", 3, 24},
                                               {"S32LE", 4, 32},
                                               {"F32LE", 4, 0},
                                               {"F64LE", 8, 0}}};

constexpr std::array kAll{F::s8, F::u8, F::s16le, F::s24le, F::s32le, F::f32le, F::f64le};
constexpr std::array kPreferred{F::s16le, F::f32le, F::f64le, F::s32le, F::s24le, F::s8, F::u8};

Result<int> number(const Structure& fixed, std::string_view field, int most) {
    const auto value = fixed.get_int(field);
    if (!value) {
        return fail(Errc::invalid_argument,
                    "caps without a fixed " + std::string(field) + ": " + to_string(fixed));
    }
    if (*value < 1 || *value > most) {
        return fail(Errc::invalid_argument, std::string(field) + " " + std::to_string(*value) +
                                                " is outside 1 to " + std::to_string(most));
    }
    return static_cast<int>(*value);
}

Structure with_formats(Value formats) {
    return Structure(std::string(kMediaType))
        .with("format", std::move(formats))
        .with("rate", IntRange{1, kMaxSampleRate})
        .with("channels", IntRange{1, kMaxChannels})
        .with("layout", "interleaved");
}

}  // namespace

const SampleTraits& traits(SampleFormat format) {
    return kTraits.at(static_cast<std::size_t>(format));
}

std::span<const SampleFormat> all_sample_formats() { return kAll; }

Caps audio_caps(std::span<const SampleFormat> formats) {
    if (formats.empty()) return Caps::empty();
    std::vector<Value> names;
    for (const SampleFormat format : formats) names.emplace_back(traits(format).name);
    return with_formats(list_of(std::move(names)));
}

Caps audio_caps() { return audio_caps(kPreferred); }

Caps caps_of(const AudioFormatCaps& audio) {
    return with_formats(traits(audio.sample_format).name)
        .with("rate", audio.sample_rate)
        .with("channels", audio.channels);
}

Result<AudioFormatCaps> audio_from_caps(const Structure& fixed) {
    if (fixed.media_type() != kMediaType)
        return fail(Errc::invalid_argument, "expected audio, found " + to_string(fixed));
    const auto name = fixed.get_string("format");
    if (!name)
        return fail(Errc::invalid_argument, "caps without a fixed format: " + to_string(fixed));
    const auto* const found = std::ranges::find(kTraits, *name, &SampleTraits::name);
    if (found == kTraits.end())
        return fail(Errc::invalid_argument, "no sample format called " + std::string(*name));
    if (fixed.get_string("layout").value_or("interleaved") != "interleaved") {
        return fail(Errc::unsupported, "channels that are not interleaved: " + to_string(fixed),
                    "ask for layout=interleaved");
    }
    return AudioFormatCaps{.sample_rate = PX_TRY(number(fixed, "rate", kMaxSampleRate)),
                           .channels = PX_TRY(number(fixed, "channels", kMaxChannels)),
                           .sample_format = static_cast<F>(found - kTraits.begin())};
}

}  // namespace parallax
