// PixelFormat: how the samples of a picture lie in memory, and the facts that follow from it.
//
// Names are GStreamer's (`RGB`, `NV12`, `rggb12le` …), so caps text reads alike in both worlds.
// Two Bayer families are our own because GStreamer has no name for them: `rggb10p` and `rggb12p`
// are MIPI CSI-2 RAW10 (4 samples in 5 bytes) and RAW12 (2 samples in 3 bytes).
//
// Threads: pure values and pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "parallax/result.h"

namespace parallax {

enum class PixelFormat : std::uint8_t {
    // video/x-raw
    gray8,
    gray16le,
    rgb,
    bgr,  // 3 bytes a pixel
    rgba,
    bgra,
    rgbx,
    bgrx,
    argb,
    abgr,
    xrgb,
    xbgr,      // 4 bytes a pixel
    gbr,       // three planes
    rgba64le,  // 4 × 16 bits, little endian
    i420,
    yv12,
    y42b,
    y444,  // planar YUV: 4:2:0 twice, 4:2:2, 4:4:4
    nv12,
    nv21,
    nv16,
    nv61,
    nv24,  // Y plane, then interleaved chroma: 4:2:0 twice, 4:2:2 twice, 4:4:4
    yuy2,
    uyvy,
    yvyu,
    vyuy,  // packed 4:2:2
    ayuv,  // packed 4:4:4 with alpha first
    i420_10le,
    i422_10le,
    y444_10le,
    i420_12le,
    i422_12le,
    y444_12le,
    y444_16le,  // planar YUV of words
    p010_10le,
    p012_le,
    p016_le,  // like NV12, of words whose high bits count
    // video/x-bayer: four orders × six packings, in this order of packings
    rggb8,
    grbg8,
    gbrg8,
    bggr8,
    rggb10le,
    grbg10le,
    gbrg10le,
    bggr10le,
    rggb12le,
    grbg12le,
    gbrg12le,
    bggr12le,
    rggb14le,
    grbg14le,
    gbrg14le,
    bggr14le,
    rggb16le,
    grbg16le,
    gbrg16le,
    bggr16le,
    rggb10p,
    grbg10p,
    gbrg10p,
    bggr10p,
    rggb12p,
    grbg12p,
    gbrg12p,
    bggr12p,
};
inline constexpr std::size_t kPixelFormatCount = static_cast<std::size_t>(PixelFormat::bggr12p) + 1;

// Which colour the top-left 2×2 samples of a mosaic have, row by row.
enum class BayerOrder : std::uint8_t { rggb, grbg, gbrg, bggr };

enum class PixelFamily : std::uint8_t { gray, rgb, yuv, bayer };

struct PixelTraits {
    std::string_view name;        // As in caps text: "NV12", "rggb12le".
    std::string_view media_type;  // "video/x-raw" or "video/x-bayer".
    PixelFamily family;
    std::uint8_t planes;          // 1 … 3
    std::uint8_t bits;            // Significant bits of one sample: 8, 10, 12, 14, 16.
    std::uint8_t chroma_shift_x;  // log2 of the horizontal chroma subsampling.
    std::uint8_t chroma_shift_y;  // log2 of the vertical chroma subsampling.
    bool packed;                  // MIPI packing: samples do not start on bytes.
    BayerOrder order;             // Only for PixelFamily::bayer.
};

const PixelTraits& traits(PixelFormat format);

// By its name in caps text, case-sensitive; nothing if unknown.
std::optional<PixelFormat> pixel_format(std::string_view media_type, std::string_view name);
std::optional<PixelFormat> bayer_format(BayerOrder order, int bits, bool packed = false);
std::span<const PixelFormat> all_pixel_formats();

std::string_view to_string(BayerOrder order);

// Where the planes of one picture lie in one contiguous buffer.
//
// Rows follow GStreamer's default layout, so that raw dumps are interchangeable: video/x-raw rows
// are padded to 4 bytes (2-byte chroma pairs included); Bayer rows are tight, as raw files are.
struct ImageLayout {
    PixelFormat format = PixelFormat::gray8;
    int width = 0;   // pixels
    int height = 0;  // pixels
    std::array<std::size_t, 3> offset_bytes{};
    std::array<std::size_t, 3> stride_bytes{};
    std::array<int, 3> rows{};   // Rows in each plane.
    std::size_t size_bytes = 0;  // Of the whole buffer.

    bool operator==(const ImageLayout&) const = default;
};

// Largest picture we accept, so that no size computed from one can overflow: 2^16 on each side.
inline constexpr int kMaxSidePx = 65536;

// Fails on sizes outside 1 … kMaxSidePx, naming them.
Result<ImageLayout> image_layout(PixelFormat format, int width, int height);

}  // namespace parallax
