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

Rgb wall(float x, float y, float sample) {
    // A pool of window light in the upper left, falling off gently.
    const float dx = (x + 1.1F) * 0.42F;
    const float dy = (y + 1.0F) * 0.60F;
    const float light = 0.34F + 0.62F * std::exp(-(dx * dx + dy * dy));
    const float plaster = 1.0F + 0.07F * fractal_noise(x * 26.0F, y * 26.0F, sample * 26.0F, 11);
    const Rgb paint = mix(linear_of(150, 165, 172), linear_of(196, 188, 170), light);
    return paint * (light * plaster);
}

Rgb table(float x, float y, float sample) {
    // Planks run from side to side; each has its own tint and its own grain.
    const float depth = (y - kTableTop) * 3.1F + 0.25F * (y - kTableTop) * (y - kTableTop);
    const float plank = std::floor(depth);
    const auto seed = static_cast<std::uint32_t>(100 + static_cast<int>(plank) * 7);
    const float shift = lattice(static_cast<int>(plank), 3, 77);
    const float wave = 0.35F * fractal_noise(x * 0.9F, depth * 2.0F, sample, seed);
    const float rings = std::sin((depth * 15.0F + wave * 22.0F + shift * 9.0F));
    const float fibre = fractal_noise(x * 7.0F, depth * 60.0F, sample * 190.0F, seed + 1);
    const float tint = 0.85F + 0.18F * shift;
    const Rgb wood = mix(linear_of(112, 66, 36), linear_of(178, 118, 70),
                         std::clamp(0.5F + 0.28F * rings + 0.5F * fibre, 0.0F, 1.0F));
    const float seam = depth - plank;
    const float gap = 1.0F - 0.75F * (1.0F - smooth(0.0F, 0.03F, std::min(seam, 1.0F - seam)));
    const float light = 1.05F - 0.16F * x - 0.18F * (y - kTableTop);
    return wood * (tint * gap * light);
}

// Height of a ridge line above the lake, in the units of the picture on the wall.
float ridge(float s, float base, float rough, std::uint32_t seed) {
    return base + rough * fractal_noise(s * 3.0F, static_cast<float>(seed), 0.004F, seed);
}

struct Range {
    float base, rough;
    std::uint32_t seed;
    Rgb color;
};

Rgb mountains(float s, float up, float pixel) {
    const Rgb zenith = linear_of(52, 94, 160);
    const Rgb haze = linear_of(255, 214, 170);
    Rgb color = mix(haze, zenith, smooth(0.0F, 0.75F, up));
    const float sun = std::hypot(s - 0.70F, (up - 0.36F) * 0.72F);
    color = color + linear_of(255, 190, 110) * (0.35F * std::exp(-sun * sun / 0.02F));
    color = mix(color, linear_of(255, 244, 214), smooth(0.052F, 0.045F, sun));
    const float cloud = fractal_noise(s * 4.0F, up * 14.0F, pixel * 10.0F, 5);
    color = mix(color, linear_of(250, 224, 205), 0.6F * smooth(0.05F, 0.5F, cloud));
    const std::array<Range, 4> ranges{{{0.27F, 0.26F, 21, linear_of(142, 152, 178)},
                                       {0.18F, 0.24F, 43, linear_of(92, 112, 140)},
                                       {0.10F, 0.18F, 65, linear_of(52, 84, 84)},
                                       {0.03F, 0.12F, 87, linear_of(34, 60, 34)}}};
    for (const Range& range : ranges) {
        const float d = up - ridge(s, range.base, range.rough, range.seed);
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
    const float cover = row.inside(kTableTop - row.y);  // Of the table.
    // The wall darkens where it meets the table.
    const float corner = 1.0F - 0.35F * std::exp(-std::abs(row.y - kTableTop) / 0.05F);
    for (int i = 0; i < row.count; ++i) {
        const float x = row.x(i);
        if (cover < 1.0F) row.over(i, wall(x, row.y, row.sample) * corner, 1.0F);
        if (cover > 0.0F)
            row.over(i, table(x, std::max(row.y, kTableTop), row.sample) * corner, cover);
    }
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
