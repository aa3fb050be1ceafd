// Two calibrations, by the rules of the Digital Negative Specification 1.7, chapter 6, worked by
// hand.
//
// The white is D50, x 0.3457, y 0.3585: XYZ 0.964296, 1, 0.825105. McCamy's n is −0.079328, which
// makes 5001.0 K. Between illuminants A, 2856 K, and D65, 6504 K, linear in 1/T, the share of the
// first is (1/5001.0 − 1/6504) / (1/2856 − 1/6504) = 0.2353.
#include "isp/color.h"

#include <array>
#include <cmath>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax::isp {
namespace {

constexpr ColorCalibration kA{2856.0F, {0.9F, 0, 0, 0, 1.0F, 0, 0, 0, 0.7F}};
constexpr ColorCalibration kD65{6504.0F, {0.8F, 0, 0, 0, 1.0F, 0, 0, 0, 0.8F}};

RawInfo calibrated(std::vector<ColorCalibration> calibrations) {
    RawInfo info;
    info.calibrations = std::move(calibrations);
    return info;
}

// Camera RGB of a white of this chromaticity under a diagonal matrix.
std::array<float, 3> neutral(double x, double y, const std::array<double, 3>& diagonal) {
    const std::array<double, 3> xyz{x / y, 1.0, (1 - x - y) / y};
    std::array<float, 3> camera{};
    for (std::size_t c = 0; c < 3; ++c) camera[c] = static_cast<float>(diagonal[c] * xyz[c]);
    return camera;
}

double apart(const Matrix3& a, const Matrix3& b) {
    double largest = 0;
    for (std::size_t i = 0; i < 9; ++i) largest = std::max(largest, std::abs(double(a[i]) - b[i]));
    return largest;
}

// 0.2353 × 0.9 + 0.7647 × 0.8 = 0.8235, 1, and 0.2353 × 0.7 + 0.7647 × 0.8 = 0.7765.
constexpr std::array kBetween{0.82353, 1.0, 0.77647};

}  // namespace

TEST_CASE("color: between two illuminants matrix and white settle where the DNG rules put them") {
    const auto shot = neutral(0.3457, 0.3585, kBetween);
    const ColorTransform got = unwrap(color_transform(calibrated({kA, kD65}), shot));
    CHECK(got.calibrated);
    CHECK(got.temperature_k == doctest::Approx(5001.0).epsilon(0.0005));
    // The matrix undone and the neutral put back leave diag(XYZ of the white): what remains is XYZ
    // of D50 to linear sRGB by Bradford, as B. Lindbloom publishes it, times that, its rows made 1.
    const Matrix3 by_hand{3.02109F, -1.61640F, -0.40469F, -0.94390F, 1.91629F,
                          0.02761F, 0.06939F,  -0.22902F, 1.15964F};
    CHECK(apart(got.camera_to_srgb, by_hand) < 0.002);
}

TEST_CASE("color: the order of two calibrations means nothing") {
    const auto shot = neutral(0.3457, 0.3585, kBetween);
    const ColorTransform one = unwrap(color_transform(calibrated({kA, kD65}), shot));
    const ColorTransform other = unwrap(color_transform(calibrated({kD65, kA}), shot));
    CHECK(apart(one.camera_to_srgb, other.camera_to_srgb) < 1e-5);
    CHECK(one.temperature_k == doctest::Approx(other.temperature_k));
}

TEST_CASE("color: beyond both illuminants the nearer calibration counts alone") {
    struct Case {
        double x, y;  // Of a black body of 2500 K, and of daylight of 9000 K.
        const ColorCalibration& nearer;
    };
    for (const Case& one : {Case{0.4770, 0.4137, kA}, Case{0.2869, 0.2956, kD65}}) {
        const Matrix3& m = one.nearer.xyz_to_camera;
        const auto shot = neutral(one.x, one.y, {m[0], m[4], m[8]});
        const ColorTransform both = unwrap(color_transform(calibrated({kA, kD65}), shot));
        const ColorTransform alone = unwrap(color_transform(calibrated({one.nearer}), shot));
        CAPTURE(one.nearer.temperature_k);
        CHECK(apart(both.camera_to_srgb, alone.camera_to_srgb) < 1e-6);
        CHECK(both.temperature_k == doctest::Approx(alone.temperature_k));
        CHECK((both.temperature_k < 2856 || both.temperature_k > 6504));
    }
}

TEST_CASE("color: two calibrations of one temperature count as the first") {
    const ColorCalibration twin{kD65.temperature_k, kA.xyz_to_camera};
    const auto shot = neutral(0.3127, 0.3290, {0.8, 1.0, 0.8});
    const ColorTransform both = unwrap(color_transform(calibrated({kD65, twin}), shot));
    const ColorTransform alone = unwrap(color_transform(calibrated({kD65}), shot));
    CHECK(both.camera_to_srgb == alone.camera_to_srgb);
}

// The interpolation is in 1/T: in T the share of A would be (6504 − 5001) / 3648 = 0.412, the
// matrix 0.8412, 1, 0.7588, and this shot another light.
TEST_CASE("color: a matrix interpolated in T instead of 1/T is not what comes out") {
    const auto shot = neutral(0.3457, 0.3585, {0.8412, 1.0, 0.7588});
    const ColorTransform got = unwrap(color_transform(calibrated({kA, kD65}), shot));
    CHECK(std::abs(got.temperature_k - 5001.0F) > 25);
}

}  // namespace parallax::isp
