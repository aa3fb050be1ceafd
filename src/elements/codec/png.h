// png: PNG pictures (ISO/IEC 15948) to and from memory, by libspng.
//
// Written as they are: GRAY8, GRAY16_LE, RGB, RGBA, RGBA64_LE, and unpacked Bayer mosaics as gray
// of 8 or 16 bits. Read: every PNG, as the smallest of those that holds it; palettes become RGB,
// transparent colours an alpha channel, 1, 2 and 4 bits GRAY8 (full range). What is known of the
// shot is written as eXIf, the provenance as iTXt.
//
// Threads: pure functions.
#pragma once

#include "elements/codec/exif.h"
#include "elements/codec/picture.h"

namespace parallax::codec {

struct PngOptions {
    // 0 (none) … 9 (smallest), zlib's levels. Up to 3 every row is filtered by "average"; from 4 on
    // each row tries all filters. On photographs 3 takes 100 ms/MP and 6 takes 380, for files that
    // differ by −4 to +19 %.
    int compression = 3;
    bool alpha = true;    // False leaves the alpha channel of RGBA and RGBA64_LE out.
    int orientation = 1;  // EXIF 1 … 8; written where it is not 1.
    FileNotes notes = {};
};

std::size_t png_bound(const ImageLayout& layout);

// Returns the bytes written to `out`.
Result<std::size_t> png_encode(const ImageView& picture, const PngOptions& options,
                               MutableBytes out);

Result<PictureInfo> png_probe(Bytes png, const Limits& limits = {});

// `out` must have the size and format of png_probe's answer; a gray picture may also be read as a
// Bayer mosaic of as many bits or fewer, and then no sample may have more bits than that.
Result<> png_decode(Bytes png, const MutableImageView& out);

}  // namespace parallax::codec
