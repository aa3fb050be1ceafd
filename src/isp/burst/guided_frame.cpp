#include "isp/burst/guided_frame.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace parallax::isp {
namespace {

// Mirrored at the edges, which keeps the phase of the mosaic; sizes are even, from 2 on.
int mirrored(int i, int size) {
    const int once = i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
    return std::clamp(once, 0, size - 1);
}

// Balanced samples of the mosaic, by pixel.
class Mosaic {
  public:
    explicit Mosaic(const CellPlanes& cells)
        : cells_(cells), width_(2 * cells.width()), height_(2 * cells.height()) {}
    float at(int x, int y) const {
        const int column = mirrored(x, width_);
        const int row = mirrored(y, height_);
        const auto p = cell_position(column, row);
        return cells_.plane[p].row(row / 2)[column / 2] * cells_.gain[p];
    }

  private:
    const CellPlanes& cells_;
    int width_;
    int height_;
};

float green_at(const Mosaic& mosaic, int x, int y, float noise) {
    const float own = mosaic.at(x, y);
    const float left = mosaic.at(x - 1, y);
    const float right = mosaic.at(x + 1, y);
    const float up = mosaic.at(x, y - 1);
    const float down = mosaic.at(x, y + 1);
    const float across_bend = 2 * own - mosaic.at(x - 2, y) - mosaic.at(x + 2, y);
    const float down_bend = 2 * own - mosaic.at(x, y - 2) - mosaic.at(x, y + 2);
    const float across = std::abs(left - right) + std::abs(across_bend);
    const float along = std::abs(up - down) + std::abs(down_bend);
    const float w_across = 1 / (across * across + noise);
    const float w_down = 1 / (along * along + noise);
    const float by_row = (left + right) / 2 + across_bend / 4;
    const float by_column = (up + down) / 2 + down_bend / 4;
    return (by_row * w_across + by_column * w_down) / (w_across + w_down);
}

}  // namespace

GuidedFrame::GuidedFrame(const CellPlanes& cells, const NoiseModel& noise,
                         const BurstSlices& slices)
    : green_(2 * cells.width(), 2 * cells.height()), color_(cells.color), gain_(cells.gain) {
    for (std::size_t p = 0; p < 4; ++p) {
        if (color_[p] != 1) difference_[p] = Plane(cells.width(), cells.height());
    }
    slices(green_.height, [&](int row) { make_green(cells, noise, row); });
}

void GuidedFrame::make_green(const CellPlanes& cells, const NoiseModel& noise, int row) {
    const Mosaic mosaic(cells);
    float* const out = green_.row(row);
    for (int x = 0; x < green_.width; ++x) {
        const auto p = cell_position(x, row);
        const float own = cells.plane[p].row(row / 2)[x / 2];
        if (color_[p] == 1) {
            out[x] = own;
            continue;
        }
        // Of the sum of the two differences: 2 of green and 6 of the colour's own.
        const float spread = 8 * noise.variance(own) * gain_[p] * gain_[p];
        out[x] = green_at(mosaic, x, row, spread);
        difference_[p].row(row / 2)[x / 2] = own * gain_[p] - out[x];
    }
}

}  // namespace parallax::isp
