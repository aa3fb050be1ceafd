// ScaleAxis: which samples of one axis make each sample of another, and by how much.
//
// Pixels are areas: the outer edges of both axes coincide, so sample i of the target has its centre
// at (i + ½) · from / to − ½ of the source. What lies beyond an edge is the sample at the edge.
//
// Sources: R. Keys, "Cubic Convolution Interpolation for Digital Image Processing", 1981 (a = −½);
// C. Lanczos' window as K. Turkowski has it, "Filters for Common Resampling Tasks", 1990.
//
// Threads: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "compute/image/scale.h"

namespace parallax::compute {

struct Tap {
    int first = 0;            // Sample of the source.
    int count = 0;            // How many, from there on; all inside.
    std::size_t weights = 0;  // Index of the first of `count` weights.
};

struct ScaleAxis {
    std::vector<Tap> taps;        // One for each sample of the target.
    std::vector<double> weights;  // Of each tap they add up to one.
    int most_taps = 0;

    std::span<const double> of(const Tap& tap) const {
        return std::span(weights).subspan(tap.weights, static_cast<std::size_t>(tap.count));
    }
};

ScaleAxis make_axis(int from, int to, ScaleMethod method);

}  // namespace parallax::compute
