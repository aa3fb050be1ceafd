#include "elements/codec/wav.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "media/bytes.h"

namespace parallax::codec {
namespace {

constexpr std::uint16_t kPcm = 1;
constexpr std::uint16_t kFloat = 3;
constexpr std::uint16_t kExtensible = 0xFFFE;
// What follows the coding in the identifier of an extensible format.
constexpr std::array<std::uint8_t, 14> kGuidTail{0, 0, 0,    0, 0x10, 0,    0x80,
                                                 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71};
constexpr std::size_t kChunkHeadBytes = 8;
constexpr std::uint32_t kMaxFormatBytes = 4096;

void put_word(ByteWriter& out, std::string_view four) {
    out.put_bytes(std::as_bytes(std::span(four)));
}

bool is_float(SampleFormat format) { return traits(format).bits == 0; }

// The speakers of the layouts that compute/audio/mix.h names, as bits of a channel mask.
std::uint32_t speakers(int channels) {
    constexpr std::array<std::uint32_t, 9> masks{0, 0x4, 0x3, 0x7, 0x33, 0x37, 0x3F, 0x13F, 0x63F};
    return channels < static_cast<int>(masks.size()) ? masks[static_cast<std::size_t>(channels)]
                                                     : 0;
}

void put_format(ByteWriter& out, const AudioFormatCaps& audio) {
    const bool extensible = audio.channels > 2;
    const std::uint16_t coding = is_float(audio.sample_format) ? kFloat : kPcm;
    const auto frame = static_cast<std::uint32_t>(audio.frame_bytes());
    const auto bits = static_cast<std::uint16_t>(traits(audio.sample_format).bytes * 8);
    put_word(out, "fmt ");
    out.put(extensible ? std::uint32_t{40} : coding == kFloat ? std::uint32_t{18} : 16U);
    out.put(extensible ? kExtensible : coding);
    out.put(static_cast<std::uint16_t>(audio.channels));
    out.put(static_cast<std::uint32_t>(audio.sample_rate));
    out.put(static_cast<std::uint32_t>(audio.sample_rate) * frame);
    out.put(static_cast<std::uint16_t>(frame));
    out.put(bits);
    if (extensible) {
        out.put(std::uint16_t{22});
        out.put(bits);
        out.put(speakers(audio.channels));
        out.put(coding);
        out.put_bytes(std::as_bytes(std::span(kGuidTail)));
    } else if (coding == kFloat) {
        out.put(std::uint16_t{0});
    }
}

std::size_t header_bytes(const AudioFormatCaps& audio) {
    const std::size_t fact = is_float(audio.sample_format) ? 12 : 0;
    const std::size_t format = audio.channels > 2 ? 40 : fact != 0 ? 18 : 16;
    return 12 + kChunkHeadBytes + format + fact + kChunkHeadBytes;
}

struct FormatChunk {
    std::uint16_t coding, channels;
    std::uint32_t rate;
    std::uint16_t frame_bytes, bits;
};

FormatChunk read_format(Bytes chunk) {
    ByteReader in(chunk);
    FormatChunk f{};
    f.coding = in.get<std::uint16_t>();
    f.channels = in.get<std::uint16_t>();
    f.rate = in.get<std::uint32_t>();
    (void)in.get<std::uint32_t>();  // Bytes in a second, which follow from the rest.
    f.frame_bytes = in.get<std::uint16_t>();
    f.bits = in.get<std::uint16_t>();
    if (f.coding == kExtensible && chunk.size() >= 40)
        f.coding = ByteReader(chunk.subspan(24)).get<std::uint16_t>();
    return f;
}

std::optional<SampleFormat> sample_format(const FormatChunk& f) {
    const bool floats = f.coding == kFloat;
    if (!floats && f.coding != kPcm) return std::nullopt;
    for (const SampleFormat format : all_sample_formats()) {
        if (wav_holds(format) && traits(format).bytes * 8 == f.bits && is_float(format) == floats)
            return format;
    }
    return std::nullopt;
}

Result<AudioFormatCaps> audio_of(Bytes chunk) {
    const FormatChunk f = read_format(chunk);
    const auto format = sample_format(f);
    if (!format) {
        return fail(Errc::unsupported,
                    fmt::format("wav: samples of coding {} and {} bits", f.coding, f.bits),
                    "PCM of 8, 16, 24 and 32 bits and floats of 32 and 64 can be read");
    }
    const AudioFormatCaps audio{
        static_cast<int>(std::min<std::uint32_t>(f.rate, kMaxSampleRate + 1)), f.channels, *format};
    if (f.rate < 1 || f.rate > kMaxSampleRate || f.channels < 1 || f.channels > kMaxChannels ||
        audio.frame_bytes() != f.frame_bytes) {
        return fail(Errc::corrupt,
                    fmt::format("wav: {} channels of {} bits at {} Hz in frames of {} bytes",
                                f.channels, f.bits, f.rate, f.frame_bytes));
    }
    return audio;
}

}  // namespace

bool wav_holds(SampleFormat format) { return format != SampleFormat::s8; }

std::uint64_t wav_capacity(const AudioFormatCaps& audio) {
    // The file's length without its first eight bytes, and a padding byte, must fit into 32 bits.
    const std::uint64_t most = kWavUnknownBytes - 1 - header_bytes(audio);
    return most / audio.frame_bytes() * audio.frame_bytes();
}

std::vector<std::byte> wav_header(const AudioFormatCaps& audio, std::uint64_t data_bytes) {
    const bool known = data_bytes <= wav_capacity(audio);
    const auto data = known ? static_cast<std::uint32_t>(data_bytes) : kWavUnknownBytes;
    const auto total =
        static_cast<std::uint32_t>(header_bytes(audio) - 8 + data_bytes + data_bytes % 2);
    ByteWriter out;
    put_word(out, "RIFF");
    out.put(known ? total : kWavUnknownBytes);
    put_word(out, "WAVE");
    put_format(out, audio);
    if (is_float(audio.sample_format)) {
        put_word(out, "fact");
        out.put(std::uint32_t{4});
        out.put(known ? data / static_cast<std::uint32_t>(audio.frame_bytes()) : kWavUnknownBytes);
    }
    put_word(out, "data");
    out.put(data);
    return std::move(out).take();
}

Result<std::optional<WavInfo>> wav_probe(Bytes file) {
    const auto is = [&](std::size_t at, std::string_view word) {
        return std::ranges::equal(file.subspan(at, 4), std::as_bytes(std::span(word)));
    };
    if (file.size() < 12) return std::nullopt;
    if (!is(0, "RIFF") || !is(8, "WAVE")) {
        return fail(Errc::corrupt, "wav: expected RIFF and WAVE, found something else");
    }
    std::optional<AudioFormatCaps> audio;
    std::size_t at = 12;
    while (file.size() - at >= kChunkHeadBytes) {
        const auto bytes = ByteReader(file.subspan(at + 4)).get<std::uint32_t>();
        const bool format = is(at, "fmt ");
        const bool data = is(at, "data");
        at += kChunkHeadBytes;
        if (data) {
            if (!audio) return fail(Errc::corrupt, "wav: samples before their format");
            WavInfo info{.audio = *audio, .header_bytes = at, .data_bytes = std::nullopt};
            const std::size_t frame = audio->frame_bytes();
            if (bytes != kWavUnknownBytes) info.data_bytes = bytes / frame * frame;
            return info;
        }
        if (format) {
            if (bytes < 16 || bytes > kMaxFormatBytes)
                return fail(Errc::corrupt, fmt::format("wav: a format of {} bytes", bytes));
            if (file.size() - at < bytes) return std::nullopt;
            audio = PX_TRY(audio_of(file.subspan(at, bytes)));
        }
        const std::uint64_t skip = std::uint64_t{bytes} + bytes % 2;
        if (skip > file.size() - at) return std::nullopt;
        at += static_cast<std::size_t>(skip);
    }
    return std::nullopt;
}

}  // namespace parallax::codec
