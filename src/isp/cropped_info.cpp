#include "isp/cropped_info.h"

#include <algorithm>

namespace parallax::isp {
namespace {

// Where a position of the part's 2×2 cell stands in the whole's.
std::size_t position_in_whole(std::size_t position, const Part& part) {
    return position ^ static_cast<std::size_t>((part.top & 1) * 2 + (part.left & 1));
}

// A place on one axis of the grid: a node, and the share of the next.
struct Place {
    std::size_t node = 0;
    float share = 0;
};

// Of node `i` of `nodes` that span the part, among as many that span the whole.
Place place(int i, int nodes, double first, double last) {
    const double at = (first + (last - first) * i / (nodes - 1)) * (nodes - 1);
    const double bounded = std::clamp(at, 0.0, static_cast<double>(nodes - 1));
    const auto node =
        std::min(static_cast<std::size_t>(bounded), static_cast<std::size_t>(nodes) - 2);
    return {node, static_cast<float>(bounded - static_cast<double>(node))};
}

// Where the part's first and last pixel lie, as shares of the way from the whole's first to its
// last.
struct Span {
    double first = 0;
    double last = 1;
};
Span span_of(int start, int count, int whole) {
    if (whole < 2) return {};
    const double way = whole - 1;
    return {start / way, (start + count - 1) / way};
}

// The same number of nodes over the part: where they fall between the whole's, they are blended.
ShadingGrid cropped_grid(const ShadingGrid& whole, const Part& part) {
    ShadingGrid grid{.columns = whole.columns, .rows = whole.rows, .gains = {}};
    const Span across = span_of(part.left, part.width, part.whole_width);
    const Span down = span_of(part.top, part.height, part.whole_height);
    const auto columns = static_cast<std::size_t>(whole.columns);
    for (int row = 0; row < grid.rows; ++row) {
        const Place y = place(row, grid.rows, down.first, down.last);
        for (int column = 0; column < grid.columns; ++column) {
            const Place x = place(column, grid.columns, across.first, across.last);
            for (std::size_t position = 0; position < 4; ++position) {
                const std::size_t p = position_in_whole(position, part);
                const auto at = [&](std::size_t j, std::size_t i) {
                    return whole.gains[((y.node + j) * columns + x.node + i) * 4 + p];
                };
                const float above = at(0, 0) + x.share * (at(0, 1) - at(0, 0));
                const float below = at(1, 0) + x.share * (at(1, 1) - at(1, 0));
                grid.gains.push_back(above + y.share * (below - above));
            }
        }
    }
    return grid;
}

bool sound(const ShadingGrid& grid) {
    return grid.columns >= 2 && grid.rows >= 2 &&
           grid.gains.size() ==
               static_cast<std::size_t>(grid.columns) * static_cast<std::size_t>(grid.rows) * 4;
}

}  // namespace

RawInfo cropped_info(const RawInfo& whole, const Part& part) {
    RawInfo info = whole;
    for (std::size_t position = 0; position < 4; ++position) {
        info.black_level.at(position) = whole.black_level.at(position_in_whole(position, part));
    }
    if (whole.shading && sound(*whole.shading)) info.shading = cropped_grid(*whole.shading, part);
    info.defects.clear();
    for (const auto& [x, y] : whole.defects) {
        const std::array<int, 2> moved{x - part.left, y - part.top};
        const bool inside =
            moved[0] >= 0 && moved[1] >= 0 && moved[0] < part.width && moved[1] < part.height;
        if (inside) info.defects.push_back(moved);
    }
    return info;
}

}  // namespace parallax::isp
