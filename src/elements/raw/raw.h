// rawtestsrc, softisp: elements that make or take raw sensor frames.
#pragma once

#include "parallax/registry.h"

namespace parallax::elements {

void add_raw(Registry& registry);

}  // namespace parallax::elements
