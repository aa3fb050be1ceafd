// WaveMaker: test signals, sample by sample; the same ones on every machine for the same seed, up
// to the last bit of the C library's sine.
//
// Threads: belongs to one thread.
#pragma once

#include <cstdint>
#include <span>

namespace parallax::compute {

enum class Wave : std::uint8_t { sine, square, saw, triangle, silence, white_noise, ticks };

class WaveMaker {
  public:
    struct Options {
        Wave wave = Wave::sine;
        double freq_hz = 440.0;
        double volume = 0.8;
    };
    WaveMaker(int sample_rate, std::uint64_t seed) : rate_(sample_rate), noise_(seed) {}

    // The next samples, one channel, of full scale 1.0. Phase runs on where options change.
    // A tick is ten periods of a sine at the start of each second.
    void make(const Options& options, std::span<double> out);

    // Where it is, for another one to go on from.
    struct State {
        std::uint64_t noise = 0;
        double phase = 0.0;
        std::int64_t in_second = 0;
    };
    State state() const { return {noise_, phase_, in_second_}; }
    void set_state(const State& state) {
        noise_ = state.noise;
        phase_ = state.phase;
        in_second_ = state.in_second;
    }

  private:
    double noise();

    int rate_;
    std::uint64_t noise_;
    double phase_ = 0.0;          // Periods, 0 … 1.
    std::int64_t in_second_ = 0;  // Sample of the current second.
};

}  // namespace parallax::compute
