// How a picture was held, as EXIF's 1 … 8: in the metadata of frames, and in caps.
//
// Caps carry it as `orientation`, where a source knows of one that is not 1 before anything flows:
// a picture that will be turned upright may change its width for its height. Absent, it is 1, or
// one that changes no size. What counts for a frame is its own metadata.
//
// Threads: pure functions.
#pragma once

#include <string_view>

#include "compute/image/geometry.h"
#include "parallax/caps.h"
#include "parallax/meta.h"
#include "parallax/result.h"

namespace parallax::elements {

inline constexpr std::string_view kOrientation = "orientation";

// 1 where the caps do not say.
int orientation_in(const Structure& caps);
// Adds it unless it is 1.
void note_orientation_in(Structure& caps, int orientation);

// 1 where the frame does not say.
Result<int> orientation_of(const Meta& meta);
// Adds nothing to a frame that has none, if it is 1.
Result<> set_orientation(Meta& meta, int orientation);

// What turns a picture of this orientation upright.
compute::FlipMethod upright(int orientation);

}  // namespace parallax::elements
