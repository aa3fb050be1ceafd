// The bridge between caps and pictures: what a pad says, and what the frames then look like.
//
// Threads: pure functions.
#pragma once

#include <initializer_list>
#include <span>

#include "parallax/caps.h"
#include "parallax/format.h"
#include "parallax/result.h"

namespace parallax {

// Any size from 1 to kMaxSidePx and any rate, in these formats, the first preferred. One
// alternative for each media type, in the order in which they first appear. No format: EMPTY.
Caps video_caps(std::span<const PixelFormat> formats);
Caps video_caps(std::initializer_list<PixelFormat> formats);

// The fixed caps of frames that look like this. A framerate of 0/1 means a still or variable rate.
Caps caps_of(const ImageLayout& layout, Fraction framerate);

// The layout of fixed video caps; fails naming the field that is missing, unknown or out of range.
Result<ImageLayout> layout_from_caps(const Structure& fixed);

// What a stream of fixed raw video caps weighs; 0 for what it does not know. A framerate of 0/1
// counts as 30.
double stream_bytes_per_second(const Structure& fixed);

}  // namespace parallax
