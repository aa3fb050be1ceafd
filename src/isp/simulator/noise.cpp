#include "isp/simulator/noise.h"

#include <algorithm>

namespace parallax::sim {
namespace {

// The cell between two lattice columns, as value_noise() sees it at one y.
struct Cell {
    float left, rise;
};

float lattice_at(int ix, int iy, float blend_y, std::uint32_t seed) {
    const float top = lattice(ix, iy, seed);
    return top + (lattice(ix, iy + 1, seed) - top) * blend_y;
}

void add_octave(std::span<float> out, const FractalRow& row, float amplitude) {
    const float fy = std::floor(row.y);
    const int iy = static_cast<int>(fy);
    const float ty = row.y - fy;
    const float blend_y = ty * ty * (3.0F - 2.0F * ty);
    int ix = static_cast<int>(std::floor(row.x));
    float left = lattice_at(ix, iy, blend_y, row.seed);
    float right = lattice_at(ix + 1, iy, blend_y, row.seed);
    std::size_t i = 0;
    while (i < out.size()) {
        // All points of this cell.
        const float ahead = (static_cast<float>(ix + 1) - row.x) / row.step;
        const auto end =
            std::clamp(static_cast<std::size_t>(std::max(0.0F, std::ceil(ahead))), i, out.size());
        const Cell cell{left * amplitude, (right - left) * amplitude};
        const float offset = row.x - static_cast<float>(ix);
        for (; i < end; ++i) {
            const float t = offset + static_cast<float>(i) * row.step;
            out[i] += cell.left + cell.rise * (t * t * (3.0F - 2.0F * t));
        }
        ++ix;
        left = right;
        right = lattice_at(ix + 1, iy, blend_y, row.seed);
    }
}

}  // namespace

void fractal_row(std::span<float> out, const FractalRow& row) {
    std::ranges::fill(out, 0.0F);
    FractalRow octave = row;
    float amplitude = 0.5F;
    for (int i = 0; i < 8 && octave.pixel < 1.0F; ++i) {
        const float fade = octave.pixel < 0.5F ? 1.0F : 2.0F - 2.0F * octave.pixel;
        add_octave(out, octave, amplitude * fade);
        amplitude *= 0.5F;
        octave = {2.0F * octave.x + 17.3F, 2.0F * octave.step, 2.0F * octave.y - 9.1F,
                  2.0F * octave.pixel, octave.seed + 1};
    }
}

}  // namespace parallax::sim
