#include "compute/image/convert.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "compute/image/check_views.h"
#include "compute/image/rows.h"
#include "compute/image/samples.h"

namespace parallax::compute {
namespace {

// Values pass a table over 16-bit codes, which those of RGB and gray formats hit exactly.
void apply_curve(std::span<const float, 65536> table, ChannelRow& row) {
    for (std::size_t c = 0; c < 3; ++c) {
        float* const values = row.channel[c];
        for (int x = 0; x < row.width; ++x) {
            const float code = std::clamp(values[x] * 257.0F + 0.5F, 0.0F, 65535.0F);
            values[x] = table[static_cast<std::size_t>(code)];
        }
    }
}

bool is_rgb8(PixelFormat format) {
    const PixelTraits& t = traits(format);
    return t.family == PixelFamily::rgb && t.bits == 8;
}

// Between 8-bit RGB formats samples only change places.
void shuffle(const ImageView& src, const MutableImageView& dst) {
    const SampleMap in = sample_map(src.layout);
    const SampleMap out = sample_map(dst.layout);
    const int in_step = in.grids[0].step;
    const int out_step = out.grids[0].step;
    const auto r = in.channels[0].component;
    const auto b = in.channels[2].component;
    const auto out_r = out.channels[0].component;
    const auto out_b = out.channels[2].component;
    const bool alpha = in.has_alpha() && out.has_alpha();
    for (int y = 0; y < src.height(); ++y) {
        const auto* p = src.samples<std::uint8_t>(y);
        auto* q = dst.samples<std::uint8_t>(y);
        for (int x = 0; x < src.width(); ++x, p += in_step, q += out_step) {
            q[out_r] = p[r];
            q[1] = p[1];
            q[out_b] = p[b];
            if (out_step == 4) q[3] = alpha ? p[3] : std::uint8_t{255};
        }
    }
}

}  // namespace

Result<> convert(const ImageView& src, const MutableImageView& dst, const ConvertOptions& options) {
    PX_TRY(refuse_bayer(src.layout));
    PX_TRY(refuse_bayer(dst.layout));
    PX_TRY(require_same_size(src.layout, dst.layout));
    const bool curved = options.from != options.to;
    if (!curved && src.format() == dst.format()) {
        std::memcpy(dst.bytes.data(), src.bytes.data(), src.layout.size_bytes);
        return {};
    }
    if (!curved && is_rgb8(src.format()) && is_rgb8(dst.format())) {
        shuffle(src, dst);
        return {};
    }

    const Channels target = channels_of(dst.format());
    const auto table = options.to == Transfer::srgb ? srgb_encode_table() : srgb_decode_table();
    const RowReader reader(src, options.color);
    RowWriter writer(dst, options.color);
    std::vector<ChannelRow> rows = writer.make_block();
    for (int y = 0; y < src.height(); y += writer.block_rows()) {
        const int count = std::min(writer.block_rows(), src.height() - y);
        for (int i = 0; i < count; ++i) {
            ChannelRow& row = rows[static_cast<std::size_t>(i)];
            reader.read(y + i, curved ? Channels::rgb : target, row);
            if (!curved) continue;
            apply_curve(table, row);
            if (target == Channels::ycc) rgb_to_ycc(row, options.color);
        }
        writer.write(y, std::span(rows).first(static_cast<std::size_t>(count)));
    }
    return {};
}

}  // namespace parallax::compute
