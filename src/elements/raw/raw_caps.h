// The caps that raw elements share.
//
// Threads: pure functions.
#pragma once

#include "parallax/caps.h"

namespace parallax::elements {

// Mosaics of any size from 2x2 on, at any rate, in all formats; rggb12le is preferred.
Caps raw_caps();

}  // namespace parallax::elements
