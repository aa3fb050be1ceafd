// samples: the few conversions of samples that several codecs share.
//
// Threads: pure functions.
#pragma once

#include <cstdint>

#include "elements/codec/picture.h"

namespace parallax::codec {

// One row of RGBA or RGBA64_LE without its fourth channel; returns the bytes written.
std::size_t copy_without_alpha(Bytes row, PixelFormat format, MutableBytes out);

// 16-bit samples of the other endianness; `out` may be `in`.
void swap_bytes16(Bytes in, MutableBytes out);

// MIPI CSI-2 RAW10 or RAW12 to 16-bit samples: one row of `out.size()` of them.
void unpack_mipi_row(Bytes row, int bits, std::span<std::uint16_t> out);

// Fails unless a file of `found` samples can be read into `given`: the same, or gray read as a
// mosaic with samples of the same width.
Result<> expect_samples(PixelFormat found, PixelFormat given, std::string_view what);

// Fails if a sample of a 10-, 12- or 14-bit mosaic has more bits than that, naming the sample.
Result<> check_bits(const ImageView& picture, std::string_view what);

}  // namespace parallax::codec
