// Spaced: a picture whose rows lie apart by odd distances, with a mark in the gaps, for tests.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "compute/image/samples.h"
#include "support/picture.h"

namespace parallax {

class Spaced {
  public:
    Spaced(PixelFormat format, int width, int height)
        : layout_(unwrap(image_layout(format, width, height))) {
        const std::size_t unit = traits(format).bits > 8 ? 2 : 1;
        std::size_t at = 6;
        for (std::size_t p = 0; p < traits(format).planes; ++p) {
            used_[p] = row_bytes(p);
            layout_.offset_bytes[p] = at;
            layout_.stride_bytes[p] = used_[p] + unit * (5 + 2 * p);
            at += layout_.stride_bytes[p] * static_cast<std::size_t>(layout_.rows[p]) + 2;
        }
        layout_.size_bytes = at;
        bytes_.assign(at, kMark);
    }

    ImageView view() const { return unwrap(view_image(layout_, std::span(bytes_))); }
    MutableImageView edit() { return unwrap(view_image(layout_, std::span(bytes_))); }

    void take(const ImageView& from) {
        for (int p = 0; p < traits(layout_.format).planes; ++p)
            for (int y = 0; y < layout_.rows[static_cast<std::size_t>(p)]; ++y)
                std::memcpy(edit().row(y, p), from.row(y, p), used_[static_cast<std::size_t>(p)]);
    }

    bool gaps_untouched() const {
        std::vector<bool> used(bytes_.size());
        for (std::size_t p = 0; p < traits(layout_.format).planes; ++p)
            for (std::size_t y = 0; y < static_cast<std::size_t>(layout_.rows[p]); ++y)
                std::fill_n(used.begin() + static_cast<std::ptrdiff_t>(layout_.offset_bytes[p] +
                                                                       y * layout_.stride_bytes[p]),
                            used_[p], true);
        for (std::size_t i = 0; i < bytes_.size(); ++i)
            if (!used[i] && bytes_[i] != kMark) return false;
        return true;
    }

  private:
    static constexpr std::byte kMark{0xA5};

    // What the samples of one row of a plane take, without padding.
    std::size_t row_bytes(std::size_t plane) const {
        const compute::SampleMap map = compute::sample_map(layout_);
        std::size_t most = 0;
        for (std::size_t g = 0; g < static_cast<std::size_t>(map.grid_count); ++g) {
            const compute::SampleGrid& grid = map.grids[g];
            const bool alone = traits(layout_.format).planes > 1;
            if (alone && g != plane) continue;
            const int step = grid.step == grid.components ? grid.components : grid.step;
            most = std::max(most, static_cast<std::size_t>(grid.width * step * map.sample_bytes));
        }
        return most;
    }

    ImageLayout layout_;
    std::array<std::size_t, 3> used_{};
    std::vector<std::byte> bytes_;
};

}  // namespace parallax
