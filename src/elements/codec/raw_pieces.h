// Holes in a raw file: what LibRaw decodes without a word and should not have.
//
// A copy that broke off, a hole in a file system or a bad card leave a file with the right length
// and zeros, or another file's bytes, in place of some of its samples. LibRaw 0.20 makes black
// tiles of them and counts no error.
//
// What is found: strips and tiles that are missing or of zeros only; JPEGs inside that are not
// whole (lossless_jpeg.h); rows of zeros in a mosaic whose black level is above zero. What cannot
// be: zeros among uncompressed samples where zero is black, or fewer of them than three rows; and
// damage within the codes of Nikon, Sony, Pentax and the like, beyond what LibRaw itself reports.
//
// Threads: pure functions. Errors: Errc::corrupt, with the strip or tile, or the rows.
#pragma once

#include "elements/codec/picture.h"

namespace parallax::codec {

// Looks at the strips or tiles of the raw picture of a file with TIFF's structure; any other file
// passes. `black_above_zero`: no sample of a sensor is zero, noise aside.
Result<> expect_intact_pieces(Bytes file, bool black_above_zero);

// Fails if three or more rows in succession hold zeros only. For mosaics of 16-bit words.
Result<> expect_no_blank_rows(const ImageView& mosaic);

}  // namespace parallax::codec
