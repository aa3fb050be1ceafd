// The elements that come with Parallax.
#pragma once

#include "parallax/registry.h"

namespace parallax {

void add_builtin_elements(Registry& registry);

}  // namespace parallax
