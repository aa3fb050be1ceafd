#include "parallax/audio_caps.h"

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

TEST_CASE("audio caps: what is written is read back, and is among all") {
    for (const SampleFormat format : all_sample_formats()) {
        for (const int channels : {1, 2, kMaxChannels}) {
            for (const int rate : {1, 44'100, kMaxSampleRate}) {
                const AudioFormatCaps audio{rate, channels, format};
                const Caps caps = caps_of(audio);
                REQUIRE(is_fixed(caps));
                CHECK(is_subset(caps, audio_caps()));
                CHECK(unwrap(audio_from_caps(caps.structures().front())) == audio);
                CHECK(equal(unwrap(parse_caps(to_string(caps))), caps));
            }
        }
    }
    CHECK(audio_caps({}).is_empty());
    CHECK(AudioFormatCaps{48'000, 3, SampleFormat::s24le}.frame_bytes() == 9);
}

TEST_CASE("audio caps: layout may be left out, but nothing else") {
    const auto read = [](const char* text) {
        return audio_from_caps(unwrap(parse_caps(text)).structures().front());
    };
    CHECK(read("audio/x-raw,format=S16LE,rate=8000,channels=1"));
    for (const char* bad :
         {"video/x-raw,format=S16LE,rate=8000,channels=1", "audio/x-raw,rate=8000,channels=1",
          "audio/x-raw,format=S16BE,rate=8000,channels=1", "audio/x-raw,format=S16LE,channels=1",
          "audio/x-raw,format=S16LE,rate=0,channels=1", "audio/x-raw,format=S16LE,rate=8000",
          "audio/x-raw,format=S16LE,rate=8000,channels=65",
          "audio/x-raw,format=S16LE,rate=[1,8000],channels=1",
          "audio/x-raw,format=S16LE,rate=8000,channels=1,layout=non-interleaved"}) {
        CAPTURE(bad);
        CHECK_FALSE(read(bad));
    }
}

}  // namespace
}  // namespace parallax
