#include "isp/burst/refine.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "isp/burst/resample.h"

namespace parallax::isp {
namespace {

constexpr int kWindow = tile::kWindow;
static_assert(kAlignTile == tile::kSide);
constexpr int kSteps = 4;
constexpr float kSettled = 1.0F / 256;  // Pixels of a plane that a step may still make.
constexpr float kOwnWay = 0.6F;  // Of the neighbourhood's difference: noise alone does not do that.
constexpr float kFarthest = 1.0F;  // From where a tile began.

float median(std::vector<float>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

PlaneShift neighbourhood(const ShiftField& field, int x, int y) {
    constexpr int radius = 2;
    std::vector<float> across;
    std::vector<float> down;
    for (int ny = std::max(0, y - radius); ny <= std::min(field.rows - 1, y + radius); ++ny) {
        for (int nx = std::max(0, x - radius); nx <= std::min(field.columns - 1, x + radius);
             ++nx) {
            across.push_back(field.tile(nx, ny).x);
            down.push_back(field.tile(nx, ny).y);
        }
    }
    return {median(across), median(down)};
}

// One tile's window in the reference, and how it changes there.
class Registration {
  public:
    Registration(const Plane& reference, const Plane& other, int tile_x, int tile_y)
        : other_(other),
          at_{tile_x * kAlignTile - kAlignTile / 2, tile_y * kAlignTile - kAlignTile / 2} {
        TileOf<kWindow + 2> around;
        fetch<kWindow + 2>(reference, {at_.left - 1, at_.top - 1}, around);
        for (std::size_t y = 0; y < kWindow; ++y) {
            for (std::size_t x = 0; x < kWindow; ++x) {
                w_.here[y][x] = around[y + 1][x + 1];
                w_.across[y][x] = (around[y + 1][x + 2] - around[y + 1][x]) / 2;
                w_.down[y][x] = (around[y + 2][x + 1] - around[y][x + 1]) / 2;
            }
        }
    }

    // Over the tile itself: what moves by itself may be no larger.
    float difference(const PlaneShift& shift) {
        constexpr std::size_t margin = kAlignTile / 2;
        resample(other_, at_, shift, w_.there);
        return tile::difference({w_.there[margin].data() + margin, kWindow},
                                {w_.here[margin].data() + margin, kWindow});
    }

    // One step of Gauss and Newton, held back towards `start`.
    PlaneShift step(const PlaneShift& at, const PlaneShift& start, float noise) {
        resample(other_, at_, at, w_.there);
        auto [xx, xy, yy, x_error, y_error] = tile::normal_equations(w_);
        // Gradients are half the difference of two samples: noise alone gives half its variance.
        const float hold = noise * kWindow * kWindow;
        xx += hold;
        yy += hold;
        x_error += hold * (start.x - at.x);
        y_error += hold * (start.y - at.y);
        const float determinant = xx * yy - xy * xy;
        if (determinant <= 0) return at;
        return {at.x + (yy * x_error - xy * y_error) / determinant,
                at.y + (xx * y_error - xy * x_error) / determinant};
    }

  private:
    const Plane& other_;
    TilePlace at_;
    tile::Windows w_;
};

PlaneShift refined(Registration& tile, const PlaneShift& own, const PlaneShift& around,
                   float noise) {
    PlaneShift start = around;
    const float apart = std::abs(own.x - around.x) + std::abs(own.y - around.y);
    if (apart > kFarthest && tile.difference(own) < kOwnWay * tile.difference(around)) start = own;
    PlaneShift at = start;
    for (int i = 0; i < kSteps; ++i) {
        const PlaneShift before = at;
        at = tile.step(at, start, noise);
        // NaN and Inf, of samples that are none, go back as well.
        if (!(std::abs(at.x - start.x) + std::abs(at.y - start.y) <= kFarthest)) return start;
        if (std::abs(at.x - before.x) + std::abs(at.y - before.y) < kSettled) break;
    }
    return at;
}

}  // namespace

ShiftField refine(const ShiftField& field, const PlanePair& pair, const BurstSlices& slices) {
    ShiftField result{.columns = field.columns, .rows = field.rows, .shifts = field.shifts};
    const auto refine_row = [&](int y) {
        for (int x = 0; x < field.columns; ++x) {
            Registration tile(pair.reference, pair.other, x, y);
            const auto at = static_cast<std::size_t>(y) * static_cast<std::size_t>(field.columns) +
                            static_cast<std::size_t>(x);
            result.shifts[at] =
                refined(tile, field.shifts[at], neighbourhood(field, x, y), pair.noise);
        }
    };
    slices(field.rows, refine_row);
    return result;
}

}  // namespace parallax::isp
