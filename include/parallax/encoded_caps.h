// EncodedFormatCaps: what fixed caps of encoded pictures and of plain bytes say, typed; and which
// family of formats caps belong to.
//
// A frame of `image/…` is one whole file. One of `application/x-yuv4mpeg`, `audio/x-wav` or of a
// type that nobody here knows is a piece of a stream of bytes, and only its media type is agreed
// on.
//
// Threads: plain values and pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parallax/caps.h"
#include "parallax/format.h"
#include "parallax/result.h"

namespace parallax {

enum class FormatFamily : std::uint8_t {
    picture,       // video/x-raw
    mosaic,        // video/x-bayer
    sound,         // audio/x-raw
    picture_file,  // image/…: a frame is a file.
    bytes,         // All else: pieces of a stream, whatever they mean.
};

FormatFamily family_of(std::string_view media_type);

struct EncodedFormatCaps {
    std::string media_type;             // "image/png"
    std::optional<PixelFormat> pixels;  // What it decodes to, where that is one format.
    int width = 0;                      // px; 0: not told.
    int height = 0;
    std::optional<Fraction>
        framerate;  // Pictures a second, 0/1 for a single one; nothing: not told.

    bool operator==(const EncodedFormatCaps&) const = default;
};

// The caps of such a file or stream; what is not told is left open.
Structure caps_of(const EncodedFormatCaps& encoded);

// What fixed caps of a picture file or of bytes say. Fails on raw formats, which have views of
// their own (layout_from_caps, audio_from_caps), and on a format or size that cannot be, naming the
// field.
Result<EncodedFormatCaps> encoded_from_caps(const Structure& fixed);

}  // namespace parallax
