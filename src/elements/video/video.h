// videotestsrc, videoconvert, videoscale, videocrop, videoflip, metrics: elements for
// pictures.
#pragma once

#include "parallax/registry.h"

namespace parallax::elements {

void add_video(Registry& registry);

}  // namespace parallax::elements
