#include "compute/audio/resample.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax::compute {
namespace {

std::vector<double> sine(int rate, double freq_hz, std::size_t count, double delay_s = 0) {
    std::vector<double> out(count);
    for (std::size_t i = 0; i < count; ++i)
        out[i] =
            std::sin(2 * std::numbers::pi * freq_hz * (static_cast<double>(i) / rate - delay_s));
    return out;
}

// All of it, pushed in pieces of `piece` frames.
std::vector<double> resampled(const Resampler::Options& options, std::span<const double> in,
                              std::size_t piece) {
    Resampler r = unwrap(Resampler::create(options));
    std::vector<double> all;
    std::vector<double> out(static_cast<std::size_t>(options.channels) * 97);
    const auto take = [&] {
        while (const std::size_t frames = r.pull(out))
            all.insert(all.end(), out.begin(),
                       out.begin() + static_cast<std::ptrdiff_t>(
                                         frames * static_cast<std::size_t>(options.channels)));
    };
    const std::size_t step = piece * static_cast<std::size_t>(options.channels);
    for (std::size_t at = 0; at < in.size(); at += step) {
        r.push(in.subspan(at, std::min(step, in.size() - at)));
        take();
    }
    r.finish();
    take();
    CHECK(r.frames_out() * static_cast<std::size_t>(options.channels) == all.size());
    return all;
}

double snr_db(std::span<const double> got, std::span<const double> exact) {
    double signal = 0;
    double noise = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        signal += exact[i] * exact[i];
        noise += (got[i] - exact[i]) * (got[i] - exact[i]);
    }
    return 10 * std::log10(signal / noise);
}

struct Rates {
    int in, out;
};
constexpr std::array kRates{Rates{44'100, 48'000}, Rates{48'000, 44'100}, Rates{48'000, 16'000},
                            Rates{8'000, 48'000},  Rates{44'101, 48'000}, Rates{48'000, 48'000},
                            Rates{96'000, 44'100}, Rates{11'025, 8'000}};

TEST_CASE("resample: a stream of N frames becomes exactly ceil(N out / in), however it is cut") {
    for (const auto& [in, out] : kRates) {
        for (const std::size_t n :
             {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{4801}}) {
            std::vector<double> noise(n);
            std::uint32_t seed = 5;
            for (double& v : noise) v = (seed = seed * 1664525 + 1013904223) / 4294967296.0 - 0.5;
            const Resampler::Options options{.in_rate = in, .out_rate = out};
            const auto whole = resampled(options, noise, 100'000);
            const auto rate_in = static_cast<std::size_t>(in);
            const auto rate_out = static_cast<std::size_t>(out);
            CHECK(whole.size() == (n * rate_out + rate_in - 1) / rate_in);
            for (const std::size_t piece : {1, 7, 1024})
                CHECK(resampled(options, noise, piece) == whole);
        }
    }
}

// The oracle is the sine itself at the new times: this catches delay, gain, drift and images.
TEST_CASE("resample: a sine is that sine at the new rate, to the quality that was asked for") {
    for (const auto& [in, out] : kRates) {
        for (const int quality : {0, 4, 10}) {
            // At a third of what both rates can hold, and at a low frequency.
            for (const double freq : {std::min(in, out) / 3.2, 220.0}) {
                const std::size_t n = static_cast<std::size_t>(in) / 4;
                const auto got = resampled({.in_rate = in, .out_rate = out, .quality = quality},
                                           sine(in, freq, n), 1000);
                const auto exact = sine(out, freq, got.size());
                // Away from both ends, where there is silence beyond.
                const std::size_t edge = got.size() / 4;
                const double snr = snr_db(std::span(got).subspan(edge, got.size() / 2),
                                          std::span(exact).subspan(edge, got.size() / 2));
                CAPTURE(in);
                CAPTURE(out);
                CAPTURE(freq);
                CHECK(snr > 74 + 6 * quality - (in == 44'101 && quality == 10 ? 20 : 0));
            }
        }
    }
}

TEST_CASE("resample: what the lower rate cannot hold is taken away, not folded down") {
    const auto got =
        resampled({.in_rate = 48'000, .out_rate = 16'000}, sine(48'000, 9'000, 24'000), 1000);
    double loudest = 0;
    for (std::size_t i = got.size() / 4; i < got.size() * 3 / 4; ++i)
        loudest = std::max(loudest, std::abs(got[i]));
    CHECK(20 * std::log10(loudest) < -95);
}

TEST_CASE("resample: channels do not hear each other, and flat stays flat") {
    std::vector<double> frames;
    for (int i = 0; i < 3000; ++i) {
        frames.push_back(0.5);
        frames.push_back(0);
    }
    const auto got = resampled({.in_rate = 44'100, .out_rate = 48'000, .channels = 2}, frames, 64);
    for (std::size_t i = 0; i < got.size(); i += 2) CHECK(got[i + 1] == 0);
    for (std::size_t i = got.size() / 8 * 2; i < got.size() / 2; i += 2)
        CHECK(got[i] == doctest::Approx(0.5).epsilon(1e-12));
}

TEST_CASE("resample: rates too far apart are refused") {
    CHECK(Resampler::create({.in_rate = 100, .out_rate = 25'600}));
    CHECK(Resampler::create({.in_rate = 100, .out_rate = 25'601}).error().code ==
          Errc::unsupported);
}

}  // namespace
}  // namespace parallax::compute
