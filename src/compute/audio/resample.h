// Resampler: interleaved samples at another rate, by a windowed sinc whose state runs on.
//
// Sample n of the result lies at n · in_rate / out_rate of the input, in exact integers: nothing
// drifts, and of a stream of N frames exactly ceil(N · out_rate / in_rate) come out, aligned with
// it; before the first frame and after the last there is silence. How the input was cut into
// pieces makes no difference to a single bit.
//
// The filter is J. O. Smith's band-limited interpolation ("Digital Audio Resampling", CCRMA) with
// J. F. Kaiser's window and his formula for its width: stop band and pass-band ripple at
// -(80 + 6 · quality) dB, 16 + 12 · quality zero crossings on each side, the stop band beginning at
// half the lower rate. Each phase's weights add up to one. Ratios of more than 2048 phases are
// interpolated linearly between neighbours of 2048, good for -125 dB.
//
// Threads: belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "parallax/result.h"

namespace parallax::compute {

inline constexpr int kMostRateRatio = 256;  // Either way.

class Resampler {
  public:
    struct Options {
        int in_rate = 48'000;
        int out_rate = 48'000;
        int channels = 1;
        int quality = 4;  // 0 … 10
    };
    static Result<Resampler> create(const Options& options);

    void push(std::span<const double> frames);  // Whole frames.
    void finish();                              // Nothing will follow: the rest may come out.
    // As many frames as are ready and as fit; how many.
    std::size_t pull(std::span<double> out);
    // Forgets all, as if new.
    void reset();

    // All that another one of the same options needs to go on, once pull() gives nothing more.
    struct State {
        std::int64_t first = 0;
        std::int64_t index = 0;
        std::int64_t phase = 0;
        std::uint64_t received = 0;
        std::uint64_t sent = 0;
        bool finished = false;
        std::vector<double> samples = {};  // One channel after the other.
    };
    State state() const;
    std::size_t most_state_samples() const;  // Of all channels together.
    // Errc::corrupt for what no state() can have given.
    Result<> go_on_from(const State& state);

    std::uint64_t frames_in() const { return received_; }
    std::uint64_t frames_out() const { return sent_; }

  private:
    Resampler() = default;
    void make_filter(int quality);
    void make_phase(double phase, double cutoff, double beta, double* weights) const;
    bool ready() const;
    void make_frame(double* out);
    std::size_t used() const;
    void drop_used();

    int channels_ = 1;
    std::int64_t up_ = 1;  // The ratio out : in, reduced.
    std::int64_t down_ = 1;
    int half_taps_ = 0;
    int phases_ = 1;
    bool interpolated_ = false;
    std::vector<double> bank_;     // By phase, then tap; one more phase where interpolated.
    std::vector<double> weights_;  // Of the phase between.

    std::vector<std::vector<double>> lanes_;  // By channel, from input sample first_ on.
    std::int64_t first_ = 0;
    std::int64_t index_ = 0;  // Of the input sample at or before the next output, …
    std::int64_t phase_ = 0;  // … and how far behind it, in 1 / up_.
    std::uint64_t received_ = 0;
    std::uint64_t sent_ = 0;
    bool finished_ = false;
};

}  // namespace parallax::compute
