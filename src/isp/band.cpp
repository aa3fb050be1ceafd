#include "isp/band.h"

#include <algorithm>

namespace parallax::isp {

// Makes ready what rows y and y + 1 are made of; `end` is the row after the band's last.
void Band::prepare(const BandJob& job, int y, int end) {
    if (job.demosaic == Demosaic::superpixel) return mosaic_.advance(2 * y + 3);
    if (job.demosaic != Demosaic::rcd) return mosaic_.advance(y + 3);
    if (y < rcd_end_) return;
    if (!rcd_) rcd_.emplace(job.raw.layout);
    rcd_end_ = std::min(end, y + RcdBand::kRows);
    rcd_->develop({job.plan, job.raw, y, rcd_end_}, mosaic_);
}

void Band::demosaic(const BandJob& job, int y, const BlockRange& range) {
    if (job.demosaic == Demosaic::rcd) return rcd_->read(y, range, linear_);
    if (job.demosaic == Demosaic::superpixel) {
        const CellRows rows{mosaic_.row(2 * y), mosaic_.row(2 * y + 1), job.plan.order};
        demosaic_superpixel(rows, range, linear_);
        return;
    }
    const Window window = mosaic_.window(y);
    const MosaicRows rows{window, row_phase(job.plan.order, y), job.plan.gains.limit};
    job.demosaic == Demosaic::bilinear ? demosaic_bilinear(rows, range, linear_)
                                       : demosaic_mhc(rows, range, linear_);
}

void Band::develop(const BandJob& job, int begin, int end, BlockSink& sink) {
    if (job.sharpen <= 0) return develop_rows(job, begin, end, sink);
    const int cell = job.demosaic == Demosaic::superpixel ? 2 : 1;
    const SharpenSink::Options wanted{.width = job.raw.width() / cell,
                                      .height = job.raw.height() / cell,
                                      .amount = job.sharpen,
                                      .deep = !job.deep_tone.empty()};
    if (!sharpen_ || sharpen_->options() != wanted) sharpen_.emplace(wanted);
    sharpen_->start(begin, end, sink);
    develop_rows(job, std::max(0, begin - Sharpener::kReachPx),
                 std::min(wanted.height, end + Sharpener::kReachPx), *sharpen_);
}

void Band::develop_rows(const BandJob& job, int begin, int end, BlockSink& sink) {
    const bool cells = job.demosaic == Demosaic::superpixel;
    const int width = cells ? job.raw.width() / 2 : job.raw.width();
    const int half = (width + 1) / 2;
    mosaic_.begin(job.plan, job.raw, cells ? 2 * begin : begin - 2);
    rcd_end_ = begin;
    for (int y = begin; y < end; y += 2) {
        prepare(job, y, end);
        const int rows = std::min(2, end - y);
        for (int first = 0; first < half; first += kBlock) {
            const BlockRange range{first, std::min(kBlock, half - first)};
            const int count = std::min(2 * range.count, width - 2 * first);
            for (int i = 0; i < rows; ++i) {
                demosaic(job, y + i, range);
                if (job.deep_tone.empty()) {
                    finish_block(linear_, range.count, job.plan.finish,
                                 picture_[static_cast<std::size_t>(i)]);
                } else {
                    finish_block16(linear_, range.count, job.plan.finish, job.deep_tone, deep_);
                    sink.take(deep_, {2 * first, y + i, count});
                }
            }
            if (job.deep_tone.empty()) {
                sink.take({picture_[0], picture_[1]}, {2 * first, y, count});
            }
        }
    }
}

}  // namespace parallax::isp
