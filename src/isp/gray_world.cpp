#include "isp/gray_world.h"

#include "isp/unpack.h"

namespace parallax::isp {
namespace {

constexpr int kStep = 16;  // Samples from one voting cell to the next.

}  // namespace

Light gray_world_neutral(const ImageView& raw, const Levels& levels,
                         std::vector<std::uint16_t>& scratch) {
    const CellLight cells(levels, raw.format());
    const auto width = static_cast<std::size_t>(raw.width());
    scratch.resize(2 * width);
    const std::span upper = std::span(scratch).first(width);
    const std::span lower = std::span(scratch).last(width);
    std::array<double, 3> sum{};
    for (int y = 0; y + 1 < raw.height(); y += kStep) {
        unpack_row(raw, y, upper);
        unpack_row(raw, y + 1, lower);
        for (std::size_t x = 0; x + 1 < width; x += kStep) {
            const auto light = cells.of({upper[x], upper[x + 1], lower[x], lower[x + 1]});
            for (std::size_t c = 0; light && c < 3; ++c) sum[c] += static_cast<double>((*light)[c]);
        }
    }
    return neutral_of(sum);
}

}  // namespace parallax::isp
