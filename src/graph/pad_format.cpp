#include "graph/pad_format.h"

#include "parallax/video_caps.h"

namespace parallax {
namespace {

bool is_image(const Structure& caps) {
    return caps.media_type() == "video/x-raw" || caps.media_type() == "video/x-bayer";
}

}  // namespace

Result<PadFormat> pad_format(const Structure& caps) {
    PadFormat format{.linked = true, .caps = caps, .image = {}, .framerate = {}};
    if (!is_image(caps)) return format;
    format.image = PX_TRY(layout_from_caps(caps));
    format.framerate = caps.get_fraction("framerate").value_or(Fraction(0, 1));
    return format;
}

}  // namespace parallax
