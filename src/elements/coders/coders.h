// pngenc jpegenc tiffenc dngenc pnmenc y4menc, pngdec jpegdec tiffdec pnmdec y4mdec: pictures as
// files, and files as pictures.
#pragma once

#include "parallax/registry.h"

namespace parallax::elements {

void add_coders(Registry& registry);

}  // namespace parallax::elements
