#include "compute/image/scale_axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace parallax::compute {
namespace {

void add_tap(ScaleAxis& axis, int first, std::span<const double> weights) {
    double sum = 0.0;
    for (const double w : weights) sum += w;
    axis.taps.push_back({first, static_cast<int>(weights.size()), axis.weights.size()});
    for (const double w : weights) axis.weights.push_back(w / sum);
    axis.most_taps = std::max(axis.most_taps, static_cast<int>(weights.size()));
}

ScaleAxis nearest_axis(int from, int to) {
    ScaleAxis axis;
    for (int i = 0; i < to; ++i) {
        // Of twice the centre, in integers: no rounding can pick a neighbour.
        const auto at = (2LL * i + 1) * from / (2LL * to);
        add_tap(axis, static_cast<int>(at), std::array{1.0});
    }
    return axis;
}

ScaleAxis area_axis(int from, int to) {
    ScaleAxis axis;
    std::vector<double> weights;
    for (int i = 0; i < to; ++i) {
        const double left = static_cast<double>(i) * from / to;
        const double right = static_cast<double>(i + 1) * from / to;
        const int first = static_cast<int>(left);
        weights.clear();
        for (int k = first; k < from && k < right; ++k) {
            const double covered = std::min(right, k + 1.0) - std::max<double>(left, k);
            if (covered > 1e-9 || weights.empty()) weights.push_back(covered);
        }
        add_tap(axis, first, weights);
    }
    return axis;
}

double triangle(double x) { return std::max(0.0, 1.0 - std::abs(x)); }

double keys(double x) {
    x = std::abs(x);
    if (x < 1.0) return (1.5 * x - 2.5) * x * x + 1.0;
    return x < 2.0 ? ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0 : 0.0;
}

double lanczos3(double x) {
    x = std::abs(x);
    if (x < 1e-9) return 1.0;
    if (x >= 3.0) return 0.0;
    const double p = std::numbers::pi * x;
    return 3.0 * std::sin(p) * std::sin(p / 3.0) / (p * p);
}

struct Kernel {
    double (*at)(double);
    double radius;
    bool widens;  // Over more samples when shrinking, so that none is skipped.
};

Kernel kernel_of(ScaleMethod method) {
    switch (method) {
        case ScaleMethod::bicubic:
            return {keys, 2.0, true};
        case ScaleMethod::lanczos:
            return {lanczos3, 3.0, true};
        case ScaleMethod::triangle:
            return {triangle, 1.0, true};
        default:
            return {triangle, 1.0, false};
    }
}

ScaleAxis kernel_axis(int from, int to, const Kernel& kernel) {
    ScaleAxis axis;
    const double width = kernel.widens && from > to ? static_cast<double>(from) / to : 1.0;
    std::vector<double> weights;
    for (int i = 0; i < to; ++i) {
        const double centre = (i + 0.5) * from / to - 0.5;
        const int low = static_cast<int>(std::ceil(centre - kernel.radius * width));
        const int high = static_cast<int>(std::floor(centre + kernel.radius * width));
        const int first = std::clamp(low, 0, from - 1);
        const int last = std::clamp(high, 0, from - 1);
        weights.assign(static_cast<std::size_t>(last - first) + 1, 0.0);
        for (int k = low; k <= high; ++k)
            weights[static_cast<std::size_t>(std::clamp(k, 0, from - 1) - first)] +=
                kernel.at((k - centre) / width);
        // Ends that weigh nothing cost reads.
        std::size_t begin = 0;
        std::size_t end = weights.size();
        while (end - begin > 1 && std::abs(weights[end - 1]) < 1e-9) --end;
        while (end - begin > 1 && std::abs(weights[begin]) < 1e-9) ++begin;
        add_tap(axis, first + static_cast<int>(begin),
                std::span(weights).subspan(begin, end - begin));
    }
    return axis;
}

}  // namespace

ScaleAxis make_axis(int from, int to, ScaleMethod method) {
    if (method == ScaleMethod::nearest) return nearest_axis(from, to);
    if (method == ScaleMethod::area) return area_axis(from, to);
    return kernel_axis(from, to, kernel_of(method));
}

}  // namespace parallax::compute
