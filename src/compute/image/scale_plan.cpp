#include <algorithm>
#include <array>
#include <cmath>

#include "base/check.h"
#include "compute/image/scale_kernels.h"

namespace parallax::compute {
namespace {

// Rounded, the rest given to the largest, so that flat stays flat.
void fix_tap(std::span<const double> weights, int shift, std::vector<std::int16_t>& out) {
    const std::size_t begin = out.size();
    const double one = static_cast<double>(1 << shift);
    long rest = 1L << shift;
    for (const double w : weights) {
        const long fixed = std::lround(w * one);
        out.push_back(static_cast<std::int16_t>(fixed));
        rest -= fixed;
    }
    auto& largest =
        *std::ranges::max_element(out.begin() + static_cast<std::ptrdiff_t>(begin), out.end());
    largest = static_cast<std::int16_t>(largest + rest);
}

}  // namespace

FixedAxis fix_axis(const ScaleAxis& axis, int most_shift) {
    PX_CHECK(axis.most_taps <= kMostFixedTaps);
    double largest = 0.0;
    for (const double w : axis.weights) largest = std::max(largest, std::abs(w));
    FixedAxis fixed{.taps = axis.taps, .weights = {}, .shift = 14};
    // As many bits as fit, and some room for what rounding leaves over.
    while (fixed.shift < most_shift && largest * static_cast<double>(2 << fixed.shift) < 32000.0)
        ++fixed.shift;
    for (const Tap& tap : axis.taps) fix_tap(axis.of(tap), fixed.shift, fixed.weights);
    return fixed;
}

RowPlan::RowPlan(const FixedAxis& axis)
    : width(static_cast<int>(axis.taps.size())), shift(axis.shift) {
    shuffled = plan_shuffled(axis);
    if (!shuffled) plan_eights(axis);
}

// One window: the pairs of taps of four samples at a step. False where they lie too far apart.
// Samples beyond the last are the last one's, weighing nothing.
bool RowPlan::add_window(const FixedAxis& axis, std::size_t four, int step) {
    const std::size_t last = axis.taps.size() - 1;
    const int start = axis.taps[std::min(four, last)].first;
    first.push_back(start + 2 * step);
    for (std::size_t x = four; x < four + 4; ++x) {
        const Tap& tap = axis.taps[std::min(x, last)];
        const int lane = tap.first - start;
        if (lane < 0 || lane > 6) return false;
        for (int t = 0; t < 2; ++t) {
            const int k = 2 * step + t;
            const auto byte = static_cast<std::uint8_t>(2 * (lane + t));
            shuffle.push_back(byte);
            shuffle.push_back(static_cast<std::uint8_t>(byte + 1));
            const bool counts = k < tap.count && x <= last;
            weights.push_back(counts ? axis.weights[tap.weights + static_cast<std::size_t>(k)]
                                     : std::int16_t{0});
        }
    }
    return true;
}

bool RowPlan::plan_shuffled(const FixedAxis& axis) {
    int most = 0;
    for (const Tap& tap : axis.taps) most = std::max(most, tap.count);
    steps = (most + 1) / 2;
    for (std::size_t pair = 0; pair < axis.taps.size(); pair += 8) {
        for (int step = 0; step < steps; ++step)
            if (!add_window(axis, pair, step) || !add_window(axis, pair + 4, step)) return false;
    }
    return true;
}

void RowPlan::plan_eights(const FixedAxis& axis) {
    first.clear();
    shuffle.clear();
    weights.clear();
    int most = 0;
    for (const Tap& tap : axis.taps) most = std::max(most, tap.count);
    steps = (most + 7) / 8;
    const std::size_t padded_width = (axis.taps.size() + 7) / 8 * 8;
    for (std::size_t x = 0; x < padded_width; ++x) {
        const Tap tap = axis.taps[std::min(x, axis.taps.size() - 1)];
        first.push_back(tap.first);
        for (int t = 0; t < steps * 8; ++t)
            weights.push_back(t < tap.count
                                  ? axis.weights[tap.weights + static_cast<std::size_t>(t)]
                                  : std::int16_t{0});
    }
}

}  // namespace parallax::compute
