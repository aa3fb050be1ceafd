#include "compute/delta_e.h"

#include <cmath>
#include <numbers>

namespace parallax::compute {
namespace {

constexpr double kDegree = std::numbers::pi / 180.0;

double square(double x) { return x * x; }

// (x⁷ / (x⁷ + 25⁷))^½: how far a colour is from the neutral axis.
double chroma_weight(double chroma) {
    const double c7 = square(square(chroma) * chroma) * chroma;
    return std::sqrt(c7 / (c7 + 6103515625.0));
}

// In 0 … 360 degrees; 0 for a neutral.
double hue_degrees(double a, double b) {
    if (a == 0.0 && b == 0.0) return 0.0;
    const double hue = std::atan2(b, a) / kDegree;
    return hue < 0.0 ? hue + 360.0 : hue;
}

// Step 3 of the paper's implementation: the mean of two hues on the circle.
double mean_hue(double h1, double h2, bool neutral) {
    if (neutral) return h1 + h2;
    if (std::abs(h1 - h2) <= 180.0) return (h1 + h2) / 2.0;
    return h1 + h2 < 360.0 ? (h1 + h2 + 360.0) / 2.0 : (h1 + h2 - 360.0) / 2.0;
}

double hue_difference(double h1, double h2, bool neutral) {
    if (neutral) return 0.0;
    const double d = h2 - h1;
    if (d > 180.0) return d - 360.0;
    return d < -180.0 ? d + 360.0 : d;
}

double lab_curve(double t) {
    constexpr double edge = 6.0 / 29.0;
    return t > edge * edge * edge ? std::cbrt(t) : t / (3.0 * edge * edge) + 4.0 / 29.0;
}

}  // namespace

Lab lab_of_linear_srgb(double r, double g, double b) {
    // Rows of the sRGB → XYZ matrix, each divided by the white's own component, so that R = G = B
    // is exactly neutral. White is (0.9505, 1, 1.0890).
    const double x = (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505;
    const double y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    const double z = (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.0890;
    const double fx = lab_curve(x);
    const double fy = lab_curve(y);
    const double fz = lab_curve(z);
    return {116.0 * fy - 16.0, 500.0 * (fx - fy), 200.0 * (fy - fz)};
}

double delta_e2000(const Lab& first, const Lab& second) {
    const double mean_c_ab = (std::hypot(first.a, first.b) + std::hypot(second.a, second.b)) / 2.0;
    const double stretch = 1.0 + 0.5 * (1.0 - chroma_weight(mean_c_ab));
    const double a1 = first.a * stretch;
    const double a2 = second.a * stretch;
    const double c1 = std::hypot(a1, first.b);
    const double c2 = std::hypot(a2, second.b);
    const double h1 = hue_degrees(a1, first.b);
    const double h2 = hue_degrees(a2, second.b);
    const bool neutral = c1 * c2 == 0.0;

    const double delta_l = second.l - first.l;
    const double delta_c = c2 - c1;
    const double half_hue = hue_difference(h1, h2, neutral) / 2.0;
    const double delta_h = 2.0 * std::sqrt(c1 * c2) * std::sin(half_hue * kDegree);

    const double l = (first.l + second.l) / 2.0;
    const double c = (c1 + c2) / 2.0;
    const double h = mean_hue(h1, h2, neutral);
    const double t =
        1.0 - 0.17 * std::cos((h - 30.0) * kDegree) + 0.24 * std::cos(2.0 * h * kDegree) +
        0.32 * std::cos((3.0 * h + 6.0) * kDegree) - 0.20 * std::cos((4.0 * h - 63.0) * kDegree);
    const double s_l = 1.0 + 0.015 * square(l - 50.0) / std::sqrt(20.0 + square(l - 50.0));
    const double s_c = 1.0 + 0.045 * c;
    const double s_h = 1.0 + 0.015 * c * t;
    const double theta = 30.0 * std::exp(-square((h - 275.0) / 25.0));
    const double rotation = -2.0 * chroma_weight(c) * std::sin(2.0 * theta * kDegree);
    const double dl = delta_l / s_l;
    const double dc = delta_c / s_c;
    const double dh = delta_h / s_h;
    return std::sqrt(dl * dl + dc * dc + dh * dh + rotation * dc * dh);
}

}  // namespace parallax::compute
