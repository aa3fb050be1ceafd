// BurstMerger, its alignment and its noise, on frames of the simulated camera: what they should be
// is known there.
#include "isp/burst/merge.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include "isp/burst/refine.h"
#include "isp/simulator/simulator.h"
#include "support/each_target.h"
#include "support/unwrap.h"

namespace parallax::isp {
namespace {

const BurstSlices kAlone = [](int count, const std::function<void(int)>& body) {
    for (int i = 0; i < count; ++i) body(i);
};
// Other threads finish in another order.
const BurstSlices kBackwards = [](int count, const std::function<void(int)>& body) {
    for (int i = count; i-- > 0;) body(i);
};

struct Burst {
    std::vector<CellPlanes> noisy;
    std::vector<CellPlanes> clean;
    NoiseModel noise;
    std::vector<sim::Shift> shakes;
};

Burst shot(int frames, const sim::SimulatorOptions& options) {
    const sim::Simulator camera = unwrap(sim::Simulator::create(options));
    const ImageLayout layout =
        unwrap(image_layout(camera.raw_format(), options.width, options.height));
    std::vector<std::byte> noisy(layout.size_bytes);
    std::vector<std::byte> clean(layout.size_bytes);
    Burst burst;
    for (int i = 0; i < frames; ++i) {
        const auto n = static_cast<std::uint64_t>(i);
        REQUIRE(camera.render(n, {.src = unwrap(view_image(layout, std::span(noisy))),
                                  .clean = unwrap(view_image(layout, std::span(clean)))}));
        RawInfo info = camera.info(n);
        burst.noise = {.scale = info.noise_profile.value()[0],
                       .offset = info.noise_profile.value()[1]};
        burst.noisy.push_back(
            split_cells(unwrap(view_image(layout, std::span<const std::byte>(noisy))), info));
        info.defects.clear();  // What was not read out has none.
        burst.clean.push_back(
            split_cells(unwrap(view_image(layout, std::span<const std::byte>(clean))), info));
        burst.shakes.push_back(camera.shake(n));
    }
    return burst;
}

sim::SimulatorOptions camera(double gain, double shake_px, double motion = 0) {
    return {.width = 768,
            .height = 576,
            .gain = gain,
            .shake_px = shake_px,
            .motion = motion,
            .defects_per_megapixel = 0};
}

CellPlanes finished(const BurstMerger& merger, const CellPlanes& like) {
    const ImageLayout layout =
        unwrap(image_layout(PixelFormat::rggb16le, 2 * like.width(), 2 * like.height()));
    std::vector<std::byte> bytes(layout.size_bytes);
    RawInfo info;
    info.black_level = {4096, 4096, 4096, 4096};
    info.white_level = 61440;
    merger.finish(unwrap(view_image(layout, std::span(bytes))),
                  cell_levels(info, PixelFormat::rggb16le));
    return split_cells(unwrap(view_image(layout, std::span<const std::byte>(bytes))), info);
}

CellPlanes merged(const Burst& burst, const BurstSlices& slices = kAlone) {
    BurstMerger merger(burst.noisy[0], burst.noise, slices);
    for (std::size_t i = 1; i < burst.noisy.size(); ++i) merger.add(burst.noisy[i]);
    return finished(merger, burst.noisy[0]);
}

constexpr int kBorder = 16;  // What the hand moved out of some frames is not all there.
constexpr int kBlock = 16;

// Mean squared errors of blocks of 32 × 32 samples.
std::vector<double> errors(const CellPlanes& a, const CellPlanes& b) {
    std::vector<double> all;
    for (int top = kBorder; top + kBlock <= a.height() - kBorder; top += kBlock) {
        for (int left = kBorder; left + kBlock <= a.width() - kBorder; left += kBlock) {
            double sum = 0;
            for (std::size_t p = 0; p < 4; ++p) {
                for (int y = top; y < top + kBlock; ++y) {
                    for (int x = left; x < left + kBlock; ++x) {
                        const double d = a.plane[p].row(y)[x] - b.plane[p].row(y)[x];
                        sum += d * d;
                    }
                }
            }
            all.push_back(sum / (4 * kBlock * kBlock));
        }
    }
    return all;
}

double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

double decibels(double ratio) { return 10 * std::log10(ratio); }

TEST_CASE("burst: of a camera that stands still, noise falls as the number of frames says") {
    for (const int frames : {2, 4, 8}) {
        CAPTURE(frames);
        const Burst burst = shot(frames, camera(16, 0));
        const double before = mean(errors(burst.noisy[0], burst.clean[0]));
        const double after = mean(errors(merged(burst), burst.clean[0]));
        CHECK(decibels(before / after) > decibels(frames) - 0.3);
    }
}

// What is finer than the mosaic – text and test charts take a third of this picture – cannot be
// read between photosites, and is left as the reference has it.
TEST_CASE("burst: in a hand that shakes, what can be read between photosites gains most of that") {
    const Burst burst = shot(8, camera(16, 3));
    const std::vector<double> before = errors(burst.noisy[0], burst.clean[0]);
    const std::vector<double> after = errors(merged(burst), burst.clean[0]);
    std::vector<double> gains;
    for (std::size_t i = 0; i < before.size(); ++i) gains.push_back(before[i] / after[i]);
    MESSAGE("8 frames, ISO 1600, shaken by 3 px: " << decibels(mean(before) / mean(after))
                                                   << " dB, median block "
                                                   << decibels(median(gains)) << " dB");
    CHECK(decibels(median(gains)) > decibels(8) - 0.8);
    CHECK(decibels(mean(before) / mean(after)) > 6);
}

TEST_CASE("burst: nowhere is it worse than the reference alone, whatever moves") {
    for (const double gain : {1.0, 16.0}) {
        CAPTURE(gain);
        const Burst burst = shot(6, camera(gain, 2, 20));
        const std::vector<double> before = errors(burst.noisy[0], burst.clean[0]);
        const std::vector<double> after = errors(merged(burst), burst.clean[0]);
        double worst = 0;
        for (std::size_t i = 0; i < before.size(); ++i) {
            worst = std::max(worst, after[i] / before[i]);
        }
        CHECK(worst < 1.5);
        CHECK(mean(after) < mean(before));
    }
}

TEST_CASE("burst: another scene is left out") {
    const Burst burst = shot(1, camera(4, 0));
    CellPlanes turned = burst.noisy[0];
    for (Plane& plane : turned.plane) std::ranges::reverse(plane.samples);
    BurstMerger merger(burst.noisy[0], burst.noise, kAlone);
    merger.add(turned);
    const std::vector<double> apart = errors(finished(merger, turned), burst.noisy[0]);
    CHECK(median(apart) < 1e-9);        // Codes of 16 bits are as fine.
    CHECK(merger.mean_frames() < 1.4);  // A gray wall upside down is a gray wall.
}

TEST_CASE("burst: frames that are all the same stay what they are") {
    const Burst burst = shot(1, camera(1, 0));
    BurstMerger merger(burst.noisy[0], burst.noise, kAlone);
    for (int i = 0; i < 3; ++i) merger.add(burst.noisy[0]);
    CHECK(merger.mean_frames() == doctest::Approx(4).epsilon(0.001));
    CHECK(mean(errors(finished(merger, burst.noisy[0]), burst.noisy[0])) < 1e-8);
}

TEST_CASE("burst: the same bytes, whichever slice of the work is done first") {
    const Burst burst = shot(3, camera(8, 2));
    const CellPlanes one = merged(burst, kAlone);
    const CellPlanes other = merged(burst, kBackwards);
    for (std::size_t p = 0; p < 4; ++p) CHECK(one.plane[p].samples == other.plane[p].samples);
}

TEST_CASE("burst: the same bytes with every instruction set") {
    const Burst burst = shot(3, camera(8, 2));
    const CellPlanes expected = merged(burst, kAlone);
    each_target([&] {
        const CellPlanes got = merged(burst, kAlone);
        for (std::size_t p = 0; p < 4; ++p) {
            CHECK(got.plane[p].samples == expected.plane[p].samples);
        }
    });
}

TEST_CASE("align: the hand's shifts are found to a twentieth of a photosite in most tiles") {
    const Burst burst = shot(4, camera(16, 5));
    const AlignPyramid reference(cell_means(burst.noisy[0]));
    for (std::size_t i = 1; i < burst.noisy.size(); ++i) {
        const AlignPyramid other(cell_means(burst.noisy[i]));
        const ShiftField field =
            refine(align(reference, other, kAlone),
                   {reference.level(0), other.level(0), burst.noise.variance(0.2F) / 4}, kAlone);
        // In pixels of a plane, which are two of the sensor.
        const double x = (burst.shakes[0].x - burst.shakes[i].x) / 2;
        const double y = (burst.shakes[0].y - burst.shakes[i].y) / 2;
        std::vector<double> apart;
        for (const PlaneShift& shift : field.shifts) {
            apart.push_back(std::hypot(shift.x - x, shift.y - y));
        }
        CHECK(2 * median(apart) < 0.1);
    }
}

TEST_CASE("align: a shift of a hundred photosites is found") {
    sim::SimulatorOptions here = camera(4, 0);
    sim::SimulatorOptions there = here;
    there.offset_x_px = 98;
    there.offset_y_px = -60;
    there.seed = 2;
    const AlignPyramid reference(cell_means(shot(1, here).noisy[0]));
    const AlignPyramid other(cell_means(shot(1, there).noisy[0]));
    const ShiftField field = align(reference, other, kAlone);
    std::vector<double> x;
    std::vector<double> y;
    for (const PlaneShift& shift : field.shifts) {
        x.push_back(shift.x);
        y.push_back(shift.y);
    }
    CHECK(std::abs(median(x)) == doctest::Approx(49).epsilon(0.02));
    CHECK(std::abs(median(y)) == doctest::Approx(30).epsilon(0.02));
}

TEST_CASE("noise: one frame tells how noisy its camera is") {
    for (const double gain : {2.0, 8.0, 32.0}) {
        CAPTURE(gain);
        const Burst burst = shot(1, camera(gain, 0));
        const NoiseModel found = estimate_noise(burst.noisy[0]);
        for (const float light : {0.05F, 0.2F, 0.5F}) {
            CAPTURE(light);
            const double ratio = found.variance(light) / burst.noise.variance(light);
            CHECK(ratio > 0.7);
            CHECK(ratio < 1.6);
        }
    }
}

TEST_CASE("burst: frames too small for a tile, and levels that leave nothing, are merged as well") {
    for (const auto& [width, height] : {std::pair{2, 2}, {6, 50}, {34, 18}, {35, 19}}) {
        CAPTURE(width);
        CAPTURE(height);
        const ImageLayout layout = unwrap(image_layout(PixelFormat::gbrg12le, width, height));
        std::vector<std::byte> bytes(layout.size_bytes, std::byte{3});
        const ImageView raw = unwrap(view_image(layout, std::span<const std::byte>(bytes)));
        RawInfo info;
        // One colour of nothing, one of all there is, and none of a number that means anything.
        info.black_level = {9000, 1e30F, -1e30F, 0};
        info.white_level = width % 4 == 2 ? 1e30F : 4095;
        info.defects = {{0, 0}, {1, 1}, {width - 1, height - 1}, {5000, 5000}};
        const CellPlanes cells = split_cells(raw, info);
        BurstMerger merger(cells, estimate_noise(cells), kAlone);
        merger.add(cells);
        CHECK(merger.mean_frames() >= 1);
        for (const Plane& plane : finished(merger, cells).plane) {
            CHECK(std::ranges::all_of(plane.samples, [](float s) { return std::isfinite(s); }));
        }
    }
}

}  // namespace
}  // namespace parallax::isp
