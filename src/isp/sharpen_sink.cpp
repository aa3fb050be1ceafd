#include "isp/sharpen_sink.h"

#include <algorithm>

#include "base/check.h"

namespace parallax::isp {
namespace {

constexpr int kBlockPx = 2 * kBlock;

Sharpener make_sharpener(const SharpenSink::Options& options) {
    Result<Sharpener> made = Sharpener::create({.width = options.width,
                                                .height = options.height,
                                                .segment_px = options.width,
                                                .sample_bits = options.deep ? 16 : 8,
                                                .amount = options.amount});
    PX_CHECK(made.has_value());
    return *std::move(made);
}

template <class Sample>
void resize(std::array<std::vector<Sample>, 3>& planes, int width) {
    for (auto& plane : planes) plane.resize(static_cast<std::size_t>(width));
}

template <class Sample>
PlanarRow<const Sample> whole(const std::array<std::vector<Sample>, 3>& planes) {
    return {planes[0], planes[1], planes[2]};
}

std::span<std::uint8_t> bytes(PictureBlock& block, std::size_t channel, int count) {
    return {block.edit(channel), static_cast<std::size_t>(count)};
}

}  // namespace

SharpenSink::SharpenSink(const Options& options)
    : options_(options), sharpener_(make_sharpener(options)) {
    resize(words_, options.deep ? options.width : 0);
    for (auto& row : bytes_) resize(row, options.deep ? 0 : options.width);
}

void SharpenSink::start(int begin, int end, BlockSink& next) {
    begin_ = begin;
    end_ = end;
    next_ = &next;
    sharpener_.start({.x0 = 0, .x1 = options_.width});
}

void SharpenSink::take(const BlockPair& blocks, const PixelRange& range) {
    for (std::size_t c = 0; c < 3; ++c) {
        std::copy_n(blocks.upper.plane(c), range.count, bytes_[0][c].data() + range.x);
        std::copy_n(blocks.lower.plane(c), range.count, bytes_[1][c].data() + range.x);
    }
    if (!is_last_of_row(range)) return;
    sharpener_.push(range.y, whole(bytes_[0]));
    if (range.y + 1 < options_.height) sharpener_.push(range.y + 1, whole(bytes_[1]));
    emit_pair(range.y - 2);
    if (range.y + 2 >= options_.height) emit_pair(range.y);
}

void SharpenSink::take(const DeepBlock& block, const PixelRange& range) {
    for (std::size_t c = 0; c < 3; ++c)
        std::copy_n(block.plane[c].data(), range.count, words_[c].data() + range.x);
    if (!is_last_of_row(range)) return;
    sharpener_.push(range.y, whole(words_));
    emit_row(range.y - 2);
    if (range.y + 1 < options_.height) return;
    emit_row(range.y - 1);
    emit_row(range.y);
}

void SharpenSink::emit_pair(int y) {
    if (y < begin_ || y >= end_) return;
    const int rows = std::min(2, options_.height - y);
    for (int x = 0; x < options_.width; x += kBlockPx) {
        const int count = std::min(kBlockPx, options_.width - x);
        for (int i = 0; i < rows; ++i) {
            PictureBlock& block = pair_[static_cast<std::size_t>(i)];
            sharpener_.pull(
                y + i, x, {bytes(block, 0, count), bytes(block, 1, count), bytes(block, 2, count)});
        }
        next_->take({pair_[0], pair_[1]}, {x, y, count});
    }
}

void SharpenSink::emit_row(int y) {
    if (y < begin_ || y >= end_) return;
    for (int x = 0; x < options_.width; x += kBlockPx) {
        const int count = std::min(kBlockPx, options_.width - x);
        PlanarRow<std::uint16_t> out;
        for (std::size_t c = 0; c < 3; ++c)
            out[c] = std::span(deep_.plane[c]).first(static_cast<std::size_t>(count));
        sharpener_.pull(y, x, out);
        next_->take(deep_, {x, y, count});
    }
}

}  // namespace parallax::isp
