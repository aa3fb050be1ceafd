#include "isp/scale_sink.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/scale_sink.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// sum += weight × row. Not fused: every instruction set must round alike.
void add_weighted(std::span<const float> row, float weight, float* sum) {
    const hn::CappedTag<float, 16> d;
    const auto w = hn::Set(d, weight);
    for (std::size_t i = 0; i < row.size(); i += hn::Lanes(d)) {
        const auto product = hn::Mul(w, hn::LoadU(d, row.data() + i));
        hn::StoreU(hn::Add(hn::LoadU(d, sum + i), product), d, sum + i);
    }
}

template <class Sample>
void widen(std::span<const Sample> samples, float* out) {
    const hn::CappedTag<float, 16> d;
    const hn::Rebind<Sample, decltype(d)> narrow;
    const hn::RebindToSigned<decltype(d)> whole;
    for (std::size_t i = 0; i < samples.size(); i += hn::Lanes(d)) {
        const auto loaded = hn::LoadU(narrow, samples.data() + i);
        hn::StoreU(hn::ConvertTo(d, hn::PromoteTo(whole, loaded)), d, out + i);
    }
}

void widen8(std::span<const std::uint8_t> samples, float* out) { widen(samples, out); }
void widen16(std::span<const std::uint16_t> samples, float* out) { widen(samples, out); }

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {

HWY_EXPORT(add_weighted);
HWY_EXPORT(widen8);
HWY_EXPORT(widen16);

constexpr int kBlockPx = 2 * kBlock;

// Rows are kept this much longer than they are, so that kernels may overrun them.
constexpr std::size_t kOverrun = 16;

template <class Sample>
void resize(std::array<std::vector<Sample>, 3>& row, int width) {
    for (auto& plane : row) {
        plane.resize(width == 0 ? 0 : static_cast<std::size_t>(width) + kOverrun);
    }
}

void widen_row(std::span<const std::uint8_t> from, float* to) {
    HWY_DYNAMIC_DISPATCH(widen8)(from, to);
}
void widen_row(std::span<const std::uint16_t> from, float* to) {
    HWY_DYNAMIC_DISPATCH(widen16)(from, to);
}

}  // namespace

ScaleSink::Axis ScaleSink::make_axis(int from, int to) {
    Axis axis;
    const double step = static_cast<double>(from) / to;
    for (int i = 0; i < to; ++i) {
        Tap tap{.weight = axis.weights.size()};
        if (to < from) {
            const double begin = i * step;
            const double end = (i + 1) * step;
            tap.first = static_cast<int>(begin);
            tap.last = std::min(static_cast<int>(std::ceil(end)), from) - 1;
            for (int k = tap.first; k <= tap.last; ++k) {
                const double covered = std::min(k + 1.0, end) - std::max<double>(k, begin);
                axis.weights.push_back(static_cast<float>(std::max(covered, 0.0) / step));
            }
        } else {
            const double centre = std::clamp((i + 0.5) * step - 0.5, 0.0, from - 1.0);
            tap.first = static_cast<int>(centre);
            tap.last = std::min(tap.first + 1, from - 1);
            const auto share = static_cast<float>(centre - tap.first);
            axis.weights.push_back(1 - share);
            if (tap.last > tap.first) axis.weights.push_back(share);
        }
        axis.taps.push_back(tap);
    }
    return axis;
}

ScaleSink::ScaleSink(const Options& options)
    : options_(options),
      across_(make_axis(options.from.width, options.to.width)),
      down_(make_axis(options.from.height, options.to.height)) {
    for (auto* row : {&before_, &here_, &sum_}) resize(*row, options.from.width);
    for (auto& row : bytes_) resize(row, options.deep ? 0 : options.from.width);
    for (auto& row : small_) resize(row, options.deep ? 0 : options.to.width);
    resize(words_, options.deep ? options.from.width : 0);
    resize(small_words_, options.deep ? options.to.width : 0);
}

ScaleSink::Rows ScaleSink::source_rows(const Rows& result) const {
    const Tap& first = down_.taps[static_cast<std::size_t>(result.y0)];
    const Tap& last = down_.taps[static_cast<std::size_t>(result.y1 - 1)];
    return {first.first & ~1, last.last + 1};
}

void ScaleSink::start(const Rows& result, BlockSink& next) {
    result_ = result;
    next_row_ = result.y0;
    next_ = &next;
    for (auto& plane : sum_) std::ranges::fill(plane, 0.0F);
}

void ScaleSink::take(const BlockPair& blocks, const PixelRange& range) {
    for (std::size_t c = 0; c < 3; ++c) {
        std::copy_n(blocks.upper.plane(c), range.count, bytes_[0][c].data() + range.x);
        std::copy_n(blocks.lower.plane(c), range.count, bytes_[1][c].data() + range.x);
    }
    if (!is_last_of_row(range)) return;
    push(range.y, bytes_[0]);
    if (range.y + 1 < options_.from.height) push(range.y + 1, bytes_[1]);
}

void ScaleSink::take(const DeepBlock& block, const PixelRange& range) {
    for (std::size_t c = 0; c < 3; ++c) {
        std::copy_n(block.plane[c].data(), range.count, words_[c].data() + range.x);
    }
    if (is_last_of_row(range)) push(range.y, words_);
}

// Row y is complete: makes all rows of the result for which it is the last one they need.
template <class Sample>
void ScaleSink::push(int y, const Row<Sample>& row) {
    std::swap(before_, here_);
    for (std::size_t c = 0; c < 3; ++c) {
        const auto width = static_cast<std::size_t>(options_.from.width);
        widen_row(std::span<const Sample>(row[c]).first(width), here_[c].data());
    }
    const bool shrinks = options_.to.height < options_.from.height;
    while (next_row_ < result_.y1) {
        const Tap& tap = down_.taps[static_cast<std::size_t>(next_row_)];
        if (tap.first > y || (!shrinks && tap.last > y)) return;
        // What grows looks at two rows at once; what shrinks gathers them as they come.
        if (!shrinks && tap.first < y) add(tap.first, tap, before_);
        if (tap.last >= y) add(y, tap, here_);
        if (tap.last > y) return;
        finish_row();
    }
}

void ScaleSink::add(int y, const Tap& tap, const Row<float>& row) {
    const auto index = tap.weight + static_cast<std::size_t>(y - tap.first);
    for (std::size_t c = 0; c < 3; ++c) {
        const auto width = static_cast<std::size_t>(options_.from.width);
        HWY_DYNAMIC_DISPATCH(add_weighted)
        (std::span(row[c]).first(width), down_.weights[index], sum_[c].data());
    }
}

// The sum of rows becomes a row of the result.
void ScaleSink::finish_row() {
    const auto odd = static_cast<std::size_t>(next_row_ & 1);
    for (std::size_t c = 0; c < 3; ++c) {
        const float* const row = sum_[c].data();
        for (std::size_t x = 0; x < across_.taps.size(); ++x) {
            const Tap& tap = across_.taps[x];
            float value = 0.5F;
            for (int k = tap.first; k <= tap.last; ++k) {
                value +=
                    across_.weights[tap.weight + static_cast<std::size_t>(k - tap.first)] * row[k];
            }
            if (options_.deep) {
                small_words_[c][x] = static_cast<std::uint16_t>(std::min(value, 65535.0F));
            } else {
                small_[odd][c][x] = static_cast<std::uint8_t>(std::min(value, 255.0F));
            }
        }
        std::ranges::fill(sum_[c], 0.0F);
    }
    const bool pair_done = odd == 1 || next_row_ + 1 == options_.to.height;
    if (options_.deep || pair_done) emit(next_row_ & (options_.deep ? ~0 : ~1));
    ++next_row_;
}

// The finished row or pair of rows that begins with y, as blocks.
void ScaleSink::emit(int y) {
    for (int x = 0; x < options_.to.width; x += kBlockPx) {
        const PixelRange range{x, y, std::min(kBlockPx, options_.to.width - x)};
        for (std::size_t c = 0; c < 3; ++c) {
            if (options_.deep) {
                std::copy_n(small_words_[c].data() + x, range.count, deep_.plane[c].data());
                continue;
            }
            for (std::size_t i = 0; i < 2; ++i) {
                std::copy_n(small_[i][c].data() + x, range.count, pair_[i].edit(c));
            }
        }
        if (options_.deep) {
            next_->take(deep_, range);
        } else {
            next_->take({pair_[0], pair_[1]}, range);
        }
    }
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
