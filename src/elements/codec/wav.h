// WAV: raw audio after a RIFF header.
//
// Written: PCM of 8 (unsigned), 16, 24 and 32 bits and IEEE floats of 32 and 64, as Microsoft's
// "Multimedia Programming Interface and Data Specifications 1.0" and its WAVEFORMATEXTENSIBLE have
// it; more than two channels are extensible. Read: the same. Lengths are of 32 bits: 4 GiB is the
// end, and RF64 is not written.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "elements/codec/picture.h"
#include "parallax/audio_caps.h"
#include "parallax/result.h"

namespace parallax::codec {

// Says that the length is not known, as in a stream that nobody can go back in.
inline constexpr std::uint32_t kWavUnknownBytes = 0xFFFFFFFF;

// Whether a file can hold the format: not S8.
bool wav_holds(SampleFormat format);

// All before the samples. `data_bytes` of more than a file can hold: kWavUnknownBytes.
std::vector<std::byte> wav_header(const AudioFormatCaps& audio, std::uint64_t data_bytes);
// Most bytes of samples in a file whose header was made for this format.
std::uint64_t wav_capacity(const AudioFormatCaps& audio);

struct WavInfo {
    AudioFormatCaps audio;
    std::size_t header_bytes = 0;  // Where the samples begin.
    // Whole frames; nothing where the header does not know.
    std::optional<std::uint64_t> data_bytes;
};

// From the beginning of a file. Nothing where more of it is needed; fails with Errc::corrupt on
// what is no WAV file, with Errc::unsupported on codings that are not named above.
Result<std::optional<WavInfo>> wav_probe(Bytes file);

}  // namespace parallax::codec
