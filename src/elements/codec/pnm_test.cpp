#include "elements/codec/pnm.h"

#include <doctest/doctest.h>

#include "elements/codec/file_io.h"
#include "support/codec_testing.h"
#include "support/shared_data.h"

namespace parallax::codec {
namespace {

using testing::Canvas;

std::vector<std::byte> encoded(const ImageView& picture) {
    std::vector<std::byte> out(pnm_bound(picture.layout));
    out.resize(unwrap(pnm_encode(picture, out)));
    return out;
}

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

TEST_CASE("pnm: what is written reads back the same") {
    for (const PixelFormat format : {PixelFormat::gray8, PixelFormat::gray16le, PixelFormat::rgb,
                                     PixelFormat::bggr8, PixelFormat::grbg10le}) {
        for (const auto& [width, height] : {std::pair{1, 1}, {3, 2}, {67, 41}}) {
            CAPTURE(describe(format, width, height));
            Canvas canvas(format, width, height);
            testing::fill_noise(canvas.view);
            const auto pnm = encoded(canvas.picture());
            CHECK(unwrap(pnm_probe(pnm)).maximum == (1 << traits(format).bits) - 1);
            Canvas back(format, width, height);
            REQUIRE(pnm_decode(pnm, back.view));
            CHECK(testing::same_rows(canvas.picture(), back.picture()));
        }
    }
}

TEST_CASE("pnm: RGB of 16 bits loses its alpha on the way out and is opaque on the way in") {
    Canvas canvas(PixelFormat::rgba64le, 7, 5);
    testing::fill_noise(canvas.view);
    Canvas back(PixelFormat::rgba64le, 7, 5);
    REQUIRE(pnm_decode(encoded(canvas.picture()), back.view));
    for (int y = 0; y < 5; ++y) {
        for (int x = 0; x < 28; ++x) {
            const auto wanted = x % 4 == 3 ? 65535 : canvas.view.samples<std::uint16_t>(y)[x];
            CHECK(back.view.samples<std::uint16_t>(y)[x] == wanted);
        }
    }
}

TEST_CASE("pnm: headers with comments and odd maxima are understood, samples scaled") {
    const auto pgm = bytes_of("P5 # made by hand\n2\t1 # size\n# maximum\n100\n\x32\x64");
    CHECK(unwrap(pnm_probe(pgm)) ==
          PnmInfo{.picture = {.format = PixelFormat::gray8, .width = 2, .height = 1},
                  .maximum = 100,
                  .header_bytes = pgm.size() - 2});
    Canvas gray(PixelFormat::gray8, 2, 1);
    REQUIRE(pnm_decode(pgm, gray.view));
    CHECK(gray.bytes[0] == std::byte{128});
    CHECK(gray.bytes[1] == std::byte{255});
    Canvas mosaic(PixelFormat::rggb8, 2, 1);
    REQUIRE(pnm_decode(pgm, mosaic.view));
    CHECK(mosaic.bytes[1] == std::byte{100});
}

TEST_CASE("pnm: headers that are none are refused") {
    for (const char* text :
         {"", "P", "P5", "P4\n1 1\n", "P5\n1 1 255", "P5\n1 1\n0\nx", "P5\n1 1\n65536\nxx",
          "P5\n-1 1\n255\nx", "P5\n1 x\n255\nx", "P5\n9999999999 1\n255\nx", "P5\n0 1\n255\nx",
          "P5\n65537 1\n255\nx", "P5 #", "P5\n1 1\n255\n"}) {
        CAPTURE(std::string(text));
        Canvas canvas(PixelFormat::gray8, 1, 1);
        CHECK_FALSE(pnm_decode(bytes_of(text), canvas.view));
    }
    CHECK(pnm_probe(bytes_of("P6\n60000 60000\n255\n")).error().code == Errc::quota_exceeded);
}

TEST_CASE("pnm: every prefix fails cleanly and no flipped bit crashes") {
    for (const PixelFormat format : {PixelFormat::gray16le, PixelFormat::rgb}) {
        Canvas canvas(format, 9, 7);
        testing::fill_noise(canvas.view);
        testing::check_prefixes_and_flips(encoded(canvas.picture()), [](Bytes bytes) -> Result<> {
            const PnmInfo info = PX_TRY(pnm_probe(bytes, {.picture_bytes = 1 << 24}));
            Canvas back(info.picture.format, info.picture.width, info.picture.height);
            return pnm_decode(bytes, back.view);
        });
    }
}

TEST_CASE("pnm: Klimt.ppm of another program is read") {
    const auto path = shared_file("truth/Klimt.ppm");
    if (!path) return;
    const auto ppm = unwrap(read_file(*path, 10 << 20));
    const PnmInfo info = unwrap(pnm_probe(ppm));
    CHECK(info.picture == PictureInfo{.format = PixelFormat::rgb, .width = 558, .height = 560});
    Canvas canvas(PixelFormat::rgb, info.picture.width, info.picture.height);
    CHECK(pnm_decode(ppm, canvas.view));
}

}  // namespace
}  // namespace parallax::codec
