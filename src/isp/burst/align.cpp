#include "isp/burst/align.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "isp/burst/tile_kernels.h"

namespace parallax::isp {
namespace {

constexpr std::size_t kMostLevels = 4;
constexpr int kLeastSide = 2 * kAlignTile;
static_assert(kAlignTile == tile::kSide);
constexpr int kCoarseRadius = 8;
constexpr int kFineRadius = 2;

struct WholeShift {
    int x = 0;
    int y = 0;
    bool operator==(const WholeShift&) const = default;
};

int tiles_in(int size) { return std::max(1, (size + kAlignTile - 1) / kAlignTile); }

// Sums of squared differences of one tile against another frame.
class TileSearch {
  public:
    TileSearch(const Plane& reference, const Plane& other, int tile_x, int tile_y)
        : other_(other),
          left_(std::clamp(tile_x * kAlignTile, 0, std::max(0, reference.width - kAlignTile))),
          top_(std::clamp(tile_y * kAlignTile, 0, std::max(0, reference.height - kAlignTile))),
          width_(std::min(kAlignTile, reference.width)),
          height_(std::min(kAlignTile, reference.height)),
          reference_(reference) {}

    // Beyond the frame the nearest pixels stand for those that are not there.
    float difference(const WholeShift& shift) const {
        const int x = left_ + shift.x;
        const int y = top_ + shift.y;
        const bool inside = x >= 0 && y >= 0 && x + width_ <= other_.width &&
                            y + height_ <= other_.height && width_ == kAlignTile &&
                            height_ == kAlignTile;
        if (inside) {
            return tile::difference({reference_.row(top_) + left_, reference_.width},
                                    {other_.row(y) + x, other_.width});
        }
        float sum = 0;
        for (int r = 0; r < height_; ++r) {
            sum += clamped(reference_.row(top_ + r) + left_,
                           other_.row(std::clamp(y + r, 0, other_.height - 1)), x);
        }
        return sum;
    }

    // The least within `radius` of the start.
    std::pair<WholeShift, float> least(const WholeShift& start, int radius) const {
        WholeShift best = start;
        float least = difference(start);
        for (int y = start.y - radius; y <= start.y + radius; ++y) {
            for (int x = start.x - radius; x <= start.x + radius; ++x) {
                if (x == start.x && y == start.y) continue;
                const float here = difference({x, y});
                if (here >= least) continue;
                least = here;
                best = {x, y};
            }
        }
        return {best, least};
    }

    PlaneShift between_pixels(const WholeShift& at) const {
        const float middle = difference(at);
        const auto offset = [&](const WholeShift& before, const WholeShift& after) {
            const float b = difference(before);
            const float a = difference(after);
            const float curve = b + a - 2 * middle;
            return curve > 0 ? std::clamp((b - a) / (2 * curve), -0.5F, 0.5F) : 0.0F;
        };
        return {static_cast<float>(at.x) + offset({at.x - 1, at.y}, {at.x + 1, at.y}),
                static_cast<float>(at.y) + offset({at.x, at.y - 1}, {at.x, at.y + 1})};
    }

  private:
    float clamped(const float* a, const float* b, int x) const {
        float sum = 0;
        for (int i = 0; i < width_; ++i) {
            const float d = a[i] - b[std::clamp(x + i, 0, other_.width - 1)];
            sum += d * d;
        }
        return sum;
    }

    const Plane& other_;
    int left_;
    int top_;
    int width_;
    int height_;
    const Plane& reference_;
};

struct LevelField {
    int columns = 0;
    int rows = 0;
    std::vector<WholeShift> shifts;

    const WholeShift& tile(int x, int y) const {
        const int column = std::clamp(x, 0, columns - 1);
        const int row = std::clamp(y, 0, rows - 1);
        return shifts[static_cast<std::size_t>(row) * static_cast<std::size_t>(columns) +
                      static_cast<std::size_t>(column)];
    }
};

// The parent's and those of its two neighbours that the tile leans to, at this level's scale.
std::array<WholeShift, 3> candidates(const LevelField& coarse, int x, int y) {
    const auto doubled = [](const WholeShift& shift) {
        return WholeShift{2 * shift.x, 2 * shift.y};
    };
    const int side_x = (x & 1) != 0 ? 1 : -1;
    const int side_y = (y & 1) != 0 ? 1 : -1;
    return {doubled(coarse.tile(x / 2, y / 2)), doubled(coarse.tile(x / 2 + side_x, y / 2)),
            doubled(coarse.tile(x / 2, y / 2 + side_y))};
}

WholeShift start_of(const TileSearch& search, const LevelField* coarse, int x, int y) {
    if (coarse == nullptr) return {};
    const auto all = candidates(*coarse, x, y);
    WholeShift best = all[0];
    float least = search.difference(best);
    for (std::size_t i = 1; i < all.size(); ++i) {
        if (all[i] == best) continue;
        const float here = search.difference(all[i]);
        if (here < least) {
            least = here;
            best = all[i];
        }
    }
    return best;
}

}  // namespace

AlignPyramid::AlignPyramid(Plane finest) {
    levels_.push_back(std::move(finest));
    while (levels_.size() < kMostLevels &&
           std::min(levels_.back().width, levels_.back().height) / 2 >= kLeastSide) {
        levels_.push_back(halved(levels_.back()));
    }
}

PlaneShift ShiftField::at(float x, float y) const {
    constexpr float agree = 1.0F;  // Pixels of a plane.
    const auto place = [](float at, int tiles) {
        const float middle = at / static_cast<float>(kAlignTile) - 0.5F;
        return std::clamp(middle, 0.0F, static_cast<float>(tiles - 1));
    };
    const float column = place(x, columns);
    const float row = place(y, rows);
    const int left = std::min(static_cast<int>(column), std::max(0, columns - 2));
    const int top = std::min(static_cast<int>(row), std::max(0, rows - 2));
    const int right = std::min(left + 1, columns - 1);
    const int bottom = std::min(top + 1, rows - 1);
    const std::array<PlaneShift, 4> corners{tile(left, top), tile(right, top), tile(left, bottom),
                                            tile(right, bottom)};
    const float u = column - static_cast<float>(left);
    const float v = row - static_cast<float>(top);
    const PlaneShift& nearest = corners[(v > 0.5F ? 2U : 0U) + (u > 0.5F ? 1U : 0U)];
    for (const PlaneShift& corner : corners) {
        if (std::abs(corner.x - nearest.x) + std::abs(corner.y - nearest.y) > agree) {
            return nearest;
        }
    }
    const auto blend = [&](auto part) {
        const float upper = part(corners[0]) * (1 - u) + part(corners[1]) * u;
        const float lower = part(corners[2]) * (1 - u) + part(corners[3]) * u;
        return upper * (1 - v) + lower * v;
    };
    return {blend([](const PlaneShift& s) { return s.x; }),
            blend([](const PlaneShift& s) { return s.y; })};
}

ShiftField align(const AlignPyramid& reference, const AlignPyramid& other,
                 const BurstSlices& slices) {
    LevelField coarse;
    ShiftField result;
    for (std::size_t level = reference.levels(); level-- > 0;) {
        const Plane& from = reference.level(level);
        const Plane& to = other.level(level);
        LevelField field{
            .columns = tiles_in(from.width), .rows = tiles_in(from.height), .shifts = {}};
        const auto tiles =
            static_cast<std::size_t>(field.columns) * static_cast<std::size_t>(field.rows);
        field.shifts.resize(tiles);
        if (level == 0) {
            result = {.columns = field.columns, .rows = field.rows, .shifts = {}};
            result.shifts.resize(tiles);
        }
        const LevelField* const parent = coarse.shifts.empty() ? nullptr : &coarse;
        slices(field.rows, [&](int y) {
            for (int x = 0; x < field.columns; ++x) {
                const TileSearch search(from, to, x, y);
                const WholeShift start = start_of(search, parent, x, y);
                const int radius = parent == nullptr ? kCoarseRadius : kFineRadius;
                const WholeShift best = search.least(start, radius).first;
                const std::size_t at =
                    static_cast<std::size_t>(y) * static_cast<std::size_t>(field.columns) +
                    static_cast<std::size_t>(x);
                field.shifts[at] = best;
                if (level == 0) result.shifts[at] = search.between_pixels(best);
            }
        });
        coarse = std::move(field);
    }
    return result;
}

}  // namespace parallax::isp
