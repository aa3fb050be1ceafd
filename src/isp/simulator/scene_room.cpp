#include <span>
#include <vector>

#include "isp/simulator/noise.h"
#include "isp/simulator/scene.h"

namespace parallax::sim {
namespace {

constexpr float kTableTop = 0.52F;
constexpr Box kFrame{-0.16F, -1.27F, 0.92F, -0.47F};

float smooth(float edge0, float edge1, float x) {
    const float t = std::clamp((x - edge0) / (edge1 - edge0), 0.0F, 1.0F);
    return t * t * (3.0F - 2.0F * t);
}

// `plaster` is noise of that place.
Rgb wall(float x, float y, float plaster) {
    // A pool of window light in the upper left, falling off gently.
    const float dx = (x + 1.1F) * 0.42F;
    const float dy = (y + 1.0F) * 0.60F;
    const float light = 0.34F + 0.62F * std::exp(-(dx * dx + dy * dy));
    static const Rgb shaded = linear_of(150, 165, 172);
    static const Rgb lit = linear_of(196, 188, 170);
    return mix(shaded, lit, light) * (light * (1.0F + 0.07F * plaster));
}

void paint_wall(const PaintRow& row, std::span<float> noise, float shade) {
    constexpr float grains = 26.0F;
    fractal_row(noise, {.x = row.first_x * grains,
                        .step = row.sample * grains,
                        .y = row.y * grains,
                        .pixel = row.sample * grains,
                        .seed = 11});
    for (int i = 0; i < row.count; ++i)
        row.over(i, wall(row.x(i), row.y, noise[static_cast<std::size_t>(i)]) * shade, 1.0F);
}

// Planks run from side to side; each has its own tint and its own grain.
void paint_table(const PaintRow& row, std::span<float> noise, float shade) {
    const float y = std::max(0.0F, row.y - kTableTop);
    const float depth = y * 3.1F + 0.25F * y * y;
    const float plank = std::floor(depth);
    const auto seed = static_cast<std::uint32_t>(100 + static_cast<int>(plank) * 7);
    const float shift = lattice(static_cast<int>(plank), 3, 77);
    const float seam = depth - plank;
    const float gap = 1.0F - 0.75F * (1.0F - smooth(0.0F, 0.03F, std::min(seam, 1.0F - seam)));
    const float tint = (0.85F + 0.18F * shift) * gap * shade;
    const float cover = row.inside(kTableTop - row.y);

    const auto count = static_cast<std::size_t>(row.count);
    const std::span<float> wave = noise.first(count);
    const std::span<float> fibre = noise.subspan(count, count);
    fractal_row(wave, {row.first_x * 0.9F, row.sample * 0.9F, depth * 2.0F, row.sample, seed});
    fractal_row(fibre, {row.first_x * 7.0F, row.sample * 7.0F, depth * 60.0F, row.sample * 190.0F,
                        seed + 1});
    const Rgb dark = linear_of(112, 66, 36);
    const Rgb bright = linear_of(178, 118, 70);
    for (int i = 0; i < row.count; ++i) {
        const auto k = static_cast<std::size_t>(i);
        const float rings = std::sin(depth * 15.0F + wave[k] * 7.7F + shift * 9.0F);
        const Rgb wood =
            mix(dark, bright, std::clamp(0.5F + 0.28F * rings + 0.5F * fibre[k], 0.0F, 1.0F));
        row.over(i, wood * (tint * (1.05F - 0.16F * row.x(i) - 0.18F * y)), cover);
    }
}

struct Range {
    float base, rough;
    std::uint32_t seed;
    Rgb color;
};

const std::array<Range, 4>& ranges() {
    static const std::array<Range, 4> all{{{0.27F, 0.26F, 21, linear_of(142, 152, 178)},
                                           {0.18F, 0.24F, 43, linear_of(92, 112, 140)},
                                           {0.10F, 0.18F, 65, linear_of(52, 84, 84)},
                                           {0.03F, 0.12F, 87, linear_of(34, 60, 34)}}};
    return all;
}

// Heights of the four ridge lines above the lake, in the units of the picture on the wall.
using Ridges = std::array<std::vector<float>, 4>;
constexpr float kRidgeSteps = 1024.0F;

const Ridges& ridges() {
    static const Ridges table = [] {
        Ridges lines;
        for (std::size_t k = 0; k < lines.size(); ++k) {
            const Range& range = ranges()[k];
            // From −0.05 on, a little beyond both edges: mirrored places stray there.
            for (float i = -0.05F * kRidgeSteps; i < 1.06F * kRidgeSteps; ++i)
                lines[k].push_back(range.base +
                                   range.rough * fractal_noise(i / kRidgeSteps * 3.0F,
                                                               static_cast<float>(range.seed),
                                                               0.004F, range.seed));
        }
        return lines;
    }();
    return table;
}

float ridge(std::size_t k, float s) {
    const float at = std::clamp(s + 0.05F, 0.0F, 1.10F) * kRidgeSteps;
    const auto i = static_cast<std::size_t>(at);
    const std::vector<float>& line = ridges()[k];
    return line[i] + (line[i + 1] - line[i]) * (at - static_cast<float>(i));
}

Rgb mountains(float s, float up, float pixel) {
    const Rgb zenith = linear_of(52, 94, 160);
    const Rgb haze = linear_of(255, 214, 170);
    Rgb color = mix(haze, zenith, smooth(0.0F, 0.75F, up));
    const float sun = std::hypot(s - 0.70F, (up - 0.36F) * 0.72F);
    color = color + linear_of(255, 190, 110) * (0.35F * std::exp(-sun * sun / 0.02F));
    color = mix(color, linear_of(255, 244, 214), smooth(0.052F, 0.045F, sun));
    const float cloud = fractal_noise(s * 4.0F, up * 14.0F, pixel * 10.0F, 5);
    color = mix(color, linear_of(250, 224, 205), 0.6F * smooth(0.05F, 0.5F, cloud));
    for (std::size_t k = 0; k < 4; ++k) {
        const Range& range = ranges()[k];
        const float d = up - ridge(k, s);
        const float cover = std::clamp(0.5F - d / pixel, 0.0F, 1.0F);
        if (cover <= 0.0F) continue;
        const float trees = fractal_noise(s * 60.0F, up * 60.0F, pixel * 60.0F, range.seed + 9);
        const float snow = range.seed == 21 ? smooth(0.30F, 0.40F, up + 0.05F * trees) : 0.0F;
        const Rgb rock = range.color * (1.0F + 0.45F * trees);
        color = mix(color, mix(rock, linear_of(240, 236, 240), snow), cover);
    }
    return color;
}

Rgb landscape(float s, float t, float pixel) {
    constexpr float shore = 0.76F;
    if (t < shore) return mountains(s, shore - t, pixel);
    const float depth = t - shore;
    const float ripple = fractal_noise(s * 6.0F, t * 90.0F, pixel * 90.0F, 31);
    const Rgb mirror = mountains(s + 0.012F * ripple, depth * 1.5F + 0.01F * ripple, pixel);
    return mix(mirror * 0.72F, linear_of(40, 70, 96), 0.25F + 0.25F * smooth(0.0F, 0.25F, depth));
}

}  // namespace

void paint_room(const PaintRow& row) {
    // The wall darkens where it meets the table.
    const float shade = 1.0F - 0.35F * std::exp(-std::abs(row.y - kTableTop) / 0.05F);
    std::vector<float> noise(static_cast<std::size_t>(row.count) * 2);
    if (row.y < kTableTop + row.sample)
        paint_wall(row, std::span(noise).first(static_cast<std::size_t>(row.count)), shade);
    if (row.y > kTableTop - row.sample) paint_table(row, noise, shade);
}

void paint_landscape(const PaintRow& row) {
    paint_shadow(row, kFrame, 0.05F, 0.5F);
    for_samples(row, kFrame, [&](int i, float x) {
        const float d = kFrame.distance(x, row.y);
        const float grain = fractal_noise(x * 30.0F, row.y * 30.0F, row.sample * 30.0F, 3);
        const float bevel = 1.0F + 0.5F * std::cos(d * 120.0F);
        row.over(i, linear_of(62, 40, 26) * (bevel * (1.0F + 0.3F * grain)), row.inside(d));
    });
    paint_box(row, kFrame.grown(-0.05F), linear_of(236, 232, 222));
    const Box print = kFrame.grown(-0.12F);
    const float width = print.right - print.left;
    for_samples(row, print, [&](int i, float x) {
        const float s = (x - print.left) / width;
        const float t = (row.y - print.top) / (print.bottom - print.top);
        const float pixel = row.sample / (print.bottom - print.top);
        const Rgb color = landscape(s, std::clamp(t, 0.0F, 1.0F), pixel);
        row.over(i, color * 0.85F, row.inside(print.distance(x, row.y)));
    });
}

}  // namespace parallax::sim
