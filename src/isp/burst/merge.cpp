#include "isp/burst/merge.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <utility>

#include "isp/burst/guided_frame.h"
#include "isp/burst/refine.h"
#include "isp/burst/tile_kernels.h"

namespace parallax::isp {
namespace {

using tile::kBlock;
using tile::kBlocks;
using tile::Tile;

constexpr int kTile = tile::kSide;  // Pixels of a plane; tiles begin at each half of it.
constexpr int kHalfTile = kTile / 2;

// What noise explains is a difference of 1 in the mean, and of 64 samples less than 1.6 in 999 of
// 1000 blocks. Between the two a frame loses its weight. A photosite that is bad in one frame does
// not cost the block: its cell is left out, and says no more than tile::kOutlier.
constexpr float kTrusted = 1.6F;
constexpr float kRefused = 2.6F;

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
    MergedTile(const CellPlanes& reference, const TilePlace& at)
        : reference_(reference),
          at_(at),
          part_{.first_x = std::max(0, -at.left),
                .last_x = std::min(kTile, reference.width() - at.left),
                .first_y = std::max(0, -at.top),
                .last_y = std::min(kTile, reference.height() - at.top)} {}

    // Beyond the frame, the nearest samples of both are compared.
    void compare(const GuidedFrame& other, const PlaneShift& shift, const NoiseModel& noise) {
        tile::Likeness likeness;
        for (std::size_t p = 0; p < 4; ++p) {
            other.read(p, at_, shift, samples_[p]);
            Tile here;
            fetch<kTile>(reference_.plane[p], at_, here);
            tile::compare(here, samples_[p], noise, likeness);
        }
        weigh(likeness);
    }

    void add_to(CellPlanes& sum, Plane& weight) const {
        tile::add(weight_, place_in(weight), part_);
        for (std::size_t p = 0; p < 4; ++p) {
            tile::add(weight_, samples_[p], place_in(sum.plane[p]), part_);
        }
    }

  private:
    void weigh(const tile::Likeness& likeness) {
        static const std::array<float, kTile> kWindow = window();
        for (std::size_t y = 0; y < kTile; ++y) {
            for (std::size_t block = 0; block < kBlocks; ++block) {
                const float trust = trust_in(likeness, block, y / kBlock);
                for (std::size_t x = block * kBlock; x < (block + 1) * kBlock; ++x) {
                    // Of cells: one colour left out alone would tint what is there.
                    weight_[y][x] = kWindow[x] * kWindow[y] * trust * likeness.kept[y][x];
                }
            }
        }
    }

    static float trust_in(const tile::Likeness& likeness, std::size_t x, std::size_t y) {
        constexpr float samples = 4 * kBlock * kBlock;
        float sum = 0;
        for (std::size_t i = 0; i < kBlock; ++i) sum += likeness.ratio[y][x * kBlock + i];
        return std::clamp((kRefused - sum / samples) / (kRefused - kTrusted), 0.0F, 1.0F);
    }

    tile::Sum place_in(Plane& plane) const {
        return {.at = plane.row(at_.top + part_.first_y) + at_.left + part_.first_x,
                .stride = plane.width};
    }

    const CellPlanes& reference_;
    TilePlace at_;
    tile::Part part_;
    std::array<Tile, 4> samples_;
    Tile weight_;
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
      weight_(reference_.width(), reference_.height()) {}

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
            MergedTile tile(reference_, {left, top});
            const auto middle = [](int start) { return static_cast<float>(start + kHalfTile); };
            tile.compare(other, field.at(middle(left), middle(top)), noise_);
            tile.add_to(sum_, weight_);
        }
    });
}

double BurstMerger::mean_frames() const {
    double sum = 0;
    for (const float weight : weight_.samples) sum += static_cast<double>(weight);
    return 1 + sum / std::max<double>(1, static_cast<double>(weight_.samples.size()));
}

void BurstMerger::finish(const MutableImageView& out, const CellLevels& levels) const {
    slices_(reference_.height(), [&](int row) {
        for (std::size_t p = 0; p < 4; ++p) {
            const float* const own = reference_.plane[p].row(row);
            const float* const sum = sum_.plane[p].row(row);
            const float* const weight = weight_.row(row);
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
