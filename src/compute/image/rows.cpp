#include "compute/image/rows.h"

#include <algorithm>

#include "base/check.h"

namespace parallax::compute {
namespace {

constexpr float kOpaque = 255.0F;

double top_code(const SampleMap& map) { return static_cast<double>((1 << map.sample_bits) - 1); }

// How codes become values of 0 … 255; RGB, gray and alpha whatever the range.
CodeMeaning meaning_of(const SampleMap& map, std::size_t channel, bool yuv, YuvRange range) {
    const double finer = static_cast<double>(1 << (map.sample_bits - 8));
    const double whole = 255.0 / top_code(map);
    if (!yuv || channel == 3) return {static_cast<float>(whole), 0.0F};
    if (range == YuvRange::limited) return {static_cast<float>(1.0 / finer), 0.0F};
    const double middle = channel == 0 ? 0.0 : 128.0 - 128.0 * finer * whole;
    return {static_cast<float>(whole), static_cast<float>(middle)};
}

// The way back.
CodeMeaning inverse_of(const SampleMap& map, std::size_t channel, bool yuv, YuvRange range) {
    const double finer = static_cast<double>(1 << (map.sample_bits - 8));
    const double whole = top_code(map) / 255.0;
    if (!yuv || channel == 3) return {static_cast<float>(whole), 0.0F};
    if (range == YuvRange::limited) return {static_cast<float>(finer), 0.0F};
    const double middle = channel == 0 ? 0.0 : 128.0 * finer - 128.0 * whole;
    return {static_cast<float>(whole), static_cast<float>(middle)};
}

// The rows that belong to the components of a grid.
FloatRows rows_of(const SampleMap& map, std::size_t grid, const std::array<CodeMeaning, 4>& meaning,
                  const std::array<float*, 4>& channels) {
    FloatRows rows{.components = map.grids[grid].components,
                   .shift = map.sample_shift,
                   .top = static_cast<float>(top_code(map))};
    for (std::size_t c = 0; c < 4; ++c) {
        if (map.channels[c].grid != static_cast<int>(grid)) continue;
        const auto component = static_cast<std::size_t>(map.channels[c].component);
        rows.row[component] = channels[c];
        rows.meaning[component] = meaning[c];
    }
    return rows;
}

// Interwoven samples of packed 4:2:2, which are all of 8 bits and mean themselves or nearly so.
void gather(const std::uint8_t* in, std::ptrdiff_t step, const FloatRows& rows, int count) {
    const CodeMeaning meaning = rows.meaning[0];
    float* const out = rows.row[0];
    for (int x = 0; x < count; ++x)
        out[x] = static_cast<float>(in[x * step]) * meaning.scale + meaning.offset;
}

void scatter(const FloatRows& rows, std::uint8_t* out, std::ptrdiff_t step, int count) {
    const CodeMeaning meaning = rows.meaning[0];
    const float* const in = rows.row[0];
    for (int x = 0; x < count; ++x) {
        const float code =
            std::min(std::max(in[x] * meaning.scale + meaning.offset, 0.0F), rows.top);
        out[x * step] = static_cast<std::uint8_t>(static_cast<int>(code + 0.5F));
    }
}

bool is_yuv(PixelFormat format) { return traits(format).family == PixelFamily::yuv; }

bool is_gray(PixelFormat format) { return traits(format).family == PixelFamily::gray; }

}  // namespace

ChannelRow::ChannelRow(int width_px)
    : storage(static_cast<std::size_t>(padded(width_px)) * 4), width(width_px) {
    for (std::size_t i = 0; i < 4; ++i)
        channel[i] = storage.data() + i * static_cast<std::size_t>(padded(width_px));
}

Channels channels_of(PixelFormat format) {
    return traits(format).family == PixelFamily::rgb ? Channels::rgb : Channels::ycc;
}

void ycc_to_rgb(ChannelRow& row, const ColorOptions& color) {
    const LumaWeights k = luma_weights(color.matrix);
    const YuvCodes codes = yuv_codes(color.range);
    const double luma = 255.0 / codes.luma_scale;
    const double c = 255.0 / codes.chroma_scale;
    const double r_cr = 2.0 * (1.0 - k.r) * c;
    const double b_cb = 2.0 * (1.0 - k.b) * c;
    const double g_cr = -r_cr * k.r / k.g;
    const double g_cb = -b_cb * k.b / k.g;
    const double zero = -luma * codes.luma_zero;
    const auto f = [](double value) { return static_cast<float>(value); };
    const Affine3 by{
        .m = {{{f(luma), 0.0F, f(r_cr)}, {f(luma), f(g_cb), f(g_cr)}, {f(luma), f(b_cb), 0.0F}}},
        .offset = {f(zero - 128.0 * r_cr), f(zero - 128.0 * (g_cb + g_cr)),
                   f(zero - 128.0 * b_cb)}};
    transform_rows(by, row.channel, row.width);
}

void rgb_to_ycc(ChannelRow& row, const ColorOptions& color) {
    const LumaWeights k = luma_weights(color.matrix);
    const YuvCodes codes = yuv_codes(color.range);
    const double luma = codes.luma_scale / 255.0;
    const double cb = codes.chroma_scale / 255.0 / (2.0 * (1.0 - k.b));
    const double cr = codes.chroma_scale / 255.0 / (2.0 * (1.0 - k.r));
    const auto f = [](double value) { return static_cast<float>(value); };
    const Affine3 by{.m = {{{f(k.r * luma), f(k.g * luma), f(k.b * luma)},
                            {f(-k.r * cb), f(-k.g * cb), f((1.0 - k.b) * cb)},
                            {f((1.0 - k.r) * cr), f(-k.g * cr), f(-k.b * cr)}}},
                     .offset = {f(codes.luma_zero), 128.0F, 128.0F}};
    transform_rows(by, row.channel, row.width);
}

RowReader::RowReader(const ImageView& image, const ColorOptions& color)
    : image_(image), color_(color), map_(sample_map(image.layout)), chroma_(image.width()) {
    PX_CHECK(map_.grid_count > 0);
    for (std::size_t c = 0; c < 4; ++c)
        meaning_[c] = meaning_of(map_, c, is_yuv(image.format()), color.range);
}

void RowReader::read_grid(int y, std::size_t grid, ChannelRow& out) {
    const SampleGrid& g = map_.grids[grid];
    const int row = y >> g.shift_y;
    const bool repeated = g.shift_x == 1;
    const FloatRows rows = rows_of(map_, grid, meaning_, repeated ? chroma_.channel : out.channel);
    if (map_.sample_bytes == 2)
        read_samples(grid_row<std::uint16_t>(image_, g, row), rows, g.width);
    else if (g.step != g.components)
        gather(grid_row<std::uint8_t>(image_, g, row), g.step, rows, g.width);
    else
        read_samples(grid_row<std::uint8_t>(image_, g, row), rows, g.width);
    if (!repeated) return;
    for (std::size_t c = 1; c < 3; ++c)
        if (map_.channels[c].grid == static_cast<int>(grid))
            repeat_values(chroma_.channel[c], out.channel[c], g.width);
}

void RowReader::read(int y, Channels wanted, ChannelRow& out) {
    PX_CHECK(out.width == image_.width());
    for (std::size_t g = 0; g < static_cast<std::size_t>(map_.grid_count); ++g)
        read_grid(y, g, out);
    for (std::size_t c = 1; c < 4; ++c)
        if (map_.channels[c].grid < 0)
            std::fill_n(out.channel[c], out.width, c == 3 ? kOpaque : 128.0F);
    if (is_gray(image_.format())) {
        if (wanted == Channels::rgb) {
            std::copy_n(out.channel[0], out.width, out.channel[1]);
            std::copy_n(out.channel[0], out.width, out.channel[2]);
            return;
        }
        const YuvCodes codes = yuv_codes(color_.range);
        scale_values(
            out.channel[0],
            {static_cast<float>(codes.luma_scale / 255.0), static_cast<float>(codes.luma_zero)},
            out.width);
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
      chroma_(image.width()) {
    PX_CHECK(map_.grid_count > 0);
    for (std::size_t c = 0; c < 4; ++c)
        meaning_[c] = inverse_of(map_, c, is_yuv(image.format()), color.range);
}

std::vector<ChannelRow> RowWriter::make_block() const {
    std::vector<ChannelRow> rows;
    rows.reserve(static_cast<std::size_t>(block_rows_));
    for (int i = 0; i < block_rows_; ++i) rows.emplace_back(image_.width());
    return rows;
}

void RowWriter::write_grid(int y, std::size_t grid, const std::array<float*, 4>& channels) {
    const SampleGrid& g = map_.grids[grid];
    const FloatRows rows = rows_of(map_, grid, meaning_, channels);
    if (map_.sample_bytes == 2)
        write_samples(rows, grid_row<std::uint16_t>(image_, g, y), g.width);
    else if (g.step != g.components)
        scatter(rows, grid_row<std::uint8_t>(image_, g, y), g.step, g.width);
    else
        write_samples(rows, grid_row<std::uint8_t>(image_, g, y), g.width);
}

// The mean of the pixels a chroma sample stands for: 1, 2 or 4, fewer at the right and lower edge.
void RowWriter::average_chroma(std::size_t channel, std::span<ChannelRow> rows) {
    const SampleGrid& grid = map_.grids[static_cast<std::size_t>(map_.channels[channel].grid)];
    const bool pairs = grid.shift_x == 1;
    const int width = image_.width();
    if (pairs && width % 2 != 0)
        for (ChannelRow& row : rows) row.channel[channel][width] = row.channel[channel][width - 1];
    average({.first = rows.front().channel[channel],
             .last = rows.back().channel[channel],
             .out = chroma_.channel[channel],
             .pairs = pairs},
            grid.width);
}

void RowWriter::write(int y, std::span<ChannelRow> rows) {
    PX_CHECK(!rows.empty() && y % block_rows_ == 0);
    if (is_gray(image_.format())) {
        const YuvCodes codes = yuv_codes(color_.range);
        const double scale = 255.0 / codes.luma_scale;
        scale_values(rows[0].channel[0],
                     {static_cast<float>(scale), static_cast<float>(-codes.luma_zero * scale)},
                     rows[0].width);
    }
    const auto grids = static_cast<std::size_t>(map_.grid_count);
    for (std::size_t g = 0; g < grids; ++g) {
        const bool chroma = map_.grids[g].shift_x + map_.grids[g].shift_y > 0;
        if (!chroma)
            for (std::size_t i = 0; i < rows.size(); ++i)
                write_grid(y + static_cast<int>(i), g, rows[i].channel);
    }
    if (map_.grids[grids - 1].shift_x == 0) return;
    average_chroma(1, rows);
    average_chroma(2, rows);
    for (std::size_t g = 1; g < grids; ++g)
        write_grid(y >> map_.grids[g].shift_y, g, chroma_.channel);
}

}  // namespace parallax::compute
