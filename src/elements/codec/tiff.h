// tiff: TIFF 6.0 pictures to and from memory, by libtiff.
//
// Written from GRAY8, GRAY16_LE, RGB, RGBA, RGBA64_LE and unpacked Bayer mosaics (as gray), plain
// or deflated with horizontal differencing. Read: what is written here and by most tools: strips of
// gray, RGB or RGBA with 8 or 16 bits, uncompressed, deflated, LZW or PackBits.
//
// Threads: pure functions.
#pragma once

#include "elements/codec/exif.h"
#include "elements/codec/picture.h"

namespace parallax::codec {

struct TiffOptions {
    bool deflate = false;
    bool alpha = true;  // False leaves the alpha channel of RGBA and RGBA64_LE out.
    int orientation = 1;
    FileNotes notes = {};  // EXIF in a directory of its own, the provenance as ImageDescription.
};

std::size_t tiff_bound(const ImageLayout& layout);

// Returns the bytes written to `out`.
Result<std::size_t> tiff_encode(const ImageView& picture, const TiffOptions& options,
                                MutableBytes out);

// GRAY8, GRAY16_LE, RGB, RGBA or, for all else of 16 bits, RGBA64_LE.
Result<PictureInfo> tiff_probe(Bytes tiff, const Limits& limits = {});

// `out` must have the size and format of tiff_probe's answer; gray may also be read as a mosaic.
Result<> tiff_decode(Bytes tiff, const MutableImageView& out);

}  // namespace parallax::codec
