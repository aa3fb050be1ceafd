// SampleGrid: where the samples of a picture lie, so that one loop serves every format.
//
// A format is one to three grids. A grid is rows of pixels; a pixel is `components` samples that
// lie together, `step` samples after the pixel before. NV12 is a grid of one (luma) and, on half
// the pixels, a grid of two; YUY2 is three interwoven grids of one. Bayer formats have no grids.
// Threads: plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "parallax/format.h"
#include "parallax/image.h"

namespace parallax::compute {

struct SampleGrid {
    std::size_t offset_bytes = 0;  // Of the first sample.
    std::size_t stride_bytes = 0;
    int step = 1;        // Samples from one pixel to the next.
    int components = 1;  // Samples of one pixel.
    int width = 0;       // pixels of this grid
    int height = 0;      // pixels of this grid
    int shift_x = 0;     // log2 of picture pixels to one of the grid
    int shift_y = 0;
};

// Which sample of which grid holds one channel.
struct ChannelPlace {
    int grid = -1;  // Negative: the format has no such channel.
    int component = 0;
};

struct SampleMap {
    std::array<SampleGrid, 3> grids{};
    int grid_count = 0;  // 0 for Bayer.
    int sample_bytes = 1;
    int sample_bits = 8;   // Significant ones.
    int sample_shift = 0;  // Zeroes below them: P010 keeps its 10 bits high in the word.
    // R, G, B, A of RGB formats; Y, Cb, Cr of YUV formats; Y of gray.
    std::array<ChannelPlace, 4> channels{};
    int padding_component = -1;  // The x of RGBx: the sample that means nothing, written opaque.

    bool has_alpha() const { return channels[3].grid >= 0; }
};

SampleMap sample_map(const ImageLayout& layout);

// Row y of a grid, from its first sample on.
template <class Sample, class Byte>
auto* grid_row(const BasicImageView<Byte>& image, const SampleGrid& grid, int y) {
    using S = std::conditional_t<std::is_const_v<Byte>, const Sample, Sample>;
    using Void = std::conditional_t<std::is_const_v<Byte>, const void, void>;
    return static_cast<S*>(static_cast<Void*>(image.bytes.data() + grid.offset_bytes +
                                              static_cast<std::size_t>(y) * grid.stride_bytes));
}

// Samples of one component, each so far from the one before.
template <class Sample>
struct Stepped {
    Sample* first = nullptr;
    std::ptrdiff_t step = 1;  // In samples; back where it is negative.
};

// `count` pixels of so many components that lie side by side.
template <int components = 1, class Sample>
void copy_stepped(Stepped<const Sample> from, Stepped<Sample> to, int count) {
    for (std::ptrdiff_t x = 0; x < count; ++x) {
        const Sample* const p = from.first + x * from.step;
        for (int c = 0; c < components; ++c) to.first[x * to.step + c] = p[c];
    }
}

}  // namespace parallax::compute
