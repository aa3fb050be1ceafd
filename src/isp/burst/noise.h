// Noise of a sensor: the variance of a sample of light x is scale · x + offset, photons' share and
// the electronics' (Foi et al., "Practical Poissonian-Gaussian noise modeling and fitting for
// single-image raw-data", IEEE TIP 17, 2008).
//
// Threads: pure functions.
#pragma once

#include <algorithm>

#include "isp/burst/planes.h"

namespace parallax::isp {

// Light is 0 … 1; these bound what a file of anybody may say of its noise.
inline constexpr float kLeastVariance = 1e-12F;
inline constexpr float kMostVariance = 1e12F;

struct NoiseModel {
    float scale = 0;
    float offset = 0;

    float variance(float light) const {
        return std::clamp(scale * std::max(light, 0.0F) + offset, kLeastVariance, kMostVariance);
    }
};

// From one frame alone: blocks of it that are smoother than most of their brightness show the noise
// (the Laplacian of Immerkær, "Fast noise variance estimation", CVIU 64, 1996), and a line is laid
// through them. Too high where every part of the scene is textured.
NoiseModel estimate_noise(const CellPlanes& cells);

}  // namespace parallax::isp
