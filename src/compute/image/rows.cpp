#include "compute/image/rows.h"

#include <algorithm>

#include "base/check.h"

namespace parallax::compute {
namespace {

constexpr float kOpaque = 255.0F;

template <class Sample>
constexpr float kCodesPerUnit = sizeof(Sample) == 2 ? 257.0F : 1.0F;

template <class Sample>
void unpack(const Sample* in, int step, float* out, int width) {
    constexpr float scale = 1.0F / kCodesPerUnit<Sample>;
    for (int x = 0; x < width; ++x) out[x] = static_cast<float>(in[x * step]) * scale;
}

// The same with every sample repeated, for chroma on half the columns.
template <class Sample>
void unpack_twice(const Sample* in, int step, float* out, int width) {
    for (int x = 0; x < width; ++x) out[x] = static_cast<float>(in[(x >> 1) * step]);
}

template <class Sample>
void pack(const float* in, Sample* out, int step, int width) {
    constexpr float scale = kCodesPerUnit<Sample>;
    constexpr float top = 255.0F * scale;
    for (int x = 0; x < width; ++x) {
        const float code = std::min(std::max(in[x] * scale, 0.0F), top);
        out[x * step] = static_cast<Sample>(static_cast<int>(code + 0.5F));
    }
}

void affine(float* values, int count, double scale, double offset) {
    const auto s = static_cast<float>(scale);
    const auto o = static_cast<float>(offset);
    for (int i = 0; i < count; ++i) values[i] = values[i] * s + o;
}

bool is_gray(PixelFormat format) { return traits(format).family == PixelFamily::gray; }

}  // namespace

ChannelRow::ChannelRow(int width_px)
    : storage(static_cast<std::size_t>(width_px) * 4), width(width_px) {
    for (std::size_t i = 0; i < 4; ++i)
        channel[i] = storage.data() + i * static_cast<std::size_t>(width_px);
}

Channels channels_of(PixelFormat format) {
    return traits(format).family == PixelFamily::rgb ? Channels::rgb : Channels::ycc;
}

void ycc_to_rgb(ChannelRow& row, const ColorOptions& color) {
    const LumaWeights k = luma_weights(color.matrix);
    const YuvCodes codes = yuv_codes(color.range);
    const auto luma = static_cast<float>(255.0 / codes.luma_scale);
    const auto zero = static_cast<float>(codes.luma_zero);
    const double c = 255.0 / codes.chroma_scale;
    const auto r_cr = static_cast<float>(2.0 * (1.0 - k.r) * c);
    const auto b_cb = static_cast<float>(2.0 * (1.0 - k.b) * c);
    const auto g_cr = static_cast<float>(2.0 * (1.0 - k.r) * k.r / k.g * c);
    const auto g_cb = static_cast<float>(2.0 * (1.0 - k.b) * k.b / k.g * c);
    float* const c0 = row.channel[0];
    float* const c1 = row.channel[1];
    float* const c2 = row.channel[2];
    for (int x = 0; x < row.width; ++x) {
        const float y = (c0[x] - zero) * luma;
        const float cb = c1[x] - 128.0F;
        const float cr = c2[x] - 128.0F;
        c0[x] = y + r_cr * cr;
        c1[x] = y - g_cb * cb - g_cr * cr;
        c2[x] = y + b_cb * cb;
    }
}

void rgb_to_ycc(ChannelRow& row, const ColorOptions& color) {
    const LumaWeights k = luma_weights(color.matrix);
    const YuvCodes codes = yuv_codes(color.range);
    const double luma = codes.luma_scale / 255.0;
    const auto y_r = static_cast<float>(k.r * luma);
    const auto y_g = static_cast<float>(k.g * luma);
    const auto y_b = static_cast<float>(k.b * luma);
    const auto zero = static_cast<float>(codes.luma_zero);
    // Chroma from weighted differences, so that equal R, G and B give exactly no chroma.
    const double cb_scale = codes.chroma_scale / 255.0 / (2.0 * (1.0 - k.b));
    const double cr_scale = codes.chroma_scale / 255.0 / (2.0 * (1.0 - k.r));
    const auto cb_r = static_cast<float>(k.r * cb_scale);
    const auto cb_g = static_cast<float>(k.g * cb_scale);
    const auto cr_g = static_cast<float>(k.g * cr_scale);
    const auto cr_b = static_cast<float>(k.b * cr_scale);
    float* const c0 = row.channel[0];
    float* const c1 = row.channel[1];
    float* const c2 = row.channel[2];
    for (int x = 0; x < row.width; ++x) {
        const float r = c0[x];
        const float g = c1[x];
        const float b = c2[x];
        c0[x] = zero + y_r * r + y_g * g + y_b * b;
        c1[x] = 128.0F + cb_r * (b - r) + cb_g * (b - g);
        c2[x] = 128.0F + cr_g * (r - g) + cr_b * (r - b);
    }
}

RowReader::RowReader(const ImageView& image, const ColorOptions& color)
    : image_(image), color_(color), map_(sample_map(image.layout)) {
    PX_CHECK(map_.grid_count > 0);
}

void RowReader::read_channel(int y, std::size_t channel, float* out) const {
    const ChannelPlace place = map_.channels[channel];
    const SampleGrid& grid = map_.grids[static_cast<std::size_t>(place.grid)];
    const int row = y >> grid.shift_y;
    const int width = image_.width();
    if (map_.sample_bytes == 2) {
        unpack(grid_row<std::uint16_t>(image_, grid, row) + place.component, grid.step, out, width);
        return;
    }
    const auto* in = grid_row<std::uint8_t>(image_, grid, row) + place.component;
    if (grid.shift_x == 1)
        unpack_twice(in, grid.step, out, width);
    else
        unpack(in, grid.step, out, width);
}

void RowReader::read(int y, Channels wanted, ChannelRow& out) const {
    PX_CHECK(out.width == image_.width());
    for (std::size_t c = 0; c < 4; ++c) {
        if (map_.channels[c].grid >= 0) {
            read_channel(y, c, out.channel[c]);
        } else {
            std::fill_n(out.channel[c], out.width, c == 3 ? kOpaque : 128.0F);
        }
    }
    if (is_gray(image_.format())) {
        if (wanted == Channels::rgb) {
            std::copy_n(out.channel[0], out.width, out.channel[1]);
            std::copy_n(out.channel[0], out.width, out.channel[2]);
            return;
        }
        const YuvCodes codes = yuv_codes(color_.range);
        affine(out.channel[0], out.width, codes.luma_scale / 255.0, codes.luma_zero);
        return;
    }
    const Channels native = channels_of(image_.format());
    if (native == wanted) return;
    if (wanted == Channels::rgb)
        ycc_to_rgb(out, color_);
    else
        rgb_to_ycc(out, color_);
}

RowWriter::RowWriter(const MutableImageView& image, const ColorOptions& color)
    : image_(image),
      color_(color),
      map_(sample_map(image.layout)),
      block_rows_(1 << traits(image.format()).chroma_shift_y),
      averaged_(static_cast<std::size_t>(image.width())) {
    PX_CHECK(map_.grid_count > 0);
}

std::vector<ChannelRow> RowWriter::make_block() const {
    std::vector<ChannelRow> rows;
    for (int i = 0; i < block_rows_; ++i) rows.emplace_back(image_.width());
    return rows;
}

void RowWriter::write_channel(int y, std::size_t channel, const float* values) {
    const ChannelPlace place = map_.channels[channel];
    const SampleGrid& grid = map_.grids[static_cast<std::size_t>(place.grid)];
    if (map_.sample_bytes == 2)
        pack(values, grid_row<std::uint16_t>(image_, grid, y) + place.component, grid.step,
             grid.width);
    else
        pack(values, grid_row<std::uint8_t>(image_, grid, y) + place.component, grid.step,
             grid.width);
}

// The mean of the pixels a chroma sample stands for: 1, 2 or 4, fewer at the right and lower edge.
void RowWriter::write_chroma(int y, std::size_t channel, std::span<const ChannelRow> rows) {
    const SampleGrid& grid = map_.grids[static_cast<std::size_t>(map_.channels[channel].grid)];
    const float* const first = rows.front().channel[channel];
    const float* const last = rows.back().channel[channel];
    if (grid.shift_x == 0) {
        for (int x = 0; x < grid.width; ++x)
            averaged_[static_cast<std::size_t>(x)] = 0.5F * (first[x] + last[x]);
    } else {
        const int right_edge = image_.width() - 1;
        for (int x = 0; x < grid.width; ++x) {
            const int left = 2 * x;
            const int right = std::min(left + 1, right_edge);
            averaged_[static_cast<std::size_t>(x)] =
                0.25F * (first[left] + first[right] + last[left] + last[right]);
        }
    }
    write_channel(y >> grid.shift_y, channel, averaged_.data());
}

void RowWriter::write(int y, std::span<ChannelRow> rows) {
    PX_CHECK(!rows.empty() && y % block_rows_ == 0);
    if (is_gray(image_.format())) {
        const YuvCodes codes = yuv_codes(color_.range);
        const double scale = 255.0 / codes.luma_scale;
        affine(rows[0].channel[0], rows[0].width, scale, -codes.luma_zero * scale);
    }
    const bool yuv = traits(image_.format()).family == PixelFamily::yuv;
    for (std::size_t c = 0; c < 4; ++c) {
        if (map_.channels[c].grid < 0) continue;
        if (yuv && c > 0) {
            write_chroma(y, c, rows);
            continue;
        }
        for (std::size_t i = 0; i < rows.size(); ++i)
            write_channel(y + static_cast<int>(i), c, rows[i].channel[c]);
    }
    if (map_.padding_component < 0) return;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto* out = grid_row<std::uint8_t>(image_, map_.grids[0], y + static_cast<int>(i));
        for (int x = 0; x < image_.width(); ++x) out[x * 4 + map_.padding_component] = 255;
    }
}

}  // namespace parallax::compute
