#include "compute/image/convert.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "compute/image/check_views.h"
#include "compute/image/convert_fast.h"
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

// Row by row, since strides may differ.
template <class Sample>
void copy_samples(const ImageView& src, const MutableImageView& dst) {
    const SampleMap in = sample_map(src.layout);
    const SampleMap out = sample_map(dst.layout);
    // Interwoven grids share their rows, of which the first grid's copy brings all.
    const bool woven = in.grids[0].step != in.grids[0].components;
    const auto count = static_cast<std::size_t>(woven ? 1 : in.grid_count);
    for (std::size_t g = 0; g < count; ++g) {
        const SampleGrid& from = in.grids[g];
        const auto samples =
            static_cast<std::size_t>(woven ? 4 * in.grids[1].width : from.width * from.components);
        for (int y = 0; y < from.height; ++y) {
            const Sample* row = grid_row<Sample>(src, from, y);
            Sample* to = grid_row<Sample>(dst, out.grids[g], y);
            if (woven) {
                row = src.samples<Sample>(y);
                to = dst.samples<Sample>(y);
            }
            std::memcpy(to, row, samples * sizeof(Sample));
        }
    }
}

void copy(const ImageView& src, const MutableImageView& dst) {
    if (src.layout == dst.layout)
        std::memcpy(dst.bytes.data(), src.bytes.data(), src.layout.size_bytes);
    else if (traits(src.format()).bits > 8)
        copy_samples<std::uint16_t>(src, dst);
    else
        copy_samples<std::uint8_t>(src, dst);
}

// By rows of floats, whatever the formats.
void convert_rows(const ImageView& src, const MutableImageView& dst,
                  const ConvertOptions& options) {
    const bool curved = options.from != options.to;
    const bool yuv = channels_of(src.format()) == Channels::ycc &&
                     traits(src.format()).family == PixelFamily::yuv;
    const ColorOptions target_color = options.to_color.value_or(options.color);
    const ColorOptions source_color = yuv ? options.color : target_color;
    const Channels target = channels_of(dst.format());
    const bool by_rgb = curved || (yuv && source_color != target_color);
    const auto table = options.to == Transfer::srgb ? srgb_encode_table() : srgb_decode_table();
    RowReader reader(src, source_color);
    RowWriter writer(dst, target_color);
    std::vector<ChannelRow> rows = writer.make_block();
    for (int y = 0; y < src.height(); y += writer.block_rows()) {
        const int count = std::min(writer.block_rows(), src.height() - y);
        for (int i = 0; i < count; ++i) {
            ChannelRow& row = rows[static_cast<std::size_t>(i)];
            reader.read(y + i, by_rgb ? Channels::rgb : target, row);
            if (curved) apply_curve(table, row);
            if (by_rgb && target == Channels::ycc) rgb_to_ycc(row, target_color);
        }
        writer.write(y, std::span(rows).first(static_cast<std::size_t>(count)));
    }
}

}  // namespace

Result<> convert(const ImageView& src, const MutableImageView& dst, const ConvertOptions& options) {
    PX_TRY(refuse_bayer(src.layout));
    PX_TRY(refuse_bayer(dst.layout));
    PX_TRY(require_same_size(src.layout, dst.layout));
    const bool yuv = traits(src.format()).family == PixelFamily::yuv;
    const bool recolored = yuv && options.to_color && *options.to_color != options.color;
    if (src.format() == dst.format() && options.from == options.to && !recolored)
        copy(src, dst);
    else if (options.general_only || !convert_fast(src, dst, options))
        convert_rows(src, dst, options);
    return {};
}

}  // namespace parallax::compute
