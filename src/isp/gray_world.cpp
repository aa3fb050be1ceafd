#include "isp/gray_world.h"

#include <algorithm>

#include "isp/demosaic.h"
#include "isp/unpack.h"

namespace parallax::isp {
namespace {

constexpr int kStep = 16;  // Samples from one voting cell to the next.

// Samples of one cell above black, in 0 … 1; nothing if the cell may not vote.
struct Voter {
    std::array<float, 4> black{};
    float white = 0;

    bool vote(const std::array<std::uint16_t, 4>& cell, std::array<double, 4>& sum) const {
        for (std::size_t i = 0; i < 4; ++i) {
            if (cell[i] >= 0.98F * white || cell[i] <= black[i]) return false;
        }
        for (std::size_t i = 0; i < 4; ++i) sum[i] += (cell[i] - black[i]) / (white - black[i]);
        return true;
    }
};

Voter voter(const Levels& levels) {
    Voter out{.white = static_cast<float>(levels.white)};
    const float scale = levels.shift < 0 ? 2.0F : 1.0F / static_cast<float>(1 << levels.shift);
    for (std::size_t i = 0; i < 4; ++i) out.black[i] = levels.black[i] * scale;
    return out;
}

}  // namespace

std::array<float, 3> gray_world_neutral(const ImageView& raw, const Levels& levels,
                                        std::span<std::uint16_t> scratch) {
    const Voter voters = voter(levels);
    const auto width = static_cast<std::size_t>(raw.width());
    const std::span upper = scratch.first(width);
    const std::span lower = scratch.subspan(width, width);
    std::array<double, 4> sum{};
    for (int y = 0; y + 1 < raw.height(); y += kStep) {
        unpack_row(raw, y, upper);
        unpack_row(raw, y + 1, lower);
        for (std::size_t x = 0; x + 1 < upper.size(); x += kStep) {
            voters.vote({upper[x], upper[x + 1], lower[x], lower[x + 1]}, sum);
        }
    }
    const RowPhase phase = row_phase(traits(raw.format()).order, 0);
    const auto own = static_cast<std::size_t>(phase.column);
    std::array<double, 3> mean{sum[own], (sum[1 - own] + sum[2 + own]) / 2, sum[3 - own]};
    if (!phase.red) std::swap(mean[0], mean[2]);
    const double largest = std::ranges::max(mean);
    if (largest <= 0) return {1.0F, 1.0F, 1.0F};
    std::array<float, 3> neutral{};
    for (std::size_t c = 0; c < 3; ++c) {
        neutral[c] = static_cast<float>(std::max(mean[c] / largest, 1.0 / 16));
    }
    return neutral;
}

}  // namespace parallax::isp
