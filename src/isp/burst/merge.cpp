#include "isp/burst/merge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <utility>

#include "isp/burst/guided_frame.h"
#include "isp/burst/refine.h"
#include "isp/burst/resample.h"

namespace parallax::isp {
namespace {

constexpr int kTile = 16;  // Pixels of a plane; tiles begin at each half of it.
constexpr int kHalfTile = kTile / 2;
constexpr int kBlock = 4;  // Weights are found for blocks of so many, in all four planes.
constexpr int kBlocks = kTile / kBlock;

// What noise explains is a difference of 1 in the mean, and of 64 samples less than 1.6 in 999 of
// 1000 blocks. Between the two a frame loses its weight.
constexpr float kTrusted = 1.6F;
constexpr float kRefused = 2.6F;
// A sample that differs by more than four standard deviations is left out with its cell, and says
// no more than that of its block: a photosite that is bad in one frame does not cost the block.
constexpr float kOutlier = 16.0F;

// The reference's own noise and, reading between photosites, at most as much again.
constexpr float kNoiseOfBoth = 2.0F;

using TileSamples = TileOf<kTile>;

// The parts of the tiles that overlap add up to one.
std::array<float, kTile> window() {
    std::array<float, kTile> w{};
    for (std::size_t i = 0; i < w.size(); ++i) {
        w[i] = 0.5F - 0.5F * std::cos(2 * std::numbers::pi_v<float> *
                                      (static_cast<float>(i) + 0.5F) / kTile);
    }
    return w;
}

// One tile of one frame, held against the reference.
class MergedTile {
  public:
    MergedTile(const CellPlanes& reference, const NoiseModel& noise, int left, int top)
        : reference_(reference), noise_(noise), left_(left), top_(top) {
        for (auto& row : kept_) row.fill(1);
    }

    void compare(const GuidedFrame& other, const PlaneShift& shift) {
        for (std::size_t p = 0; p < 4; ++p) {
            other.read<kTile>(p, {left_, top_}, shift, samples_[p]);
            differ(p);
        }
    }

    void add_to(CellPlanes& sum, CellPlanes& weight) const {
        static const std::array<float, kTile> kWindow = window();
        for (std::size_t p = 0; p < 4; ++p) {
            for (int y = first(top_); y < last(top_, reference_.height()); ++y) {
                const auto ty = static_cast<std::size_t>(y);
                float* const s = sum.plane[p].row(top_ + y) + left_;
                float* const w = weight.plane[p].row(top_ + y) + left_;
                for (int x = first(left_); x < last(left_, reference_.width()); ++x) {
                    const auto tx = static_cast<std::size_t>(x);
                    const float own = kWindow[tx] * kWindow[ty] * trust(x, y) * kept_[ty][tx];
                    s[x] += own * samples_[p][ty][tx];
                    w[x] += own;
                }
            }
        }
    }

  private:
    // The part of the tile that lies in the frame.
    static int first(int start) { return std::max(0, -start); }
    static int last(int start, int size) { return std::min(kTile, size - start); }

    void differ(std::size_t p) {
        const Plane& plane = reference_.plane[p];
        for (int y = first(top_); y < last(top_, plane.height); ++y) {
            const auto ty = static_cast<std::size_t>(y);
            const float* const row = plane.row(top_ + y) + left_;
            for (int x = first(left_); x < last(left_, plane.width); ++x) {
                const auto tx = static_cast<std::size_t>(x);
                const float here = row[x];
                const float there = samples_[p][ty][tx];
                const float d = there - here;
                const float expected = noise_.variance((here + there) / 2) * kNoiseOfBoth;
                const float ratio = d * d / expected;
                if (ratio >= kOutlier) kept_[ty][tx] = 0;
                Tally& tally = tally_[ty / kBlock][tx / kBlock];
                tally.sum += std::min(ratio, kOutlier);
                tally.count += 1;
            }
        }
    }

    float trust(int x, int y) const {
        const Tally& tally =
            tally_[static_cast<std::size_t>(y / kBlock)][static_cast<std::size_t>(x / kBlock)];
        const float ratio = tally.sum / std::max(tally.count, 1.0F);
        return std::clamp((kRefused - ratio) / (kRefused - kTrusted), 0.0F, 1.0F);
    }

    struct Tally {
        float sum = 0;
        float count = 0;
    };

    const CellPlanes& reference_;
    const NoiseModel& noise_;
    int left_;
    int top_;
    std::array<TileSamples, 4> samples_{};
    TileSamples kept_;  // Of cells: one colour left out alone would tint what is there.
    std::array<std::array<Tally, kBlocks>, kBlocks> tally_{};
};

float mean(const Plane& plane) {
    double sum = 0;
    for (const float sample : plane.samples) sum += static_cast<double>(sample);
    return static_cast<float>(sum / std::max<double>(1, static_cast<double>(plane.samples.size())));
}

CellPlanes like(const CellPlanes& cells) {
    CellPlanes zeros;
    for (Plane& plane : zeros.plane) plane = Plane(cells.width(), cells.height());
    return zeros;
}

}  // namespace

BurstMerger::BurstMerger(CellPlanes reference, const NoiseModel& noise, BurstSlices slices)
    : reference_(std::move(reference)),
      noise_(noise),
      slices_(std::move(slices)),
      pyramid_(cell_means(reference_)),
      mean_light_(mean(pyramid_.level(pyramid_.levels() - 1))),
      sum_(like(reference_)),
      weight_(like(reference_)) {}

void BurstMerger::add(const CellPlanes& other) {
    const AlignPyramid pyramid(cell_means(other));
    // Four samples make a mean.
    const float noise = noise_.variance(mean_light_) / 4;
    const ShiftField field = refine(align(pyramid_, pyramid, slices_),
                                    {pyramid_.level(0), pyramid.level(0), noise}, slices_);
    // Rows of tiles of one parity do not overlap, so that nobody writes where another does, and
    // sums are made in one order.
    const GuidedFrame guided(other, noise_, slices_);
    for (const int parity : {0, 1}) add_rows_of_tiles(guided, field, parity);
}

void BurstMerger::add_rows_of_tiles(const GuidedFrame& other, const ShiftField& field, int parity) {
    constexpr int step = kHalfTile;
    const int rows = reference_.height() / step + 2;
    slices_((rows - parity + 1) / 2, [&](int slice) {
        const int top = (2 * slice + parity - 1) * step;
        if (top >= reference_.height()) return;
        for (int left = -step; left < reference_.width(); left += step) {
            MergedTile tile(reference_, noise_, left, top);
            const auto middle = [](int start) { return static_cast<float>(start + kHalfTile); };
            tile.compare(other, field.at(middle(left), middle(top)));
            tile.add_to(sum_, weight_);
        }
    });
}

double BurstMerger::mean_frames() const {
    double sum = 0;
    for (const Plane& plane : weight_.plane) {
        for (const float weight : plane.samples) sum += static_cast<double>(weight);
    }
    const auto samples = static_cast<double>(4 * weight_.plane[0].samples.size());
    return 1 + (samples > 0 ? sum / samples : 0);
}

void BurstMerger::finish(const MutableImageView& out, const CellLevels& levels) const {
    slices_(reference_.height(), [&](int row) {
        for (std::size_t p = 0; p < 4; ++p) {
            const float* const own = reference_.plane[p].row(row);
            const float* const sum = sum_.plane[p].row(row);
            const float* const weight = weight_.plane[p].row(row);
            auto* const samples =
                out.samples<std::uint16_t>(2 * row + static_cast<int>(p / 2)) + p % 2;
            const float range = levels.white - levels.black[p];
            for (int x = 0; x < reference_.width(); ++x) {
                const float light = (own[x] + sum[x]) / (1 + weight[x]);
                const float value = light * range + levels.black[p] + 0.5F;
                // In this order, what is not a number is 0.
                samples[2 * static_cast<std::ptrdiff_t>(x)] =
                    static_cast<std::uint16_t>(std::min(std::max(0.0F, value), 65535.0F));
            }
        }
    });
}

}  // namespace parallax::isp
