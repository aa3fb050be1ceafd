#include "compute/image/scale.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "compute/image/check_views.h"
#include "compute/image/samples.h"

namespace parallax::compute {
namespace {

// The source samples that make one target sample along one axis.
struct Tap {
    int first = 0;
    int count = 0;
    std::size_t weights = 0;  // Index of the first of `count` in Axis::weights.
};

struct Axis {
    std::vector<Tap> taps;
    std::vector<float> weights;
};

void add_tap(Axis& axis, int first, std::span<const double> weights) {
    double sum = 0.0;
    for (const double w : weights) sum += w;
    axis.taps.push_back({first, static_cast<int>(weights.size()), axis.weights.size()});
    for (const double w : weights) axis.weights.push_back(static_cast<float>(w / sum));
}

Axis nearest_axis(int from, int to) {
    Axis axis;
    for (int i = 0; i < to; ++i) {
        // Of twice the centre, in integers: no rounding can pick a neighbour.
        const auto at = (2LL * i + 1) * from / (2LL * to);
        add_tap(axis, static_cast<int>(at), std::array{1.0});
    }
    return axis;
}

Axis bilinear_axis(int from, int to) {
    Axis axis;
    for (int i = 0; i < to; ++i) {
        const double at = (i + 0.5) * from / to - 0.5;
        const int left = static_cast<int>(std::floor(at));
        const double t = at - left;
        if (left < 0 || left + 1 >= from || t == 0.0)
            add_tap(axis, std::clamp(left, 0, from - 1), std::array{1.0});
        else
            add_tap(axis, left, std::array{1.0 - t, t});
    }
    return axis;
}

Axis area_axis(int from, int to) {
    Axis axis;
    std::vector<double> weights;
    for (int i = 0; i < to; ++i) {
        const double left = static_cast<double>(i) * from / to;
        const double right = static_cast<double>(i + 1) * from / to;
        const int first = static_cast<int>(left);
        weights.clear();
        for (int k = first; k < from && k < right; ++k) {
            const double covered = std::min(right, k + 1.0) - std::max<double>(left, k);
            if (covered > 1e-9 || weights.empty()) weights.push_back(covered);
        }
        add_tap(axis, first, weights);
    }
    return axis;
}

Axis make_axis(int from, int to, ScaleMethod method) {
    switch (method) {
        case ScaleMethod::nearest:
            return nearest_axis(from, to);
        case ScaleMethod::bilinear:
            return bilinear_axis(from, to);
        case ScaleMethod::area:
            break;
    }
    return area_axis(from, to);
}

struct GridPair {
    const SampleGrid& src;
    const SampleGrid& dst;
};

template <class Sample>
void pick(const ImageView& src, const MutableImageView& dst, const GridPair& grids) {
    const Axis across = nearest_axis(grids.src.width, grids.dst.width);
    const Axis down = nearest_axis(grids.src.height, grids.dst.height);
    for (int y = 0; y < grids.dst.height; ++y) {
        const auto* in =
            grid_row<Sample>(src, grids.src, down.taps[static_cast<std::size_t>(y)].first);
        auto* out = grid_row<Sample>(dst, grids.dst, y);
        for (const Tap& tap : across.taps) {
            const auto* p = in + tap.first * grids.src.step;
            for (int c = 0; c < grids.src.components; ++c) out[c] = p[c];
            out += grids.dst.step;
        }
    }
}

// Down first, into a row of floats, then across.
template <class Sample>
class Resizer {
  public:
    Resizer(const ImageView& src, const MutableImageView& dst, ScaleMethod method)
        : src_(src), dst_(dst), method_(method) {}

    void resize(const GridPair& grids) {
        const Axis across = make_axis(grids.src.width, grids.dst.width, method_);
        const Axis down = make_axis(grids.src.height, grids.dst.height, method_);
        const int components = grids.src.components;
        column_.resize(static_cast<std::size_t>(grids.src.width * components));
        for (int y = 0; y < grids.dst.height; ++y) {
            sum_rows(grids.src, down, down.taps[static_cast<std::size_t>(y)]);
            auto* const out = grid_row<Sample>(dst_, grids.dst, y);
            for (int c = 0; c < components; ++c)
                sum_columns(across, components, column_.data() + c, out + c, grids.dst.step);
        }
    }

  private:
    void sum_rows(const SampleGrid& grid, const Axis& axis, const Tap& tap) {
        std::ranges::fill(column_, 0.0F);
        for (int k = 0; k < tap.count; ++k) {
            const float weight = axis.weights[tap.weights + static_cast<std::size_t>(k)];
            const auto* in = grid_row<Sample>(src_, grid, tap.first + k);
            if (grid.step == grid.components)
                add_contiguous(in, weight);
            else
                add_strided(in, weight, grid.step);
        }
    }
    void add_contiguous(const Sample* in, float weight) {
        float* const out = column_.data();
        const auto count = column_.size();
        for (std::size_t i = 0; i < count; ++i) out[i] += weight * static_cast<float>(in[i]);
    }
    void add_strided(const Sample* in, float weight, int step) {
        for (float& sum : column_) {
            sum += weight * static_cast<float>(*in);
            in += step;
        }
    }
    static void sum_columns(const Axis& axis, int components, const float* in, Sample* out,
                            int out_step) {
        constexpr float top = sizeof(Sample) == 2 ? 65535.0F : 255.0F;
        for (const Tap& tap : axis.taps) {
            const float* p = in + tap.first * components;
            const float* const w = axis.weights.data() + tap.weights;
            float sum = 0.5F;
            for (int k = 0; k < tap.count; ++k) sum += w[k] * p[k * components];
            *out = static_cast<Sample>(std::min(sum, top));
            out += out_step;
        }
    }

    ImageView src_;
    MutableImageView dst_;
    ScaleMethod method_;
    std::vector<float> column_;
};

template <class Sample>
void scale_samples(const ImageView& src, const MutableImageView& dst, ScaleMethod method) {
    const SampleMap in = sample_map(src.layout);
    const SampleMap out = sample_map(dst.layout);
    Resizer<Sample> resizer(src, dst, method);
    for (std::size_t g = 0; g < static_cast<std::size_t>(in.grid_count); ++g) {
        const GridPair grids{in.grids[g], out.grids[g]};
        if (method == ScaleMethod::nearest)
            pick<Sample>(src, dst, grids);
        else
            resizer.resize(grids);
    }
}

}  // namespace

Result<> scale(const ImageView& src, const MutableImageView& dst, ScaleMethod method) {
    PX_TRY(refuse_bayer(src.layout));
    PX_TRY(require_same_format(src.layout, dst.layout));
    if (traits(src.format()).bits == 16)
        scale_samples<std::uint16_t>(src, dst, method);
    else
        scale_samples<std::uint8_t>(src, dst, method);
    return {};
}

}  // namespace parallax::compute
