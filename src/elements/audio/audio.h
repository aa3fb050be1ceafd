// The elements of this folder.
#pragma once

#include "parallax/registry.h"

namespace parallax::elements {

void add_audio(Registry& registry);

}  // namespace parallax::elements
