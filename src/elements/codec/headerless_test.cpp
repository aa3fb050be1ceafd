#include "elements/codec/headerless.h"

#include <doctest/doctest.h>

#include "elements/codec/file_io.h"
#include "support/codec_testing.h"
#include "support/shared_data.h"

namespace parallax::codec {
namespace {

ImageLayout layout(PixelFormat format, int width, int height) {
    return unwrap(image_layout(format, width, height));
}

TEST_CASE("headerless: whole pictures are counted, anything else says what was expected") {
    const ImageLayout wanted = layout(PixelFormat::rggb12le, 64, 48);
    CHECK(unwrap(headerless_pictures(wanted, 6144)) == 1);
    CHECK(unwrap(headerless_pictures(wanted, 6144 * 7)) == 7);
    for (const std::uint64_t bytes : {0ULL, 1ULL, 6143ULL, 6145ULL, 1ULL << 40}) {
        const auto failed = headerless_pictures(wanted, bytes);
        REQUIRE_FALSE(failed);
        CHECK(failed.error().code == Errc::corrupt);
    }
    const auto failed = headerless_pictures(wanted, 3840);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message == "expected 6144 bytes for each 64x48 rggb12le, found 3840");
    CHECK(failed.error().hint == "one picture of this size would be rggb10p");
    const auto unsaid = headerless_pictures(layout(PixelFormat::rggb12le, 640, 480), 786'433);
    CHECK(unsaid.error().hint ==
          "caps that give no size come to 640x480: write width=… and height=…");
}

TEST_CASE("headerless: a gray file becomes a mosaic of fitting bits only") {
    CHECK(unwrap(mosaic_format(PixelFormat::gray16le, BayerOrder::grbg, 10)) ==
          PixelFormat::grbg10le);
    CHECK(unwrap(mosaic_format(PixelFormat::gray8, BayerOrder::bggr, 8)) == PixelFormat::bggr8);
    CHECK_FALSE(mosaic_format(PixelFormat::gray8, BayerOrder::bggr, 10));
    CHECK_FALSE(mosaic_format(PixelFormat::gray16le, BayerOrder::bggr, 8));
    CHECK_FALSE(mosaic_format(PixelFormat::gray16le, BayerOrder::bggr, 11));
    CHECK_FALSE(mosaic_format(PixelFormat::rgb, BayerOrder::bggr, 8));
}

TEST_CASE("headerless: the sizes of real files fit what is said of them") {
    struct Case {
        const char* name;
        PixelFormat format;
        int width, height;
    };
    for (const Case& c :
         {Case{"raw/colorchecker_1920x1080_raw10_bggr.raw", PixelFormat::bggr10p, 1920, 1080},
          Case{"raw/chart_1920x1080_u16_rggb.raw", PixelFormat::rggb10le, 1920, 1080},
          Case{"raw/rose_768x512_u16_14bit_gbrg.raw", PixelFormat::gbrg14le, 768, 512},
          Case{"raw/indoor1_2592x1536_u8_grbg.raw", PixelFormat::grbg8, 2592, 1536},
          Case{"truth/Klimt_Bayer_560x558_RGGB_12bits.raw", PixelFormat::rggb12le, 560, 558}}) {
        const auto path = shared_file(c.name);
        if (!path) continue;
        const InputFile file = unwrap(InputFile::open(*path));
        CHECK(unwrap(headerless_pictures(layout(c.format, c.width, c.height), file.size_bytes())) ==
              1);
    }
}

}  // namespace
}  // namespace parallax::codec
