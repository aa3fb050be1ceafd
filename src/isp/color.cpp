#include "isp/color.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

namespace parallax::isp {
namespace {

using Matrix = std::array<double, 9>;

constexpr Vector3 kD65{0.95047, 1.0, 1.08883};
constexpr Matrix kXyzToSrgb{3.2404542,  -1.5371385, -0.4985314,  //
                            -0.9692660, 1.8760108,  0.0415560,   //
                            0.0556434,  -0.2040259, 1.0572252};
constexpr Matrix kBradford{0.8951,  0.2664,  -0.1614,  //
                           -0.7502, 1.7135,  0.0367,   //
                           0.0389,  -0.0685, 1.0296};

Matrix times(const Matrix& a, const Matrix& b) {
    Matrix out{};
    for (std::size_t r = 0; r < 3; ++r) {
        for (std::size_t c = 0; c < 3; ++c) {
            for (std::size_t k = 0; k < 3; ++k) out[3 * r + c] += a[3 * r + k] * b[3 * k + c];
        }
    }
    return out;
}

Vector3 times(const Matrix& m, const Vector3& v) {
    Vector3 out{};
    for (std::size_t r = 0; r < 3; ++r) {
        for (std::size_t k = 0; k < 3; ++k) out[r] += m[3 * r + k] * v[k];
    }
    return out;
}

Matrix diagonal(const Vector3& v) { return {v[0], 0, 0, 0, v[1], 0, 0, 0, v[2]}; }

// Nothing if the matrix is singular, or so near to it that the result means nothing.
std::optional<Matrix> inverse(const Matrix& m) {
    const Matrix adjugate{
        m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
        m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
        m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]};
    const double determinant = m[0] * adjugate[0] + m[1] * adjugate[3] + m[2] * adjugate[6];
    double largest = 0;
    for (const double element : m) largest = std::max(largest, std::abs(element));
    if (!(std::abs(determinant) > 1e-6 * largest * largest * largest)) return std::nullopt;
    Matrix out = adjugate;
    for (double& element : out) element /= determinant;
    return out;
}

Matrix adaptation(const Vector3& from, const Vector3& to) {
    const Vector3 a = times(kBradford, from);
    const Vector3 b = times(kBradford, to);
    const Matrix scale = diagonal({b[0] / a[0], b[1] / a[1], b[2] / a[2]});
    return times(*inverse(kBradford), times(scale, kBradford));
}

// The matrix for a white of this temperature: between two calibrations, linear in 1/T.
Matrix calibration_at(const RawInfo& info, double kelvin) {
    const auto& all = info.calibrations;
    Matrix out{};
    std::ranges::copy(all.front().xyz_to_camera, out.begin());
    if (all.size() < 2) return out;
    const double first = 1.0 / static_cast<double>(all[0].temperature_k);
    const double second = 1.0 / static_cast<double>(all[1].temperature_k);
    if (first == second) return out;
    const double share = std::clamp((1.0 / kelvin - first) / (second - first), 0.0, 1.0);
    for (std::size_t i = 0; i < 9; ++i) {
        out[i] += share * (static_cast<double>(all[1].xyz_to_camera[i]) - out[i]);
    }
    return out;
}

Failure degenerate() {
    return fail(Errc::corrupt, "a ColorMatrix that cannot be inverted",
                "correct the file's calibration, or turn the colour matrix off");
}

Result<> check_calibrations(const RawInfo& info) {
    for (const ColorCalibration& calibration : info.calibrations) {
        if (!(calibration.temperature_k >= 1000 && calibration.temperature_k <= 50000)) {
            return fail(Errc::corrupt, "a calibration illuminant of " +
                                           std::to_string(calibration.temperature_k) + " K");
        }
        for (const float element : calibration.xyz_to_camera) {
            if (!(std::abs(element) <= 1000.0F)) {
                return fail(Errc::corrupt, "a ColorMatrix with an element that is no number");
            }
        }
    }
    return {};
}

struct White {
    Vector3 xyz{};  // Y is 1.
    double kelvin = 5000;
    Matrix camera_to_xyz{};
};

// White and matrix depend on each other; a few rounds settle them.
Result<White> find_white(const RawInfo& info, const Vector3& neutral) {
    White white;
    for (int round = 0; round < 30; ++round) {
        const auto to_xyz = inverse(calibration_at(info, white.kelvin));
        if (!to_xyz) return degenerate();
        const Vector3 xyz = times(*to_xyz, neutral);
        const double sum = xyz[0] + xyz[1] + xyz[2];
        // A neutral far outside all lights comes from a wrong matrix or a wrong white balance.
        if (!(xyz[0] > 0 && xyz[1] > 0 && xyz[2] > 0 && std::isfinite(sum))) {
            return fail(Errc::corrupt, "a white balance that is no light under this ColorMatrix",
                        "correct AsShotNeutral or ColorMatrix, or turn the colour matrix off");
        }
        const double before = white.kelvin;
        white = {{xyz[0] / xyz[1], 1.0, xyz[2] / xyz[1]},
                 temperature_k(xyz[0] / sum, xyz[1] / sum),
                 *to_xyz};
        if (std::abs(white.kelvin - before) < 0.01) break;
    }
    return white;
}

}  // namespace

double temperature_k(double x, double y) {
    const double n = (x - 0.3320) / (0.1858 - y);
    const double kelvin = ((449.0 * n + 3525.0) * n + 6823.3) * n + 5520.33;
    return std::isfinite(kelvin) ? std::clamp(kelvin, 1000.0, 50000.0) : 6504.0;
}

Result<std::array<float, 3>> white_gains(const std::array<float, 3>& neutral) {
    const auto [low, high] = std::ranges::minmax(neutral);
    bool sound = low > 0 && high < 1e6F && high <= 64 * low;
    for (const float value : neutral) sound = sound && std::isfinite(value);
    if (!sound) {
        return fail(Errc::corrupt,
                    "a white balance of " + std::to_string(neutral[0]) + ", " +
                        std::to_string(neutral[1]) + ", " + std::to_string(neutral[2]),
                    "each must be positive, and none more than 64 times another");
    }
    return std::array<float, 3>{high / neutral[0], high / neutral[1], high / neutral[2]};
}

Result<ColorTransform> daylight_transform(const RawInfo& info) {
    if (info.calibrations.empty()) return ColorTransform{};
    PX_TRY(check_calibrations(info));
    const Vector3 neutral = times(calibration_at(info, 6504), kD65);
    return color_transform(info, {static_cast<float>(neutral[0]), static_cast<float>(neutral[1]),
                                  static_cast<float>(neutral[2])});
}

Result<ColorTransform> color_transform(const RawInfo& info, const std::array<float, 3>& neutral) {
    if (info.calibrations.empty()) return ColorTransform{};
    PX_TRY(check_calibrations(info));
    const Vector3 camera{neutral[0], neutral[1], neutral[2]};
    const White white = PX_TRY(find_white(info, camera));

    const Matrix from_xyz = times(kXyzToSrgb, adaptation(white.xyz, kD65));
    const Matrix full = times(from_xyz, times(white.camera_to_xyz, diagonal(camera)));
    ColorTransform out{.temperature_k = static_cast<float>(white.kelvin), .calibrated = true};
    for (std::size_t r = 0; r < 3; ++r) {
        const double sum = full[3 * r] + full[3 * r + 1] + full[3 * r + 2];
        if (!(sum > 1e-9)) return degenerate();
        for (std::size_t c = 0; c < 3; ++c) {
            out.camera_to_srgb[3 * r + c] = static_cast<float>(full[3 * r + c] / sum);
        }
    }
    return out;
}

}  // namespace parallax::isp
