#include "elements/coders/formats_of.h"

namespace parallax::elements {

std::vector<PixelFormat> mosaic_formats(bool packed_too) {
    std::vector<PixelFormat> formats;
    for (const PixelFormat format : all_pixel_formats()) {
        const PixelTraits& t = traits(format);
        if (t.family != PixelFamily::bayer || (t.packed && !packed_too)) continue;
        formats.push_back(format);
    }
    return formats;
}

std::vector<PixelFormat> plain_and_mosaic_formats() {
    std::vector<PixelFormat> formats(kPlainFormats.begin(), kPlainFormats.end());
    for (const PixelFormat format : mosaic_formats(false)) formats.push_back(format);
    return formats;
}

}  // namespace parallax::elements
