// RowReader, RowWriter: pictures of any format as rows of float channels, and back.
//
// Values are 0 … 255 whatever the bit depth, so that codes of any depth survive a round trip
// exactly and each result is rounded once. RGB, gray and alpha: 255 is the largest code. YUV: the
// codes of 8 bits, of which deeper ones are finer steps, as BT.709, BT.2020 and H.273 have it.
// Chroma samples lie in the middle of their pixels (as in JPEG and MPEG-1): subsampled chroma is
// repeated on reading and averaged over its pixels on writing.
// Threads: a reader or writer belongs to one thread. Lifetime: borrows its picture.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "compute/image/color.h"
#include "compute/image/row_kernels.h"
#include "compute/image/samples.h"
#include "parallax/image.h"

namespace parallax::compute {

// What the four channels of a row mean: R, G, B, A; or Y, Cb, Cr as 8-bit codes, and A.
enum class Channels : std::uint8_t { rgb, ycc };

// Each channel has room up to padded(width).
struct ChannelRow {
    std::vector<float> storage;
    std::array<float*, 4> channel{};
    int width = 0;
    explicit ChannelRow(int width_px);
    // A copy would point into the storage of its original.
    ChannelRow(const ChannelRow&) = delete;
    ChannelRow& operator=(const ChannelRow&) = delete;
    ChannelRow(ChannelRow&&) = default;
    ChannelRow& operator=(ChannelRow&&) = default;
};

// The channels in which a format keeps its pixels; gray is luma whose chroma is zero.
Channels channels_of(PixelFormat format);

// In place, between the two meanings. Values are not clamped.
void ycc_to_rgb(ChannelRow& row, const ColorOptions& color);
void rgb_to_ycc(ChannelRow& row, const ColorOptions& color);

// Of any format but Bayer.
class RowReader {
  public:
    RowReader(const ImageView& image, const ColorOptions& color);
    void read(int y, Channels wanted, ChannelRow& out);

  private:
    void read_grid(int y, std::size_t grid, ChannelRow& out);

    ImageView image_;
    ColorOptions color_;
    SampleMap map_;
    std::array<CodeMeaning, 4> meaning_;
    ChannelRow chroma_;  // Subsampled, before it is repeated.
};

// Of any format but Bayer. Values are clamped and rounded to nearest.
class RowWriter {
  public:
    RowWriter(const MutableImageView& image, const ColorOptions& color);
    // How many rows share one row of chroma: 1 or 2.
    int block_rows() const { return block_rows_; }
    // Room for one block.
    std::vector<ChannelRow> make_block() const;
    // Rows y, y+1 … (as many as given, at most block_rows(); y a multiple of it), in the channels
    // of the picture's format. A last block may be short.
    void write(int y, std::span<ChannelRow> rows);

  private:
    void write_grid(int y, std::size_t grid, const std::array<float*, 4>& channels);
    void average_chroma(std::size_t channel, std::span<ChannelRow> rows);

    MutableImageView image_;
    ColorOptions color_;
    SampleMap map_;
    std::array<CodeMeaning, 4> meaning_;
    int block_rows_ = 1;
    ChannelRow chroma_;  // Averaged.
};

}  // namespace parallax::compute
