// refine: shifts of tiles, brought from whole pixels to small parts of one.
//
// Each tile begins with the shift of its neighbourhood (the median of five by five tiles), unless
// its own explains what is seen much better: then something moves there by itself. From there, by
// the gradient (Lucas and Kanade, "An iterative image registration technique", IJCAI 1981), over a
// window of twice the tile's size. Where there is nothing to see, noise is not followed.
//
// Threads: a pure function; `slices` as in align().
#pragma once

#include "isp/burst/align.h"

namespace parallax::isp {

struct PlanePair {
    const Plane& reference;
    const Plane& other;
    float noise = 0;  // The variance of a sample, against which gradients are weighed.
};
ShiftField refine(const ShiftField& field, const PlanePair& pair, const BurstSlices& slices);

}  // namespace parallax::isp
