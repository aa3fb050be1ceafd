#include "elements/raw/raw_caps.h"

#include <vector>

#include "parallax/video_caps.h"

namespace parallax::elements {

Caps raw_caps() {
    std::vector<PixelFormat> formats{PixelFormat::rggb12le};
    for (const PixelFormat format : all_pixel_formats()) {
        const bool mosaic = traits(format).family == PixelFamily::bayer;
        if (mosaic && format != formats.front()) formats.push_back(format);
    }
    Structure raw = video_caps(formats).structures().front();
    raw.set("width", IntRange{2, kMaxSidePx});
    raw.set("height", IntRange{2, kMaxSidePx});
    return raw;
}

}  // namespace parallax::elements
