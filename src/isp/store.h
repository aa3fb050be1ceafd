// store: finished pixels into rows of the output picture.
//
// YUV is what compute/image takes it for where caps do not say; chroma is the mean of its 2×2
// pixels, of which those beyond an odd edge repeat the last. Threads: pure functions; nothing is
// written outside the pixels named.
#pragma once

#include "isp/finish.h"
#include "isp/lanes.h"
#include "parallax/image.h"
#include "parallax/result.h"

namespace parallax::isp {

// Whether store_* can write this format.
bool can_store(PixelFormat format);

// RGB pictures from this size on are written past the caches: none of it would still be there when
// somebody reads it, and a cached store first fetches the line that it is about to overwrite.
inline constexpr std::size_t kStreamedBytes = 16UZ << 20;
bool is_streamed(const MutableImageView& out);

// Makes what this thread stored visible to whoever is told of it afterwards.
void publish_stores();

// Pixels x … x + count − 1 of row y; the block begins with pixel x.
struct PixelRange {
    int x = 0;
    int y = 0;
    int count = 0;
};

// One row of an 8-bit RGB format.
void store_rgb(const PictureBlock& block, const PixelRange& range, const MutableImageView& out);

// One row of RGBA64_LE.
void store_rgb16(const DeepBlock& block, const PixelRange& range, const MutableImageView& out);

// Rows y and y + 1 of a 4:2:0 format; y and x are even. `lower` is ignored where the picture ends.
// The column after the last one may be overwritten.
struct BlockPair {
    PictureBlock& upper;
    PictureBlock& lower;
};
void store_yuv(const BlockPair& blocks, const PixelRange& range, const MutableImageView& out);

}  // namespace parallax::isp
