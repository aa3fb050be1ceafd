// Tiles of a plane, and the weights by which they are read between its pixels: cubic convolution
// (Keys, "Cubic convolution interpolation for digital image processing", IEEE TASSP 29, 1981;
// a = −1/2).
//
// Threads: pure functions.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "isp/burst/align.h"
#include "isp/burst/planes.h"

namespace parallax::isp {

struct Resampling {
    int x = 0;  // The first sample that is read, relative to the tile.
    int y = 0;
    std::array<float, 4> across{};
    std::array<float, 4> down{};
};

inline Resampling resampling(const PlaneShift& shift) {
    // Of the samples at −1, 0, 1 and 2.
    const auto cubic = [](float t) -> std::array<float, 4> {
        const float t2 = t * t;
        const float t3 = t2 * t;
        return {(-t3 + 2 * t2 - t) / 2, (3 * t3 - 5 * t2 + 2) / 2, (-3 * t3 + 4 * t2 + t) / 2,
                (t3 - t2) / 2};
    };
    const float x = std::floor(shift.x);
    const float y = std::floor(shift.y);
    return {.x = static_cast<int>(x) - 1,
            .y = static_cast<int>(y) - 1,
            .across = cubic(shift.x - x),
            .down = cubic(shift.y - y)};
}

// Where a tile begins.
struct TilePlace {
    int left = 0;
    int top = 0;
};

template <std::size_t Size>
using TileOf = std::array<std::array<float, Size>, Size>;

// A tile of a plane. Beyond the plane the nearest samples stand for those that are not there.
template <std::size_t Size>
void fetch(const Plane& plane, const TilePlace& at, TileOf<Size>& patch) {
    constexpr int size = static_cast<int>(Size);
    const bool inside = at.left >= 0 && at.left + size <= plane.width;
    for (int r = 0; r < size; ++r) {
        const float* const row = plane.row(std::clamp(at.top + r, 0, plane.height - 1));
        auto& out = patch[static_cast<std::size_t>(r)];
        if (inside) {
            std::copy_n(row + at.left, Size, out.begin());
            continue;
        }
        for (int c = 0; c < size; ++c) {
            out[static_cast<std::size_t>(c)] = row[std::clamp(at.left + c, 0, plane.width - 1)];
        }
    }
}

}  // namespace parallax::isp
