#include <numbers>
#include <string_view>

#include "isp/simulator/font.h"
#include "isp/simulator/noise.h"
#include "isp/simulator/scene.h"

namespace parallax::sim {
namespace {

constexpr float kPi = std::numbers::pi_v<float>;

// The chart's frame, its patches and the gaps between them.
constexpr Box kChart{-1.88F, -1.22F, -0.36F, -0.18F};
constexpr float kPatch = 0.214F;
constexpr float kPitch = 0.246F;

struct Srgb8 {
    int r, g, b;
};

// The classic chart of C. S. McCamy, H. Marcus, J. G. Davidson ("A Color-Rendition Chart", 1976)
// as its maker publishes it in 8-bit sRGB; also in D. Pascale, "RGB coordinates of the Macbeth
// ColorChecker", 2006.
constexpr std::array<Srgb8, 24> kPublished{{
    {115, 82, 68},   {194, 150, 130}, {98, 122, 157}, {87, 108, 67},   {133, 128, 177},
    {103, 189, 170}, {214, 126, 44},  {80, 91, 166},  {193, 90, 99},   {94, 60, 108},
    {157, 188, 64},  {224, 163, 46},  {56, 61, 150},  {70, 148, 73},   {175, 54, 60},
    {231, 199, 31},  {187, 86, 149},  {8, 133, 161},  {243, 243, 242}, {200, 200, 200},
    {160, 160, 160}, {122, 122, 121}, {85, 85, 85},   {52, 52, 52},
}};

// Contrast that a wave of this frequency (cycles a unit) keeps when averaged over a sample.
float contrast(float frequency, float sample) {
    const float f = frequency * sample;
    return std::exp(-8.0F * f * f);
}

const Rgb& white_card() {
    static const Rgb color = linear_of(240, 238, 232);
    return color;
}
const Rgb& dark_ink() {
    static const Rgb color = linear_of(34, 33, 36);
    return color;
}

void paint_card(const PaintRow& row, const Box& box) {
    paint_shadow(row, box, 0.045F, 0.45F);
    paint_box(row, box, white_card());
}

struct TextLine {
    float y, cell;
    std::string_view text;
};

// From headline to footnote; at 1024 × 768 the last lines have strokes of about a pixel.
constexpr std::array<TextLine, 11> kText{{
    {-0.250F, 0.0195F, "PARALLAX"},
    {-0.085F, 0.0062F, "RAW FRAMES IN, PICTURES OUT"},
    {-0.018F, 0.0047F, "A PHOTON MEETS A SILICON WELL AND"},
    {0.033F, 0.0047F, "LEAVES A CHARGE BEHIND. THE REST IS"},
    {0.084F, 0.0047F, "ARITHMETIC: BLACK, WHITE, GAIN, HUE."},
    {0.145F, 0.0040F, "EACH COLOUR IS SEEN BY ONE SITE IN FOUR,"},
    {0.186F, 0.0040F, "TWO FOR GREEN. WHAT IS MISSING IS GUESSED"},
    {0.227F, 0.0040F, "FROM ITS NEIGHBOURS, EDGE BY EDGE."},
    {0.278F, 0.0033F, "0123456789 TEN LINES OF THIS SIZE MAKE AN INCH"},
    {0.313F, 0.0033F, "IF YOU CAN READ THIS, YOUR DEMOSAIC IS GOOD"},
    {0.348F, 0.0033F, "IF NOT: STEP CLOSER, OR TAKE MORE PIXELS"},
}};

}  // namespace

std::array<PatchSpot, 24> chart_patches() {
    std::array<PatchSpot, 24> spots{};
    const float left = (kChart.left + kChart.right) / 2.0F - 2.5F * kPitch;
    const float top = (kChart.top + kChart.bottom) / 2.0F - 1.5F * kPitch;
    for (std::size_t i = 0; i < spots.size(); ++i)
        spots[i] = {left + static_cast<float>(i % 6) * kPitch,
                    top + static_cast<float>(i / 6) * kPitch, kPatch,
                    linear_of(kPublished[i].r, kPublished[i].g, kPublished[i].b)};
    return spots;
}

void paint_chart(const PaintRow& row) {
    if (!row.touches(kChart.top - 0.2F, kChart.bottom + 0.2F)) return;
    static const std::array<PatchSpot, 24> spots = chart_patches();
    paint_shadow(row, kChart, 0.05F, 0.5F);
    paint_box(row, kChart, linear_of(30, 30, 31));
    for (const PatchSpot& spot : spots) {
        const float half = spot.side / 2.0F;
        paint_box(row, {spot.x - half, spot.y - half, spot.x + half, spot.y + half}, spot.color);
    }
}

// A sinusoidal star of 36 cycles, as in ISO 12233:2017, annex F.
void paint_star(const PaintRow& row) {
    constexpr Box card{1.09F, -1.30F, 1.87F, -0.52F};
    constexpr float cx = 1.48F;
    constexpr float cy = -0.91F;
    constexpr float radius = 0.35F;
    constexpr float cycles = 36.0F;
    paint_card(row, card);
    for_samples(row, card, [&](int i, float x) {
        const float r = std::hypot(x - cx, row.y - cy);
        if (r > radius + row.sample) return;
        const float angle = std::atan2(row.y - cy, x - cx);
        const float keep = contrast(cycles / (2.0F * kPi * std::max(r, 1e-4F)), row.sample);
        const float wave = 0.5F + 0.5F * keep * std::sin(cycles * angle);
        row.over(i, mix(dark_ink(), white_card(), wave), row.inside(r - radius));
    });
}

// cos(π·k·r²): its frequency k·r grows to just below half a cycle a pixel at 1024 × 768.
void paint_zone_plate(const PaintRow& row) {
    constexpr Box card{1.09F, -0.40F, 1.87F, 0.38F};
    constexpr float cx = 1.48F;
    constexpr float cy = -0.01F;
    constexpr float radius = 0.35F;
    constexpr float k = 330.0F;
    paint_card(row, card);
    for_samples(row, card, [&](int i, float x) {
        const float dx = x - cx;
        const float dy = row.y - cy;
        const float r = std::hypot(dx, dy);
        if (r > radius + row.sample) return;
        const float wave =
            0.5F + 0.5F * contrast(k * r, row.sample) * std::cos(kPi * k * (dx * dx + dy * dy));
        row.over(i, mix(dark_ink(), white_card(), wave), row.inside(r - radius));
    });
}

// Edges 5° off the axes, as ISO 12233 measures sharpness by, dark on light and light on dark.
void paint_slanted_edge(const PaintRow& row) {
    constexpr Box card{1.20F, 0.72F, 1.80F, 1.16F};
    constexpr float c = 0.9961947F;  // cos 5°
    constexpr float s = 0.0871557F;  // sin 5°
    constexpr Box outer{-0.24F, -0.155F, 0.24F, 0.155F};
    constexpr Box inner{-0.10F, -0.075F, 0.10F, 0.075F};
    paint_shadow(row, card, 0.03F, 0.5F);
    paint_box(row, card, linear_of(205, 205, 203));
    for_samples(row, card, [&](int i, float x) {
        const float dx = x - 1.5F;
        const float dy = row.y - 0.94F;
        const float u = c * dx + s * dy;
        const float v = c * dy - s * dx;
        row.over(i, linear_of(58, 58, 60), row.inside(outer.distance(u, v)));
        row.over(i, linear_of(205, 205, 203), row.inside(inner.distance(u, v)));
    });
}

void paint_text_card(const PaintRow& row) {
    constexpr Box card{-0.20F, -0.32F, 0.96F, 0.60F};
    paint_card(row, card);
    for (const TextLine& line : kText) {
        const float height = 7.0F * line.cell;
        const float top = line.y;
        if (!row.touches(top, top + height)) continue;
        const float width = 6.0F * line.cell * static_cast<float>(line.text.size());
        const float left = card.left + 0.07F;
        for_samples(row, {left, top, left + width, top + height}, [&](int i, float x) {
            const float dark = ink(line.text, (x - left) / line.cell, (row.y - top) / line.cell,
                                   row.sample / line.cell);
            row.over(i, dark_ink(), dark);
        });
    }
    // Bars of rising frequency under the text.
    constexpr Box bars{-0.13F, 0.42F, 0.89F, 0.54F};
    for_samples(row, bars, [&](int i, float x) {
        const float t = (x - bars.left) / (bars.right - bars.left);
        const float cycles = 8.0F * t + 52.0F * t * t;
        const float frequency = (8.0F + 104.0F * t) / (bars.right - bars.left);
        const float wave =
            0.5F + 0.5F * contrast(frequency, row.sample) * std::cos(2.0F * kPi * cycles);
        row.over(i, mix(dark_ink(), white_card(), wave), row.inside(bars.distance(x, row.y)));
    });
}

}  // namespace parallax::sim
