// jpeg: JPEG pictures (ITU-T T.81, JFIF) to and from memory, by libjpeg-turbo.
//
// Written from GRAY8, every RGB of 8 bits, and planar or NV YUV, whose samples go in as they are:
// JFIF takes them for full-range BT.601. Read into GRAY8 or any RGB of 8 bits.
//
// A picture with damaged or missing data is refused: libjpeg would fill it up with gray.
//
// Threads: pure functions.
#pragma once

#include "elements/codec/exif.h"
#include "elements/codec/picture.h"

namespace parallax::codec {

enum class ChromaSampling : std::uint8_t { s444, s422, s420 };

struct JpegOptions {
    int quality = 90;  // 1 … 100, libjpeg's scale.
    bool progressive = false;
    // Of pictures given as RGB; YUV keeps what it has.
    ChromaSampling chroma = ChromaSampling::s420;
    int orientation = 1;  // EXIF 1 … 8; written where it is not 1.
    FileNotes notes = {};
};

std::size_t jpeg_bound(const ImageLayout& layout, const JpegOptions& options);

// Returns the bytes written to `out`.
Result<std::size_t> jpeg_encode(const ImageView& picture, const JpegOptions& options,
                                MutableBytes out);

// GRAY8 or RGB, and the EXIF orientation.
Result<PictureInfo> jpeg_probe(Bytes jpeg, const Limits& limits = {});

// `out` has the size of jpeg_probe's answer and any format that can be read into.
Result<> jpeg_decode(Bytes jpeg, const MutableImageView& out);

}  // namespace parallax::codec
