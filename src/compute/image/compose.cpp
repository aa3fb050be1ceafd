#include "compute/image/compose.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "compute/image/check_views.h"
#include "compute/image/rows.h"
#include "compute/image/samples.h"

namespace parallax::compute {
namespace {

// The part of a grid that both pictures share, in its own pixels.
struct Overlap {
    int src_x, src_y, dst_x, dst_y, width, height;
};

Overlap overlap_of(const SampleGrid& src, const SampleGrid& dst, Point place) {
    // 64 bits: a place may be anywhere in an int. An arithmetic shift rounds down for both signs.
    const std::int64_t x = std::int64_t{place.x} >> src.shift_x;
    const std::int64_t y = std::int64_t{place.y} >> src.shift_y;
    const auto clip = [](std::int64_t at, int size, int room) {
        const std::int64_t first = std::clamp<std::int64_t>(at, 0, room);
        const std::int64_t last = std::clamp<std::int64_t>(at + size, first, room);
        return std::array{static_cast<int>(first - at), static_cast<int>(first),
                          static_cast<int>(last - first)};
    };
    const auto [src_x, dst_x, width] = clip(x, src.width, dst.width);
    const auto [src_y, dst_y, height] = clip(y, src.height, dst.height);
    return {src_x, src_y, dst_x, dst_y, width, height};
}

template <class Sample>
Sample rounded(float value) {
    return static_cast<Sample>(static_cast<int>(value + 0.5F));
}

template <class Sample>
struct Blender {
    const ImageView& src;
    const MutableImageView& dst;
    float opacity;

    void opaque(const SampleGrid& in, const SampleGrid& out, const Overlap& o) const {
        for (int y = 0; y < o.height; ++y) {
            const Sample* p = grid_row<Sample>(src, in, o.src_y + y) + o.src_x * in.step;
            Sample* q = grid_row<Sample>(dst, out, o.dst_y + y) + o.dst_x * out.step;
            if (in.step == in.components) {
                std::memcpy(q, p, sizeof(Sample) * static_cast<std::size_t>(o.width * in.step));
            } else {
                copy_stepped(Stepped<const Sample>{p, in.step}, Stepped<Sample>{q, out.step},
                             o.width);
            }
        }
    }

    void translucent(const SampleGrid& in, const SampleGrid& out, const Overlap& o) const {
        for (int y = 0; y < o.height; ++y) {
            const auto* p = grid_row<Sample>(src, in, o.src_y + y) + o.src_x * in.step;
            auto* q = grid_row<Sample>(dst, out, o.dst_y + y) + o.dst_x * out.step;
            for (int x = 0; x < o.width; ++x, p += in.step, q += out.step)
                for (int c = 0; c < in.components; ++c)
                    q[c] = rounded<Sample>(
                        static_cast<float>(q[c]) +
                        opacity * (static_cast<float>(p[c]) - static_cast<float>(q[c])));
        }
    }

    // Four components, of which one is alpha.
    void with_alpha(const SampleMap& map, const SampleGrid& out, const Overlap& o) const {
        const SampleGrid& in = map.grids[0];
        const int alpha = map.channels[3].component;
        const int first = alpha == 0 ? 1 : 0;
        constexpr float top = sizeof(Sample) == 2 ? 65535.0F : 255.0F;
        const float scale = opacity / top;
        for (int y = 0; y < o.height; ++y) {
            const auto* p = grid_row<Sample>(src, in, o.src_y + y) + o.src_x * 4;
            auto* q = grid_row<Sample>(dst, out, o.dst_y + y) + o.dst_x * 4;
            for (int x = 0; x < o.width; ++x, p += 4, q += 4) {
                const float above = static_cast<float>(p[alpha]) * scale;
                const float below = static_cast<float>(q[alpha]) * (1.0F / top) * (1.0F - above);
                const float together = above + below;
                if (together <= 0.0F) continue;
                const float share = above / together;
                for (int c = first; c < first + 3; ++c)
                    q[c] = rounded<Sample>(
                        static_cast<float>(q[c]) +
                        share * (static_cast<float>(p[c]) - static_cast<float>(q[c])));
                q[alpha] = rounded<Sample>(std::min(together, 1.0F) * top);
            }
        }
    }
};

template <class Sample>
void blend_samples(const ImageView& src, const MutableImageView& dst, Point place, float opacity) {
    const SampleMap in = sample_map(src.layout);
    const SampleMap out = sample_map(dst.layout);
    const Blender<Sample> blender{src, dst, opacity};
    for (std::size_t g = 0; g < static_cast<std::size_t>(in.grid_count); ++g) {
        const Overlap shared = overlap_of(in.grids[g], out.grids[g], place);
        if (in.has_alpha())
            blender.with_alpha(in, out.grids[g], shared);
        else if (opacity >= 1.0F)
            blender.opaque(in.grids[g], out.grids[g], shared);
        else
            blender.translucent(in.grids[g], out.grids[g], shared);
    }
}

}  // namespace

Result<> blend(const ImageView& picture, const MutableImageView& canvas, Point place,
               float opacity) {
    PX_TRY(refuse_bayer(picture.layout));
    PX_TRY(require_same_format(picture.layout, canvas.layout));
    if (!(opacity >= 0.0F && opacity <= 1.0F))
        return fail(Errc::invalid_argument,
                    "an opacity of " + std::to_string(opacity) + " is outside 0 to 1");
    if (opacity == 0.0F) return {};
    if (traits(picture.format()).bits > 8)
        blend_samples<std::uint16_t>(picture, canvas, place, opacity);
    else
        blend_samples<std::uint8_t>(picture, canvas, place, opacity);
    return {};
}

Result<> fill(const MutableImageView& canvas, const std::array<float, 4>& rgba,
              const ColorOptions& color) {
    PX_TRY(refuse_bayer(canvas.layout));
    RowWriter writer(canvas, color);
    std::vector<ChannelRow> rows = writer.make_block();
    for (int y = 0; y < canvas.height(); y += writer.block_rows()) {
        const int count = std::min(writer.block_rows(), canvas.height() - y);
        for (ChannelRow& row : rows) {
            for (std::size_t c = 0; c < 4; ++c)
                std::fill_n(row.channel[c], row.width, rgba[c] * 255.0F);
            if (channels_of(canvas.format()) == Channels::ycc) rgb_to_ycc(row, color);
        }
        writer.write(y, std::span(rows).first(static_cast<std::size_t>(count)));
    }
    return {};
}

}  // namespace parallax::compute
