#include "graph/pad_format.h"

#include <algorithm>

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

bool same(const Negotiated& a, const Negotiated& b) {
    const auto same_pad = [](const PadFormat& x, const PadFormat& y) {
        return x.linked == y.linked && x.caps == y.caps && x.image == y.image &&
               x.framerate == y.framerate && x.pad == y.pad;
    };
    return std::ranges::equal(a.inputs, b.inputs, same_pad) &&
           std::ranges::equal(a.outputs, b.outputs, same_pad);
}

}  // namespace parallax
