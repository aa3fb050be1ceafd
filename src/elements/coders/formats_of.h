// The formats that encoders and decoders of one kind of file have in common.
//
// Threads: pure functions.
#pragma once

#include <array>
#include <vector>

#include "parallax/format.h"

namespace parallax::elements {

// RGB first, since that is what most people mean by a picture.
inline constexpr std::array kPlainFormats{PixelFormat::rgb, PixelFormat::rgba,
                                          PixelFormat::rgba64le, PixelFormat::gray8,
                                          PixelFormat::gray16le};

// Those, then the mosaics whose samples are stored as gray.
std::vector<PixelFormat> plain_and_mosaic_formats();
std::vector<PixelFormat> mosaic_formats(bool packed_too);

}  // namespace parallax::elements
