#include "isp/rcd_band.h"

#include <algorithm>

#include "base/check.h"
#include "isp/rcd_kernels.h"

namespace parallax::isp {
namespace {

constexpr std::size_t kPlanes = 3;

// The developer has checked the size before.
Rcd make_rcd(const ImageLayout& raw) {
    Result<Rcd> made =
        Rcd::create({.width = raw.width, .height = raw.height, .order = traits(raw.format).order});
    PX_CHECK(made.has_value());
    return *std::move(made);
}

}  // namespace

// Balanced rows as floats.
class RcdBand::Source final : public MosaicSource {
  public:
    explicit Source(const RcdBand& band) : band_(band) {}
    void fetch(int y, int x, const SplitRow& out) override {
        const int count = static_cast<int>(out.even.size());
        const std::int16_t* even = band_.mosaic_.data() + band_.mosaic_at(y, 0) + x / 2;
        const std::int16_t* odd = band_.mosaic_.data() + band_.mosaic_at(y, 1) + x / 2;
        rcd::to_float({.in = even, .out = out.even.data(), .full = kOne}, count);
        rcd::to_float({.in = odd, .out = out.odd.data(), .full = kOne}, count);
    }

  private:
    const RcdBand& band_;
};

// From floats to lanes.
class RcdBand::Sink final : public RgbSink {
  public:
    Sink(LinearSink& next, std::int16_t limit) : next_(next), limit_(limit) {}
    void emit(int y, int x, const RgbRow& row) override {
        const auto count = static_cast<int>(row[0].even.size());
        for (std::size_t plane = 0; plane < 3; ++plane) {
            store(row[plane].even, block_.plane[plane][0].data());
            store(row[plane].odd, block_.plane[plane][1].data());
        }
        next_.take(y, {x / 2, count}, block_);
    }

  private:
    void store(std::span<const float> from, std::int16_t* to) const {
        rcd::to_lanes({.in = from.data(),
                       .out = to,
                       .full = kLinearOne,
                       .limit = static_cast<float>(4 * limit_)},
                      static_cast<int>(from.size()));
    }

    static_assert(Rcd::kStripPx / 2 <= kBlock);
    LinearSink& next_;
    std::int16_t limit_;
    LinearBlock block_;
};

class RcdBand::Keeper final : public LinearSink {
  public:
    explicit Keeper(RcdBand& band) : band_(band) {}
    void take(int y, const BlockRange& range, const LinearBlock& block) override {
        for (std::size_t plane = 0; plane < kPlanes; ++plane)
            for (std::size_t half = 0; half < 2; ++half)
                std::copy_n(
                    block.plane[plane][half].data(), range.count,
                    band_.linear_.data() + range.begin +
                        band_.linear_at(static_cast<int>(plane), y, static_cast<int>(half)));
    }

  private:
    RcdBand& band_;
};

RcdBand::RcdBand(const ImageLayout& raw)
    : width_(raw.width),
      half_stride_((static_cast<std::size_t>(raw.width) / 2 + 1 + kPad + 31) / 32 * 32),
      rcd_(make_rcd(raw)) {
    const auto rows = static_cast<std::size_t>(std::min(kRows, raw.height));
    const auto reach = 2 * static_cast<std::size_t>(Rcd::kReachPx);
    mosaic_.resize((rows + reach) * 2 * half_stride_);
}

std::size_t RcdBand::mosaic_at(int y, int half) const {
    return static_cast<std::size_t>(2 * (y - mosaic_begin_) + half) * half_stride_;
}

std::size_t RcdBand::linear_at(int plane, int y, int half) const {
    return static_cast<std::size_t>(2 * (3 * (y - begin_) + plane) + half) * half_stride_;
}

// Balances the rows that RCD will look at.
void RcdBand::balance(const Rows& rows, BalancedMosaic& mosaic) {
    mosaic_begin_ = std::max(0, rows.begin - Rcd::kReachPx);
    // Reflection at an edge asks for rows within reach of it, so no others are needed.
    const int end = std::min(rows.raw.height(), rows.end + Rcd::kReachPx);
    const int half = (width_ + 1) / 2;
    mosaic.begin(rows.plan, rows.raw, mosaic_begin_);
    for (int y = mosaic_begin_; y < end; ++y) {
        mosaic.advance(y);
        const HalfRows row = mosaic.row(y);
        for (int i = 0; i < 2; ++i)
            std::copy_n(row.half[static_cast<std::size_t>(i)], half,
                        mosaic_.data() + mosaic_at(y, i));
    }
}

void RcdBand::develop(const Rows& rows, BalancedMosaic& mosaic, LinearSink* sink) {
    PX_CHECK(rows.begin < rows.end && rows.end - rows.begin <= kRows);
    begin_ = rows.begin;
    balance(rows, mosaic);
    Source source(*this);
    Keeper keeper(*this);
    if (sink == nullptr) {
        linear_.resize(static_cast<std::size_t>(std::min(kRows, rows.raw.height())) * kPlanes * 2 *
                       half_stride_);
        sink = &keeper;
    }
    Sink lanes(*sink, rows.plan.gains.limit);
    rcd_.process({0, rows.begin, width_, rows.end}, source, lanes);
}

void RcdBand::read(int y, const BlockRange& range, LinearBlock& out) const {
    for (int plane = 0; plane < 3; ++plane)
        for (int half = 0; half < 2; ++half)
            std::copy_n(
                linear_.data() + linear_at(plane, y, half) + range.begin, range.count,
                out.plane[static_cast<std::size_t>(plane)][static_cast<std::size_t>(half)].data());
}

}  // namespace parallax::isp
