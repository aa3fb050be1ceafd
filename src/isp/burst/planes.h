// CellPlanes: a mosaic as four planes of half its size, one for each position of the 2×2 cell.
//
// Samples are light in 0 … 1: black is subtracted, white is 1, and noise below black stays
// negative, so that means stay true. Shifts by whole or broken pixels of a plane keep the colours
// of the mosaic.
//
// Threads: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "parallax/image.h"
#include "parallax/raw_info.h"

namespace parallax::isp {

struct Plane {
    Plane() = default;
    Plane(int columns, int rows)
        : width(columns),
          height(rows),
          samples(static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows)) {}

    float* row(int y) { return samples.data() + offset(y); }
    const float* row(int y) const { return samples.data() + offset(y); }

    int width = 0;
    int height = 0;
    std::vector<float> samples;

  private:
    std::size_t offset(int y) const {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
    }
};

// Where a pixel lies in its cell of the mosaic, row-major.
constexpr std::size_t cell_position(int x, int y) {
    return static_cast<std::size_t>(y & 1) * 2 + static_cast<std::size_t>(x & 1);
}

// Levels in sample units, by position in the cell; whatever `info` says, white lies within what 16
// bits hold, black as far below zero at most, and at least one unit below white.
struct CellLevels {
    std::array<float, 4> black{};
    float white = 0;
};
CellLevels cell_levels(const RawInfo& info, PixelFormat format);

struct CellPlanes {
    std::array<Plane, 4> plane;  // Of width / 2 × height / 2, row-major over the cell.
    std::array<int, 4> color{};  // 0 red, 1 green, 2 blue.
    // By which a colour is multiplied so that what is neutral is alike in all; of green 1.
    std::array<float, 4> gain{1, 1, 1, 1};

    int width() const { return plane[0].width; }
    int height() const { return plane[0].height; }
};

// `raw` is a mosaic in any packing; the last column and row of odd sizes are left out. Photosites
// that `info` lists as bad become the mean of their neighbours in the plane.
CellPlanes split_cells(const ImageView& raw, const RawInfo& info);

// The mean of each cell.
Plane cell_means(const CellPlanes& cells);

// Half the size, each the mean of four.
Plane halved(const Plane& plane);

}  // namespace parallax::isp
