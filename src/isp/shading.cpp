#include "isp/shading.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/shading.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

void blend_half(const ShadingBlend& from, std::size_t count, std::int16_t* out) {
    const hn::ScalableTag<std::int16_t> d;
    const auto share = hn::Set(d, from.share);
    for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
        const auto above = hn::LoadU(d, from.above + i);
        const auto step = hn::Sub(hn::LoadU(d, from.below + i), above);
        hn::StoreU(hn::Add(above, hn::MulFixedPoint15(step, share)), d, out + i);
    }
}

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {

HWY_EXPORT(blend_half);

constexpr float kLargest = 64.0F;

Result<float> largest_gain(const ShadingGrid& grid) {
    const bool shaped = grid.columns >= 2 && grid.columns <= 256 && grid.rows >= 2 &&
                        grid.rows <= 256 &&
                        grid.gains.size() == static_cast<std::size_t>(grid.columns) *
                                                 static_cast<std::size_t>(grid.rows) * 4;
    if (!shaped) {
        return fail(Errc::corrupt, "a shading grid of " + std::to_string(grid.columns) + "x" +
                                       std::to_string(grid.rows) + " with " +
                                       std::to_string(grid.gains.size()) + " gains");
    }
    float largest = 0;
    for (const float gain : grid.gains) {
        if (!(gain >= 0 && gain <= kLargest)) {
            return fail(Errc::corrupt,
                        "a shading gain of " + std::to_string(gain) + ", outside 0 to 64");
        }
        largest = std::max(largest, gain);
    }
    if (largest == 0) return fail(Errc::corrupt, "a shading grid of nothing but 0");
    return largest;
}

// Where index i of 0 … count − 1 lies in a grid of `nodes`: a node and the share of the next.
struct GridPlace {
    int node;
    float share;
};

GridPlace place(int i, int count, int nodes) {
    if (count < 2) return {0, 0.0F};
    const double at = static_cast<double>(i) * (nodes - 1) / (count - 1);
    const int node = std::min(static_cast<int>(at), nodes - 2);
    return {node, static_cast<float>(at - node)};
}

}  // namespace

std::int16_t* ShadingMap::unrolled(int grid_row, int position) {
    const auto row = static_cast<std::size_t>(4 * grid_row + position);
    return unrolled_.data() + row * half_;
}

Result<> ShadingMap::set(const ShadingGrid& grid, int width, int height) {
    if (grid == grid_ && width == width_ && height == height_) return {};
    largest_ = PX_TRY(largest_gain(grid));
    grid_ = grid;
    width_ = width;
    height_ = height;
    half_ = static_cast<std::size_t>((width + 1) / 2 + kPad);
    unrolled_.assign(static_cast<std::size_t>(grid.rows) * 4 * half_, 0);
    for (int x = 0; x < width; ++x) {
        const GridPlace at = place(x, width, grid.columns);
        for (int row = 0; row < grid.rows; ++row) {
            for (int position = x & 1; position < 4; position += 2) {
                const int node = (row * grid.columns + at.node) * 4 + position;
                const float left = grid.gains[static_cast<std::size_t>(node)];
                const float right = grid.gains[static_cast<std::size_t>(node + 4)];
                const float share = (left + at.share * (right - left)) / largest_;
                unrolled(row, position)[x / 2] =
                    static_cast<std::int16_t>(std::lround(share * 32767.0F));
            }
        }
    }
    return {};
}

void ShadingMap::blend(int y, const HalfRows& out) const {
    const GridPlace at = place(y, height_, grid_.rows);
    for (std::size_t x = 0; x < 2; ++x) {
        const std::size_t row =
            4 * static_cast<std::size_t>(at.node) + 2 * static_cast<std::size_t>(y & 1) + x;
        const std::int16_t* const above = unrolled_.data() + row * half_;
        const auto share = static_cast<std::int16_t>(std::lround(at.share * 32767.0F));
        HWY_DYNAMIC_DISPATCH(blend_half)({above, above + 4 * half_, share}, half_ - kPad,
                                         out.half[x]);
    }
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
