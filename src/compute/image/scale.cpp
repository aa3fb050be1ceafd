#include "compute/image/scale.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "base/check.h"
#include "compute/image/check_views.h"
#include "compute/image/samples.h"
#include "compute/image/scale_axis.h"
#include "compute/image/scale_kernels.h"

namespace parallax::compute {
namespace {

// Samples of a grid in somebody's memory.
template <class Sample>
struct GridView {
    Sample* first;
    std::size_t stride_bytes;
    std::ptrdiff_t step = 1;  // From one pixel to the next.
    Sample* row(int y) const {
        using Byte = std::conditional_t<std::is_const_v<Sample>, const std::byte, std::byte>;
        using Void = std::conditional_t<std::is_const_v<Sample>, const void, void>;
        auto* const bytes = static_cast<Byte*>(static_cast<Void*>(first));
        return static_cast<Sample*>(
            static_cast<Void*>(bytes + static_cast<std::size_t>(y) * stride_bytes));
    }
};

template <class Sample, class Byte>
auto view_grid(const BasicImageView<Byte>& image, const SampleGrid& grid) {
    auto* const first = grid_row<Sample>(image, grid, 0);
    return GridView<std::remove_pointer_t<decltype(first)>>{first, grid.stride_bytes, grid.step};
}

// One grid, by the axes of its size; what serves all depths.
class FloatGrid {
  public:
    FloatGrid(const SampleMap& map, const SampleGrid& src, const ScaleAxis& across,
              const ScaleAxis& down)
        : shift_(map.sample_shift),
          top_(static_cast<float>((1 << map.sample_bits) - 1)),
          across_(across),
          down_(down),
          weights_(across.weights.begin(), across.weights.end()),
          components_(src.components),
          column_(static_cast<std::size_t>(src.width * src.components)) {}

    template <class Sample>
    void scale(const GridView<const Sample>& src, const GridView<Sample>& dst) {
        for (int y = 0; y < static_cast<int>(down_.taps.size()); ++y) {
            sum_rows(src, down_.taps[static_cast<std::size_t>(y)]);
            for (int c = 0; c < components_; ++c) sum_columns(c, dst.row(y) + c, dst.step);
        }
    }

  private:
    template <class Sample>
    void sum_rows(const GridView<const Sample>& src, const Tap& tap) {
        std::ranges::fill(column_, 0.0F);
        const auto weights = down_.of(tap);
        const auto n = static_cast<std::size_t>(components_);
        for (int k = 0; k < tap.count; ++k) {
            const auto weight = static_cast<float>(weights[static_cast<std::size_t>(k)]);
            const Sample* in = src.row(tap.first + k);
            if (src.step == components_) {
                for (std::size_t i = 0; i < column_.size(); ++i)
                    column_[i] += weight * static_cast<float>(in[i] >> shift_);
                continue;
            }
            for (std::size_t i = 0; i < column_.size(); i += n, in += src.step)
                for (std::size_t c = 0; c < n; ++c)
                    column_[i + c] += weight * static_cast<float>(in[c] >> shift_);
        }
    }
    template <class Sample>
    void sum_columns(int component, Sample* out, std::ptrdiff_t step) const {
        const std::ptrdiff_t n = components_;
        for (const Tap& tap : across_.taps) {
            const float* p = column_.data() + tap.first * n + component;
            const float* const w = weights_.data() + tap.weights;
            float sum = 0.5F;
            for (int k = 0; k < tap.count; ++k) sum += w[k] * p[k * n];
            const auto code = static_cast<int>(std::clamp(sum, 0.0F, top_));
            *out = static_cast<Sample>(code << shift_);
            out += step;
        }
    }

    int shift_;
    float top_;
    ScaleAxis across_;
    ScaleAxis down_;
    std::vector<float> weights_;  // Of `across_`.
    int components_;
    std::vector<float> column_;
};

// The same for 8 bits and few taps, in fixed point. Components lie together.
class FixedGrid {
  public:
    FixedGrid(const SampleGrid& src, const ScaleAxis& across, const ScaleAxis& down)
        : across_(fix_axis(across, across.most_taps <= 2 ? 14 : 15)),
          down_(fix_axis(down, down.most_taps <= 2 ? 14 : 20)),
          components_(src.components),
          width_(src.width),
          lane_stride_(static_cast<std::size_t>(src.width + kScaleSlack)),
          byte_stride_(static_cast<std::size_t>(across_.width + kScaleSlack)) {
        const auto n = static_cast<std::size_t>(components_);
        lanes_.resize(static_cast<std::size_t>(src.width) * n + n * kScaleSlack);
        split_.resize(n > 1 ? lane_stride_ * n : 0);
        bytes_.resize(byte_stride_ * n);
    }

    void scale(const GridView<const std::uint8_t>& src, const GridView<std::uint8_t>& dst) {
        std::array<const std::uint8_t*, kMostFixedTaps> rows{};
        for (int y = 0; y < static_cast<int>(down_.taps.size()); ++y) {
            const Tap& tap = down_.taps[static_cast<std::size_t>(y)];
            for (int k = 0; k < tap.count; ++k)
                rows[static_cast<std::size_t>(k)] = src.row(tap.first + k);
            sum_rows({.rows = std::span(rows).first(static_cast<std::size_t>(tap.count)),
                      .weights = std::span(down_.weights)
                                     .subspan(tap.weights, static_cast<std::size_t>(tap.count)),
                      .shift = down_.shift,
                      .out = lanes_.data()},
                     width_ * components_);
            finish_row(dst.row(y));
        }
    }

  private:
    void finish_row(std::uint8_t* out) {
        if (components_ == 1) {
            sum_columns(across_, lanes_.data(), bytes_.data());
            std::memcpy(out, bytes_.data(), static_cast<std::size_t>(across_.width));
            return;
        }
        split_lanes(lanes_.data(), {components_, lane_stride_, split_.data()}, width_);
        for (std::size_t c = 0; c < static_cast<std::size_t>(components_); ++c)
            sum_columns(across_, split_.data() + c * lane_stride_,
                        bytes_.data() + c * byte_stride_);
        join_bytes({components_, byte_stride_, bytes_.data()}, out, across_.width);
    }

    RowPlan across_;
    FixedAxis down_;
    int components_;
    int width_;
    std::size_t lane_stride_;
    std::size_t byte_stride_;
    std::vector<std::int16_t> lanes_;
    std::vector<std::int16_t> split_;
    std::vector<std::uint8_t> bytes_;
};

// Samples that lie apart, as in packed 4:2:2, brought together and back.
struct Gathered {
    std::vector<std::uint8_t> src, dst;
};

template <class Sample>
void pick(const ImageView& src, const MutableImageView& dst, const SampleGrid& in,
          const SampleGrid& out) {
    const ScaleAxis across = make_axis(in.width, out.width, ScaleMethod::nearest);
    const ScaleAxis down = make_axis(in.height, out.height, ScaleMethod::nearest);
    for (int y = 0; y < out.height; ++y) {
        const auto* row = grid_row<Sample>(src, in, down.taps[static_cast<std::size_t>(y)].first);
        auto* to = grid_row<Sample>(dst, out, y);
        for (const Tap& tap : across.taps) {
            const auto* p = row + std::ptrdiff_t{tap.first} * in.step;
            for (int c = 0; c < in.components; ++c) to[c] = p[c];
            to += out.step;
        }
    }
}

}  // namespace

struct Scaler::Parts {
    ImageLayout src, dst;
    ScaleMethod method{};
    std::array<std::optional<FixedGrid>, 3> fixed;
    std::array<std::optional<FloatGrid>, 3> floats;
    Gathered gathered;

    void prepare() {
        const SampleMap in = sample_map(src);
        const SampleMap out = sample_map(dst);
        for (std::size_t g = 0; g < static_cast<std::size_t>(in.grid_count); ++g) {
            const ScaleAxis across = make_axis(in.grids[g].width, out.grids[g].width, method);
            const ScaleAxis down = make_axis(in.grids[g].height, out.grids[g].height, method);
            const int most = std::max(across.most_taps, down.most_taps);
            if (in.sample_bytes == 1 && most <= kMostFixedTaps)
                fixed[g].emplace(in.grids[g], across, down);
            else
                floats[g].emplace(in, in.grids[g], across, down);
        }
    }

    void run_fixed(std::size_t g, const GridView<const std::uint8_t>& in,
                   const GridView<std::uint8_t>& out) {
        const SampleMap map = sample_map(src);
        if (in.step == map.grids[g].components) return fixed[g]->scale(in, out);
        const auto in_width = static_cast<std::size_t>(map.grids[g].width);
        const auto out_width = static_cast<std::size_t>(sample_map(dst).grids[g].width);
        const int in_rows = map.grids[g].height;
        const int out_rows = sample_map(dst).grids[g].height;
        gathered.src.resize(in_width * static_cast<std::size_t>(in_rows));
        gathered.dst.resize(out_width * static_cast<std::size_t>(out_rows));
        std::uint8_t* q = gathered.src.data();
        for (int y = 0; y < in_rows; ++y) {
            const std::uint8_t* p = in.row(y);
            for (std::size_t x = 0; x < in_width; ++x, p += in.step) *q++ = *p;
        }
        fixed[g]->scale({gathered.src.data(), in_width}, {gathered.dst.data(), out_width});
        const std::uint8_t* p = gathered.dst.data();
        for (int y = 0; y < out_rows; ++y) {
            std::uint8_t* row = out.row(y);
            for (std::size_t x = 0; x < out_width; ++x, row += out.step) *row = *p++;
        }
    }

    template <class Sample>
    void run_grid(std::size_t g, const ImageView& from, const MutableImageView& to) {
        const SampleMap in = sample_map(from.layout);
        const SampleMap out = sample_map(to.layout);
        const SampleGrid& a = in.grids[g];
        const SampleGrid& b = out.grids[g];
        if (method == ScaleMethod::nearest) return pick<Sample>(from, to, a, b);
        const auto source = view_grid<Sample>(from, a);
        const auto target = view_grid<Sample>(to, b);
        if constexpr (sizeof(Sample) == 1) {
            if (fixed[g]) return run_fixed(g, source, target);
        }
        floats[g]->template scale<Sample>(source, target);
    }
};

Scaler::Scaler(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Scaler::Scaler(Scaler&&) noexcept = default;
Scaler& Scaler::operator=(Scaler&&) noexcept = default;
Scaler::~Scaler() = default;

Result<Scaler> Scaler::create(const ImageLayout& src, const ImageLayout& dst, ScaleMethod method) {
    PX_TRY(refuse_bayer(src));
    PX_TRY(require_same_format(src, dst));
    auto parts = std::make_unique<Parts>();
    parts->src = src;
    parts->dst = dst;
    parts->method = method;
    if (method != ScaleMethod::nearest) parts->prepare();
    return Scaler(std::move(parts));
}

Result<> Scaler::run(const ImageView& src, const MutableImageView& dst) {
    PX_TRY(require_same_format(src.layout, parts_->src));
    PX_TRY(require_same_format(dst.layout, parts_->dst));
    PX_TRY(require_same_size(src.layout, parts_->src));
    PX_TRY(require_same_size(dst.layout, parts_->dst));
    const SampleMap map = sample_map(src.layout);
    for (std::size_t g = 0; g < static_cast<std::size_t>(map.grid_count); ++g) {
        if (map.sample_bytes == 2)
            parts_->run_grid<std::uint16_t>(g, src, dst);
        else
            parts_->run_grid<std::uint8_t>(g, src, dst);
    }
    return {};
}

Result<> scale(const ImageView& src, const MutableImageView& dst, ScaleMethod method) {
    Scaler scaler = PX_TRY(Scaler::create(src.layout, dst.layout, method));
    return scaler.run(src, dst);
}

}  // namespace parallax::compute
