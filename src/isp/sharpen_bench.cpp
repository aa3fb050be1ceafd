#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "isp/sharpen.h"
#include "support/bench.h"

namespace parallax::isp {
namespace {

constexpr int kWidthPx = 4096;
constexpr int kHeightPx = 244;  // 1 MP: what is measured in ms is ms per megapixel.

std::vector<std::uint8_t> noise() {
    std::vector<std::uint8_t> bytes(std::size_t{3} * kWidthPx * kHeightPx);
    std::mt19937 random(1);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
}

// Row y of three planes that lie one after the other.
template <class Sample>
PlanarRow<Sample> row(std::span<Sample> planes, int y) {
    PlanarRow<Sample> spans;
    for (std::size_t c = 0; c < 3; ++c)
        spans[c] =
            planes.subspan((c * kHeightPx + static_cast<std::size_t>(y)) * kWidthPx, kWidthPx);
    return spans;
}

// Budget: 0.7 ms per megapixel on one core.
PX_BENCH("isp/sharpen 1 MP of RGB") {
    return [in = noise(), out = noise(),
            sharpener = *Sharpener::create({.width = kWidthPx,
                                            .height = kHeightPx,
                                            .segment_px = kWidthPx,
                                            .sample_bits = 8,
                                            .amount = 1.0F})]() mutable {
        sharpener.start({0, kWidthPx});
        for (int y = 0; y < kHeightPx + 2; ++y) {
            if (y < kHeightPx) sharpener.push(y, row(std::span<const std::uint8_t>(in), y));
            if (y >= 2) sharpener.pull(y - 2, 0, row(std::span(out), y - 2));
        }
        bench::keep(out.data());
    };
}

// The yardstick: the same pixels moved once.
PX_BENCH("isp/sharpen memcpy 1 MP of RGB") {
    return [in = noise(), out = noise()]() mutable {
        std::memcpy(out.data(), in.data(), in.size());
        bench::keep(out.data());
    };
}

}  // namespace
}  // namespace parallax::isp
