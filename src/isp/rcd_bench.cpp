#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "isp/rcd.h"
#include "support/bench.h"

namespace parallax::isp {
namespace {

constexpr int kWidthPx = 4096;
constexpr int kHeightPx = 244;  // 1 MP: what is measured in ms is ms per megapixel.

// Noise: no two neighbours alike, so that nothing is favoured.
std::vector<float> noise() {
    std::vector<float> samples(std::size_t{kWidthPx} * kHeightPx);
    std::mt19937 random(1);
    std::ranges::generate(samples, [&] { return static_cast<float>(random() >> 20) / 4095.0F; });
    return samples;
}

// A mosaic whose rows are split already.
class Samples final : public MosaicSource {
  public:
    explicit Samples(std::vector<float> samples) : samples_(std::move(samples)) {}
    void fetch(int y, int x, const SplitRow& out) override {
        const float* row = samples_.data() + static_cast<std::ptrdiff_t>(y) * kWidthPx + x / 2;
        std::copy_n(row, out.even.size(), out.even.data());
        std::copy_n(row + kWidthPx / 2, out.odd.size(), out.odd.data());
    }

  private:
    std::vector<float> samples_;
};

class Nowhere final : public RgbSink {
  public:
    void emit(int, int, const RgbRow& row) override { bench::keep(row[0].even.data()); }
};

// Budget: 7 ms per megapixel on one core; librtprocess, which keeps the frame in float, takes 13.7.
PX_BENCH("isp/rcd 1 MP") {
    return [source = Samples(noise()),
            rcd = *Rcd::create({.width = kWidthPx, .height = kHeightPx})]() mutable {
        Nowhere nowhere;
        rcd.process({0, 0, kWidthPx, kHeightPx}, source, nowhere);
    };
}

// The yardstick: as many floats moved once, as even one full-frame intermediate would have to be.
PX_BENCH("isp/rcd memcpy 1 MP of float RGB") {
    return [from = std::vector<float>(3 * noise().size(), 1.0F),
            to = std::vector<float>(3 * noise().size())]() mutable {
        std::memcpy(to.data(), from.data(), from.size() * sizeof(float));
        bench::keep(to.data());
    };
}

}  // namespace
}  // namespace parallax::isp
