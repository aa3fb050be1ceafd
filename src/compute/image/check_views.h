// Refusals that several picture operations share.
#pragma once

#include <string>

#include "parallax/image.h"
#include "parallax/result.h"

namespace parallax::compute {

inline std::string describe(const ImageLayout& layout) {
    return std::to_string(layout.width) + "x" + std::to_string(layout.height) + " " +
           std::string(traits(layout.format).name);
}

// Mosaics have no pixels to work on.
inline Result<> refuse_bayer(const ImageLayout& layout) {
    if (traits(layout.format).family != PixelFamily::bayer) return {};
    return fail(Errc::unsupported, describe(layout) + " is a mosaic, not a picture",
                "develop it first: softisp");
}

inline Result<> require_same_format(const ImageLayout& src, const ImageLayout& dst) {
    if (src.format == dst.format) return {};
    return fail(Errc::invalid_argument, describe(src) + " into " + describe(dst),
                "convert first: formats must agree");
}

inline Result<> require_same_size(const ImageLayout& src, const ImageLayout& dst) {
    if (src.width == dst.width && src.height == dst.height) return {};
    return fail(Errc::invalid_argument, describe(src) + " into " + describe(dst),
                "scale or crop first: sizes must agree");
}

}  // namespace parallax::compute
