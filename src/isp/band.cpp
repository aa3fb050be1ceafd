#include "isp/band.h"

#include <algorithm>

#include "isp/fused.h"

namespace parallax::isp {
namespace {

constexpr std::size_t kCacheLine = 64;

// How many samples across and down become one pixel.
int cell_side_px(Demosaic demosaic) { return demosaic == Demosaic::superpixel ? 2 : 1; }

// Superpixels are not interpolated, so their colours are not false.
bool suppresses(const BandJob& job) {
    return job.suppression > 0 && job.demosaic != Demosaic::superpixel;
}

// Calls body for each block of a row of so many half columns.
template <class Body>
void over_blocks(int half, const Body& body) {
    for (int first = 0; first < half; first += kBlock) {
        body(BlockRange{first, std::min(kBlock, half - first)});
    }
}

// How many rows of the mosaic the next pair of picture rows will ask for: those just after `row`.
struct Ahead {
    int row = 0;
    int count = 2;
};

// Asks for the part of the coming rows that lies where the block does, so that reading them later
// does not wait for memory, while this block keeps the arithmetic busy.
void prefetch(const ImageView& raw, const Ahead& ahead, const BlockRange& range, int half) {
    const std::size_t stride = raw.stride_bytes();
    const auto part = [&](int column) {
        return stride * static_cast<std::size_t>(column) / static_cast<std::size_t>(half);
    };
    const int end = std::min(ahead.row + ahead.count, raw.height());
    for (int y = ahead.row; y < end; ++y) {
        for (std::size_t i = part(range.begin); i < part(range.begin + range.count);
             i += kCacheLine) {
            __builtin_prefetch(raw.row(y) + i);
        }
    }
}

}  // namespace

// Makes ready what rows y and y + 1 are made of; `end` is the row after the band's last.
void Band::prepare(const BandJob& job, int y, int end) {
    if (job.demosaic == Demosaic::rcd) {
        if (y < rcd_end_) return;
        if (!rcd_) rcd_.emplace(job.raw.layout);
        rcd_end_ = std::min(end, y + RcdBand::kRows);
        rcd_->develop({job.plan, job.raw, y, rcd_end_}, mosaic_, nullptr);
        return;
    }
    const bool cells = job.demosaic == Demosaic::superpixel;
    mosaic_.advance(cells ? 2 * y + 3 : y + 3);
    for (int i = 0; i < 2; ++i) {
        Window& window = windows_[static_cast<std::size_t>(i)];
        window = cells ? mosaic_.cell_rows(y + i) : mosaic_.window(y + i);
    }
}

void Band::demosaic(const BandJob& job, int y, const BlockRange& range) {
    if (job.demosaic == Demosaic::rcd) return rcd_->read(y, range, linear_);
    const Window& window = windows_[static_cast<std::size_t>(y & 1)];
    if (job.demosaic == Demosaic::superpixel) {
        demosaic_superpixel({window[0], window[1], job.plan.order}, range, linear_);
        return;
    }
    const MosaicRows rows{window, row_phase(job.plan.order, y), job.plan.gains.limit};
    job.demosaic == Demosaic::bilinear ? demosaic_bilinear(rows, range, linear_)
                                       : demosaic_mhc(rows, range, linear_);
}

Band::Block Band::block_of(const BlockRange& range, int width, int y, int end) {
    const int first = 2 * range.begin;
    return {range, {first, y, std::min(2 * range.count, width - first)}, std::min(2, end - y)};
}

// The linear pixels of a row, demosaiced now or kept by the median.
void Band::linearize(const BandJob& job, int y, const BlockRange& range) {
    if (!suppresses(job)) return demosaic(job, y, range);
    const auto limit = static_cast<std::int16_t>(4 * job.plan.gains.limit);
    const RowPhase phase = row_phase(job.plan.order, y);
    median_->read(y, range, {phase, limit, job.plan.noise[phase.red ? 0 : 1]}, linear_);
}

// From the mosaic, or what RCD made of it, to bytes.
void Band::finish(const BandJob& job, int y, const BlockRange& range) {
    const Finish& finish = job.plan.finish;
    PictureBlock& out = picture_[static_cast<std::size_t>(y & 1)];
    const Window& window = windows_[static_cast<std::size_t>(y & 1)];
    if (job.demosaic == Demosaic::rcd || suppresses(job) || !is_fused(finish)) {
        linearize(job, y, range);
        finish_block(linear_, range.count, finish, out);
    } else if (job.demosaic == Demosaic::superpixel) {
        develop_superpixel({window[0], window[1], job.plan.order}, range, finish, out);
    } else {
        const MosaicRows rows{window, row_phase(job.plan.order, y), job.plan.gains.limit};
        job.demosaic == Demosaic::bilinear ? develop_bilinear(rows, range, finish, out)
                                           : develop_mhc(rows, range, finish, out);
    }
}

void Band::develop_block(const BandJob& job, const Block& block, BlockSink& sink) {
    const bool deep = !job.deep_tone.empty();
    const auto& [range, pixels, rows] = block;
    for (int y = pixels.y; y < pixels.y + rows; ++y) {
        if (deep) {
            linearize(job, y, range);
            finish_block16(linear_, range.count, {job.plan.finish, job.deep_tone}, deep_);
            sink.take(deep_, {pixels.x, y, pixels.count});
        } else {
            finish(job, y, range);
        }
    }
    if (!deep) sink.take({picture_[0], picture_[1]}, pixels);
}

// From the mosaic to the sink by way of whatever the job asks for: each stage asks the one before
// it for the rows that it needs.
void Band::develop(const BandJob& job, int begin, int end, BlockSink& sink) {
    const bool deep = !job.deep_tone.empty();
    BlockSink* next = &sink;
    ScaleSink::Rows rows{begin, end};
    if (job.sharpen > 0) {
        const SharpenSink::Options wanted{job.size.width, job.size.height, job.sharpen, deep};
        if (!sharpen_ || sharpen_->options() != wanted) sharpen_.emplace(wanted);
        sharpen_->start(rows.y0, rows.y1, *next);
        next = &*sharpen_;
        rows = {std::max(0, begin - Sharpener::kReachPx),
                std::min(job.size.height, end + Sharpener::kReachPx)};
    }
    const int cell = cell_side_px(job.demosaic);
    const ScaleSink::Size natural{job.raw.width() / cell, job.raw.height() / cell};
    if (natural != job.size) {
        const ScaleSink::Options wanted{natural, job.size, deep};
        if (!scale_ || scale_->options() != wanted) scale_.emplace(wanted);
        scale_->start(rows, *next);
        next = &*scale_;
        rows = scale_->source_rows(rows);
    }
    suppresses(job) ? suppress_rows(job, rows.y0, rows.y1, *next)
                    : develop_rows(job, rows.y0, rows.y1, *next);
}

// What RCD gives, strip by strip, while it is in the cache.
class Band::RcdFinisher final : public LinearSink {
  public:
    RcdFinisher(const BandJob& job, int end, Band& band, BlockSink& sink)
        : job_(job), end_(end), band_(band), sink_(sink) {}

    void take(int y, const BlockRange& range, const LinearBlock& block) override {
        const Block two = block_of(range, job_.raw.width(), y & ~1, end_);
        const Finish& finish = job_.plan.finish;
        if (!job_.deep_tone.empty()) {
            finish_block16(block, range.count, {finish, job_.deep_tone}, band_.deep_);
            sink_.take(band_.deep_, {two.pixels.x, y, two.pixels.count});
            return;
        }
        auto& picture = band_.picture_;
        finish_block(block, range.count, finish, picture[static_cast<std::size_t>(y & 1)]);
        if (y + 1 == two.pixels.y + two.rows) sink_.take({picture[0], picture[1]}, two.pixels);
    }

  private:
    const BandJob& job_;
    int end_;
    Band& band_;
    BlockSink& sink_;
};

void Band::develop_strips(const BandJob& job, int begin, int end, BlockSink& sink) {
    if (!rcd_) rcd_.emplace(job.raw.layout);
    RcdFinisher finisher(job, end, *this, sink);
    for (int y = begin; y < end; y += RcdBand::kRows) {
        rcd_->develop({job.plan, job.raw, y, std::min(end, y + RcdBand::kRows)}, mosaic_,
                      &finisher);
    }
}

void Band::begin_rows(const BandJob& job, int begin) {
    mosaic_.begin(job.plan, job.raw, cell_side_px(job.demosaic) == 2 ? 2 * begin : begin - 2);
    rcd_end_ = begin;
}

void Band::develop_rows(const BandJob& job, int begin, int end, BlockSink& sink) {
    if (job.demosaic == Demosaic::rcd && sink.accept_strips()) {
        return develop_strips(job, begin, end, sink);
    }
    const int cell = cell_side_px(job.demosaic);
    const int width = job.raw.width() / cell;
    const int half = (width + 1) / 2;
    begin_rows(job, begin);
    for (int y = begin; y < end; y += 2) {
        prepare(job, y, end);
        const Ahead ahead{cell * (y + 2) + 2, 2 * cell};
        over_blocks(half, [&](const BlockRange& range) {
            if (job.demosaic != Demosaic::rcd) prefetch(job.raw, ahead, range, half);
            develop_block(job, block_of(range, width, y, end), sink);
        });
    }
}

// The same by way of the median, which wants some rows above and below.
void Band::suppress_rows(const BandJob& job, int begin, int end, BlockSink& sink) {
    const int width = job.raw.width();
    const int half = (width + 1) / 2;
    const ChromaMedian::Options wanted{width, job.raw.height(), job.suppression};
    if (!median_ || median_->options() != wanted) median_.emplace(wanted);
    const int first = std::max(0, begin - job.suppression) & ~1;
    const int last = std::min(job.raw.height(), end + job.suppression);
    begin_rows(job, first);
    median_->start(first);
    int next = begin;
    for (int y = first; y < last; ++y) {
        if (y % 2 == 0) prepare(job, y, last);
        over_blocks(half, [&](const BlockRange& range) {
            demosaic(job, y, range);
            median_->put(y, range, linear_);
        });
        median_->close_row(y);
        for (; next < end && std::min(next + 2, end) <= median_->ready_end(); next += 2) {
            over_blocks(half, [&](const BlockRange& range) {
                develop_block(job, block_of(range, width, next, end), sink);
            });
        }
    }
}

}  // namespace parallax::isp
