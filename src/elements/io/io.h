// filesrc filesink multifilesrc multifilesink rawsrc fdsrc fdsink appsrc appsink: where frames come
// from and where they go, beyond the graph.
#pragma once

#include "parallax/registry.h"

namespace parallax::elements {

void add_io(Registry& registry);

}  // namespace parallax::elements
