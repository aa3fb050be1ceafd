// cropped_info: what is known of a mosaic, for a part of it.
//
// Levels, gains and defects belong to places: an odd offset exchanges the positions of the cell,
// and what lies outside is forgotten. What is of the shot stays.
//
// Threads: a pure function.
#pragma once

#include "parallax/raw_info.h"

namespace parallax::isp {

struct Part {
    int left = 0;  // Of the part in the whole, pixels.
    int top = 0;
    int width = 0;  // Of the part.
    int height = 0;
    int whole_width = 0;
    int whole_height = 0;
};

RawInfo cropped_info(const RawInfo& whole, const Part& part);

}  // namespace parallax::isp
