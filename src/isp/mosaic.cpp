#include "isp/mosaic.h"

#include <algorithm>
#include <span>

#include "isp/unpack.h"

namespace parallax::isp {
namespace {

std::size_t half_lanes(int width) { return static_cast<std::size_t>(width / 2 + 1 + kPad); }

// Row first, as the list of known defects is sorted.
bool before(const std::array<int, 2>& a, const std::array<int, 2>& b) {
    return a[1] != b[1] ? a[1] < b[1] : a[0] < b[0];
}

std::int16_t& sample(const HalfRows& row, int x) {
    return row.half[static_cast<std::size_t>(x & 1)][x >> 1];
}

}  // namespace

BalancedMosaic::BalancedMosaic(const ImageLayout& raw)
    : balanced_(raw.width),
      levelled_(raw.width),
      samples_(static_cast<std::size_t>(raw.width)),
      shading_(2 * half_lanes(raw.width)) {}

void BalancedMosaic::begin(const FramePlan& plan, const ImageView& raw, int first) {
    plan_ = &plan;
    raw_ = raw;
    next_ = std::max(0, first);
    // Repairing looks two rows back, at samples whose patches look two rows further.
    next_levelled_ = first_levelled_ = std::max(0, first - 4);
}

Window BalancedMosaic::window(int y) {
    return {row(y - 2), row(y - 1), row(y), row(y + 1), row(y + 2)};
}

void BalancedMosaic::advance(int y) {
    const int last = std::min(y, raw_.height() - 1);
    for (; next_ <= last; ++next_) {
        Balance balance{plan_->gains, {}, next_, balanced_.row(next_)};
        if (plan_->shading != nullptr) {
            const HalfRows gains{{shading_.data(), shading_.data() + shading_.size() / 2}};
            plan_->shading->blend(next_, gains);
            balance.shading.half = {gains.half[0], gains.half[1]};
        }
        if (plan_->repair) {
            repair(next_, balance.out);
            balance_row(balance.out, raw_.width(), balance);
        } else {
            with_samples(next_, [&](auto samples) {
                level_and_balance_row(samples, plan_->levels, balance);
            });
        }
        balanced_.mirror_edges(balance.out);
    }
}

// Calls take(a span of samples of 8 or 16 bits) for row y.
template <class Take>
void BalancedMosaic::with_samples(int y, const Take& take) {
    const auto width = static_cast<std::size_t>(raw_.width());
    const PixelTraits& t = traits(raw_.format());
    if (t.packed) {
        unpack_row(raw_, y, samples_);
        take(std::span<const std::uint16_t>(samples_));
    } else if (t.bits == 8) {
        take(std::span(raw_.samples<std::uint8_t>(y), width));
    } else {
        take(std::span(raw_.samples<std::uint16_t>(y), width));
    }
}

void BalancedMosaic::repair(int y, const HalfRows& out) {
    const int height = raw_.height();
    for (const int last = std::min(y + 2, height - 1); next_levelled_ <= last; ++next_levelled_) {
        const HalfRows levelled = levelled_.row(next_levelled_);
        with_samples(next_levelled_, [&](auto samples) {
            level_row(samples, plan_->levels, next_levelled_, levelled);
        });
        patch_known(next_levelled_);
        levelled_.mirror_edges(levelled);
    }
    Window window;
    for (int i = 0; i < 5; ++i) {
        window[static_cast<std::size_t>(i)] = levelled_.row(mirror(y + i - 2, height));
    }
    repair_row(window, raw_.width(), out);
}

void BalancedMosaic::patch_known(int y) {
    const auto& known = *plan_->defects;
    auto defect = std::lower_bound(known.begin(), known.end(), std::array{0, y}, before);
    for (; defect != known.end() && (*defect)[1] == y; ++defect) patch((*defect)[0], y);
}

// The mean of the sound samples two to the left, two to the right and two above. What is below is
// not there yet, and what was patched does not count: so the order of patches does not matter.
void BalancedMosaic::patch(int x, int y) {
    int sum = 0;
    int count = 0;
    for (const auto [dx, dy] : {std::array{-2, 0}, std::array{2, 0}, std::array{0, -2}}) {
        const std::array at{x + dx, y + dy};
        if (at[0] < 0 || at[0] >= raw_.width() || at[1] < first_levelled_) continue;
        if (std::binary_search(plan_->defects->begin(), plan_->defects->end(), at, before)) {
            continue;
        }
        sum += sample(levelled_.row(at[1]), at[0]);
        ++count;
    }
    if (count > 0) sample(levelled_.row(y), x) = static_cast<std::int16_t>(sum / count);
}

}  // namespace parallax::isp
