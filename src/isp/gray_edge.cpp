#include "isp/gray_edge.h"

#include <array>
#include <cmath>
#include <span>

#include "isp/gray_world.h"
#include "isp/unpack.h"

namespace parallax::isp {
namespace {

constexpr int kStep = 16;    // Rows of cells from one that votes to the next.
constexpr double kNorm = 6;  // Squares of lengths are taken to the third.

// Three columns of three cells, the middle one of which votes.
using Column = std::array<std::optional<Light>, 3>;

bool complete(const std::array<Column, 3>& columns) {
    for (const Column& column : columns) {
        for (const auto& cell : column) {
            if (!cell) return false;
        }
    }
    return true;
}

// The square of the gradient's length, by colour.
std::array<double, 3> gradients(const std::array<Column, 3>& at) {
    std::array<double, 3> found{};
    for (std::size_t c = 0; c < 3; ++c) {
        const auto light = [&](std::size_t x, std::size_t y) {
            return static_cast<double>((*at[x][y])[c]);
        };
        const auto along = [&](std::size_t x) {
            return light(x, 0) + 2 * light(x, 1) + light(x, 2);
        };
        const auto across = [&](std::size_t y) {
            return light(0, y) + 2 * light(1, y) + light(2, y);
        };
        const double dx = along(2) - along(0);
        const double dy = across(2) - across(0);
        found[c] = dx * dx + dy * dy;
    }
    return found;
}

}  // namespace

Light gray_edge_neutral(const ImageView& raw, const Levels& levels,
                        std::vector<std::uint16_t>& scratch) {
    const CellLight cells(levels, raw.format());
    const auto width = static_cast<std::size_t>(raw.width());
    scratch.resize(6 * width);
    const auto row = [&](std::size_t i) { return std::span(scratch).subspan(i * width, width); };
    std::array<double, 3> sum{};
    for (int y = 0; y + 5 < raw.height(); y += 2 * kStep) {
        for (int i = 0; i < 6; ++i) unpack_row(raw, y + i, row(static_cast<std::size_t>(i)));
        std::array<Column, 3> columns{};
        for (std::size_t x = 0; x + 1 < width; x += 2) {
            columns = {columns[1], columns[2], {}};
            for (std::size_t i = 0; i < 3; ++i) {
                const auto upper = row(2 * i);
                const auto lower = row(2 * i + 1);
                columns[2][i] = cells.of({upper[x], upper[x + 1], lower[x], lower[x + 1]});
            }
            if (!complete(columns)) continue;
            const auto found = gradients(columns);
            for (std::size_t c = 0; c < 3; ++c) sum[c] += found[c] * found[c] * found[c];
        }
    }
    for (double& each : sum) each = std::pow(each, 1 / kNorm);
    if (!(sum[0] > 0 && sum[1] > 0 && sum[2] > 0)) return gray_world_neutral(raw, levels, scratch);
    return neutral_of(sum);
}

}  // namespace parallax::isp
