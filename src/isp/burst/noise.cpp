#include "isp/burst/noise.h"

#include <array>
#include <cstddef>
#include <utility>
#include <vector>

namespace parallax::isp {
namespace {

constexpr int kBlock = 8;
constexpr std::size_t kBins = 16;
constexpr std::size_t kLeastBlocks = 8;  // For a bin to be heard.
constexpr std::size_t kSmoothest = 5;    // One of so many.
// What the fifth smoothest of blocks of 36 Laplacians has of the true variance, where there is
// nothing but Gaussian noise: measured over 100 000 blocks.
constexpr float kOfSmoothest = 0.65F;

struct Block {
    float mean = 0;
    float variance = 0;
};

// Σ of squares of the mask's weights is 36.
Block block_at(const Plane& plane, int left, int top) {
    float sum = 0;
    float squares = 0;
    int count = 0;
    for (int y = top; y < top + kBlock; ++y) {
        for (int x = left; x < left + kBlock; ++x) sum += plane.row(y)[x];
    }
    for (int y = top + 1; y + 1 < top + kBlock; ++y) {
        const float* const above = plane.row(y - 1);
        const float* const here = plane.row(y);
        const float* const below = plane.row(y + 1);
        for (int x = left + 1; x + 1 < left + kBlock; ++x) {
            const float mask = above[x - 1] + above[x + 1] + below[x - 1] + below[x + 1] -
                               2 * (above[x] + below[x] + here[x - 1] + here[x + 1]) + 4 * here[x];
            squares += mask * mask;
            ++count;
        }
    }
    return {sum / (kBlock * kBlock), squares / (36.0F * static_cast<float>(count))};
}

// Weighted least squares; a slope or an offset below zero is none.
NoiseModel line_through(const std::vector<std::pair<Block, float>>& points) {
    double w = 0;
    double wx = 0;
    double wy = 0;
    double wxx = 0;
    double wxy = 0;
    for (const auto& [point, weight] : points) {
        const auto x = static_cast<double>(point.mean);
        const auto y = static_cast<double>(point.variance);
        // Relative errors are alike, so that large variances count less.
        const double own = static_cast<double>(weight) / std::max(y * y, 1e-20);
        w += own;
        wx += own * x;
        wy += own * y;
        wxx += own * x * x;
        wxy += own * x * y;
    }
    if (w <= 0) return {};
    const double spread = wxx - wx * wx / w;
    const double slope = spread > 1e-12 * wxx ? (wxy - wx * wy / w) / spread : 0;
    const double offset = (wy - slope * wx) / w;
    if (slope < 0) return {0, static_cast<float>(wy / w)};
    if (offset < 0) return {static_cast<float>(wxx > 0 ? wxy / wxx : 0), 0};
    return {static_cast<float>(slope), static_cast<float>(offset)};
}

}  // namespace

NoiseModel estimate_noise(const CellPlanes& cells) {
    std::array<std::vector<Block>, kBins> bins;
    for (const Plane& plane : cells.plane) {
        for (int y = 0; y + kBlock <= plane.height; y += kBlock) {
            for (int x = 0; x + kBlock <= plane.width; x += kBlock) {
                const Block block = block_at(plane, x, y);
                if (!(block.mean <= 0.9F)) continue;  // Clipping cuts noise off.
                const float place = std::max(block.mean, 0.0F) * static_cast<float>(kBins);
                bins[std::min(static_cast<std::size_t>(place), kBins - 1)].push_back(block);
            }
        }
    }
    std::vector<std::pair<Block, float>> points;
    for (std::vector<Block>& bin : bins) {
        if (bin.size() < kLeastBlocks) continue;
        const auto place = bin.begin() + static_cast<std::ptrdiff_t>(bin.size() / kSmoothest);
        std::ranges::nth_element(bin, place, {}, &Block::variance);
        points.push_back(
            {{place->mean, place->variance / kOfSmoothest}, static_cast<float>(bin.size())});
    }
    return line_through(points);
}

}  // namespace parallax::isp
