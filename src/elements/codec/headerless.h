// headerless: files that hold samples and nothing else, so that only their size can be checked.
//
// Threads: pure functions.
#pragma once

#include <cstdint>

#include "elements/codec/picture.h"

namespace parallax::codec {

// How many pictures of this layout the file holds, one after another. A size that is no multiple
// is Errc::corrupt: expected and found bytes, and as a hint the formats that would fit one picture
// of this width and height exactly.
Result<std::uint64_t> headerless_pictures(const ImageLayout& layout, std::uint64_t file_bytes);

// The Bayer format in which a PNG or PGM of gray samples is read as a mosaic.
Result<PixelFormat> mosaic_format(PixelFormat gray, BayerOrder order, int bits);

}  // namespace parallax::codec
