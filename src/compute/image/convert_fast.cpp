#include "compute/image/convert_fast.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "compute/image/samples.h"
#include "compute/image/yuv_kernels.h"

namespace parallax::compute {
namespace {

bool is_rgb8(const ImageLayout& layout) {
    const PixelTraits& t = traits(layout.format);
    return t.family == PixelFamily::rgb && t.bits == 8 && t.planes == 1;
}

// 4:2:0 or 4:2:2 of 8 bits.
bool is_half_chroma8(const ImageLayout& layout) {
    const PixelTraits& t = traits(layout.format);
    return t.family == PixelFamily::yuv && t.bits == 8 && t.chroma_shift_x == 1;
}

RgbOrder order_of(const SampleMap& map) {
    RgbOrder order{.components = map.grids[0].components, .channel = {3, 3, 3, 3}};
    for (std::size_t c = 0; c < 3; ++c)
        order.channel[static_cast<std::size_t>(map.channels[c].component)] =
            static_cast<std::uint8_t>(c);
    return order;
}

PixelShuffle shuffle_of(const SampleMap& from, const SampleMap& to) {
    PixelShuffle shuffle{.from_components = from.grids[0].components,
                         .to_components = to.grids[0].components,
                         .source = {4, 4, 4, 4}};
    for (std::size_t c = 0; c < 4; ++c) {
        if (from.channels[c].grid < 0 || to.channels[c].grid < 0) continue;
        shuffle.source[static_cast<std::size_t>(to.channels[c].component)] =
            static_cast<std::uint8_t>(from.channels[c].component);
    }
    return shuffle;
}

void shuffle(const ImageView& src, const MutableImageView& dst) {
    const PixelShuffle by = shuffle_of(sample_map(src.layout), sample_map(dst.layout));
    for (int y = 0; y < src.height(); ++y)
        shuffle_pixels(src.samples<std::uint8_t>(y), by, dst.samples<std::uint8_t>(y), src.width());
}

// The rows of a picture of 4:2:0 or 4:2:2, in place; packed ones by way of rows of their own.
template <class Byte>
class YuvRows {
  public:
    explicit YuvRows(const BasicImageView<Byte>& image)
        : image_(image), map_(sample_map(image.layout)) {
        packed_ = traits(image.format()).planes == 1;
        if (!packed_) return;
        const auto pairs = static_cast<std::size_t>(map_.grids[1].width);
        scratch_.resize(4 * pairs);
        const auto at = [&](std::size_t grid) {
            return static_cast<std::uint8_t>(map_.grids[grid].offset_bytes -
                                             image.layout.offset_bytes[0]);
        };
        const std::uint8_t luma = at(0);
        order_ = {luma, static_cast<std::uint8_t>(luma + 2), at(1), at(2)};
    }

    bool packed() const { return packed_; }
    const PackedOrder& order() const { return order_; }
    int pairs() const { return map_.grids[1].width; }
    auto* packed_row(int y) const { return image_.template samples<std::uint8_t>(y); }

    YuvRow<std::uint8_t> scratch() {
        std::uint8_t* const luma = scratch_.data();
        std::uint8_t* const cb = luma + std::ptrdiff_t{2} * pairs();
        return {luma, cb, cb + pairs()};
    }
    auto in_place(int y) const {
        auto* const luma = grid_row<std::uint8_t>(image_, map_.grids[0], y);
        const bool interleaved = map_.grid_count == 2;
        const auto chroma = [&](std::size_t c) {
            const SampleGrid& grid = map_.grids[static_cast<std::size_t>(map_.channels[c].grid)];
            return grid_row<std::uint8_t>(image_, grid, y >> grid.shift_y);
        };
        using Row = YuvRow<std::remove_pointer_t<decltype(luma)>>;
        return Row{luma, chroma(1), chroma(2), interleaved,
                   interleaved && map_.channels[1].component == 1};
    }

  private:
    BasicImageView<Byte> image_;
    SampleMap map_;
    bool packed_ = false;
    PackedOrder order_{};
    std::vector<std::uint8_t> scratch_;
};

YuvRow<const std::uint8_t> as_const(const YuvRow<std::uint8_t>& row) {
    return {row.luma, row.cb, row.cr, row.interleaved, row.swapped};
}

void half_chroma_to_rgb(const ImageView& src, const MutableImageView& dst,
                        const ColorOptions& color) {
    YuvRows rows(src);
    const YuvToRgb by = make_yuv_to_rgb(color, order_of(sample_map(dst.layout)));
    for (int y = 0; y < src.height(); ++y) {
        auto* const out = dst.samples<std::uint8_t>(y);
        if (!rows.packed()) {
            yuv_to_rgb(by, rows.in_place(y), out, src.width());
            continue;
        }
        split_packed(rows.packed_row(y), rows.order(), rows.scratch(), rows.pairs());
        yuv_to_rgb(by, as_const(rows.scratch()), out, src.width());
    }
}

void rgb_to_half_chroma(const ImageView& src, const MutableImageView& dst,
                        const ColorOptions& color) {
    YuvRows rows(dst);
    const RgbToYuv by = make_rgb_to_yuv(color, order_of(sample_map(src.layout)));
    const int block = 1 << traits(dst.format()).chroma_shift_y;
    for (int y = 0; y < src.height(); y += block) {
        const auto* const first = src.samples<std::uint8_t>(y);
        if (rows.packed()) {
            const YuvRow<std::uint8_t> row = rows.scratch();
            rgb_to_yuv(by, {first, first, nullptr}, row, src.width());
            // The second luma of a half pair is nobody's; it repeats the first.
            if (src.width() % 2 != 0) row.luma[src.width()] = row.luma[src.width() - 1];
            join_packed(as_const(row), rows.order(), rows.packed_row(y), rows.pairs());
            continue;
        }
        const YuvRow<std::uint8_t> row = rows.in_place(y);
        const bool two = block == 2 && y + 1 < src.height();
        rgb_to_yuv(by,
                   {first, two ? src.samples<std::uint8_t>(y + 1) : first,
                    two ? rows.in_place(y + 1).luma : nullptr},
                   row, src.width());
    }
}

void rgb_to_gray(const ImageView& src, const MutableImageView& dst, YuvMatrix matrix) {
    const RgbToYuv by = make_rgb_to_yuv({.matrix = matrix, .range = YuvRange::full},
                                        order_of(sample_map(src.layout)));
    for (int y = 0; y < src.height(); ++y) {
        const auto* const row = src.samples<std::uint8_t>(y);
        rgb_to_yuv(by, {row, row, nullptr}, {dst.samples<std::uint8_t>(y), nullptr, nullptr},
                   src.width());
    }
}

// Whether samples of the one are samples of the other, elsewhere.
bool same_samples(const ImageLayout& src, const ImageLayout& dst) {
    const PixelTraits& a = traits(src.format);
    const PixelTraits& b = traits(dst.format);
    return a.family == b.family && a.bits == b.bits && a.chroma_shift_x == b.chroma_shift_x &&
           a.chroma_shift_y == b.chroma_shift_y;
}

struct Channel {
    const SampleGrid& grid;
    int component;
    int shift;
};
Channel channel_of(const SampleMap& map, std::size_t c) {
    const ChannelPlace place = map.channels[c];
    return {map.grids[static_cast<std::size_t>(place.grid)], place.component, map.sample_shift};
}

template <class Sample>
void move_channel(const ImageView& src, const Channel& from, const MutableImageView& dst,
                  const Channel& to) {
    const bool plain = from.grid.step == 1 && to.grid.step == 1 && from.shift == to.shift;
    const std::ptrdiff_t in_step = from.grid.step;
    const std::ptrdiff_t out_step = to.grid.step;
    for (int y = 0; y < to.grid.height; ++y) {
        const Sample* in = grid_row<Sample>(src, from.grid, y) + from.component;
        Sample* out = grid_row<Sample>(dst, to.grid, y) + to.component;
        if (plain) {
            std::memcpy(out, in, sizeof(Sample) * static_cast<std::size_t>(to.grid.width));
            continue;
        }
        for (int x = 0; x < to.grid.width; ++x)
            out[x * out_step] = static_cast<Sample>(in[x * in_step] >> from.shift << to.shift);
    }
}

template <class Sample>
void fill_channel(const MutableImageView& dst, const Channel& to, Sample value) {
    for (int y = 0; y < to.grid.height; ++y) {
        Sample* const out = grid_row<Sample>(dst, to.grid, y) + to.component;
        for (std::ptrdiff_t x = 0; x < to.grid.width; ++x) out[x * to.grid.step] = value;
    }
}

template <class Sample>
void move_samples(const ImageView& src, const MutableImageView& dst) {
    const SampleMap from = sample_map(src.layout);
    const SampleMap to = sample_map(dst.layout);
    constexpr auto opaque = static_cast<Sample>(~0U);
    for (std::size_t c = 0; c < 4; ++c) {
        if (to.channels[c].grid < 0) continue;
        if (from.channels[c].grid >= 0)
            move_channel<Sample>(src, channel_of(from, c), dst, channel_of(to, c));
        else
            fill_channel<Sample>(dst, channel_of(to, c), opaque);
    }
    if (to.padding_component >= 0)
        fill_channel<Sample>(dst, {to.grids[0], to.padding_component, 0}, opaque);
}

}  // namespace

bool convert_fast(const ImageView& src, const MutableImageView& dst,
                  const ConvertOptions& options) {
    if (options.from != options.to) return false;
    const ColorOptions target = options.to_color.value_or(options.color);
    const bool from_rgb = is_rgb8(src.layout);
    const bool to_rgb = is_rgb8(dst.layout);
    const bool yuv = traits(src.format()).family == PixelFamily::yuv;
    if (from_rgb && to_rgb) {
        shuffle(src, dst);
    } else if (same_samples(src.layout, dst.layout) && (!yuv || options.color == target)) {
        if (traits(src.format()).bits > 8)
            move_samples<std::uint16_t>(src, dst);
        else
            move_samples<std::uint8_t>(src, dst);
    } else if (is_half_chroma8(src.layout) && to_rgb) {
        half_chroma_to_rgb(src, dst, options.color);
    } else if (from_rgb && is_half_chroma8(dst.layout)) {
        rgb_to_half_chroma(src, dst, target);
    } else if (from_rgb && dst.format() == PixelFormat::gray8) {
        rgb_to_gray(src, dst, target.matrix);
    } else {
        return false;
    }
    return true;
}

}  // namespace parallax::compute
