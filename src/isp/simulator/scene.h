// The scene: a still life painted row by row, in linear light with sRGB primaries.
//
// Coordinates are in units of which the picture shows at least 4 × 3, centred on (0, 0), y down;
// wall and table go on beyond. Edges and patterns are filtered to the size of a sample, so one
// evaluation a sample is enough.
// Threads: pure functions.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

namespace parallax::sim {

struct Rgb {
    float r = 0.0F;
    float g = 0.0F;
    float b = 0.0F;
};

constexpr Rgb operator*(Rgb c, float k) { return {c.r * k, c.g * k, c.b * k}; }
constexpr Rgb operator+(Rgb a, Rgb b) { return {a.r + b.r, a.g + b.g, a.b + b.b}; }
constexpr Rgb operator*(Rgb a, Rgb b) { return {a.r * b.r, a.g * b.g, a.b * b.b}; }
constexpr Rgb mix(Rgb a, Rgb b, float t) { return a * (1.0F - t) + b * t; }

// One row while it is painted. Painting over keeps colours premultiplied by `a`, the coverage.
struct PaintRow {
    float y = 0.0F;  // Of the sample centres.
    float first_x = 0.0F;
    float sample = 0.0F;  // Size of one sample.
    int count = 0;
    float* r = nullptr;
    float* g = nullptr;
    float* b = nullptr;
    float* a = nullptr;

    float x(int i) const { return first_x + static_cast<float>(i) * sample; }
    // Samples from the one at or right of `at` on.
    int index(float at) const {
        const float i = std::ceil((at - first_x) / sample);
        return static_cast<int>(std::clamp(i, 0.0F, static_cast<float>(count)));
    }
    // How much of a sample lies inside an edge at signed distance d (negative is inside).
    float inside(float d) const { return std::clamp(0.5F - d / sample, 0.0F, 1.0F); }
    bool touches(float top, float bottom) const { return y > top - sample && y < bottom + sample; }

    void over(int i, Rgb color, float coverage) const {
        const float rest = 1.0F - coverage;
        r[i] = color.r * coverage + r[i] * rest;
        g[i] = color.g * coverage + g[i] * rest;
        b[i] = color.b * coverage + b[i] * rest;
        a[i] = coverage + a[i] * rest;
    }
};

// Of an 8-bit sRGB colour, IEC 61966-2-1.
Rgb linear_of(int r, int g, int b);

struct Box {
    float left, top, right, bottom;
    // Signed distance to its edge.
    float distance(float x, float y) const {
        const float dx = std::max(left - x, x - right);
        const float dy = std::max(top - y, y - bottom);
        if (dx > 0.0F && dy > 0.0F) return std::hypot(dx, dy);
        return std::max(dx, dy);
    }
    Box grown(float by) const { return {left - by, top - by, right + by, bottom + by}; }
};

// Calls paint(i, x) for the samples of the row within a box.
template <class Paint>
void for_samples(const PaintRow& row, const Box& box, const Paint& paint) {
    if (!row.touches(box.top, box.bottom)) return;
    const int end = row.index(box.right + row.sample);
    for (int i = row.index(box.left - row.sample); i < end; ++i) paint(i, row.x(i));
}

// A soft shadow of a box, below and to the right of it.
void paint_shadow(const PaintRow& row, const Box& box, float blur, float depth);
void paint_box(const PaintRow& row, const Box& box, Rgb color);

// scene_room.cpp: wall, table, and the picture on the wall.
void paint_room(const PaintRow& row);
void paint_landscape(const PaintRow& row);
// scene_targets.cpp: what measures a camera.
void paint_chart(const PaintRow& row);
void paint_star(const PaintRow& row);
void paint_zone_plate(const PaintRow& row);
void paint_slanted_edge(const PaintRow& row);
void paint_text_card(const PaintRow& row);
// scene_things.cpp: what pleases the eye.
void paint_spheres(const PaintRow& row);
void paint_pencils(const PaintRow& row);
void paint_cloth(const PaintRow& row);

// All of it but the ball; every sample ends up covered.
void paint_still_life(const PaintRow& row);

// The gliding ball and its shadow, centred on (0, 0), and the box that it fits in.
void paint_ball(const PaintRow& row);
Box ball_bounds();
// Where it is, in scene units, after `t` frames at normal speed.
std::array<double, 2> ball_position(double t);

// Centre, side and colour of the 24 patches.
struct PatchSpot {
    float x, y, side;
    Rgb color;
};
std::array<PatchSpot, 24> chart_patches();

}  // namespace parallax::sim
