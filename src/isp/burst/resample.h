// Resampling between the pixels of a plane, by cubic convolution (Keys, "Cubic convolution
// interpolation for digital image processing", IEEE TASSP 29, 1981; a = −1/2).
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

template <int Size>
using TileOf = std::array<std::array<float, Size>, Size>;

// A tile of a plane. Beyond the plane the nearest samples stand for those that are not there.
template <int Size>
void fetch(const Plane& plane, const TilePlace& at, TileOf<Size>& patch) {
    const bool inside = at.left >= 0 && at.left + Size <= plane.width;
    for (int r = 0; r < Size; ++r) {
        const float* const row = plane.row(std::clamp(at.top + r, 0, plane.height - 1));
        auto& out = patch[static_cast<std::size_t>(r)];
        if (inside) {
            std::copy_n(row + at.left, Size, out.begin());
            continue;
        }
        for (int c = 0; c < Size; ++c) {
            out[static_cast<std::size_t>(c)] = row[std::clamp(at.left + c, 0, plane.width - 1)];
        }
    }
}

// Each pixel of `out` from the sixteen around its place in the patch, where they lie `Step` apart.
template <int Size, int Step, std::size_t Reach>
void convolve(const std::array<std::array<float, Reach>, Reach>& patch, const Resampling& by,
              TileOf<Size>& out) {
    const auto sum = [](const std::array<float, 4>& w, float a, float b, float c, float d) {
        return a * w[0] + b * w[1] + c * w[2] + d * w[3];
    };
    std::array<std::array<float, Size>, Reach> rows;
    for (std::size_t r = 0; r < Reach; ++r) {
        for (std::size_t c = 0; c < Size; ++c) {
            const float* const at = patch[r].data() + Step * c;
            rows[r][c] = sum(by.across, at[0], at[1], at[2], at[3]);
        }
    }
    for (std::size_t r = 0; r < Size; ++r) {
        const std::size_t at = Step * r;
        for (std::size_t c = 0; c < Size; ++c) {
            out[r][c] =
                sum(by.down, rows[at][c], rows[at + 1][c], rows[at + 2][c], rows[at + 3][c]);
        }
    }
}

// What lies under the tile there when it is shifted.
template <int Size>
void resample(const Plane& plane, const TilePlace& at, const Resampling& by, TileOf<Size>& out) {
    TileOf<Size + 3> patch;
    fetch<Size + 3>(plane, {at.left + by.x, at.top + by.y}, patch);
    convolve<Size, 1>(patch, by, out);
}

}  // namespace parallax::isp
