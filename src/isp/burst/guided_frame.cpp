#include "isp/burst/guided_frame.h"

#include <algorithm>
#include <cstdint>

#include "isp/burst/resample.h"

namespace parallax::isp {
namespace {

// Mirrored at the edges, which keeps the phase of the mosaic; sizes are even, from 2 on.
int mirrored(int i, int size) {
    const int once = i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i;
    return std::clamp(once, 0, size - 1);
}

// Balanced samples around a photosite near the edge, of which some are not there.
class Around {
  public:
    Around(const CellPlanes& cells, int x, int y) : cells_(cells), x_(x), y_(y) {}

    float at(int dx, int dy) const {
        const int column = mirrored(x_ + dx, 2 * cells_.width());
        const int row = mirrored(y_ + dy, 2 * cells_.height());
        const auto p = cell_position(column, row);
        return cells_.plane[p].row(row / 2)[column / 2];
    }

  private:
    const CellPlanes& cells_;
    int x_;
    int y_;
};

}  // namespace

GuidedFrame::GuidedFrame(const CellPlanes& cells, const NoiseModel& noise,
                         const BurstSlices& slices)
    : color_(cells.color), gain_(cells.gain) {
    green_.fill(Plane(cells.width(), 2 * cells.height()));
    for (std::size_t p = 0; p < 4; ++p) {
        if (color_[p] != 1) difference_[p] = Plane(cells.width(), cells.height());
    }
    slices(2 * cells.height(), [&](int row) { make_row(cells, noise, row); });
}

void GuidedFrame::make_row(const CellPlanes& cells, const NoiseModel& noise, int row) {
    for (const int column : {0, 1}) {
        const auto p = cell_position(column, row);
        if (color_[p] != 1) continue;
        const float* const own = cells.plane[p].row(row / 2);
        std::copy_n(own, cells.width(), green_[static_cast<std::size_t>(column)].row(row));
    }
    make_colors(cells, noise, row);
}

void GuidedFrame::make_colors(const CellPlanes& cells, const NoiseModel& noise, int row) {
    const int column = color_[cell_position(0, row)] == 1 ? 1 : 0;
    const auto p = cell_position(column, row);
    const Plane& own = cells.plane[p];
    float* const green = green_[static_cast<std::size_t>(column)].row(row);
    float* const difference = difference_[p].row(row / 2);
    const int width = cells.width();
    const bool inside = row >= 2 && row + 2 < 2 * cells.height();
    const auto near_edge = [&](int i) {
        const Around around(cells, 2 * i + column, row);
        const std::array<float, 3> side{around.at(-2, 0), around.at(0, 0), around.at(2, 0)};
        const std::array<float, 2> across{around.at(-1, 0), around.at(1, 0)};
        const std::array<float, 3> up_down{around.at(0, -2), around.at(0, -1), around.at(0, 1)};
        const float far_below = around.at(0, 2);
        tile::green_row({.own = side.data() + 1,
                         .own_above = up_down.data(),
                         .own_below = &far_below,
                         .left = across.data(),
                         .above = up_down.data() + 1,
                         .below = up_down.data() + 2,
                         .gain = gain_[p],
                         .green = green + i,
                         .difference = difference + i},
                        noise, 1);
    };
    near_edge(0);
    if (width == 1) return;
    near_edge(width - 1);
    if (!inside) {
        for (int i = 1; i + 1 < width; ++i) near_edge(i);
        return;
    }
    const int r = row / 2;
    const Plane& beside = cells.plane[cell_position(1 - column, row)];
    const Plane& over = cells.plane[cell_position(column, row + 1)];
    tile::green_row({.own = own.row(r) + 1,
                     .own_above = own.row(r - 1) + 1,
                     .own_below = own.row(r + 1) + 1,
                     .left = beside.row(r) + column,
                     .above = over.row((row - 1) / 2) + 1,
                     .below = over.row((row + 1) / 2) + 1,
                     .gain = gain_[p],
                     .green = green + 1,
                     .difference = difference + 1},
                    noise, width - 2);
}

void GuidedFrame::read_green(const TilePlace& pixel, const Resampling& by, tile::Tile& out) const {
    constexpr int rows = 2 * tile::kSide + 2;
    constexpr int columns = tile::kSide + 1;
    const TilePlace from{pixel.left + by.x, pixel.top + by.y};
    const auto first = static_cast<std::size_t>(from.left & 1);
    const int width = green_[0].width;
    const int height = green_[0].height;
    if (from.left >= 0 && from.top >= 0 && from.left + rows <= 2 * width &&
        from.top + rows <= height) {
        const int half = from.left / 2;
        const int next = (from.left + 1) / 2;
        tile::convolve_second({.first = green_[first].row(from.top) + half,
                               .second = green_[1 - first].row(from.top) + next,
                               .stride = width},
                              by, out);
        return;
    }
    // Beyond the frame the nearest pixels stand for those that are not there.
    std::array<int, rows> place;
    for (int c = 0; c < rows; ++c) {
        place[static_cast<std::size_t>(c)] = std::clamp(from.left + c, 0, 2 * width - 1);
    }
    std::array<std::array<std::array<float, columns>, rows>, 2> patch;
    for (std::size_t r = 0; r < rows; ++r) {
        const int row = std::clamp(from.top + static_cast<int>(r), 0, height - 1);
        const std::array<const float*, 2> halves{green_[0].row(row), green_[1].row(row)};
        for (std::size_t c = 0; c < rows; ++c) {
            const auto column = static_cast<std::size_t>(place[c]);
            patch[c % 2][r][c / 2] = halves[column % 2][column / 2];
        }
    }
    tile::convolve_second(
        {.first = patch[0][0].data(), .second = patch[1][0].data(), .stride = columns}, by, out);
}

void GuidedFrame::read(std::size_t plane, const TilePlace& at, const PlaneShift& shift,
                       tile::Tile& out) const {
    const TilePlace pixel{2 * at.left + static_cast<int>(plane % 2),
                          2 * at.top + static_cast<int>(plane / 2)};
    read_green(pixel, resampling({2 * shift.x, 2 * shift.y}), out);
    if (color_[plane] == 1) return;
    tile::Tile difference;
    resample(difference_[plane], at, shift, difference);
    tile::add_and_scale(difference, 1 / gain_[plane], out);
}

}  // namespace parallax::isp
