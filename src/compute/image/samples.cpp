#include "compute/image/samples.h"

namespace parallax::compute {
namespace {

using F = PixelFormat;

constexpr int ceil_shift(int value, int shift) { return (value + (1 << shift) - 1) >> shift; }

// One grid over the whole of a plane.
SampleGrid plane_grid(const ImageLayout& layout, int plane, int components) {
    const PixelTraits& t = traits(layout.format);
    const auto p = static_cast<std::size_t>(plane);
    const int shift_x = plane == 0 ? 0 : t.chroma_shift_x;
    const int shift_y = plane == 0 ? 0 : t.chroma_shift_y;
    return {.offset_bytes = layout.offset_bytes[p],
            .stride_bytes = layout.stride_bytes[p],
            .step = components,
            .components = components,
            .width = ceil_shift(layout.width, shift_x),
            .height = ceil_shift(layout.height, shift_y),
            .shift_x = shift_x,
            .shift_y = shift_y};
}

SampleMap rgb_map(const ImageLayout& layout) {
    const bool three = layout.format == F::rgb || layout.format == F::bgr;
    const bool swapped =
        layout.format == F::bgr || layout.format == F::bgra || layout.format == F::bgrx;
    SampleMap map{.grid_count = 1, .sample_bytes = traits(layout.format).bits == 16 ? 2 : 1};
    map.grids[0] = plane_grid(layout, 0, three ? 3 : 4);
    map.channels[0] = {0, swapped ? 2 : 0};
    map.channels[1] = {0, 1};
    map.channels[2] = {0, swapped ? 0 : 2};
    if (layout.format == F::rgbx || layout.format == F::bgrx)
        map.padding_component = 3;
    else if (!three)
        map.channels[3] = {0, 3};
    return map;
}

// YUY2 is Y0 Cb Y1 Cr, UYVY is Cb Y0 Cr Y1.
SampleMap packed_yuv_map(const ImageLayout& layout) {
    SampleMap map{.grid_count = 3};
    const std::size_t luma = layout.format == F::yuy2 ? 0 : 1;
    for (std::size_t i = 0; i < 3; ++i) {
        SampleGrid& grid = map.grids[i];
        grid = plane_grid(layout, 0, 1);
        grid.offset_bytes += i == 0 ? luma : (1 - luma) + 2 * (i - 1);
        grid.step = i == 0 ? 2 : 4;
        grid.shift_x = i == 0 ? 0 : 1;
        grid.width = ceil_shift(layout.width, grid.shift_x);
        map.channels[i] = {static_cast<int>(i), 0};
    }
    return map;
}

SampleMap yuv_map(const ImageLayout& layout) {
    if (layout.format == F::yuy2 || layout.format == F::uyvy) return packed_yuv_map(layout);
    SampleMap map{.grid_count = traits(layout.format).planes};
    map.grids[0] = plane_grid(layout, 0, 1);
    map.channels[0] = {0, 0};
    if (map.grid_count == 2) {
        const bool swapped = layout.format == F::nv21;
        map.grids[1] = plane_grid(layout, 1, 2);
        map.channels[1] = {1, swapped ? 1 : 0};
        map.channels[2] = {1, swapped ? 0 : 1};
        return map;
    }
    map.grids[1] = plane_grid(layout, 1, 1);
    map.grids[2] = plane_grid(layout, 2, 1);
    const bool swapped = layout.format == F::yv12;
    map.channels[1] = {swapped ? 2 : 1, 0};
    map.channels[2] = {swapped ? 1 : 2, 0};
    return map;
}

}  // namespace

SampleMap sample_map(const ImageLayout& layout) {
    const PixelTraits& t = traits(layout.format);
    switch (t.family) {
        case PixelFamily::rgb:
            return rgb_map(layout);
        case PixelFamily::yuv:
            return yuv_map(layout);
        case PixelFamily::bayer:
            return {};
        case PixelFamily::gray:
            break;
    }
    SampleMap map{.grid_count = 1, .sample_bytes = t.bits == 16 ? 2 : 1};
    map.grids[0] = plane_grid(layout, 0, 1);
    map.channels[0] = {0, 0};
    return map;
}

}  // namespace parallax::compute
