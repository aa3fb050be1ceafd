#include "elements/codec/png.h"

#include <doctest/doctest.h>

#include "elements/codec/file_io.h"
#include "support/codec_testing.h"
#include "support/shared_data.h"

namespace parallax::codec {
namespace {

using testing::Canvas;

std::vector<std::byte> encoded(const ImageView& picture, const PngOptions& options = {}) {
    std::vector<std::byte> out(png_bound(picture.layout));
    out.resize(unwrap(png_encode(picture, options, out)));
    return out;
}

Result<> read_png(Bytes png, PixelFormat format, int width, int height) {
    const PictureInfo info = PX_TRY(png_probe(png));
    if (info != PictureInfo{.format = format, .width = width, .height = height}) {
        return fail(Errc::corrupt, "another picture");
    }
    Canvas back(format, width, height);
    return png_decode(png, back.view);
}

TEST_CASE("png: what is written reads back the same, at every format, level and odd size") {
    for (const PixelFormat format : {PixelFormat::gray8, PixelFormat::gray16le, PixelFormat::rgb,
                                     PixelFormat::rgba, PixelFormat::rgba64le}) {
        for (const auto& [width, height] : {std::pair{1, 1}, {3, 2}, {67, 41}, {300, 200}}) {
            for (const int compression : {0, 1, 3, 4, 9}) {
                CAPTURE(describe(format, width, height));
                CAPTURE(compression);
                Canvas canvas(format, width, height);
                testing::fill_noise(canvas.view);
                const auto png = encoded(canvas.picture(), {.compression = compression});
                CHECK(unwrap(png_probe(png)) ==
                      PictureInfo{.format = format, .width = width, .height = height});
                Canvas back(format, width, height);
                REQUIRE(png_decode(png, back.view));
                CHECK(testing::same_rows(canvas.picture(), back.picture()));
            }
        }
    }
}

TEST_CASE("png: an alpha channel can be left out") {
    for (const PixelFormat format : {PixelFormat::rgba, PixelFormat::rgba64le}) {
        Canvas canvas(format, 33, 5);
        testing::fill_noise(canvas.view);
        const auto png = encoded(canvas.picture(), {.alpha = false});
        const PictureInfo info = unwrap(png_probe(png));
        // PNG has RGB of 16 bits, our formats have not: it comes back with alpha, opaque.
        CHECK(info.format == (format == PixelFormat::rgba ? PixelFormat::rgb : format));
        Canvas back(info.format, 33, 5);
        REQUIRE(png_decode(png, back.view));
        if (format == PixelFormat::rgba) {
            CHECK(back.view.row(4)[32 * 3 + 1] == canvas.view.row(4)[32 * 4 + 1]);
        } else {
            const auto* in = canvas.view.samples<std::uint16_t>(4);
            const auto* out = back.view.samples<std::uint16_t>(4);
            CHECK(out[32 * 4 + 1] == in[32 * 4 + 1]);
            CHECK(out[32 * 4 + 3] == 65535);
        }
    }
}

TEST_CASE("png: a mosaic goes through gray of 16 bits, and too many bits are found out") {
    Canvas mosaic(PixelFormat::grbg10le, 30, 20);
    testing::fill_noise(mosaic.view);
    auto png = encoded(mosaic.picture());
    CHECK(unwrap(png_probe(png)).format == PixelFormat::gray16le);
    Canvas back(PixelFormat::grbg10le, 30, 20);
    REQUIRE(png_decode(png, back.view));
    CHECK(testing::same_rows(mosaic.picture(), back.picture()));

    mosaic.view.samples<std::uint16_t>(7)[3] = 1024;
    png = encoded(mosaic.picture());
    const auto failed = png_decode(png, back.view);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message == "png: expected samples of 10 bits, found 1024 at 3,7");
    Canvas eight(PixelFormat::grbg8, 30, 20);
    CHECK_FALSE(png_decode(png, eight.view));
}

TEST_CASE("png: formats it cannot hold, wrong levels and small outputs are refused") {
    Canvas nv12(PixelFormat::nv12, 8, 8);
    std::vector<std::byte> out(png_bound(nv12.view.layout));
    CHECK(png_encode(nv12.picture(), {}, out).error().code == Errc::unsupported);
    Canvas rgb(PixelFormat::rgb, 64, 64);
    testing::fill_noise(rgb.view);
    out.resize(png_bound(rgb.view.layout));
    CHECK_FALSE(png_encode(rgb.picture(), {.compression = 10}, out));
    const std::size_t size = unwrap(png_encode(rgb.picture(), {}, out));
    for (const std::size_t less : {std::size_t{0}, std::size_t{7}, std::size_t{40}, size - 1}) {
        CHECK_FALSE(png_encode(rgb.picture(), {}, MutableBytes(out).first(less)));
    }
}

TEST_CASE("png: every prefix fails cleanly and no flipped bit crashes") {
    Canvas canvas(PixelFormat::rgb, 9, 7);
    testing::fill_noise(canvas.view);
    const auto png = encoded(canvas.picture());
    testing::check_prefixes_and_flips(
        png, [](Bytes bytes) { return read_png(bytes, PixelFormat::rgb, 9, 7); });
}

TEST_CASE("png: a header that asks for too much is refused before anything is allocated") {
    Canvas canvas(PixelFormat::gray8, 100, 50);
    const auto png = encoded(canvas.picture());
    CHECK(png_probe(png, {.side_px = 99}).error().message ==
          "png: a picture of 100x50 is outside 1x1 to 99x99");
    CHECK(png_probe(png, {.picture_bytes = 4999}).error().code == Errc::quota_exceeded);
    CHECK(png_probe(png, {.picture_bytes = 5000}));
    Canvas other(PixelFormat::gray8, 50, 100);
    CHECK(png_decode(png, other.view).error().message == "png: expected 50x100, found 100x50");
}

TEST_CASE("png: real files of other programs are read") {
    if (const auto path = shared_file("raw/dog_2592x1968_10bit_grbg.png")) {
        const auto png = unwrap(read_file(*path, 100 << 20));
        CHECK(unwrap(png_probe(png)) ==
              PictureInfo{.format = PixelFormat::gray16le, .width = 2592, .height = 1968});
        Canvas mosaic(PixelFormat::grbg10le, 2592, 1968);
        REQUIRE(png_decode(png, mosaic.view));
        double mean = 0;
        for (int x = 0; x < 2592; ++x) mean += mosaic.view.samples<std::uint16_t>(900)[x];
        CHECK(mean / 2592 > 25);  // The sensor's black level.
    }
    if (const auto path = shared_file("truth/kodim01.png")) {
        const auto png = unwrap(read_file(*path, 100 << 20));
        CHECK(unwrap(png_probe(png)) ==
              PictureInfo{.format = PixelFormat::rgb, .width = 768, .height = 512});
        Canvas picture(PixelFormat::rgb, 768, 512);
        CHECK(png_decode(png, picture.view));
    }
}

}  // namespace
}  // namespace parallax::codec
