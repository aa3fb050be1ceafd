// What the simulator says of its sensor is true of the frames it delivers.
#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include "isp/simulator/simulator.h"
#include "support/picture.h"
#include "support/unwrap.h"

namespace parallax::sim {
namespace {

Picture render_one(const Simulator& camera, std::uint64_t frame,
                   std::optional<MutableImageView> Simulator::Outputs::* output) {
    const bool truth = output == &Simulator::Outputs::truth;
    Picture picture(truth ? PixelFormat::rgba64le : camera.raw_format(), camera.options().width,
                    camera.options().height);
    Simulator::Outputs outputs;
    outputs.*output = picture.edit();
    REQUIRE(camera.render(frame, outputs));
    return picture;
}

struct Moments {
    double sum = 0, squares = 0, count = 0;
    void add(double v) {
        sum += v;
        squares += v * v;
        ++count;
    }
    double mean() const { return sum / count; }
    double variance() const { return squares / count - mean() * mean(); }
};

// Noise is the difference of two frames of one scene, so that rounding of a clean one stays out.
// Bins of signal, each with tens of thousands of differences: the relative standard error of a
// variance is √(2/n), and five of them are allowed.
void check_noise(const SimulatorOptions& options) {
    CAPTURE(options.gain);
    CAPTURE(options.bits);
    const Simulator camera = unwrap(Simulator::create(options));
    const RawInfo info = camera.info(0);
    const double black = info.black_level[0];
    const Picture clean = render_one(camera, 0, &Simulator::Outputs::clean);
    std::map<int, Moments> bins, biases;
    std::map<int, double> expected;
    for (std::uint64_t frame = 0; frame < 10; frame += 2) {
        const Picture a = render_one(camera, frame, &Simulator::Outputs::src);
        const Picture b = render_one(camera, frame + 1, &Simulator::Outputs::src);
        for (int y = 0; y < options.height; y += 2) {
            const auto* c = clean.view().samples<std::uint16_t>(y);
            const auto* p = a.view().samples<std::uint16_t>(y);
            const auto* q = b.view().samples<std::uint16_t>(y);
            for (int x = 0; x < options.width; x += 2) {  // One kind of site: one black level.
                const double range = info.white_level - black;
                const double level = (c[x] - black) / range;
                if (level > 0.9) continue;  // The well clips the noise there.
                const int bin = static_cast<int>(std::log2(1.0 + level * 100));
                bins[bin].add((p[x] - q[x]) / range);
                biases[bin].add((p[x] + q[x] - 2.0 * c[x]) / range);
                expected[bin] +=
                    2.0 * ((*info.noise_profile)[0] * level + (*info.noise_profile)[1]);
            }
        }
    }
    for (const auto& [bin, moments] : bins) {
        if (moments.count < 2000) continue;
        CAPTURE(bin);
        CAPTURE(moments.count);
        const double profile = expected[bin] / moments.count;
        const double tolerance = 5.0 * std::sqrt(2.0 / moments.count) + 0.01;
        CHECK(std::abs(moments.variance() / profile - 1.0) < tolerance);
        const double standard_error = std::sqrt(profile / moments.count);
        CHECK(std::abs(moments.mean()) < 5.0 * standard_error);
        // Rounding of the clean frame leaves up to a tenth of a code.
        CHECK(std::abs(biases[bin].mean()) < 6.0 * standard_error + 0.2 / info.white_level);
    }
    CHECK(bins.size() >= 5);
}

TEST_CASE("simulator: noise is as the noise profile says") {
    const SimulatorOptions still{
        .width = 256, .height = 192, .motion = 0.0, .defects_per_megapixel = 0};
    for (const double gain : {1.0, 8.0, 64.0}) {
        for (const int bits : {10, 14}) {
            SimulatorOptions o = still;
            o.gain = gain;
            o.bits = bits;
            check_noise(o);
        }
    }
}

using Vec = std::array<double, 3>;
using Mat = std::array<double, 9>;

Vec mul(const Mat& m, const Vec& v) {
    return {m[0] * v[0] + m[1] * v[1] + m[2] * v[2], m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
            m[6] * v[0] + m[7] * v[1] + m[8] * v[2]};
}

Mat inverse(const Mat& m) {
    const auto minor = [&](int a, int b, int c, int d) {
        return m[static_cast<std::size_t>(a)] * m[static_cast<std::size_t>(d)] -
               m[static_cast<std::size_t>(b)] * m[static_cast<std::size_t>(c)];
    };
    const double det =
        m[0] * minor(4, 5, 7, 8) - m[1] * minor(3, 5, 6, 8) + m[2] * minor(3, 4, 6, 7);
    return {minor(4, 5, 7, 8) / det,  -minor(1, 2, 7, 8) / det, minor(1, 2, 4, 5) / det,
            -minor(3, 5, 6, 8) / det, minor(0, 2, 6, 8) / det,  -minor(0, 2, 3, 5) / det,
            minor(3, 4, 6, 7) / det,  -minor(0, 1, 6, 7) / det, minor(0, 1, 3, 4) / det};
}

// An ideal developer for flat areas, written from the DNG specification for this test alone: it
// finds the white that the neutral implies, interpolates the matrix, adapts the white to D65.
struct Ideal {
    RawInfo info;
    int width, height;

    Mat matrix(double kelvin) const {
        const auto& [warm, cool] = std::pair{info.calibrations[0], info.calibrations[1]};
        const double w = (1 / kelvin - 1 / cool.temperature_k) /
                         (1.0 / warm.temperature_k - 1.0 / cool.temperature_k);
        Mat out{};
        for (std::size_t i = 0; i < 9; ++i)
            out[i] = w * warm.xyz_to_camera[i] + (1 - w) * cool.xyz_to_camera[i];
        return out;
    }

    // C. S. McCamy, 1992.
    static double temperature(const Vec& xyz) {
        const double sum = xyz[0] + xyz[1] + xyz[2];
        const double n = (xyz[0] / sum - 0.3320) / (0.1858 - xyz[1] / sum);
        return 449 * n * n * n + 3525 * n * n + 6823.3 * n + 5520.33;
    }

    double gain(int x, int y, int position) const {
        if (!info.shading) return 1.0;
        const ShadingGrid& g = *info.shading;
        const double u = (x + 0.5) / width * (g.columns - 1);
        const double v = (y + 0.5) / height * (g.rows - 1);
        const int i = std::min(static_cast<int>(u), g.columns - 2);
        const int j = std::min(static_cast<int>(v), g.rows - 2);
        const auto at = [&](int a, int b) {
            return g.gains[static_cast<std::size_t>((b * g.columns + a) * 4 + position)];
        };
        return std::lerp(std::lerp(at(i, j), at(i + 1, j), u - i),
                         std::lerp(at(i, j + 1), at(i + 1, j + 1), u - i), v - j);
    }

    Vec develop(const Picture& mosaic, int x, int y) const {
        Vec camera{};
        for (int p = 0; p < 4; ++p) {
            const int px = (x & ~1) + (p & 1);
            const int py = (y & ~1) + (p >> 1);
            const double black = info.black_level[static_cast<std::size_t>(p)];
            const double value =
                (mosaic.view().samples<std::uint16_t>(py)[px] - black) / (info.white_level - black);
            camera[p == 0 ? 0 : p == 3 ? 2 : 1] += value * gain(px, py, p) / (p % 3 == 0 ? 1 : 2);
        }
        const Vec neutral{(*info.as_shot_neutral)[0], (*info.as_shot_neutral)[1],
                          (*info.as_shot_neutral)[2]};
        double kelvin = 5000;
        for (int i = 0; i < 30; ++i) kelvin = temperature(mul(inverse(matrix(kelvin)), neutral));
        const Mat to_xyz = inverse(matrix(kelvin));
        const Vec white = mul(to_xyz, neutral);
        Vec xyz = mul(to_xyz, camera);
        const Mat cones{0.8951, 0.2664, -0.1614, -0.7502, 1.7135, 0.0367, 0.0389, -0.0685, 1.0296};
        const Vec from = mul(cones, white);
        const Vec to = mul(cones, {0.95047, 1, 1.08883});
        Vec response = mul(cones, xyz);
        for (std::size_t i = 0; i < 3; ++i) response[i] *= to[i] / from[i];
        xyz = mul(inverse(cones), response);
        return mul(inverse({0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.0721750,
                            0.0193339, 0.1191920, 0.9503041}),
                   xyz);
    }
};

TEST_CASE("simulator: an ideal developer that reads the info alone arrives at the truth") {
    for (const double kelvin : {2900.0, 4300.0, 6500.0}) {
        CAPTURE(kelvin);
        const SimulatorOptions options{
            .width = 320, .height = 240, .bits = 16, .exposure_ev = -0.25, .illuminant_k = kelvin};
        const Simulator camera = unwrap(Simulator::create(options));
        const Picture clean = render_one(camera, 0, &Simulator::Outputs::clean);
        const Picture truth = render_one(camera, 0, &Simulator::Outputs::truth);
        const Ideal ideal{camera.info(0), 320, 240};
        double worst = 0, worst_published = 0;
        for (const ChartPatch& patch : camera.chart(0)) {
            const int x = static_cast<int>(patch.centre_px.x);
            const int y = static_cast<int>(patch.centre_px.y);
            const Vec got = ideal.develop(clean, x, y);
            for (std::size_t c = 0; c < 3; ++c) {
                const double wanted =
                    truth.view().samples<std::uint16_t>(y)[x * 4 + static_cast<int>(c)] / 65535.0;
                worst = std::max(worst, std::abs(got[c] - wanted));
                worst_published = std::max(
                    worst_published, std::abs(patch.linear_srgb[c] * std::exp2(-0.25) - wanted));
            }
        }
        CHECK(worst < 0.004);
        CHECK(worst_published < 0.0002);
    }
}

double luma(const Picture& truth, int x, int y) {
    const auto* p = truth.view().samples<std::uint16_t>(y) + x * 4;
    return (p[0] + p[1] + p[2]) / (3 * 65535.0);
}

// Brightness, averaged over 7×7 pixels twice: smooth enough for one step of registration.
std::vector<double> softened(const Picture& truth) {
    const int w = truth.layout().width;
    const int h = truth.layout().height;
    std::vector<double> plane(static_cast<std::size_t>(w * h));
    for (int i = 0; i < w * h; ++i) plane[static_cast<std::size_t>(i)] = luma(truth, i % w, i / w);
    for (const int step : {1, w, 1, w}) {
        const std::vector<double> in = plane;
        for (int i = 3 * step; i < w * h - 3 * step; ++i) {
            double sum = 0;
            for (int k = -3; k <= 3; ++k) sum += in[static_cast<std::size_t>(i + k * step)];
            plane[static_cast<std::size_t>(i)] = sum / 7;
        }
    }
    return plane;
}

// One step of B. D. Lucas and T. Kanade's registration (1981) over the whole picture: how far the
// contents of b have moved from where they are in a.
Shift registered(const Picture& first, const Picture& second) {
    const int w = first.layout().width;
    const std::vector<double> a = softened(first);
    const std::vector<double> b = softened(second);
    double xx = 0, xy = 0, yy = 0, xt = 0, yt = 0;
    for (int y = 8; y < first.layout().height - 8; ++y) {
        for (int x = 8; x < w - 8; ++x) {
            const auto sum = [&](int i) {
                const auto at = static_cast<std::size_t>(y * w + x + i);
                return a[at] + b[at];
            };
            const double gx = (sum(1) - sum(-1)) / 4;
            const double gy = (sum(w) - sum(-w)) / 4;
            const auto here = static_cast<std::size_t>(y * w + x);
            const double gt = b[here] - a[here];
            xx += gx * gx;
            xy += gx * gy;
            yy += gy * gy;
            xt += gx * gt;
            yt += gy * gt;
        }
    }
    const double det = xx * yy - xy * xy;
    return {-(yy * xt - xy * yt) / det, -(xx * yt - xy * xt) / det};
}

TEST_CASE("simulator: a burst moves by the shake that is reported") {
    const Simulator camera = unwrap(Simulator::create(
        {.width = 320, .height = 240, .seed = 11, .shake_px = 0.4, .motion = 0.0}));
    const Picture reference = render_one(camera, 0, &Simulator::Outputs::truth);
    const Shift at = camera.shake(0);
    for (std::uint64_t frame = 1; frame < 6; ++frame) {
        CAPTURE(frame);
        const Shift moved =
            registered(reference, render_one(camera, frame, &Simulator::Outputs::truth));
        const Shift shake = camera.shake(frame);
        CHECK(std::abs(moved.x - (at.x - shake.x)) < 0.06);
        CHECK(std::abs(moved.y - (at.y - shake.y)) < 0.06);
    }
}

TEST_CASE("simulator: shakes have the standard deviation that was asked for") {
    const Simulator camera = unwrap(Simulator::create({.width = 2, .height = 2, .shake_px = 3.0}));
    Moments x, y;
    for (std::uint64_t frame = 0; frame < 4000; ++frame) {
        x.add(camera.shake(frame).x);
        y.add(camera.shake(frame).y);
    }
    CHECK(std::abs(std::sqrt(x.variance()) - 3.0) < 0.2);
    CHECK(std::abs(std::sqrt(y.variance()) - 3.0) < 0.2);
    CHECK(std::abs(x.mean()) < 0.25);
}

TEST_CASE("simulator: the ball moves and the room does not") {
    const Simulator camera = unwrap(Simulator::create({.width = 256, .height = 192}));
    const Picture a = render_one(camera, 0, &Simulator::Outputs::truth);
    const Picture b = render_one(camera, 20, &Simulator::Outputs::truth);
    int above = 0;
    int below = 0;
    for (int y = 0; y < 192; ++y)
        for (int x = 0; x < 256; ++x)
            (y < 120 ? above : below) += luma(a, x, y) != luma(b, x, y) ? 1 : 0;
    CHECK(above == 0);
    CHECK(below > 100);
}

}  // namespace
}  // namespace parallax::sim
