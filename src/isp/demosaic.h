// demosaic: full colour from five rows of a balanced mosaic, in 13-bit integers.
//
// bilinear: the average of the nearest samples of each colour, exactly.
// mhc: H. Malvar, L. He, R. Cutler, "High-quality linear interpolation for demosaicing of
// Bayer-patterned color images", ICASSP 2004, written as average + difference / 8, so that every
// intermediate stays within int16; where extreme differences would leave it, they saturate. The
// result is clamped to 0 … limit.
// superpixel: each 2×2 cell becomes one pixel; its greens are averaged, exactly.
//
// Samples have 13 bits and results 15, which makes averages of four plain sums. Mirrored mosaics
// give exactly mirrored pictures.
// Threads: pure functions. Kernels overrun blocks by up to kPad lanes.
#pragma once

#include <cstdint>

#include "isp/balance.h"
#include "isp/lanes.h"
#include "parallax/format.h"

namespace parallax::isp {

// What the samples of one row are: red and green, or blue and green.
struct RowPhase {
    bool red = true;  // Not green are red ones; else blue ones.
    int column = 0;   // The first column that is not green: 0 or 1.
};
RowPhase row_phase(BayerOrder order, int y);

// Half columns begin … begin + count − 1, count ≤ kBlock.
struct BlockRange {
    int begin = 0;
    int count = 0;
};

// window[2] is the row itself, whose phase is given.
struct MosaicRows {
    const Window& window;
    RowPhase phase;
    std::int16_t limit = kOne;  // Of samples; results stay within four times it.
};
void demosaic_bilinear(const MosaicRows& rows, const BlockRange& range, LinearBlock& out);
void demosaic_mhc(const MosaicRows& rows, const BlockRange& range, LinearBlock& out);

// Two rows of a cell; `range` counts half columns of the result, i.e. pairs of cells.
struct CellRows {
    HalfRows upper;
    HalfRows lower;
    BayerOrder order = BayerOrder::rggb;
};
void demosaic_superpixel(const CellRows& rows, const BlockRange& range, LinearBlock& out);

}  // namespace parallax::isp
