#include "isp/simulator/sensor.h"

#include <algorithm>
#include <cmath>

namespace parallax::sim {
namespace {

using Vector = std::array<double, 3>;

Vector operator*(const Matrix& m, const Vector& v) {
    Vector out{};
    for (std::size_t i = 0; i < 3; ++i)
        out[i] = m[i * 3] * v[0] + m[i * 3 + 1] * v[1] + m[i * 3 + 2] * v[2];
    return out;
}

Matrix operator*(const Matrix& a, const Matrix& b) {
    Matrix out{};
    for (std::size_t i = 0; i < 3; ++i)
        for (std::size_t j = 0; j < 3; ++j)
            for (std::size_t k = 0; k < 3; ++k) out[i * 3 + j] += a[i * 3 + k] * b[k * 3 + j];
    return out;
}

// IEC 61966-2-1 primaries, and the white they share with D65.
constexpr Matrix kSrgbToXyz{0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522,
                            0.0721750, 0.0193339, 0.1191920, 0.9503041};
constexpr Vector kD65{0.95047, 1.0, 1.08883};

// Our invented sensor: XYZ → camera as its maker measured it under both lights. The shape is that
// of an ordinary silicon sensor with dyed filters: green is the most sensitive, red sees some of
// the green, and warm light costs the blue filter the most.
constexpr double kWarmK = 2856.0;
constexpr Matrix kWarm{0.842, -0.328, -0.045, -0.455, 1.268, 0.208, -0.061, 0.158, 0.688};
constexpr double kCoolK = 6504.0;
constexpr Matrix kCool{0.735, -0.178, -0.062, -0.512, 1.298, 0.236, -0.089, 0.196, 0.612};

// Per kind of site: how light falls off, and how far the black level is from its nominal one.
constexpr std::array<double, 4> kFalloff{0.36, 0.33, 0.335, 0.30};
constexpr std::array<double, 4> kBlackSkew{0.0, 0.008, -0.004, 0.012};
constexpr double kBlackFraction = 1.0 / 16.0;
constexpr double kWhiteFraction = 15.0 / 16.0;

// At gain 1. Read noise has a part before the amplifier and a part after it.
constexpr double kFullWellE = 15000.0;
constexpr double kReadNoiseBeforeE = 1.9;
constexpr double kReadNoiseAfterE = 6.0;

constexpr int kGridColumns = 17;
constexpr int kGridRows = 13;

Vector white_of_xy(double x, double y) { return {x / y, 1.0, (1.0 - x - y) / y}; }

// CIE 015:2018, daylight from 4000 K on; below, the Planckian locus as M. Krystek fitted it (Color
// Research and Application 10, 1985).
Vector illuminant_xyz(double kelvin) {
    if (kelvin < 4000.0) {
        const double t = kelvin;
        const double u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) /
                         (1.0 + 8.42420235e-4 * t + 7.08145163e-7 * t * t);
        const double v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) /
                         (1.0 - 2.89741816e-5 * t + 1.61456053e-7 * t * t);
        const double d = 2.0 * u - 8.0 * v + 4.0;
        return white_of_xy(3.0 * u / d, 2.0 * v / d);
    }
    const double i = 1000.0 / kelvin;
    const double x = kelvin <= 7000.0
                         ? 0.244063 + 0.09911 * i + 2.9678 * i * i - 4.6070 * i * i * i
                         : 0.237040 + 0.24748 * i + 1.9018 * i * i - 2.0064 * i * i * i;
    return white_of_xy(x, -3.0 * x * x + 2.870 * x - 0.275);
}

// K. M. Lam, 1985: the cone responses in which white points are scaled.
constexpr Matrix kBradford{0.8951, 0.2664, -0.1614, -0.7502, 1.7135,
                           0.0367, 0.0389, -0.0685, 1.0296};
constexpr Matrix kBradfordInverse{0.9869929, -0.1470543, 0.1599627, 0.4323053, 0.5183603,
                                  0.0492912, -0.0085287, 0.0400428, 0.9684867};

Matrix adapt_white(const Vector& from, const Vector& to) {
    const Vector a = kBradford * from;
    const Vector b = kBradford * to;
    const Matrix scale{b[0] / a[0], 0, 0, 0, b[1] / a[1], 0, 0, 0, b[2] / a[2]};
    return kBradfordInverse * (scale * kBradford);
}

Matrix camera_matrix(double kelvin) {
    const double k = std::clamp(kelvin, kWarmK, kCoolK);
    const double warm = (1.0 / k - 1.0 / kCoolK) / (1.0 / kWarmK - 1.0 / kCoolK);
    Matrix out{};
    for (std::size_t i = 0; i < 9; ++i) out[i] = warm * kWarm[i] + (1.0 - warm) * kCool[i];
    return out;
}

Matrix3 to_matrix3(const Matrix& m) {
    Matrix3 out{};
    std::ranges::transform(m, out.begin(), [](double v) { return static_cast<float>(v); });
    return out;
}

constexpr std::size_t color_of(Site site) {
    return site == Site::red ? 0 : site == Site::blue ? 2 : 1;
}

}  // namespace

Sensor::Sensor(const SimulatorOptions& options) : options_(options) {
    const Vector light = illuminant_xyz(options.illuminant_k);
    const Matrix xyz_to_camera = camera_matrix(options.illuminant_k);
    srgb_to_camera_ = xyz_to_camera * (adapt_white(kD65, light) * kSrgbToXyz);
    neutral_ = xyz_to_camera * light;
    const double largest = std::ranges::max(neutral_);
    // The sensor is exposed so that a perfect white just saturates its most sensitive colour.
    for (double& v : neutral_) v /= largest;
    for (double& v : srgb_to_camera_) v *= std::exp2(options.exposure_ev) / largest;

    const double codes = std::exp2(options.bits);
    full_scale_ = static_cast<float>(codes - 1.0);
    white_ = static_cast<float>(std::round(codes * kWhiteFraction));
    for (std::size_t i = 0; i < 4; ++i)
        black_[i] = static_cast<float>(codes * kBlackFraction * (1.0 + kBlackSkew[i]));
    full_well_e_ = static_cast<float>(kFullWellE / options.gain);
    read_noise_e_ =
        static_cast<float>(std::hypot(kReadNoiseBeforeE, kReadNoiseAfterE / options.gain));
}

std::array<float, 3> Sensor::response(Site site) const {
    const std::size_t row = color_of(site) * 3;
    return {static_cast<float>(srgb_to_camera_[row]), static_cast<float>(srgb_to_camera_[row + 1]),
            static_cast<float>(srgb_to_camera_[row + 2])};
}

float Sensor::falloff(Site site) const {
    return static_cast<float>(kFalloff[static_cast<std::size_t>(site)] * options_.shading);
}

ShadingGrid Sensor::shading() const {
    ShadingGrid grid{.columns = kGridColumns, .rows = kGridRows, .gains = {}};
    const double half_w = options_.width / 2.0;
    const double half_h = options_.height / 2.0;
    const double corner = half_w * half_w + half_h * half_h;
    for (int j = 0; j < kGridRows; ++j) {
        for (int i = 0; i < kGridColumns; ++i) {
            const double dx = half_w * (2.0 * i / (kGridColumns - 1) - 1.0);
            const double dy = half_h * (2.0 * j / (kGridRows - 1) - 1.0);
            for (int p = 0; p < 4; ++p) {
                const Site site = site_at(options_.order, p & 1, p >> 1);
                const double loss = 1.0 + falloff(site) * (dx * dx + dy * dy) / corner;
                grid.gains.push_back(static_cast<float>(loss * loss));
            }
        }
    }
    return grid;
}

RawInfo Sensor::describe() const {
    RawInfo info;
    for (std::size_t p = 0; p < 4; ++p)
        info.black_level[p] =
            black(site_at(options_.order, static_cast<int>(p & 1), static_cast<int>(p >> 1)));
    info.white_level = white_;
    info.as_shot_neutral = {static_cast<float>(neutral_[0]), static_cast<float>(neutral_[1]),
                            static_cast<float>(neutral_[2])};
    info.calibrations = {{static_cast<float>(kWarmK), to_matrix3(kWarm)},
                         {static_cast<float>(kCoolK), to_matrix3(kCool)}};
    // Rounding to codes adds a twelfth of a code's square to the variance.
    const double code = 1.0 / (white_ - black_[1]);
    const double read = read_noise_e_ / full_well_e_;
    info.noise_profile = {static_cast<float>(1.0 / full_well_e_),
                          static_cast<float>(read * read + code * code / 12.0)};
    if (options_.shading > 0.0) info.shading = shading();
    info.exposure_s = static_cast<float>(std::exp2(options_.exposure_ev) / 60.0);
    info.iso = static_cast<float>(options_.gain * 100.0);
    info.aperture_f = 2.8F;
    info.focal_mm = 35.0F;
    info.make = "Parallax";
    info.model = "Simulated sensor";
    return info;
}

}  // namespace parallax::sim
