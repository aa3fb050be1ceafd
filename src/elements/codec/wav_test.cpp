#include "elements/codec/wav.h"

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax::codec {
namespace {

const std::vector<AudioFormatCaps> kFormats = [] {
    std::vector<AudioFormatCaps> all;
    for (const SampleFormat format : all_sample_formats())
        for (const int channels : {1, 2, 3, 6, 64})
            if (wav_holds(format)) all.push_back({44'100, channels, format});
    return all;
}();

TEST_CASE("wav: a header says what it was made for, and every part of it asks for more") {
    for (const AudioFormatCaps& audio : kFormats) {
        const std::uint64_t data = audio.frame_bytes() * 77;
        const std::vector<std::byte> header = wav_header(audio, data);
        const WavInfo info = unwrap(wav_probe(header)).value();
        CHECK(info.audio == audio);
        CHECK(info.header_bytes == header.size());
        CHECK(info.data_bytes == data);
        for (std::size_t cut = 0; cut < header.size(); ++cut)
            CHECK_FALSE(unwrap(wav_probe(Bytes(header).first(cut))));
    }
    CHECK(wav_header({48'000, 2, SampleFormat::s16le}, 0).size() == 44);
}

TEST_CASE("wav: lengths that do not fit are said to be unknown") {
    const AudioFormatCaps audio{48'000, 2, SampleFormat::s16le};
    const std::uint64_t most = wav_capacity(audio);
    CHECK(most > 0xFFFFFF00U);
    CHECK(most % 4 == 0);
    CHECK(unwrap(wav_probe(wav_header(audio, most))).value().data_bytes == most);
    CHECK_FALSE(unwrap(wav_probe(wav_header(audio, most + 4))).value().data_bytes);
}

TEST_CASE("wav: other chunks are passed over, odd ones with their padding") {
    std::vector<std::byte> file = wav_header({8'000, 1, SampleFormat::u8}, 10);
    const std::array<std::uint8_t, 12> list{'L', 'I', 'S', 'T', 3, 0, 0, 0, 'a', 'b', 'c', 0};
    const auto more = std::as_bytes(std::span(list));
    file.insert(file.begin() + 12, more.begin(), more.end());
    const WavInfo info = unwrap(wav_probe(file)).value();
    CHECK(info.header_bytes == 44 + 12);
    CHECK(info.audio.sample_rate == 8'000);
}

TEST_CASE("wav: what is wrong is refused, with the reason") {
    const std::vector<std::byte> good = wav_header({8'000, 1, SampleFormat::s16le}, 10);
    const auto with = [&](std::size_t at, int value) {
        std::vector<std::byte> bad = good;
        bad[at] = static_cast<std::byte>(value);
        return wav_probe(bad);
    };
    CHECK(with(0, 'X').error().code == Errc::corrupt);
    CHECK(with(8, 'X').error().code == Errc::corrupt);
    CHECK(with(16, 2).error().code == Errc::corrupt);       // A format of 2 bytes.
    CHECK(with(20, 7).error().code == Errc::unsupported);   // µ-law.
    CHECK(with(22, 0).error().code == Errc::corrupt);       // No channels.
    CHECK(with(32, 3).error().code == Errc::corrupt);       // Frames of another size.
    CHECK(with(34, 12).error().code == Errc::unsupported);  // 12 bits.
    CHECK(with(27, 0xFF).error().code == Errc::corrupt);    // 4 GHz.
}

}  // namespace
}  // namespace parallax::codec
