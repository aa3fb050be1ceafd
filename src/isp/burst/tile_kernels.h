// tile_kernels: the inner loops of aligning and merging a burst, in the widest vectors there are.
//
// Plain loops over tiles of fixed size, compiled once for each instruction set: in each the same
// operations in the same order, hence the same bytes (tests run every set).
//
// Threads: pure functions.
#pragma once

#include <array>
#include <cstddef>

#include "isp/burst/noise.h"
#include "isp/burst/tile.h"

namespace parallax::isp::tile {

inline constexpr int kSide = 16;                // Of the tiles that are searched and merged.
inline constexpr int kWindow = 2 * kSide;       // In which a shift is refined.
inline constexpr int kBlock = 4;                // Weights are found for blocks of so many samples.
inline constexpr int kBlocks = kSide / kBlock;  // In a row of a tile.

using Tile = TileOf<kSide>;
using Window = TileOf<kWindow>;

// Samples from a place in a plane on; rows lie `stride` samples apart.
struct Samples {
    const float* at = nullptr;
    std::ptrdiff_t stride = 0;
};

// Each sample from the sixteen around its place: reads three more of each side than it writes.
void convolve(const Samples& from, const Resampling& by, Tile& out);
void convolve(const Samples& from, const Resampling& by, Window& out);

// The same for every second sample of rows that are kept in halves: `first` has those at 0, 2, 4 …,
// `second` those at 1, 3, 5 …; 17 of each in 34 rows are read.
struct HalvedSamples {
    const float* first = nullptr;
    const float* second = nullptr;
    std::ptrdiff_t stride = 0;
};
void convolve_second(const HalvedSamples& from, const Resampling& by, Tile& out);

// out = (out + added) × scale.
void add_and_scale(const Tile& added, float scale, Tile& out);

// Sum of squared differences.
float difference(const Samples& a, const Samples& b);

// Sums over the window of the products of gradients with each other and with here − there: the
// normal equations of a shift (Lucas and Kanade, IJCAI 1981).
struct Normal {
    float xx = 0;
    float xy = 0;
    float yy = 0;
    float x_error = 0;
    float y_error = 0;
};
struct Windows {
    Window here;
    Window across;
    Window down;
    Window there;
};
Normal normal_equations(const Windows& windows);

// Squared differences against what noise explains, in four planes one after the other.
struct Likeness {
    // 1, or 0 for cells in which one sample differs by more than noise ever does.
    Tile kept;
    // Sums of the four samples of each column of each block.
    std::array<std::array<float, kSide>, kBlocks> ratio{};

    Likeness() {
        for (auto& row : kept) row.fill(1);
    }
};
inline constexpr float kOutlier = 16.0F;     // Four standard deviations.
inline constexpr float kNoiseOfBoth = 2.0F;  // The reference's own, and at most as much again.
void compare(const Tile& here, const Tile& there, const NoiseModel& noise, Likeness& likeness);

// sum += weight × samples, for the rows and columns from `first` to before `last`.
struct Part {
    int first_x = 0;
    int last_x = kSide;
    int first_y = 0;
    int last_y = kSide;
};
struct Sum {
    float* at = nullptr;  // Where the first sample of the part goes.
    std::ptrdiff_t stride = 0;
};
void add(const Tile& weight, const Sum& sum, const Part& part);
void add(const Tile& weight, const Tile& samples, const Sum& sum, const Part& part);

// Green at the photosites of another colour in one row: `count` of them, all with neighbours.
struct GreenRow {
    const float* own = nullptr;        // Of the row itself, not balanced; −1 … count are read, …
    const float* own_above = nullptr;  // … and of the two rows of its plane around.
    const float* own_below = nullptr;
    const float* left = nullptr;  // Green: to the left of each and, one further, to the right.
    const float* above = nullptr;
    const float* below = nullptr;
    float gain = 1;
    float* green = nullptr;
    float* difference = nullptr;  // Balanced colour less green.
};
void green_row(const GreenRow& row, const NoiseModel& noise, int count);

}  // namespace parallax::isp::tile
