// fused: demosaic and finish at once, from the balanced mosaic to bytes.
//
// What one after the other gives, in one loop: the linear pixels stay in registers, and the adding
// of the one fills the gaps that the multiplying of the other leaves.
// Threads: pure functions. Kernels overrun blocks by up to kPad lanes.
#pragma once

#include "isp/demosaic.h"
#include "isp/finish.h"
#include "isp/lanes.h"

namespace parallax::isp {

// Whether what follows does all that is asked for: highlights that fade, it cannot.
inline bool is_fused(const Finish& finish) { return !finish.fading.on; }

void develop_bilinear(const MosaicRows& rows, const BlockRange& range, const Finish& finish,
                      PictureBlock& out);
void develop_mhc(const MosaicRows& rows, const BlockRange& range, const Finish& finish,
                 PictureBlock& out);
void develop_superpixel(const CellRows& rows, const BlockRange& range, const Finish& finish,
                        PictureBlock& out);

}  // namespace parallax::isp
