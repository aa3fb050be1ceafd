#include <array>

#include <doctest/doctest.h>

#include "elements/codec/jpeg.h"
#include "elements/codec/png.h"
#include "elements/codec/pnm.h"
#include "elements/codec/tiff.h"
#include "support/coder_files.h"
#include "support/run_line.h"

namespace parallax::elements {
namespace {

using codec::testing::Canvas;

using Decode = Result<> (*)(codec::Bytes, const MutableImageView&);

// What an encoder writes, read back by the codec, is what went in.
void check_lossless(const std::string& encoder, PixelFormat format, Decode decode) {
    const TempFolder folder;
    const ImageLayout layout = unwrap(image_layout(format, 19, 7));
    put_noise(folder.file("in"), layout);
    const LineRun ran = run_line(headerless_line(folder.file("in"), layout) + " ! " + encoder +
                                 " ! filesink location=" + folder.file("out"));
    CAPTURE(traits(format).name);
    REQUIRE(ran.error == "");
    Canvas wanted(format, 19, 7);
    wanted.bytes = bytes_of_file(folder.file("in"));
    wanted.view.bytes = wanted.bytes;
    Canvas found(format, 19, 7);
    REQUIRE(decode(bytes_of_file(folder.file("out")), found.view));
    CHECK(codec::testing::same_rows(wanted.picture(), found.picture()));
}

constexpr std::array kLossless{PixelFormat::rgb,   PixelFormat::gray8,    PixelFormat::gray16le,
                               PixelFormat::rggb8, PixelFormat::grbg10le, PixelFormat::bggr16le};

TEST_CASE("encoders: PNG, TIFF and PNM keep every sample of pictures and mosaics") {
    for (const PixelFormat format : kLossless) {
        check_lossless("pngenc compression-level=1", format, codec::png_decode);
        check_lossless("tiffenc", format, codec::tiff_decode);
        check_lossless("tiffenc compression=deflate", format, codec::tiff_decode);
        check_lossless("pnmenc", format, codec::pnm_decode);
    }
    for (const PixelFormat format : {PixelFormat::rgba, PixelFormat::rgba64le}) {
        check_lossless("pngenc", format, codec::png_decode);
        check_lossless("tiffenc", format, codec::tiff_decode);
    }
}

TEST_CASE("jpegenc: quality trades size, every format is taken, and progressive is the same") {
    const TempFolder folder;
    using enum PixelFormat;
    for (const PixelFormat format : {rgb, bgrx, gray8, nv12, i420, y444}) {
        const ImageLayout layout = unwrap(image_layout(format, 64, 48));
        put_noise(folder.file("in"), layout);
        std::size_t last = 0;
        for (const char* options :
             {"quality=0", "quality=50", "", "quality=100 progressive=true"}) {
            const LineRun ran =
                run_line(headerless_line(folder.file("in"), layout) + " ! jpegenc " + options +
                         " ! filesink location=" + folder.file("out.jpg"));
            REQUIRE(ran.error == "");
            const auto jpeg = bytes_of_file(folder.file("out.jpg"));
            CHECK(jpeg.size() > last);
            last = jpeg.size();
            const auto info = unwrap(codec::jpeg_probe(jpeg));
            CHECK(info.width == 64);
            CHECK(info.height == 48);
            CHECK(info.orientation == 1);
        }
    }
}

TEST_CASE("jpegenc: an orientation that is asked for is written") {
    const TempFolder folder;
    const ImageLayout layout = unwrap(image_layout(PixelFormat::rgb, 8, 8));
    put_noise(folder.file("in"), layout);
    const LineRun ran =
        run_line(headerless_line(folder.file("in"), layout) +
                 " ! jpegenc orientation=6 ! filesink location=" + folder.file("out.jpg"));
    REQUIRE(ran.error == "");
    CHECK(unwrap(codec::jpeg_probe(bytes_of_file(folder.file("out.jpg")))).orientation == 6);
}

TEST_CASE("encoders: snapshot ends the stream after one picture") {
    const TempFolder folder;
    const ImageLayout layout = unwrap(image_layout(PixelFormat::rgb, 8, 8));
    put_noise(folder.file("in"), layout, 5);
    for (const std::string encoder : {"pngenc", "jpegenc"}) {
        const LineRun ran = run_line(headerless_line(folder.file("in"), layout) + " ! " + encoder +
                                     " snapshot=true name=enc ! fakesink");
        CHECK(ran.error == "");
        CHECK(ran["enc"].frames_out == 1);
        CHECK(ran["fakesink0"].frames_in == 1);
    }
}

TEST_CASE("encoders: size and rate cross to the file's caps, and a wish crosses back") {
    const TempFolder folder;
    const ImageLayout layout = unwrap(image_layout(PixelFormat::rgb, 8, 6));
    put_noise(folder.file("in"), layout);
    const LineRun ran = run_line("filesrc location=" + folder.file("in") +
                                 " ! pngenc ! image/png,format=RGB,width=8,height=6,"
                                 "framerate=5/1 ! fakesink");
    CHECK(ran.error == "");
    CHECK(ran.report.links.at(0).caps.find("format=RGB") != std::string::npos);
    CHECK(ran.report.links.at(0).caps.find("width=8") != std::string::npos);
    CHECK(ran.report.links.at(0).caps.find("framerate=5/1") != std::string::npos);
}

}  // namespace
}  // namespace parallax::elements
