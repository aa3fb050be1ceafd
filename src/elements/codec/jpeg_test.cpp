#include "elements/codec/jpeg.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <doctest/doctest.h>

#include "elements/codec/file_io.h"
#include "elements/codec/tiff_tags.h"
#include "support/codec_testing.h"
#include "support/shared_data.h"

namespace parallax::codec {
namespace {

using testing::Canvas;

std::vector<std::byte> encoded(const ImageView& picture, const JpegOptions& options = {}) {
    std::vector<std::byte> out(jpeg_bound(picture.layout, options));
    out.resize(unwrap(jpeg_encode(picture, options, out)));
    return out;
}

double psnr_db(const ImageView& a, const ImageView& b) {
    double sum = 0;
    const std::size_t count = row_bytes(a.layout);
    for (int y = 0; y < a.height(); ++y) {
        for (std::size_t i = 0; i < count; ++i) {
            const double d = std::to_integer<int>(a.row(y)[i]) - std::to_integer<int>(b.row(y)[i]);
            sum += d * d;
        }
    }
    const double mean = sum / static_cast<double>(count) / a.height();
    return mean == 0 ? 99 : 10 * std::log10(255 * 255 / mean);
}

TEST_CASE("jpeg: every RGB order comes back close to what went in, progressive or not") {
    for (const PixelFormat format :
         {PixelFormat::gray8, PixelFormat::rgb, PixelFormat::bgr, PixelFormat::rgba,
          PixelFormat::bgra, PixelFormat::rgbx, PixelFormat::bgrx}) {
        for (const bool progressive : {false, true}) {
            for (const ChromaSampling chroma :
                 {ChromaSampling::s444, ChromaSampling::s422, ChromaSampling::s420}) {
                CAPTURE(describe(format, 77, 53));
                CAPTURE(progressive);
                Canvas canvas(format, 77, 53);
                testing::fill_slopes(canvas.view);
                const auto jpeg =
                    encoded(canvas.picture(),
                            {.quality = 95, .progressive = progressive, .chroma = chroma});
                const PictureInfo info = unwrap(jpeg_probe(jpeg));
                CHECK(info.width == 77);
                CHECK(info.height == 53);
                CHECK(info.format ==
                      (format == PixelFormat::gray8 ? PixelFormat::gray8 : PixelFormat::rgb));
                Canvas back(format, 77, 53);
                REQUIRE(jpeg_decode(jpeg, back.view));
                CHECK(psnr_db(canvas.picture(), back.picture()) > 38);
            }
        }
    }
}

// The colour that JFIF's equations (BT.601, full range) give to one Y'CbCr.
std::array<int, 3> rgb_of(int y, int cb, int cr) {
    const auto byte = [](double v) {
        return static_cast<int>(std::lround(std::clamp(v, 0.0, 255.0)));
    };
    return {byte(y + 1.402 * (cr - 128)), byte(y - 0.344136 * (cb - 128) - 0.714136 * (cr - 128)),
            byte(y + 1.772 * (cb - 128))};
}

TEST_CASE("jpeg: YUV pictures keep their samples, in every arrangement and at odd sizes") {
    for (const PixelFormat format : {PixelFormat::i420, PixelFormat::yv12, PixelFormat::y42b,
                                     PixelFormat::y444, PixelFormat::nv12, PixelFormat::nv21}) {
        for (const auto& [width, height] : {std::pair{1, 1}, {16, 16}, {35, 19}, {50, 33}}) {
            CAPTURE(describe(format, width, height));
            Canvas canvas(format, width, height);
            // Y 100, Cb 90, Cr 170: a swapped pair would show.
            std::ranges::fill(canvas.bytes, std::byte{0});
            const ImageLayout& layout = canvas.view.layout;
            for (int plane = 0; plane < traits(format).planes; ++plane) {
                const auto p = static_cast<std::size_t>(plane);
                for (int y = 0; y < layout.rows[p]; ++y) {
                    for (std::size_t x = 0; x < layout.stride_bytes[p]; ++x) {
                        int value = 100;
                        if (plane == 1) value = format == PixelFormat::yv12 ? 170 : 90;
                        if (plane == 2) value = format == PixelFormat::yv12 ? 90 : 170;
                        if (format == PixelFormat::nv12 && plane == 1)
                            value = x % 2 == 0 ? 90 : 170;
                        if (format == PixelFormat::nv21 && plane == 1)
                            value = x % 2 == 0 ? 170 : 90;
                        canvas.view.row(y, plane)[x] = static_cast<std::byte>(value);
                    }
                }
            }
            Canvas back(PixelFormat::rgb, width, height);
            REQUIRE(jpeg_decode(encoded(canvas.picture(), {.quality = 100}), back.view));
            const auto wanted = rgb_of(100, 90, 170);
            for (int y = 0; y < height; ++y) {
                for (int x = 0; x < width * 3; ++x) {
                    const int found = std::to_integer<int>(back.view.row(y)[x]);
                    REQUIRE(std::abs(found - wanted[static_cast<std::size_t>(x % 3)]) <= 2);
                }
            }
        }
    }
}

TEST_CASE("jpeg: noise at best quality fits into the bound") {
    for (const auto format : {PixelFormat::gray8, PixelFormat::rgb, PixelFormat::nv12}) {
        for (const auto& [width, height] : {std::pair{1, 1}, {17, 9}, {200, 160}}) {
            Canvas canvas(format, width, height);
            testing::fill_noise(canvas.view);
            for (const bool progressive : {false, true}) {
                const JpegOptions options{.quality = 100,
                                          .progressive = progressive,
                                          .chroma = ChromaSampling::s444,
                                          .orientation = 3};
                CHECK_FALSE(encoded(canvas.picture(), options).empty());
            }
        }
    }
}

TEST_CASE("jpeg: the orientation is written as EXIF and read back") {
    Canvas canvas(PixelFormat::rgb, 16, 8);
    for (int orientation = 1; orientation <= 8; ++orientation) {
        const auto jpeg = encoded(canvas.picture(), {.orientation = orientation});
        CHECK(unwrap(jpeg_probe(jpeg)).orientation == orientation);
        for (std::size_t size = 0; size < 120; ++size) {
            const int found = jpeg_orientation(Bytes(jpeg).first(size));
            CHECK((found == 1 || found == orientation));
        }
    }
}

TEST_CASE("jpeg: wrong formats, qualities, sizes and small outputs are refused") {
    std::vector<std::byte> out(1 << 20);
    Canvas deep(PixelFormat::rgba64le, 8, 8);
    CHECK(jpeg_encode(deep.picture(), {}, out).error().message == "jpeg: cannot hold RGBA64_LE");
    Canvas rgb(PixelFormat::rgb, 64, 64);
    testing::fill_noise(rgb.view);
    CHECK_FALSE(jpeg_encode(rgb.picture(), {.quality = 0}, out));
    CHECK_FALSE(jpeg_encode(rgb.picture(), {.quality = 101}, out));
    const std::size_t size = unwrap(jpeg_encode(rgb.picture(), {}, out));
    for (const std::size_t less : {std::size_t{0}, std::size_t{1}, size / 2, size - 1}) {
        CHECK_FALSE(jpeg_encode(rgb.picture(), {}, MutableBytes(out).first(less)));
    }
    for (const PixelFormat format :
         {PixelFormat::p010_10le, PixelFormat::i420_10le, PixelFormat::nv16, PixelFormat::nv61,
          PixelFormat::nv24, PixelFormat::ayuv, PixelFormat::argb, PixelFormat::gbr}) {
        Canvas other(format, 16, 16);
        CHECK_FALSE(jpeg_encode(other.picture(), {}, out));
    }
    Canvas wide(PixelFormat::gray8, 65536, 1);
    CHECK(jpeg_encode(wide.picture(), {}, out).error().code == Errc::unsupported);
    Canvas small(PixelFormat::rgb, 32, 64);
    CHECK(jpeg_decode(Bytes(out).first(size), small.view).error().message ==
          "jpeg: expected 32x64, found 64x64");
    CHECK_FALSE(jpeg_decode(Bytes(out).first(size), deep.view));
    CHECK(jpeg_probe(Bytes(out).first(size), {.picture_bytes = 1000}).error().code ==
          Errc::quota_exceeded);
}

TEST_CASE("jpeg: every prefix fails cleanly and no flipped bit crashes") {
    Canvas canvas(PixelFormat::rgb, 24, 20);
    testing::fill_noise(canvas.view);
    for (const bool progressive : {false, true}) {
        const auto jpeg = encoded(canvas.picture(), {.quality = 60, .progressive = progressive});
        testing::check_prefixes_and_flips(jpeg, [](Bytes bytes) -> Result<> {
            const PictureInfo info = PX_TRY(jpeg_probe(bytes, {.picture_bytes = 1 << 24}));
            Canvas back(info.format, info.width, info.height);
            return jpeg_decode(bytes, back.view);
        });
    }
}

TEST_CASE("jpeg: pictures of other programs are read") {
    for (const char* name : {"pictures/face_1.jpg", "pictures/coco_000000000139.jpg"}) {
        const auto path = shared_file(name);
        if (!path) continue;
        const auto jpeg = unwrap(read_file(*path, 10 << 20));
        const PictureInfo info = unwrap(jpeg_probe(jpeg));
        Canvas canvas(PixelFormat::rgb, info.width, info.height);
        REQUIRE(jpeg_decode(jpeg, canvas.view));
        const auto again = encoded(canvas.picture(), {.quality = 95});
        Canvas back(PixelFormat::rgb, info.width, info.height);
        REQUIRE(jpeg_decode(again, back.view));
        CHECK(psnr_db(canvas.picture(), back.picture()) > 33);
    }
}

}  // namespace
}  // namespace parallax::codec
