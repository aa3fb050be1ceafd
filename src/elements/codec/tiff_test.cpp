#include "elements/codec/tiff.h"

#include <doctest/doctest.h>

#include "support/codec_testing.h"

namespace parallax::codec {
namespace {

using testing::Canvas;

std::vector<std::byte> encoded(const ImageView& picture, const TiffOptions& options = {}) {
    std::vector<std::byte> out(tiff_bound(picture.layout));
    out.resize(unwrap(tiff_encode(picture, options, out)));
    return out;
}

TEST_CASE("tiff: what is written reads back the same, deflated or not, at odd sizes") {
    for (const PixelFormat format :
         {PixelFormat::gray8, PixelFormat::gray16le, PixelFormat::rgb, PixelFormat::rgba,
          PixelFormat::rgba64le, PixelFormat::bggr8, PixelFormat::gbrg12le}) {
        for (const auto& [width, height] : {std::pair{1, 1}, {3, 2}, {67, 41}, {700, 400}}) {
            for (const bool deflate : {false, true}) {
                CAPTURE(describe(format, width, height));
                Canvas canvas(format, width, height);
                testing::fill_noise(canvas.view);
                const auto tiff = encoded(canvas.picture(), {.deflate = deflate, .orientation = 8});
                const PictureInfo info = unwrap(tiff_probe(tiff));
                CHECK(info.width == width);
                CHECK(info.height == height);
                CHECK(info.orientation == 8);
                Canvas back(format, width, height);
                REQUIRE(tiff_decode(tiff, back.view));
                CHECK(testing::same_rows(canvas.picture(), back.picture()));
            }
        }
    }
}

TEST_CASE("tiff: deflate shrinks slopes; alpha can be left out") {
    Canvas canvas(PixelFormat::rgba, 200, 150);
    testing::fill_slopes(canvas.view);
    const auto plain = encoded(canvas.picture());
    const auto small = encoded(canvas.picture(), {.deflate = true});
    CHECK(small.size() * 10 < plain.size());
    const auto opaque = encoded(canvas.picture(), {.alpha = false});
    CHECK(unwrap(tiff_probe(opaque)).format == PixelFormat::rgb);
    CHECK(opaque.size() < plain.size() * 4 / 5);

    Canvas deep(PixelFormat::rgba64le, 5, 4);
    testing::fill_noise(deep.view);
    Canvas back(PixelFormat::rgba64le, 5, 4);
    REQUIRE(tiff_decode(encoded(deep.picture(), {.alpha = false}), back.view));
    CHECK(back.view.samples<std::uint16_t>(3)[4 * 4 + 1] ==
          deep.view.samples<std::uint16_t>(3)[4 * 4 + 1]);
    CHECK(back.view.samples<std::uint16_t>(3)[4 * 4 + 3] == 65535);
}

TEST_CASE("tiff: formats it cannot hold, small outputs and wrong sizes are refused") {
    std::vector<std::byte> out(1 << 20);
    Canvas nv12(PixelFormat::nv12, 8, 8);
    CHECK(tiff_encode(nv12.picture(), {}, out).error().message == "tiff: cannot hold NV12");
    Canvas rgb(PixelFormat::rgb, 30, 20);
    testing::fill_noise(rgb.view);
    for (const bool deflate : {false, true}) {
        const std::size_t size = unwrap(tiff_encode(rgb.picture(), {.deflate = deflate}, out));
        for (const std::size_t less : {std::size_t{0}, std::size_t{8}, size / 2, size - 1}) {
            CHECK_FALSE(
                tiff_encode(rgb.picture(), {.deflate = deflate}, MutableBytes(out).first(less)));
        }
    }
    const auto tiff = encoded(rgb.picture());
    Canvas other(PixelFormat::rgb, 20, 30);
    CHECK(tiff_decode(tiff, other.view).error().message == "tiff: expected 20x30, found 30x20");
    CHECK(tiff_probe(tiff, {.picture_bytes = 100}).error().code == Errc::quota_exceeded);
}

TEST_CASE("tiff: every prefix fails cleanly and no flipped bit crashes") {
    Canvas canvas(PixelFormat::rgb, 9, 7);
    testing::fill_noise(canvas.view);
    for (const bool deflate : {false, true}) {
        const auto tiff = encoded(canvas.picture(), {.deflate = deflate});
        testing::check_prefixes_and_flips(tiff, [](Bytes bytes) -> Result<> {
            const PictureInfo info = PX_TRY(tiff_probe(bytes, {.picture_bytes = 1 << 24}));
            Canvas back(info.format, info.width, info.height);
            return tiff_decode(bytes, back.view);
        });
    }
}

}  // namespace
}  // namespace parallax::codec
