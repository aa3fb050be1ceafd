// pad_format: what fixed caps mean for one pad: its picture layout and rate where it has them.
//
// Threads: pure.
#pragma once

#include "parallax/element.h"

namespace parallax {

// Errc::invalid_argument where the caps describe no possible picture.
Result<PadFormat> pad_format(const Structure& caps);

// Of all pads: who was told the one need not be told the other.
bool same(const Negotiated& a, const Negotiated& b);

}  // namespace parallax
