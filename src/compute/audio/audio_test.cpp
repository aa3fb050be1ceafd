// Samples, dither, mixing and waves.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <doctest/doctest.h>

#include "compute/audio/mix.h"
#include "compute/audio/samples.h"
#include "compute/audio/wave.h"

namespace parallax::compute {
namespace {

std::vector<std::byte> written(SampleFormat format, const std::vector<double>& values,
                               Dither dither = Dither()) {
    std::vector<std::byte> bytes(values.size() * traits(format).bytes);
    write_samples(format, values, bytes, dither);
    return bytes;
}

std::vector<double> read(SampleFormat format, const std::vector<std::byte>& bytes) {
    std::vector<double> values(bytes.size() / traits(format).bytes);
    read_samples(format, bytes, values);
    return values;
}

TEST_CASE("audio samples: every code comes back bit by bit") {
    for (const SampleFormat format : {SampleFormat::s8, SampleFormat::u8, SampleFormat::s16le}) {
        const std::size_t bytes = traits(format).bytes;
        std::vector<std::byte> codes;
        for (unsigned code = 0; code < 1U << traits(format).bits; ++code)
            for (std::size_t i = 0; i < bytes; ++i)
                codes.push_back(static_cast<std::byte>(code >> (8 * i)));
        CHECK(written(format, read(format, codes)) == codes);
    }
    for (const SampleFormat format : {SampleFormat::s24le, SampleFormat::s32le}) {
        std::vector<std::byte> codes(traits(format).bytes * std::size_t{5000});
        std::uint32_t seed = 7;
        for (std::byte& b : codes) b = static_cast<std::byte>((seed = seed * 1664525 + 1) >> 24);
        CHECK(written(format, read(format, codes)) == codes);
        // Wider formats hold narrower ones exactly.
        CHECK(written(format, read(SampleFormat::s32le,
                                   written(SampleFormat::s32le, read(format, codes)))) == codes);
        CHECK(written(format, read(SampleFormat::f64le,
                                   written(SampleFormat::f64le, read(format, codes)))) == codes);
    }
}

TEST_CASE("audio samples: full scale, rounding and clipping are what they should be") {
    const std::vector<double> values{
        0,         1.0,        -1.0,
        2.0,       -2.0,       0.5,
        1.5 / 128, -1.5 / 128, std::numeric_limits<double>::quiet_NaN()};
    const auto s8 = written(SampleFormat::s8, values);
    const std::vector<int> expected{0, 127, -128, 127, -128, 64, 2, -2, 0};
    for (std::size_t i = 0; i < values.size(); ++i) {
        CHECK(static_cast<std::int8_t>(s8[i]) == expected[i]);
        CHECK(static_cast<int>(written(SampleFormat::u8, values)[i]) == expected[i] + 128);
    }
    const std::vector<double> f = read(SampleFormat::f32le, written(SampleFormat::f32le, {1.25}));
    CHECK(f[0] == 1.25);  // Floats do not clip.
}

TEST_CASE("audio dither: a level between two codes survives as their mean") {
    const double level = 10.3 / 32768;
    const std::vector<double> flat(20'000, level);
    const auto mean_of = [&](DitherKind kind) {
        double sum = 0;
        for (const double v :
             read(SampleFormat::s16le, written(SampleFormat::s16le, flat, Dither(kind))))
            sum += v * 32768;
        return sum / static_cast<double>(flat.size());
    };
    CHECK(mean_of(DitherKind::none) == 10);
    CHECK(std::abs(mean_of(DitherKind::rpdf) - 10.3) < 0.03);
    CHECK(std::abs(mean_of(DitherKind::tpdf) - 10.3) < 0.03);
}

TEST_CASE("audio mix: nothing clips, levels are kept, and channels go where they belong") {
    for (int in = 1; in <= kMostMixedChannels; ++in) {
        for (int out = 1; out <= kMostMixedChannels; ++out) {
            const MixMatrix m = mix_matrix(in, out);
            CHECK(m.identity() == (in == out));
            for (int o = 0; o < out; ++o) {
                double sum = 0;
                for (int i = 0; i < in; ++i) {
                    CHECK(m.weights[static_cast<std::size_t>(o * in + i)] >= 0);
                    sum += m.weights[static_cast<std::size_t>(o * in + i)];
                }
                CHECK(sum <= 1.0 + 1e-12);
            }
            // Every channel but LFE is heard somewhere.
            for (int i = 0; i < in; ++i) {
                double heard = 0;
                for (int o = 0; o < out; ++o)
                    heard += m.weights[static_cast<std::size_t>(o * in + i)];
                const bool lfe = in >= 6 && i == 3;
                CHECK((heard > 0.1) == (!lfe || out >= 6));
            }
        }
    }
    CHECK(mix_matrix(1, 2).weights == std::vector<double>{1, 1});
    CHECK(mix_matrix(2, 1).weights == std::vector<double>{0.5, 0.5});
    CHECK(mix_matrix(64, 64).identity());
    // 5.1 to stereo: L + C + Ls by 1 : 0.707 : 0.707.
    const MixMatrix stereo = mix_matrix(6, 2);
    CHECK(stereo.weights[2] / stereo.weights[0] == doctest::Approx(std::numbers::sqrt2 / 2));
    CHECK(stereo.weights[4] / stereo.weights[0] == doctest::Approx(std::numbers::sqrt2 / 2));
    CHECK(stereo.weights[1] == 0);
    std::vector<double> out(4);
    mix(mix_matrix(1, 2), std::vector<double>{0.25, -0.5}, out);
    CHECK(out == std::vector<double>{0.25, 0.25, -0.5, -0.5});
}

TEST_CASE("audio waves: pieces make the same signal as the whole") {
    for (const Wave wave : {Wave::sine, Wave::square, Wave::saw, Wave::triangle, Wave::silence,
                            Wave::white_noise, Wave::ticks}) {
        const WaveMaker::Options options{.wave = wave, .freq_hz = 441, .volume = 0.5};
        std::vector<double> whole(44'100 * 2);
        WaveMaker(44'100, 3).make(options, whole);
        WaveMaker maker(44'100, 3);
        std::vector<double> pieces(whole.size());
        const std::span all(pieces);
        for (std::size_t at = 0; at < all.size(); at += 1000)
            maker.make(options, all.subspan(at, std::min<std::size_t>(1000, all.size() - at)));
        double apart = 0;
        double loudest = 0;
        double sum = 0;
        int sudden = 0;  // Edges of squares may fall a sample apart.
        for (std::size_t i = 0; i < whole.size(); ++i) {
            if (std::abs(whole[i] - pieces[i]) > 0.1)
                ++sudden;
            else
                apart = std::max(apart, std::abs(whole[i] - pieces[i]));
            loudest = std::max(loudest, std::abs(whole[i]));
            sum += whole[i];
        }
        CAPTURE(static_cast<int>(wave));
        CHECK(apart < 1e-9);
        CHECK(sudden < 900);
        CHECK(loudest <= 0.5);
        CHECK((loudest > 0.49) == (wave != Wave::silence));
        CHECK(std::abs(sum / static_cast<double>(whole.size())) < 0.01);
    }
}

TEST_CASE("audio waves: a sine is the sine, also after hours") {
    WaveMaker maker(48'000, 1);
    const WaveMaker::Options options{.wave = Wave::sine, .freq_hz = 1000.7, .volume = 1};
    std::vector<double> out(48'000);
    for (int second = 0; second < 300; ++second) maker.make(options, out);
    double worst = 0;
    for (int i = 0; i < 48'000; ++i) {
        const double periods = 1000.7 * (299 + i / 48'000.0);
        worst = std::max(worst, std::abs(out[static_cast<std::size_t>(i)] -
                                         std::sin(2 * std::numbers::pi * std::fmod(periods, 1))));
    }
    CHECK(worst < 1e-8);
}

}  // namespace
}  // namespace parallax::compute
