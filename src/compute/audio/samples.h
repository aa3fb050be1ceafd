// Between samples of any format and doubles of full scale 1.0.
//
// n-bit codes are divided by 2^(n-1), U8 after 128 is taken off: every format but F64LE itself
// passes through doubles and back bit by bit. Writing rounds to nearest, halves away from zero, and
// clips; NaN becomes silence.
//
// Threads: pure functions; a Dither belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "parallax/audio_caps.h"

namespace parallax::compute {

// Noise that is added before rounding, so that what is lost is noise and not distortion.
// Source: S. Lipshitz, R. Wannamaker, J. Vanderkooy, "Quantization and Dither: A Theoretical
// Survey", 1992: triangular noise of two steps makes the error independent of the signal.
enum class DitherKind : std::uint8_t { none, rpdf, tpdf };

class Dither {
  public:
    explicit Dither(DitherKind kind = DitherKind::none, std::uint64_t seed = 1)
        : kind_(kind), state_(seed) {}
    DitherKind kind() const { return kind_; }
    std::uint64_t state() const { return state_; }  // For another one to go on from.
    void set_state(std::uint64_t state) { state_ = state; }
    double next();  // In steps of the target: ±½, or ±1 of triangular density.

  private:
    double uniform();  // -½ … ½

    DitherKind kind_;
    std::uint64_t state_;
};

// As many samples as `out` holds; `in` has at least their bytes.
void read_samples(SampleFormat format, std::span<const std::byte> in, std::span<double> out);
// All of `in`; `out` has room for it. Only integers are dithered.
void write_samples(SampleFormat format, std::span<const double> in, std::span<std::byte> out,
                   Dither& dither);

}  // namespace parallax::compute
