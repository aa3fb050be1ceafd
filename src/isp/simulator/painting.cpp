#include "isp/simulator/painting.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace parallax::sim {
namespace {

constexpr double kBlurPx = 0.38;

// Box of one pixel convolved with the Gaussian, at distance t from its centre.
double aperture(double t) {
    const double s = 1.0 / (kBlurPx * std::sqrt(2.0));
    return 0.5 * (std::erf((t + 0.5) * s) - std::erf((t - 0.5) * s));
}

void add_scaled(const std::uint16_t* in, float weight, float* out, int count) {
    for (int i = 0; i < count; ++i) out[i] += weight * static_cast<float>(in[i]);
}

void add_scaled(const float* in, float weight, float* out, int count) {
    for (int i = 0; i < count; ++i) out[i] += weight * in[i];
}

}  // namespace

Painting::Painting(const Size& size)
    : size_(size),
      samples_(static_cast<std::size_t>(sample_rows()) *
               static_cast<std::size_t>(sample_columns()) *
               static_cast<std::size_t>(size.channels)) {}

std::size_t Painting::index(int row, int channel, int phase) const {
    const auto r = static_cast<std::size_t>(row);
    const auto plane =
        r * static_cast<std::size_t>(size_.channels) + static_cast<std::size_t>(channel);
    return plane * static_cast<std::size_t>(sample_columns()) +
           static_cast<std::size_t>(phase) * static_cast<std::size_t>(size_.width_px);
}

const std::uint16_t* Painting::samples(int row, int channel, int phase) const {
    return samples_.data() + index(row, channel, phase);
}

void Painting::set_row(int row, int channel, const float* values) {
    for (int phase = 0; phase < size_.factor; ++phase) {
        std::uint16_t* const out = samples_.data() + index(row, channel, phase);
        for (int x = 0; x < size_.width_px; ++x) {
            const float code = values[x * size_.factor + phase] * kPaintCodes + 0.5F;
            out[x] = static_cast<std::uint16_t>(std::clamp(code, 0.0F, 65535.0F));
        }
    }
}

Taps aperture_taps(double centre_px, int factor) {
    Taps taps;
    const double f = factor;
    taps.first = static_cast<int>(std::floor((centre_px - kApertureRadiusPx) * f + 0.5));
    const int last = static_cast<int>(std::ceil((centre_px + kApertureRadiusPx) * f - 0.5));
    taps.count = std::min(last - taps.first, Taps::kMost);
    std::array<double, Taps::kMost> weights{};
    double sum = 0.0;
    for (int i = 0; i < taps.count; ++i) {
        const double t = (taps.first + i + 0.5) / f - centre_px;
        weights[static_cast<std::size_t>(i)] = aperture(t);
        sum += aperture(t);
    }
    for (std::size_t i = 0; i < weights.size(); ++i)
        taps.weight[i] = static_cast<float>(weights[i] / sum);
    return taps;
}

// Down first, over just the samples that the row needs, then across.
void Sampler::sample(const Painting& painting, const Taps& across, const Taps& down, const Row& row,
                     float* const* out) {
    const int f = painting.factor();
    const int first_column = row.first_x * f + across.first;
    const int first_row = row.y * f + down.first;
    // In whole pixels, so that each phase starts at the same place.
    const int lead = first_column - (first_column / f) * f;
    const int start_px = first_column / f;
    const int span_px = row.count + (lead + across.count + f - 1) / f;
    PX_CHECK(first_column >= 0 && start_px + span_px <= painting.width_px() + 1);
    PX_CHECK(first_row >= 0 && first_row + down.count <= painting.sample_rows());
    const int readable_px = std::min(span_px, painting.width_px() - start_px);
    column_sums_.resize(static_cast<std::size_t>(span_px * f));

    for (int c = 0; c < painting.channels(); ++c) {
        std::ranges::fill(column_sums_, 0.0F);
        for (int phase = 0; phase < f; ++phase) {
            float* const sums = column_sums_.data() + phase * span_px;
            for (int i = 0; i < down.count; ++i)
                add_scaled(painting.samples(first_row + i, c, phase) + start_px,
                           down.weight[static_cast<std::size_t>(i)], sums, readable_px);
        }
        std::fill_n(out[c], row.count, 0.0F);
        for (int i = 0; i < across.count; ++i) {
            const int column = lead + i;
            add_scaled(column_sums_.data() + (column % f) * span_px + column / f,
                       across.weight[static_cast<std::size_t>(i)], out[c], row.count);
        }
    }
}

}  // namespace parallax::sim
