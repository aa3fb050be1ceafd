#include "compute/audio/wave.h"

#include <cmath>
#include <numbers>

namespace parallax::compute {
namespace {

// Of one period, at `phase` of 0 … 1.
double shape(Wave wave, double phase) {
    switch (wave) {
        case Wave::square:
            return phase < 0.5 ? 1.0 : -1.0;
        case Wave::saw:
            return phase < 0.5 ? 2.0 * phase : 2.0 * phase - 2.0;
        case Wave::triangle:
            if (phase < 0.25) return 4.0 * phase;
            return phase < 0.75 ? 2.0 - 4.0 * phase : 4.0 * phase - 4.0;
        default:
            return std::sin(2.0 * std::numbers::pi * phase);
    }
}

}  // namespace

// A 64-bit mix (D. Stafford's variant 13, as SplitMix64 has it), to -1 … 1.
double WaveMaker::noise() {
    noise_ += 0x9E3779B97F4A7C15U;
    std::uint64_t h = noise_;
    h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9U;
    h = (h ^ (h >> 27)) * 0x94D049BB133111EBU;
    h ^= h >> 31;
    return static_cast<double>(h >> 11) * 0x1p-52 - 1.0;
}

void WaveMaker::make(const Options& options, std::span<double> out) {
    const double step = options.freq_hz / rate_;
    for (std::size_t i = 0; i < out.size(); ++i) {
        // From the start of the call, so that no error adds up within it.
        const double periods = phase_ + static_cast<double>(i) * step;
        const double phase = periods - std::floor(periods);
        const std::int64_t sample = (in_second_ + static_cast<std::int64_t>(i)) % rate_;
        double value = 0.0;
        if (options.wave == Wave::white_noise)
            value = noise();
        else if (options.wave == Wave::ticks)
            value = static_cast<double>(sample) * step < 10.0
                        ? std::sin(2.0 * std::numbers::pi * static_cast<double>(sample) * step)
                        : 0.0;
        else if (options.wave != Wave::silence)
            value = shape(options.wave, phase);
        out[i] = options.volume * value;
    }
    const double periods = phase_ + static_cast<double>(out.size()) * step;
    phase_ = periods - std::floor(periods);
    in_second_ = (in_second_ + static_cast<std::int64_t>(out.size())) % rate_;
}

}  // namespace parallax::compute
