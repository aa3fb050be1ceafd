// Whether the JPEGs that raw files keep their samples in are whole.
//
// Decoders of raw files go on over damage: a stretch of zeros decodes as some picture, and what
// follows it as another. But a code stream that lost bytes, or whose bytes were replaced, almost
// never ends where its marker stands, so following the codes to the end finds what looking at
// samples cannot.
//
// Lossless: ITU-T T.81 (1992), annex H, with Huffman codes; the samples are counted and not made,
// some 4 ns each. Lossy: libjpeg reads the codes, and says what it had to make up.
//
// Threads: pure functions. Errors: Errc::corrupt, in words that fit behind "expected …, ".
#pragma once

#include "elements/codec/picture.h"

namespace parallax::codec {

enum class JpegKind { none, lossless, lossy };

// By the frame header, looked for from the start of the image on; `none` without one.
JpegKind jpeg_kind(Bytes jpeg);

struct LosslessOptions {
    // Differences of category 16 carry 16 more bits, as Adobe's converter wrote them before
    // DNG 1.1; T.81 gives them none.
    bool wide_category_16 = false;
};

// Fails unless the scan holds as many samples as its frame has, and then ends. Subsampled frames,
// which no mosaic is, are not looked into.
Result<> expect_whole_lossless_jpeg(Bytes jpeg, const LosslessOptions& options = {});

// Progressive ones, which raw files do not hold, are not looked into: they cost memory and scans.
Result<> expect_whole_lossy_jpeg(Bytes jpeg);

}  // namespace parallax::codec
