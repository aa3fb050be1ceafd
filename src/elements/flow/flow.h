// queue, tee, funnel, selector, output-selector, valve, capsfilter, identity: elements that steer
// frames and leave their bytes alone.
#pragma once

#include "parallax/registry.h"

namespace parallax::elements {

void add_flow(Registry& registry);

}  // namespace parallax::elements
