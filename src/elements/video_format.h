// Facts about video that many elements share: linear light in caps, times of frames, and what
// provenance says of an element.
//
// A picture in linear light carries `colorimetry=1:1:1:1` in its caps, as in GStreamer; all others
// are taken as sRGB-encoded.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "compute/image/color.h"
#include "parallax/caps.h"
#include "parallax/element.h"
#include "parallax/format.h"

namespace parallax::elements {

inline constexpr std::string_view kColorimetry = "colorimetry";
inline constexpr std::string_view kLinearColorimetry = "1:1:1:1";

bool is_linear(const Structure& caps);

// What the samples of a picture mean. `colorimetry` is read in GStreamer's words: bt601, bt709,
// bt2020, sRGB, or RANGE:MATRIX:TRANSFER:PRIMARIES by number. Without it, or where a word is not
// known, YUV is of limited range, BT.709 above 576 rows and BT.601 up to there.
struct PictureColor {
    compute::ColorOptions yuv;
    compute::Transfer transfer = compute::Transfer::srgb;
};
PictureColor picture_color(const PadFormat& format);

// Any picture but mosaics, RGB preferred, of any size and rate.
Caps picture_caps();

struct FrameTimes {
    std::int64_t pts_ns = -1;
    std::int64_t duration_ns = -1;
};
// Of a frame counted from 0. A rate of 0/1 has no times; long streams do not drift.
FrameTimes frame_times(std::int64_t frame, Fraction framerate);

// The properties that differ from their defaults, as launch text: "gain=4 seed=7".
std::string changed_properties(const Element& element);

// The structure with any width and height.
Structure any_size(Structure shape);

}  // namespace parallax::elements
