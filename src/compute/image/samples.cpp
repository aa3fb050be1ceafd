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

// Three planes, one for each of green, blue and red.
SampleMap planar_rgb_map(const ImageLayout& layout) {
    SampleMap map{.grid_count = 3};
    for (int plane = 0; plane < 3; ++plane) {
        map.grids[static_cast<std::size_t>(plane)] = plane_grid(layout, plane, 1);
        map.channels[static_cast<std::size_t>((plane + 1) % 3)] = {plane, 0};
    }
    return map;
}

// Components of R, G, B and of what follows or precedes them.
struct RgbOrder {
    int r, b, fourth;
    bool alpha;
};

RgbOrder rgb_order(PixelFormat format) {
    switch (format) {
        case F::rgb:
            return {0, 2, -1, false};
        case F::bgr:
            return {2, 0, -1, false};
        case F::rgbx:
            return {0, 2, 3, false};
        case F::bgrx:
            return {2, 0, 3, false};
        case F::bgra:
            return {2, 0, 3, true};
        case F::argb:
            return {1, 3, 0, true};
        case F::abgr:
            return {3, 1, 0, true};
        case F::xrgb:
            return {1, 3, 0, false};
        case F::xbgr:
            return {3, 1, 0, false};
        default:
            return {0, 2, 3, true};
    }
}

SampleMap rgb_map(const ImageLayout& layout) {
    if (layout.format == F::gbr) return planar_rgb_map(layout);
    const RgbOrder order = rgb_order(layout.format);
    SampleMap map{.grid_count = 1};
    map.grids[0] = plane_grid(layout, 0, order.fourth < 0 ? 3 : 4);
    map.channels[0] = {0, order.r};
    map.channels[1] = {0, (order.r + order.b) / 2};
    map.channels[2] = {0, order.b};
    if (order.alpha)
        map.channels[3] = {0, order.fourth};
    else
        map.padding_component = order.fourth;
    return map;
}

// YUY2 is Y0 Cb Y1 Cr, UYVY is Cb Y0 Cr Y1; YVYU and VYUY have Cb and Cr swapped.
SampleMap packed_yuv_map(const ImageLayout& layout) {
    SampleMap map{.grid_count = 3};
    const bool luma_first = layout.format == F::yuy2 || layout.format == F::yvyu;
    const bool swapped = layout.format == F::yvyu || layout.format == F::vyuy;
    const std::size_t first_chroma = luma_first ? 1 : 0;
    const std::array<std::size_t, 3> offsets{1 - first_chroma, first_chroma + (swapped ? 2U : 0U),
                                             first_chroma + (swapped ? 0U : 2U)};
    for (std::size_t i = 0; i < 3; ++i) {
        SampleGrid& grid = map.grids[i];
        grid = plane_grid(layout, 0, 1);
        grid.offset_bytes += offsets[i];
        grid.step = i == 0 ? 2 : 4;
        grid.shift_x = i == 0 ? 0 : 1;
        grid.width = ceil_shift(layout.width, grid.shift_x);
        map.channels[i] = {static_cast<int>(i), 0};
    }
    return map;
}

SampleMap ayuv_map(const ImageLayout& layout) {
    SampleMap map{.grid_count = 1};
    map.grids[0] = plane_grid(layout, 0, 4);
    map.channels = {{{0, 1}, {0, 2}, {0, 3}, {0, 0}}};
    return map;
}

SampleMap yuv_map(const ImageLayout& layout) {
    if (layout.format == F::ayuv) return ayuv_map(layout);
    if (traits(layout.format).planes == 1) return packed_yuv_map(layout);
    SampleMap map{.grid_count = traits(layout.format).planes};
    map.grids[0] = plane_grid(layout, 0, 1);
    map.channels[0] = {0, 0};
    if (map.grid_count == 2) {
        const bool swapped = layout.format == F::nv21 || layout.format == F::nv61;
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

SampleMap places(const ImageLayout& layout) {
    switch (traits(layout.format).family) {
        case PixelFamily::rgb:
            return rgb_map(layout);
        case PixelFamily::yuv:
            return yuv_map(layout);
        case PixelFamily::bayer:
            return {};
        case PixelFamily::gray:
            break;
    }
    SampleMap map{.grid_count = 1};
    map.grids[0] = plane_grid(layout, 0, 1);
    map.channels[0] = {0, 0};
    return map;
}

}  // namespace

SampleMap sample_map(const ImageLayout& layout) {
    const PixelTraits& t = traits(layout.format);
    SampleMap map = places(layout);
    map.sample_bits = t.bits;
    map.sample_bytes = t.bits > 8 ? 2 : 1;
    const bool high = layout.format == F::p010_10le || layout.format == F::p012_le;
    map.sample_shift = high ? 16 - t.bits : 0;
    return map;
}

}  // namespace parallax::compute
