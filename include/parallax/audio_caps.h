// AudioFormatCaps: what fixed caps of raw audio say, typed; and the caps that audio pads have.
//
// Names are GStreamer's: audio/x-raw with `format` (S16LE, F32LE …), `rate` and `channels`; samples
// of the channels are interleaved. Codes of signed formats are centred on 0, those of U8 on 128;
// floats count 1.0 as full scale.
//
// Threads: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "parallax/caps.h"
#include "parallax/result.h"

namespace parallax {

enum class SampleFormat : std::uint8_t { s8, u8, s16le, s24le, s32le, f32le, f64le };

struct SampleTraits {
    std::string_view name;  // As in caps text: "S16LE".
    std::uint8_t bytes;     // Of one sample; S24LE is packed in 3.
    std::uint8_t bits;      // Of an integer; 0 for floats.
};
const SampleTraits& traits(SampleFormat format);
std::span<const SampleFormat> all_sample_formats();

inline constexpr int kMaxSampleRate = 768'000;
inline constexpr int kMaxChannels = 64;

struct AudioFormatCaps {
    int sample_rate = 48'000;  // In a second.
    int channels = 2;
    SampleFormat sample_format = SampleFormat::s16le;

    // One sample of each channel.
    std::size_t frame_bytes() const {
        return static_cast<std::size_t>(channels) * traits(sample_format).bytes;
    }
    bool operator==(const AudioFormatCaps&) const = default;
};

// Any rate and number of channels, in these formats, the first preferred. No format: EMPTY.
Caps audio_caps(std::span<const SampleFormat> formats);
// In all formats: S16LE first, then from the most precise.
Caps audio_caps();

// The fixed caps of such a stream.
Caps caps_of(const AudioFormatCaps& audio);

// What fixed audio caps say; fails naming the field that is missing, unknown or out of range.
Result<AudioFormatCaps> audio_from_caps(const Structure& fixed);

}  // namespace parallax
