// Painting: light that falls on the sensor plane, kept finer than the sensor, to be sampled by it.
//
// `factor` samples a pixel in each direction. A row keeps its channels one after the other, and
// each channel its columns by phase (even ones first, then odd ones, at factor 2), so that
// resampling walks plain arrays.
// Threads: reading is safe from any thread. Lifetime: a value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace parallax::sim {

// Radiance 1 is a perfect white; highlights go up to 4.
inline constexpr float kPaintCodes = 16384.0F;

class Painting {
  public:
    struct Size {
        int width_px, height_px, channels, factor;
    };
    Painting() = default;
    explicit Painting(const Size& size);

    int factor() const { return size_.factor; }
    int channels() const { return size_.channels; }
    int width_px() const { return size_.width_px; }
    int height_px() const { return size_.height_px; }
    int sample_rows() const { return size_.height_px * size_.factor; }
    int sample_columns() const { return size_.width_px * size_.factor; }

    // Every `factor`-th sample of a row, from column `phase` on: width_px of them.
    const std::uint16_t* samples(int row, int channel, int phase) const;
    // `values` are radiances of one channel, sample_columns() of them.
    void set_row(int row, int channel, const float* values);

  private:
    std::size_t index(int row, int channel, int phase) const;

    Size size_{0, 0, 0, 1};
    std::vector<std::uint16_t> samples_;
};

// What one pixel gathers along one axis: its aperture (a box one pixel wide) blurred by the lens
// (a Gaussian of 0.38 pixels), which leaves a third of the contrast at the sensor's Nyquist limit.
struct Taps {
    static constexpr int kMost = 10;
    int first = 0;  // Sample index, for the pixel 0, of the first tap.
    int count = 0;
    std::array<float, kMost> weight{};
};

// For pixels whose centres lie `centre_px` + x from the painting's edge.
Taps aperture_taps(double centre_px, int factor);
// How far from its centre a pixel may gather.
inline constexpr double kApertureRadiusPx = 1.6;

// Rows of radiance as the sensor sees them. One per thread.
class Sampler {
  public:
    struct Row {
        int y = 0;        // pixel row
        int first_x = 0;  // pixels
        int count = 0;
    };
    // out[channel] gets `count` values in radiance · kPaintCodes.
    void sample(const Painting& painting, const Taps& across, const Taps& down, const Row& row,
                float* const* out);

  private:
    std::vector<float> column_sums_;
};

}  // namespace parallax::sim
