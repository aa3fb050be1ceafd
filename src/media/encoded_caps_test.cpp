#include "parallax/encoded_caps.h"

#include <string>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

Structure fixed(const std::string& text) { return unwrap(parse_caps(text)).structures().front(); }

TEST_CASE("encoded caps: what a file's caps say comes back as the same caps") {
    for (const std::string text :
         {"image/png,format=RGB,width=768,height=512", "image/jpeg,width=16,height=65536",
          "image/tiff,format=rggb12le,width=1,height=1,framerate=0/1",
          "application/x-yuv4mpeg,format=I420,width=64,height=48,framerate=30000/1001",
          "application/octet-stream", "x/unheard-of"}) {
        CAPTURE(text);
        const EncodedFormatCaps encoded = unwrap(encoded_from_caps(fixed(text)));
        CHECK(to_string(caps_of(encoded)) == text);
    }
    const EncodedFormatCaps png =
        unwrap(encoded_from_caps(fixed("image/png,format=GRAY16_LE,width=7,height=5")));
    CHECK(png.pixels == PixelFormat::gray16le);
    CHECK(png.width == 7);
    CHECK(png.height == 5);
    CHECK_FALSE(png.framerate);
}

TEST_CASE("encoded caps: what cannot be is refused with its field") {
    const auto error = [](const std::string& text) {
        const auto encoded = encoded_from_caps(fixed(text));
        return encoded ? std::string() : encoded.error().message;
    };
    CHECK(error("video/x-raw,format=RGB").starts_with("expected encoded"));
    CHECK(error("video/x-bayer").starts_with("expected encoded"));
    CHECK(error("audio/x-raw").starts_with("expected encoded"));
    CHECK(error("image/png,width=0").starts_with("width 0 is outside"));
    CHECK(error("image/png,height=65537").starts_with("height 65537 is outside"));
    CHECK(error("image/png,width=[1,2]").starts_with("width is not one number"));
    CHECK(error("image/png,width=7.5").starts_with("width is not one number"));
    CHECK(error("image/png,format=RGGB").starts_with("no picture format called RGGB"));
    CHECK(error("image/png,format={RGB,GRAY8}").starts_with("format is not one word"));
    CHECK(error("image/png,framerate=[0/1,1/1]").starts_with("framerate is not one"));
}

TEST_CASE("encoded caps: families are told by the media type") {
    CHECK(family_of("video/x-raw") == FormatFamily::picture);
    CHECK(family_of("video/x-bayer") == FormatFamily::mosaic);
    CHECK(family_of("audio/x-raw") == FormatFamily::sound);
    CHECK(family_of("image/x-portable-anymap") == FormatFamily::picture_file);
    CHECK(family_of("audio/x-wav") == FormatFamily::bytes);
    CHECK(family_of("video/x-raw2") == FormatFamily::bytes);
    CHECK(family_of("") == FormatFamily::bytes);
}

}  // namespace
}  // namespace parallax
