// color: what RawInfo says of colour, as gains and one matrix.
//
// Digital Negative Specification 1.7, chapter 6: ColorMatrix1/2 map XYZ to camera RGB under two
// illuminants and are interpolated linearly in 1/T; as T depends on the white's chromaticity and
// that on the matrix, the white is found by iteration from the camera's neutral. The inverse gives
// XYZ, which is adapted from that white to D65 by the Bradford transform (Lam 1985) and expressed
// in linear sRGB (IEC 61966-2-1). Correlated colour temperature: C. S. McCamy, 1992.
//
// Threads: pure functions.
#pragma once

#include <array>

#include "parallax/raw_info.h"
#include "parallax/result.h"

namespace parallax::isp {

using Vector3 = std::array<double, 3>;

struct ColorTransform {
    // From balanced camera RGB (in which a neutral is R = G = B) to linear sRGB. Rows sum to 1.
    Matrix3 camera_to_srgb{1, 0, 0, 0, 1, 0, 0, 0, 1};
    float temperature_k = 0.0F;  // Of the white; 0 if unknown.
    bool calibrated = false;     // False: there was no calibration, and the matrix is the identity.
};

// `neutral` is the camera RGB of a neutral, at any scale. Fails on matrices that are not finite or
// cannot be inverted, and on neutrals that are no light.
Result<ColorTransform> color_transform(const RawInfo& info, const std::array<float, 3>& neutral);

// The same for daylight (D65), whatever the white balance: for neutrals that are no light.
Result<ColorTransform> daylight_transform(const RawInfo& info);

// Balanced gains of a neutral: 1 / neutral, the smallest is 1. Fails unless each is finite and
// positive and none is more than 64 times another.
Result<std::array<float, 3>> white_gains(const std::array<float, 3>& neutral);

// Correlated colour temperature in kelvin of a CIE 1931 chromaticity, within 1000 … 50000.
double temperature_k(double x, double y);

}  // namespace parallax::isp
