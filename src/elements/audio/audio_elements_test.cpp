// The audio elements in whole graphs.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <string>

#include <doctest/doctest.h>

#include "elements/audio/audio_convert.h"
#include "elements/codec/file_io.h"
#include "elements/codec/wav.h"
#include "support/play.h"
#include "support/temp_folder.h"
#include "support/unwrap.h"

namespace parallax::elements {
namespace {

void must_run(Play& play) {
    const Result<> outcome = play.run();
    if (!outcome) FAIL(to_string(outcome.error()));
}

std::vector<std::byte> all_bytes(const Collect& collect) {
    std::vector<std::byte> bytes;
    for (const HeldFrame& frame : collect.frames)
        bytes.insert(bytes.end(), frame.bytes.begin(), frame.bytes.end());
    return bytes;
}

std::vector<double> all_samples(const Collect& collect) {
    const AudioFormatCaps audio = unwrap(audio_from_caps(collect.format.caps));
    const std::vector<std::byte> bytes = all_bytes(collect);
    std::vector<double> samples(bytes.size() / traits(audio.sample_format).bytes);
    compute::read_samples(audio.sample_format, bytes, samples);
    return samples;
}

// How far the middle half of a signal is from the sine of that frequency and phase 0, in dB.
double sine_snr_db(const std::vector<double>& got, double volume, double freq_hz, int rate) {
    double signal = 0;
    double noise = 0;
    for (std::size_t i = got.size() / 4; i < got.size() * 3 / 4; ++i) {
        const double exact =
            volume * std::sin(2 * std::numbers::pi * freq_hz * static_cast<double>(i) / rate);
        signal += exact * exact;
        noise += (got[i] - exact) * (got[i] - exact);
    }
    return 10 * std::log10(signal / noise);
}

TEST_CASE("audiotestsrc: frames have their length, times, and one mono channel at 44100 Hz") {
    Play play("audiotestsrc num-buffers=5 samplesperbuffer=441 ! collect name=c");
    must_run(play);
    const Collect& got = play.collect("c");
    const AudioFormatCaps audio = unwrap(audio_from_caps(got.format.caps));
    CHECK(audio == AudioFormatCaps{44'100, 1, SampleFormat::s16le});
    REQUIRE(got.frames.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(got.frames[i].bytes.size() == 882);
        CHECK(got.frames[i].meta.pts_ns == static_cast<std::int64_t>(i) * 10'000'000);
        CHECK(got.frames[i].meta.duration_ns == 10'000'000);
        CHECK(got.frames[i].meta.sequence == i);
    }
    CHECK(sine_snr_db(all_samples(got), 0.8, 440, 44'100) > 90);
}

TEST_CASE("audioconvert: a sine survives every format, at the precision the format has") {
    for (const SampleFormat format : all_sample_formats()) {
        for (const int channels : {1, 2, 6}) {
            Play play(
                "audiotestsrc num-buffers=9 samplesperbuffer=5000 volume=0.9 freq=997 ! "
                "audio/x-raw,format=F64LE,rate=48000 ! audioconvert ! audio/x-raw,format=" +
                std::string(traits(format).name) + ",channels=" + std::to_string(channels) +
                " ! collect name=c");
            must_run(play);
            const std::vector<double> samples = all_samples(play.collect("c"));
            REQUIRE(samples.size() == 45'000 * static_cast<std::size_t>(channels));
            std::vector<double> first;
            for (std::size_t i = 0; i < samples.size(); i += static_cast<std::size_t>(channels))
                first.push_back(samples[i]);
            const int bits = traits(format).bits == 0 ? (format == SampleFormat::f32le ? 25 : 40)
                                                      : traits(format).bits;
            CAPTURE(traits(format).name);
            CAPTURE(channels);
            // 6.02 dB a bit and 1.76, less what 0.9 of full scale takes.
            if (channels != 6) CHECK(sine_snr_db(first, 0.9, 997, 48'000) > 6.02 * bits - 1);
        }
    }
}

TEST_CASE("audioconvert: frames of any length become whole ones, with times") {
    Play play("feed name=f ! audioconvert ! audio/x-raw,format=S16LE,channels=1 ! collect name=c");
    Feed& feed = play.feed("f");
    feed.caps = caps_of({.sample_rate = 1000, .channels = 2, .sample_format = SampleFormat::s24le});
    // 10 001 stereo frames of 6 bytes, cut at 7, then 20 000 and the rest.
    std::vector<std::byte> bytes(10'001 * 6);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 7);
    const auto cut = [&](std::size_t from, std::size_t to, std::int64_t pts_ns) {
        HeldFrame frame;
        frame.bytes.assign(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                           bytes.begin() + static_cast<std::ptrdiff_t>(to));
        frame.meta.pts_ns = pts_ns;
        feed.frames.push_back(frame);
    };
    cut(0, 7, 0);
    cut(7, 20'000, kNoTimeNs);
    cut(20'000, bytes.size(), kNoTimeNs);
    must_run(play);
    const Collect& got = play.collect("c");
    CHECK(all_bytes(got).size() == 10'001 * 2);
    std::int64_t frames = 0;
    for (const HeldFrame& frame : got.frames) {
        CHECK(frame.meta.pts_ns == frames * 1'000'000);
        frames += static_cast<std::int64_t>(frame.bytes.size() / 2);
    }
    const std::vector<double> samples = all_samples(got);
    for (const std::size_t i : {0U, 1U, 3'333U, 10'000U}) {
        std::array<double, 2> stereo{};
        compute::read_samples(SampleFormat::s24le, std::span(bytes).subspan(i * 6, 6), stereo);
        CHECK(std::abs(samples[i] - (stereo[0] + stereo[1]) / 2) < 0.51 / 32768);
    }
}

TEST_CASE("audioresample: the exact count, the right frequency, and times that go on") {
    for (const auto& [from, to] : {std::pair{44'100, 48'000},
                                   {48'000, 44'100},
                                   {48'000, 8'000},
                                   {8'000, 96'000},
                                   {44'100, 44'100}}) {
        Play play(
            "audiotestsrc num-buffers=40 samplesperbuffer=1024 freq=1000 volume=0.5 ! "
            "audio/x-raw,format=F64LE,rate=" +
            std::to_string(from) + " ! audioresample ! audio/x-raw,rate=" + std::to_string(to) +
            " ! collect name=c");
        must_run(play);
        const Collect& got = play.collect("c");
        const std::vector<double> samples = all_samples(got);
        const auto frames = std::int64_t{40} * 1024;
        CHECK(static_cast<std::int64_t>(samples.size()) == (frames * to + from - 1) / from);
        CHECK(sine_snr_db(samples, 0.5, 1000, to) > 100);
        std::uint64_t before = 0;
        for (const HeldFrame& frame : got.frames) {
            const std::int64_t exact = frames_ns(before, to);
            CHECK(std::abs(frame.meta.pts_ns - exact) <= 1);
            before += frame.bytes.size() / 8;
        }
    }
}

TEST_CASE("audioconvert and audioresample: for less in, not more out, and both ways agree") {
    AudioConvert convert;
    AudioResample resample;
    const std::vector<const char*> texts{
        "audio/x-raw",
        "audio/x-raw,format=S16LE",
        "audio/x-raw,format=S16LE,rate=44100,channels=2",
        "audio/x-raw,format={S16LE,F32LE},rate=[8000,48000],channels=[1,2]",
        "audio/x-raw,rate={8000,96000},channels=12",
        "audio/x-raw,rate=100",
        "video/x-raw"};
    for (const Element* element :
         {static_cast<Element*>(&convert), static_cast<Element*>(&resample)}) {
        const Pads pads = AudioConvert::pads();
        for (const char* a : texts) {
            const Caps small = unwrap(parse_caps(a));
            const Caps out = element->transform(pads.pads[0], small, pads.pads[1]);
            CHECK(is_subset(out, audio_caps()));
            CHECK(is_subset(intersect(small, audio_caps()), out));  // Unchanged is always possible.
            for (const char* b : texts) {
                const Caps large = unwrap(parse_caps(b));
                if (!is_subset(small, large)) continue;
                CAPTURE(a);
                CAPTURE(b);
                CHECK(is_subset(out, element->transform(pads.pads[0], large, pads.pads[1])));
            }
        }
    }
}

TEST_CASE(
    "wavenc: filesink gets a header that knows the length; what reads it gets the same bytes") {
    const TempFolder folder;
    const std::string path = folder.path() + "/a.wav";
    for (const char* format : {"U8", "S16LE", "S24LE", "S32LE", "F32LE", "F64LE"}) {
        const std::string filter = " audio/x-raw,format=" + std::string(format) + ",channels=3 ! ";
        const std::string source = "audiotestsrc num-buffers=3 samplesperbuffer=333 !" + filter;
        Play direct(source + "collect name=c");
        must_run(direct);
        Play write(source + "queue ! wavenc ! filesink location=" + path);
        must_run(write);
        const std::vector<std::byte> file = unwrap(codec::read_file(path, 1 << 20));
        const codec::WavInfo info = unwrap(codec::wav_probe(file)).value();
        CHECK(info.data_bytes == all_bytes(direct.collect("c")).size());
        CHECK(file.size() == info.header_bytes + *info.data_bytes + *info.data_bytes % 2);
        Play read("filesrc blocksize=100 location=" + path + " ! wavparse ! collect name=c");
        must_run(read);
        CHECK(all_bytes(read.collect("c")) == all_bytes(direct.collect("c")));
        CHECK(read.collect("c").format.caps == direct.collect("c").format.caps);
    }
}

TEST_CASE("wavparse: a file that ends inside its samples is refused by name") {
    const TempFolder folder;
    const std::string path = folder.path() + "/cut.wav";
    std::vector<std::byte> file = codec::wav_header({8'000, 1, SampleFormat::s16le}, 1000);
    file.resize(file.size() + 500);
    REQUIRE(codec::write_file(path, file));
    Play play("filesrc location=" + path + " ! wavparse ! collect name=c");
    const Result<> outcome = play.run();
    REQUIRE_FALSE(outcome);
    CHECK(to_string(outcome.error()).find("500 bytes of samples are missing") != std::string::npos);
    CHECK(to_string(outcome.error()).find("cut.wav") != std::string::npos);
}

}  // namespace
}  // namespace parallax::elements
