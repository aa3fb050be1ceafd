#include "isp/burst/planes.h"

#include <algorithm>
#include <cstdint>
#include <span>

#include "isp/unpack.h"

namespace parallax::isp {
namespace {

// Samples of two neighbouring cells: every second one of a row.
const std::uint16_t& of_cell(const std::uint16_t* samples, int x) {
    return samples[2 * static_cast<std::ptrdiff_t>(x)];
}

float mean_of_four(const float* upper, const float* lower, int x) {
    const std::ptrdiff_t left = 2 * static_cast<std::ptrdiff_t>(x);
    return (upper[left] + upper[left + 1] + lower[left] + lower[left + 1]) * 0.25F;
}

// Of the neighbours that are there; defects beside each other are rare enough.
void patch(Plane& plane, int x, int y) {
    float sum = 0;
    int count = 0;
    const auto add = [&](int at_x, int at_y) {
        if (at_x < 0 || at_y < 0 || at_x >= plane.width || at_y >= plane.height) return;
        sum += plane.row(at_y)[at_x];
        ++count;
    };
    add(x - 1, y);
    add(x + 1, y);
    add(x, y - 1);
    add(x, y + 1);
    if (count > 0) plane.row(y)[x] = sum / static_cast<float>(count);
}

std::array<int, 4> colors_of(BayerOrder order) {
    switch (order) {
        case BayerOrder::grbg:
            return {1, 0, 2, 1};
        case BayerOrder::gbrg:
            return {1, 2, 0, 1};
        case BayerOrder::bggr:
            return {2, 1, 1, 0};
        case BayerOrder::rggb:
            break;
    }
    return {0, 1, 1, 2};
}

// From the shot's white balance; without it, from what the whole frame has of each colour.
std::array<float, 4> gains_of(const CellPlanes& cells, const RawInfo& info) {
    constexpr float most = 8;  // What a light can do; more is a broken tag or a dark frame.
    std::array<double, 3> light{};
    for (std::size_t p = 0; p < 4; ++p) {
        const auto color = static_cast<std::size_t>(cells.color[p]);
        if (info.as_shot_neutral) {
            light[color] = static_cast<double>(info.as_shot_neutral->at(color));
            continue;
        }
        for (const float sample : cells.plane[p].samples) light[color] += sample;
    }
    if (!info.as_shot_neutral) light[1] /= 2;  // It has two planes.
    std::array<float, 4> gains{1, 1, 1, 1};
    for (std::size_t p = 0; p < 4; ++p) {
        const double own = light[static_cast<std::size_t>(cells.color[p])];
        if (own <= 0 || light[1] <= 0) continue;
        gains[p] = std::clamp(static_cast<float>(light[1] / own), 1 / most, most);
    }
    return gains;
}

}  // namespace

CellLevels cell_levels(const RawInfo& info, PixelFormat format) {
    const float full = static_cast<float>((1 << traits(format).bits) - 1);
    // From files of anybody: beyond these, light would not be finite.
    constexpr float most = 65535;
    CellLevels levels{
        .black = info.black_level,
        .white = info.white_level > 0 ? std::clamp(info.white_level, 1.0F, most) : full};
    for (float& black : levels.black) black = std::clamp(black, -most, levels.white - 1);
    return levels;
}

CellPlanes split_cells(const ImageView& raw, const RawInfo& info) {
    const CellLevels levels = cell_levels(info, raw.format());
    const int columns = raw.width() / 2;
    const int rows = raw.height() / 2;
    CellPlanes cells;
    for (Plane& plane : cells.plane) plane = Plane(columns, rows);
    std::vector<std::uint16_t> samples(static_cast<std::size_t>(raw.width()));
    for (int y = 0; y < 2 * rows; ++y) {
        unpack_row(raw, y, samples);
        for (const int column : {0, 1}) {
            const std::size_t p = cell_position(column, y);
            const float black = levels.black[p];
            const float scale = 1.0F / (levels.white - black);
            float* const out = cells.plane[p].row(y / 2);
            const std::uint16_t* const in = samples.data() + column;
            for (int x = 0; x < columns; ++x) {
                out[x] = (static_cast<float>(of_cell(in, x)) - black) * scale;
            }
        }
    }
    cells.color = colors_of(traits(raw.format()).order);
    for (const auto& [x, y] : info.defects) {
        if (x < 0 || y < 0 || x >= 2 * columns || y >= 2 * rows) continue;
        patch(cells.plane[cell_position(x, y)], x / 2, y / 2);
    }
    cells.gain = gains_of(cells, info);
    return cells;
}

Plane cell_means(const CellPlanes& cells) {
    Plane means(cells.width(), cells.height());
    for (std::size_t i = 0; i < means.samples.size(); ++i) {
        means.samples[i] = (cells.plane[0].samples[i] + cells.plane[1].samples[i] +
                            cells.plane[2].samples[i] + cells.plane[3].samples[i]) *
                           0.25F;
    }
    return means;
}

Plane halved(const Plane& plane) {
    Plane half(plane.width / 2, plane.height / 2);
    for (int y = 0; y < half.height; ++y) {
        const float* const upper = plane.row(2 * y);
        const float* const lower = plane.row(2 * y + 1);
        float* const out = half.row(y);
        for (int x = 0; x < half.width; ++x) out[x] = mean_of_four(upper, lower, x);
    }
    return half;
}

}  // namespace parallax::isp
