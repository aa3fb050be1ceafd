// BurstMerger: frames of one scene made into one with less noise, in the Bayer domain.
//
//     BurstMerger merger(reference_cells, noise, slices);
//     merger.add(other_cells);           // As many as there are.
//     merger.finish(bayer16_view, levels);
//
// Each frame is aligned with the reference, tile by tile (align.h), and added where it shows the
// same: its squared difference from the reference, over blocks of 8 × 8 samples, is held against
// what noise alone explains. Where it is more – something moved, or the alignment failed – the
// frame counts less, down to nothing, so that the reference alone is left there. Tiles overlap by
// half under a raised cosine, as in Hasinoff et al., SIGGRAPH Asia 2016; the weights follow their
// robust merge in the pixel domain rather than in that of frequencies, since ours are resampled
// between pixels (Keys, "Cubic convolution interpolation", IEEE TASSP 29, 1981).
//
// Threads: one; `slices` may run bodies on any. The same bytes for any number of them.
#pragma once

#include "isp/burst/align.h"
#include "isp/burst/noise.h"
#include "isp/burst/planes.h"
#include "parallax/image.h"

namespace parallax::isp {

class GuidedFrame;

class BurstMerger {
  public:
    BurstMerger(CellPlanes reference, const NoiseModel& noise, BurstSlices slices);

    // Of the size of the reference.
    void add(const CellPlanes& other);

    // Frames that were averaged at a sample in the mean, with the reference: 1 … frames added + 1.
    double mean_frames() const;

    // Into `out`, a mosaic of 16 bits of the reference's size: light × (white − black) + black.
    // The last column and row of odd sizes are not written.
    void finish(const MutableImageView& out, const CellLevels& levels) const;

  private:
    void add_rows_of_tiles(const GuidedFrame& other, const ShiftField& field, int parity);

    CellPlanes reference_;
    NoiseModel noise_;
    BurstSlices slices_;
    AlignPyramid pyramid_;
    float mean_light_;
    CellPlanes sum_;  // Of others, weighted, …
    Plane weight_;    // … and the weights of their cells.
};

}  // namespace parallax::isp
