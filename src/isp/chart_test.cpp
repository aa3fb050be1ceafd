// A colour chart, photographed by a real sensor, through the whole developer.
//
// The sensor's calibration is not known, so it is fitted here, in linear light, and handed to the
// developer as a DNG would: ColorMatrix, neutral, shading grid. References of the same frame by the
// same fits, computed elsewhere in float: white balance 8.6, with matrix 5.3, with shading 2.8.
#include <array>
#include <cmath>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "compute/delta_e.h"
#include "parallax/isp.h"
#include "support/shared_picture.h"

namespace parallax::isp {
namespace {

constexpr int kPatches = 24;
constexpr float kBlack = 64.0F;
using Colors = std::array<std::array<double, 3>, kPatches>;

// ColorChecker Classic in 8-bit sRGB, as its maker publishes them (X-Rite, "Colorimetric values for
// ColorChecker family of targets"), from the top left, row by row.
constexpr std::array<std::array<int, 3>, kPatches> kChart{
    {{115, 82, 68},   {194, 150, 130}, {98, 122, 157}, {87, 108, 67},   {133, 128, 177},
     {103, 189, 170}, {214, 126, 44},  {80, 91, 166},  {193, 90, 99},   {94, 60, 108},
     {157, 188, 64},  {224, 163, 46},  {56, 61, 150},  {70, 148, 73},   {175, 54, 60},
     {231, 199, 31},  {187, 86, 149},  {8, 133, 161},  {243, 243, 242}, {200, 200, 200},
     {160, 160, 160}, {122, 122, 121}, {85, 85, 85},   {52, 52, 52}}};

double linear(int srgb8) {
    const double v = srgb8 / 255.0;
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}

Colors chart_linear() {
    Colors colors{};
    for (std::size_t i = 0; i < kPatches; ++i)
        for (std::size_t c = 0; c < 3; ++c) colors[i][c] = linear(kChart[i][c]);
    return colors;
}

// Centres of the patches as they lie in this frame, found by eye.
struct Place {
    int x, y;
};
Place place(int patch) { return {338 + 246 * (patch % 6), 178 + 243 * (patch / 6)}; }

// Half-diagonals from the centre: 0 in the middle of the frame, 1 in its corners.
double radius(const Place& at) { return std::hypot(at.x - 960, at.y - 540) / std::hypot(960, 540); }

// The fall-off is undone by 1 + a r² + b r⁴.
struct Shading {
    double a = 0;
    double b = 0;
    double gain(double r) const { return 1 + a * r * r + b * r * r * r * r; }
};

// Means over the middle of each patch, 0 … 1.
Colors patches(const Picture& rgb) {
    constexpr int reach = 60;
    Colors colors{};
    const ImageView view = rgb.view();
    const bool deep = rgb.layout().format == PixelFormat::rgba64le;
    for (int i = 0; i < kPatches; ++i) {
        const auto [cx, cy] = place(i);
        for (int y = cy - reach; y < cy + reach; ++y)
            for (int x = cx - reach; x < cx + reach; ++x)
                for (int c = 0; c < 3; ++c)
                    colors[static_cast<std::size_t>(i)][static_cast<std::size_t>(c)] +=
                        deep ? view.samples<std::uint16_t>(y)[4 * x + c] / 65535.0
                             : linear(view.samples<std::uint8_t>(y)[3 * x + c]);
        for (double& sum : colors[static_cast<std::size_t>(i)]) sum /= 4.0 * reach * reach;
    }
    return colors;
}

struct Difference {
    double mean = 0;
    double worst = 0;
};
Difference delta_e(const Colors& got, const Colors& wanted) {
    Difference out;
    for (std::size_t i = 0; i < kPatches; ++i) {
        const auto lab = [](const std::array<double, 3>& v) {
            return compute::lab_of_linear_srgb(v[0], v[1], v[2]);
        };
        const double difference = compute::delta_e2000(lab(got[i]), lab(wanted[i]));
        out.mean += difference / kPatches;
        out.worst = std::max(out.worst, difference);
    }
    return out;
}

// The square of an error counts relative to the patch's brightness; or else the bright patches
// alone would decide.
double weight(const std::array<double, 3>& wanted) {
    return 1 / (0.2126 * wanted[0] + 0.7152 * wanted[1] + 0.0722 * wanted[2] + 0.01);
}

// What turns camera colours into the chart's: gains that make the neutrals neutral and as bright as
// they should be, then a matrix whose rows sum to 1, both by least squares in linear light.
struct Fit {
    std::array<double, 3> gains{};
    std::array<double, 9> matrix{1, 0, 0, 0, 1, 0, 0, 0, 1};
    Shading shading;

    Colors apply(const Colors& camera, bool with_matrix) const {
        Colors out{};
        for (std::size_t i = 0; i < kPatches; ++i) {
            const double light = shading.gain(radius(place(static_cast<int>(i))));
            for (std::size_t r = 0; r < 3; ++r)
                for (std::size_t c = 0; c < 3; ++c)
                    out[i][r] += (with_matrix ? matrix[3 * r + c]
                                  : r == c    ? 1.0
                                              : 0.0) *
                                 light * gains[c] * camera[i][c];
        }
        return out;
    }
};

// Row r of the matrix: target ≈ v[r] + p (v[s] - v[r]) + q (v[t] - v[r]) with s, t the others.
void fit_row(const Colors& balanced, const Colors& wanted, std::size_t r, Fit& fit) {
    const std::size_t s = (r + 1) % 3;
    const std::size_t t = (r + 2) % 3;
    double ss = 0, st = 0, tt = 0, sy = 0, ty = 0;
    for (std::size_t i = 0; i < kPatches; ++i) {
        const auto& v = balanced[i];
        const double ds = v[s] - v[r];
        const double dt = v[t] - v[r];
        const double y = wanted[i][r] - v[r];
        const double w = weight(wanted[i]);
        ss += w * ds * ds, st += w * ds * dt, tt += w * dt * dt, sy += w * ds * y, ty += w * dt * y;
    }
    const double determinant = ss * tt - st * st;
    const double p = (sy * tt - ty * st) / determinant;
    const double q = (ty * ss - sy * st) / determinant;
    fit.matrix[3 * r + r] = 1 - p - q;
    fit.matrix[3 * r + s] = p;
    fit.matrix[3 * r + t] = q;
}

Fit fit_colors(const Colors& camera, const Colors& wanted, const Shading& shading) {
    Fit fit{.shading = shading};
    for (std::size_t c = 0; c < 3; ++c) {
        double above = 0;
        double below = 0;
        // The grays; white lies in a corner, black is mostly flare.
        for (int i = 19; i < 23; ++i) {
            const auto at = static_cast<std::size_t>(i);
            const double seen = camera[at][c] * shading.gain(radius(place(i)));
            above += weight(wanted[at]) * seen * wanted[at][c];
            below += weight(wanted[at]) * seen * seen;
        }
        fit.gains[c] = above / below;
    }
    const Colors balanced = fit.apply(camera, false);
    for (std::size_t r = 0; r < 3; ++r) fit_row(balanced, wanted, r, fit);
    return fit;
}

Fit fit_shading(const Colors& camera, const Colors& wanted) {
    Fit best;
    double least = 1e9;
    for (double a = 0; a < 3; a += 0.1)
        for (double b = -1; b < 2; b += 0.1) {
            const Fit fit = fit_colors(camera, wanted, {a, b});
            const double mean = delta_e(fit.apply(camera, true), wanted).mean;
            if (mean < least) least = mean, best = fit;
        }
    return best;
}

std::array<double, 9> inverse(const std::array<double, 9>& m) {
    std::array<double, 9> out{
        m[4] * m[8] - m[5] * m[7], m[2] * m[7] - m[1] * m[8], m[1] * m[5] - m[2] * m[4],
        m[5] * m[6] - m[3] * m[8], m[0] * m[8] - m[2] * m[6], m[2] * m[3] - m[0] * m[5],
        m[3] * m[7] - m[4] * m[6], m[1] * m[6] - m[0] * m[7], m[0] * m[4] - m[1] * m[3]};
    const double determinant = m[0] * out[0] + m[1] * out[3] + m[2] * out[6];
    for (double& element : out) element /= determinant;
    return out;
}

RawInfo levels() {
    RawInfo info;
    info.black_level = {kBlack, kBlack, kBlack, kBlack};
    info.white_level = 1023;
    return info;
}

// As a DNG tells it: for a D65 scene, XYZ → camera is neutral · matrix⁻¹ · (XYZ → sRGB).
RawInfo raw_info(const Fit& fit) {
    constexpr std::array xyz_to_srgb{3.2404542, -1.5371385, -0.4985314, -0.9692660, 1.8760108,
                                     0.0415560, 0.0556434,  -0.2040259, 1.0572252};
    RawInfo info = levels();
    const double least = std::ranges::min(fit.gains);
    const std::array<double, 9> to_camera = inverse(fit.matrix);
    ColorCalibration calibration{.temperature_k = 6504, .xyz_to_camera = {}};
    std::array<float, 3> neutral{};
    for (std::size_t r = 0; r < 3; ++r) {
        neutral[r] = static_cast<float>(least / fit.gains[r]);
        for (std::size_t c = 0; c < 3; ++c) {
            double sum = 0;
            for (std::size_t k = 0; k < 3; ++k)
                sum += to_camera[3 * r + k] * xyz_to_srgb[3 * k + c];
            calibration.xyz_to_camera[3 * r + c] = neutral[r] * static_cast<float>(sum);
        }
    }
    info.as_shot_neutral = neutral;
    info.calibrations = {calibration};
    info.shading = ShadingGrid{.columns = 33, .rows = 19, .gains = {}};
    for (int y = 0; y < 19; ++y)
        for (int x = 0; x < 33; ++x)
            for (int k = 0; k < 4; ++k)
                info.shading->gains.push_back(
                    static_cast<float>(fit.shading.gain(radius({1920 * x / 32, 1080 * y / 18}))));
    return info;
}

Picture develop(const Picture& raw, PixelFormat format, const Settings& settings,
                const RawInfo& info) {
    Picture out(format, raw.layout().width, raw.layout().height);
    Developer developer = unwrap(Developer::create(settings, raw.layout(), out.layout()));
    unwrap(developer.develop(raw.view(), info, out.edit()));
    return out;
}

std::optional<Picture> chart_frame() {
    auto bytes = shared_bytes("raw/colorchecker_1920x1080_raw10_bggr.raw");
    if (!bytes) return std::nullopt;
    Picture raw(PixelFormat::bggr10p, 1920, 1080);
    REQUIRE(raw.bytes().size() == bytes->size());
    raw.bytes() = *std::move(bytes);
    return raw;
}

// The developer with a fit as its metadata, its sRGB picture measured.
Difference developed_delta_e(const Picture& raw, const Fit& fit) {
    const auto exposure = static_cast<float>(std::log2(std::ranges::min(fit.gains)));
    const Settings settings{.demosaic = Demosaic::rcd, .exposure_ev = exposure};
    return delta_e(patches(develop(raw, PixelFormat::rgb, settings, raw_info(fit))),
                   chart_linear());
}

TEST_CASE("chart: a real colour chart comes out in its colours, by a fitted matrix and shading") {
    const auto raw = chart_frame();
    if (!raw) return;
    const Settings as_it_is{.demosaic = Demosaic::rcd,
                            .white_balance = WhiteBalance::manual,
                            .tone = Tone::linear,
                            .color_matrix = false};
    const Colors camera = patches(develop(*raw, PixelFormat::rgba64le, as_it_is, levels()));
    const Colors wanted = chart_linear();

    const Fit plain = fit_colors(camera, wanted, {});
    const Difference balanced = delta_e(plain.apply(camera, false), wanted);
    const Difference with_matrix = developed_delta_e(*raw, plain);
    const Fit full = fit_shading(camera, wanted);
    const Difference with_shading = developed_delta_e(*raw, full);
    const auto tell = [](const char* what, const Difference& d) {
        MESSAGE(fmt::format("chart, {}: ΔE2000 mean {:.2f}, worst {:.2f}", what, d.mean, d.worst));
    };
    tell("white balance only", balanced);
    tell("matrix", with_matrix);
    tell("shading and matrix", with_shading);
    // The developer must do what the fit in double precision promises.
    CHECK(std::abs(with_matrix.mean - delta_e(plain.apply(camera, true), wanted).mean) < 0.2);
    CHECK(std::abs(with_shading.mean - delta_e(full.apply(camera, true), wanted).mean) < 0.2);
    CHECK(balanced.mean < 9.0);
    CHECK(with_matrix.mean < 5.5);
    CHECK(with_shading.mean < 3.0);
}

}  // namespace
}  // namespace parallax::isp
