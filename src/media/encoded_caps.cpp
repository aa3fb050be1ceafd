#include "parallax/encoded_caps.h"

#include <array>

namespace parallax {
namespace {

constexpr std::array kRawTypes{"video/x-raw", "video/x-bayer"};

Failure wrong(const Structure& fixed, std::string_view what) {
    return fail(Errc::invalid_argument, std::string(what) + ": " + to_string(fixed));
}

// A side in pixels; 0 where the caps do not say.
Result<int> side(const Structure& fixed, std::string_view field) {
    if (fixed.find(field) == nullptr) return 0;
    const auto value = fixed.get_int(field);
    if (!value) return wrong(fixed, std::string(field) + " is not one number");
    if (*value < 1 || *value > kMaxSidePx) {
        return wrong(fixed, std::string(field) + " " + std::to_string(*value) +
                                " is outside 1 to " + std::to_string(kMaxSidePx));
    }
    return static_cast<int>(*value);
}

Result<std::optional<PixelFormat>> pixels(const Structure& fixed) {
    if (fixed.find("format") == nullptr) return std::optional<PixelFormat>();
    const auto name = fixed.get_string("format");
    if (!name) return wrong(fixed, "format is not one word");
    for (const char* type : kRawTypes) {
        if (const auto format = pixel_format(type, *name)) return format;
    }
    return wrong(fixed, "no picture format called " + std::string(*name));
}

}  // namespace

FormatFamily family_of(std::string_view media_type) {
    if (media_type == kRawTypes[0]) return FormatFamily::picture;
    if (media_type == kRawTypes[1]) return FormatFamily::mosaic;
    if (media_type == "audio/x-raw") return FormatFamily::sound;
    return media_type.starts_with("image/") ? FormatFamily::picture_file : FormatFamily::bytes;
}

Structure caps_of(const EncodedFormatCaps& encoded) {
    Structure caps(encoded.media_type);
    if (encoded.pixels) caps.set("format", traits(*encoded.pixels).name);
    if (encoded.width > 0) caps.set("width", encoded.width);
    if (encoded.height > 0) caps.set("height", encoded.height);
    if (encoded.framerate) caps.set("framerate", *encoded.framerate);
    return caps;
}

Result<EncodedFormatCaps> encoded_from_caps(const Structure& fixed) {
    EncodedFormatCaps encoded{.media_type = fixed.media_type(), .pixels = {}, .framerate = {}};
    switch (family_of(fixed.media_type())) {
        case FormatFamily::picture:
        case FormatFamily::mosaic:
        case FormatFamily::sound:
            return wrong(fixed, "expected encoded pictures or bytes, found a raw format");
        case FormatFamily::bytes:
            // Of sound in a file, `format` is a word of sounds.
            if (fixed.media_type().starts_with("audio/")) return encoded;
            break;
        case FormatFamily::picture_file:
            break;
    }
    encoded.pixels = PX_TRY(pixels(fixed));
    encoded.width = PX_TRY(side(fixed, "width"));
    encoded.height = PX_TRY(side(fixed, "height"));
    encoded.framerate = fixed.get_fraction("framerate");
    if (!encoded.framerate && fixed.find("framerate") != nullptr) {
        return wrong(fixed, "framerate is not one fraction");
    }
    return encoded;
}

}  // namespace parallax
