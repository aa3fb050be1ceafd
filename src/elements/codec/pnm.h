// pnm: binary PGM and PPM (P5 and P6 of Netpbm), 8 and 16 bits.
//
// Written from GRAY8, GRAY16_LE, RGB, RGBA64_LE (without its alpha) and unpacked Bayer mosaics,
// whose maximum is that of their bits. Read into the same; samples of a picture whose maximum is
// neither 255 nor 65535 are scaled to the full range, those of a mosaic are left as they are.
//
// Threads: pure functions.
#pragma once

#include "elements/codec/picture.h"

namespace parallax::codec {

struct PnmInfo {
    PictureInfo picture;           // GRAY8, GRAY16_LE, RGB or RGBA64_LE.
    int maximum = 255;             // 1 … 65535
    std::size_t header_bytes = 0;  // The samples begin here.

    bool operator==(const PnmInfo&) const = default;
};

std::size_t pnm_bound(const ImageLayout& layout);

// Returns the bytes written to `out`.
Result<std::size_t> pnm_encode(const ImageView& picture, MutableBytes out);

// Only the header need be there.
Result<PnmInfo> pnm_probe(Bytes pnm, const Limits& limits = {});

// `out` has the size and format of pnm_probe's answer; gray may also be read as a mosaic.
Result<> pnm_decode(Bytes pnm, const MutableImageView& out);

}  // namespace parallax::codec
