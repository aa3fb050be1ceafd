#include "isp/cell_light.h"

#include <algorithm>

namespace parallax::isp {

CellLight::CellLight(const Levels& levels, PixelFormat format)
    : white_(static_cast<float>(levels.white)), phase_(row_phase(traits(format).order, 0)) {
    const float scale = levels.shift < 0 ? 2.0F : 1.0F / static_cast<float>(1 << levels.shift);
    for (std::size_t i = 0; i < 4; ++i) black_[i] = static_cast<float>(levels.black[i]) * scale;
}

std::optional<Light> CellLight::of(const std::array<std::uint16_t, 4>& cell) const {
    std::array<float, 4> light{};
    for (std::size_t i = 0; i < 4; ++i) {
        const auto sample = static_cast<float>(cell[i]);
        if (sample >= 0.98F * white_ || sample <= black_[i]) return std::nullopt;
        light[i] = (sample - black_[i]) / (white_ - black_[i]);
    }
    const auto own = static_cast<std::size_t>(phase_.column);
    Light rgb{light[own], (light[1 - own] + light[2 + own]) / 2, light[3 - own]};
    if (!phase_.red) std::swap(rgb[0], rgb[2]);
    return rgb;
}

Light neutral_of(const std::array<double, 3>& sums) {
    const double largest = std::ranges::max(sums);
    if (!(largest > 0)) return {1, 1, 1};
    Light neutral{};
    for (std::size_t c = 0; c < 3; ++c) {
        neutral[c] = static_cast<float>(std::max(sums[c] / largest, 1.0 / 16));
    }
    return neutral;
}

}  // namespace parallax::isp
