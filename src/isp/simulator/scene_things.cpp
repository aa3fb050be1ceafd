#include <numbers>

#include "isp/simulator/noise.h"
#include "isp/simulator/scene.h"

namespace parallax::sim {
namespace {

struct Vec3 {
    float x, y, z;
};

constexpr float dot(const Vec3& a, const Vec3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

// From the window, upper left and in front; of unit length.
constexpr Vec3 kLight{-0.5145F, -0.6860F, 0.5145F};

float smooth(float edge0, float edge1, float x) {
    const float t = std::clamp((x - edge0) / (edge1 - edge0), 0.0F, 1.0F);
    return t * t * (3.0F - 2.0F * t);
}

// The window as a polished ball mirrors it: four bright panes, brighter than white paper. They
// lie where the ball faces half-way between window and camera.
float window_in(const Vec3& n) {
    const float u = (n.x + 0.34F + 0.10F * (n.y + 0.42F)) / 0.15F;
    const float v = (n.y + 0.42F - 0.16F * (n.x + 0.34F)) / 0.17F;
    const float pane = smooth(1.0F, 0.84F, std::abs(u)) * smooth(1.0F, 0.84F, std::abs(v));
    return pane * smooth(0.05F, 0.13F, std::abs(u)) * smooth(0.05F, 0.13F, std::abs(v));
}

struct Sphere {
    float x, y, radius;
    Rgb color, stripe;
    float stripes;  // Bands around its axis; 0 for none.
    float gloss;
};

Rgb shade(const Sphere& s, const Vec3& n, float sample) {
    const float diffuse = std::max(0.0F, dot(n, kLight));
    const float sky = 0.16F - 0.06F * n.y;
    Rgb paint = s.color;
    if (s.stripes > 0.0F) {
        const float turn = std::atan2(n.x * 0.80F + n.y * 0.60F, n.z);
        const float wave = std::sin(turn * s.stripes);
        const float edge = s.stripes * sample / s.radius;
        paint = mix(s.stripe, s.color, smooth(-edge, edge, wave));
    }
    // The table's colour shines back from below.
    const Rgb bounce = linear_of(178, 118, 70) * (0.20F * std::max(0.0F, n.y));
    const Rgb lit = paint * (Rgb{1.0F, 0.98F, 0.94F} * (0.88F * diffuse) +
                             Rgb{0.9F, 0.95F, 1.0F} * sky + bounce);
    const float rim = (1.0F - n.z) * (1.0F - n.z) * (1.0F - n.z);
    const float mirror = s.gloss * (0.25F + 0.75F * rim);
    const Rgb seen =
        mix(Rgb{0.30F, 0.31F, 0.33F}, linear_of(120, 80, 50), smooth(-0.1F, 0.3F, n.y));
    return mix(lit, seen, 0.35F * mirror) +
           Rgb{1.0F, 0.99F, 0.96F} * (3.2F * s.gloss * window_in(n));
}

void paint_sphere_shadow(const PaintRow& row, const Sphere& s) {
    // Where it touches, dark and narrow; away from the light, wide and faint.
    const float ground = s.y + 0.90F * s.radius;
    const Box reach{s.x - 1.6F * s.radius, ground - 0.7F * s.radius, s.x + 2.6F * s.radius,
                    ground + 0.7F * s.radius};
    for_samples(row, reach, [&](int i, float x) {
        const auto blob = [&](float cx, float w, float h) {
            const float u = (x - cx) / (w * s.radius);
            const float v = (row.y - ground) / (h * s.radius);
            return smooth(1.0F, 0.0F, u * u + v * v);
        };
        const float dark = std::max(0.92F * blob(s.x + 0.12F * s.radius, 1.00F, 0.34F),
                                    0.72F * blob(s.x + 0.75F * s.radius, 1.75F, 0.50F));
        row.over(i, Rgb{0.006F, 0.005F, 0.004F}, dark);
    });
}

void paint_sphere(const PaintRow& row, const Sphere& s) {
    const Box reach{s.x - s.radius, s.y - s.radius, s.x + s.radius, s.y + s.radius};
    const float ny = (row.y - s.y) / s.radius;
    for_samples(row, reach, [&](int i, float x) {
        const float nx = (x - s.x) / s.radius;
        const float d = std::hypot(nx, ny);
        const float cover = row.inside((d - 1.0F) * s.radius);
        if (cover <= 0.0F) return;
        const float clip = std::min(1.0F, 0.9999F / std::max(d, 1e-6F));
        const float nz =
            std::sqrt(std::max(0.0F, 1.0F - nx * nx * clip * clip - ny * ny * clip * clip));
        row.over(i, shade(s, {nx * clip, ny * clip, nz}, row.sample), cover);
    });
}

const std::array<Sphere, 3>& spheres() {
    static const std::array<Sphere, 3> all{{
        {-1.47F, 0.66F, 0.27F, linear_of(196, 26, 34), {}, 0.0F, 1.0F},
        {-0.98F, 0.84F, 0.19F, linear_of(28, 76, 190), {}, 0.0F, 1.0F},
        {-0.66F, 0.60F, 0.13F, linear_of(240, 236, 226), {}, 0.0F, 0.35F},
    }};
    return all;
}

const Sphere& ball() {
    static const Sphere sphere{0.0F, 0.0F, 0.17F, linear_of(246, 190, 30), linear_of(14, 128, 92),
                               7.0F, 0.8F};
    return sphere;
}

constexpr int kPencils = 9;

Rgb pencil_color(int index) {
    constexpr std::array<std::array<int, 3>, kPencils> colors{{{205, 30, 42},
                                                               {236, 112, 24},
                                                               {248, 206, 28},
                                                               {132, 190, 44},
                                                               {16, 132, 70},
                                                               {22, 160, 190},
                                                               {30, 70, 170},
                                                               {108, 50, 150},
                                                               {214, 70, 140}}};
    const auto& c = colors[static_cast<std::size_t>(index)];
    return linear_of(c[0], c[1], c[2]);
}

// One pencil along u, v across it in units of half its width.
void paint_pencil(const PaintRow& row, int i, int index, float u, float v) {
    constexpr float cone = 0.16F;
    constexpr float lead = 0.045F;
    const float half = u < cone ? std::max(0.0F, u / cone) : 1.0F;
    constexpr float half_width = 0.0145F;
    const float cover = row.inside((std::abs(v) - half) * half_width) * row.inside(-u);
    if (cover <= 0.0F) return;
    const float facet = std::abs(v) < 0.45F ? 1.0F : v < 0.0F ? 1.15F : 0.62F;
    const float round = 0.72F + 0.38F * std::sqrt(std::max(0.0F, 1.0F - v * v));
    const Rgb paint = pencil_color(index) * (0.9F * facet);
    // The sharpener leaves scallops where wood meets paint.
    const float scallop = cone * (1.0F + 0.10F * std::cos(v * 2.0F * std::numbers::pi_v<float>));
    const Rgb wood = linear_of(222, 184, 138) * round;
    Rgb color = mix(wood, paint, smooth(scallop - 0.006F, scallop + 0.006F, u));
    color =
        mix(pencil_color(index) * (0.8F * round), color, smooth(lead - 0.004F, lead + 0.004F, u));
    // A streak of light along the upper facet.
    if (u > cone) color = color + Rgb{0.5F, 0.5F, 0.48F} * smooth(0.14F, 0.0F, std::abs(v + 0.30F));
    row.over(i, color, cover);
}

}  // namespace

void paint_spheres(const PaintRow& row) {
    for (const Sphere& sphere : spheres()) paint_sphere_shadow(row, sphere);
    // The farthest first.
    paint_sphere(row, spheres()[2]);
    paint_sphere(row, spheres()[0]);
    paint_sphere(row, spheres()[1]);
}

void paint_pencils(const PaintRow& row) {
    constexpr Box reach{-1.95F, 1.00F, 0.95F, 1.48F};
    if (!row.touches(reach.top, reach.bottom)) return;
    for (int index = 0; index < kPencils; ++index) {
        const float tilt = 0.010F * static_cast<float>(index - 4);
        const float start = -1.78F + 0.05F * lattice(index, 1, 9);
        const float length = 2.35F + 0.10F * lattice(index, 2, 9);
        const float level = 1.10F + 0.039F * static_cast<float>(index);
        const auto centre = [&](float x) { return level + tilt * (x + 0.5F); };
        const Box box{start, level - 0.08F, start + length, level + 0.08F};
        for_samples(row, box, [&](int i, float x) {
            const float below = (row.y - centre(x) - 0.016F) / 0.022F;
            const float u = x - start;
            const float dark = 0.65F * std::exp(-below * below) * smooth(0.0F, 0.05F, u);
            row.over(i, Rgb{0.005F, 0.004F, 0.003F}, dark * row.inside(u - length));
        });
        for_samples(row, box, [&](int i, float x) {
            if (x - start > length) return;
            paint_pencil(row, i, index, x - start, (row.y - centre(x)) / 0.0145F);
        });
    }
}

// A plaid of fine threads: colour detail near the limit of what a mosaic can resolve.
void paint_cloth(const PaintRow& row) {
    constexpr Box cloth{1.02F, 0.60F, 1.92F, 1.34F};
    paint_shadow(row, cloth, 0.03F, 0.55F);
    const std::array<Rgb, 4> dyes{linear_of(150, 24, 36), linear_of(24, 44, 92),
                                  linear_of(226, 214, 186), linear_of(30, 84, 56)};
    const auto dye = [&](float at) {
        const float p = at - std::floor(at);
        if (p < 0.40F) return dyes[0];
        if (p < 0.48F) return dyes[2];
        if (p < 0.80F) return dyes[1];
        return p < 0.86F ? dyes[2] : dyes[3];
    };
    constexpr float threads = 62.0F;
    const float keep = std::exp(-8.0F * std::pow(threads * row.sample, 2.0F));
    constexpr float wave = 2.0F * std::numbers::pi_v<float> * threads;
    for_samples(row, cloth, [&](int i, float x) {
        const float fold = 0.012F * fractal_noise(x * 3.0F, row.y * 3.0F, row.sample, 51);
        const float u = x + 0.06F * row.y + fold;
        const float v = row.y - 0.06F * x - fold;
        // Over and under: warp shows where the product of the two waves is positive.
        const float weave = 0.5F + 0.5F * keep * std::sin(wave * u) * std::sin(wave * v);
        const Rgb color = mix(dye(u * 3.4F), dye(v * 3.4F), weave);
        const float shade = 0.82F + 0.18F * weave * keep + 6.0F * fold;
        row.over(i, color * shade, row.inside(cloth.distance(x, row.y)));
    });
}

void paint_ball(const PaintRow& row) {
    paint_sphere_shadow(row, ball());
    paint_sphere(row, ball());
}

Box ball_bounds() {
    const float r = ball().radius;
    return {-1.7F * r, -1.1F * r, 2.7F * r, 1.7F * r};
}

// Back and forth along the table's edge, once in 240 frames.
std::array<double, 2> ball_position(double t) {
    const double phase = 2.0 * std::numbers::pi * t / 240.0;
    return {0.26 - 0.52 * std::cos(phase), 0.80 + 0.045 * std::sin(phase)};
}

}  // namespace parallax::sim
