// delta_e2000: how different two colours look, in units of a just noticeable difference.
//
// CIEDE2000 with kL = kC = kH = 1, after G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000
// Color-Difference Formula: Implementation Notes, Supplementary Test Data, and Mathematical
// Observations", Color Research and Application 30(1), 2005.
// Threads: pure functions of plain values.
#pragma once

namespace parallax::compute {

// CIE 1976 L*a*b*.
struct Lab {
    double l = 0.0;
    double a = 0.0;
    double b = 0.0;
};

// Of linear R, G, B in 0 … 1 with the primaries and the white (D65) of IEC 61966-2-1.
Lab lab_of_linear_srgb(double r, double g, double b);

double delta_e2000(const Lab& first, const Lab& second);

}  // namespace parallax::compute
