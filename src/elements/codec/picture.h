// PictureInfo, Limits: what a file header claims to hold, and how much of it we are willing to
// hold.
//
// Every reader has two steps. `x_probe` reads the header, checks it against Limits and allocates
// nothing of the picture's size; `x_decode` fills memory that the caller has made for that answer.
// Every writer has two as well: `x_bound` is the most bytes a picture can come to, whatever its
// samples; `x_encode` fills memory of the caller's, usually an arena slot of that many bytes, and
// returns how many it used. Neither names a file: the caller adds the path by `.context(path)`.
//
// Threads: plain values and pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "parallax/format.h"
#include "parallax/image.h"
#include "parallax/result.h"

namespace parallax::codec {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

struct PictureInfo {
    PixelFormat format = PixelFormat::gray8;  // What decodes without loss.
    int width = 0;                            // pixels
    int height = 0;                           // pixels
    int orientation = 1;                      // TIFF/EXIF 1 … 8

    bool operator==(const PictureInfo&) const = default;
};

// A header of twenty bytes can ask for terabytes: these stand between it and the allocator.
struct Limits {
    int side_px = kMaxSidePx;
    std::size_t picture_bytes = std::size_t{2} << 30;
};

// The layout of the picture, if it is inside the limits; `what` ("png") opens the message.
Result<ImageLayout> bounded_layout(const PictureInfo& info, const Limits& limits,
                                   std::string_view what);

// Fails unless a view has this size, naming both: decoders call it before they write.
Result<> expect_size(const PictureInfo& found, const ImageLayout& given, std::string_view what);

// Bytes of the samples of one row of plane 0, without the padding at its end.
std::size_t row_bytes(const ImageLayout& layout);

// True for gray and Bayer formats whose rows are plain 8-bit or 16-bit samples.
bool is_plane_of_samples(PixelFormat format);

// A failure of this format in this place: "png: cannot hold NV12", with what it can hold as hint.
Failure cannot_hold(std::string_view what, PixelFormat format, std::string_view choices);

// "1920x1080 RGB"
std::string describe(PixelFormat format, int width, int height);

}  // namespace parallax::codec
