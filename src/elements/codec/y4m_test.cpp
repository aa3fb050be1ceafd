#include "elements/codec/y4m.h"

#include <doctest/doctest.h>

#include "support/codec_testing.h"

namespace parallax::codec {
namespace {

using testing::Canvas;

constexpr std::array kFormats{PixelFormat::i420, PixelFormat::yv12, PixelFormat::nv12,
                              PixelFormat::nv21, PixelFormat::y42b, PixelFormat::y444,
                              PixelFormat::gray8};

std::vector<std::byte> frame_of(const ImageView& picture) {
    std::vector<std::byte> out(y4m_frame_bytes(picture.layout));
    CHECK(unwrap(y4m_encode_frame(picture, out)) == out.size());
    return out;
}

Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST_CASE("y4m: frames come back the same in every arrangement, at odd sizes") {
    for (const PixelFormat format : kFormats) {
        for (const auto& [width, height] : {std::pair{1, 1}, {2, 2}, {7, 5}, {64, 48}}) {
            CAPTURE(describe(format, width, height));
            Canvas canvas(format, width, height);
            testing::fill_noise(canvas.view);
            const auto frame = frame_of(canvas.picture());
            Canvas back(format, width, height);
            CHECK(unwrap(y4m_decode_frame(frame, back.view)) == frame.size());
            CHECK(frame_of(back.picture()) == frame);
        }
    }
}

TEST_CASE("y4m: the arrangements of 4:2:0 are one and the same in the file") {
    Canvas planar(PixelFormat::i420, 6, 4);
    testing::fill_noise(planar.view);
    const auto frame = frame_of(planar.picture());
    CHECK(frame.size() == 6 + 24 + 6 + 6);
    CHECK(frame[6 + 24] == planar.view.row(0, 1)[0]);      // Cb follows Y,
    CHECK(frame[6 + 24 + 6] == planar.view.row(0, 2)[0]);  // and Cr follows Cb.
    for (const PixelFormat format : {PixelFormat::yv12, PixelFormat::nv12, PixelFormat::nv21}) {
        Canvas other(format, 6, 4);
        REQUIRE(y4m_decode_frame(frame, other.view));
        CHECK(frame_of(other.picture()) == frame);
    }
    Canvas nv12(PixelFormat::nv12, 6, 4);
    REQUIRE(y4m_decode_frame(frame, nv12.view));
    CHECK(nv12.view.row(0, 1)[1] == planar.view.row(0, 2)[0]);
}

TEST_CASE("y4m: headers say size, rate and colour space, and are read back") {
    for (const PixelFormat format : kFormats) {
        Y4mStream stream{.picture = {.format = format, .width = 320, .height = 200},
                         .rate_numerator = 30000,
                         .rate_denominator = 1001};
        const std::string header = unwrap(y4m_header(stream));
        Y4mStream found = unwrap(y4m_probe(bytes_of(header)));
        CHECK(found.header_bytes == header.size());
        CHECK(found.rate_numerator == 30000);
        CHECK(found.picture.width == 320);
        CHECK(unwrap(y4m_header(found)) == header);
        for (std::size_t size = 0; size < header.size(); ++size) {
            CHECK_FALSE(y4m_probe(bytes_of(std::string_view(header).substr(0, size))));
        }
    }
    CHECK(unwrap(y4m_header({.picture = {.format = PixelFormat::nv12, .width = 4, .height = 2},
                             .rate_numerator = 25,
                             .rate_denominator = 1})) ==
          "YUV4MPEG2 W4 H2 F25:1 Ip A1:1 C420jpeg\n");
    const auto other =
        unwrap(y4m_probe(bytes_of("YUV4MPEG2 W16 H8 F25:1 It A128:117 XYSCSS=420\n")));
    CHECK(other.picture.format == PixelFormat::i420);
}

TEST_CASE("y4m: what is no header or no frame is refused") {
    for (const char* text :
         {"YUV4MPEG W1 H1\n", "YUV4MPEG2\n", "YUV4MPEG2 W1\n", "YUV4MPEG2 Wx H1\n",
          "YUV4MPEG2 W1 H1 F25\n", "YUV4MPEG2 W1 H1 C420p10\n", "YUV4MPEG2 W-1 H1\n",
          "YUV4MPEG2 W99999999999 H1\n", "YUV4MPEG2 W65537 H1\n"}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(y4m_probe(bytes_of(text)));
    }
    Canvas canvas(PixelFormat::i420, 4, 4);
    const auto frame = frame_of(canvas.picture());
    for (std::size_t size = 0; size < frame.size(); ++size) {
        CHECK_FALSE(y4m_decode_frame(Bytes(frame).first(size), canvas.view));
    }
    std::vector<std::byte> out(frame.size() - 1);
    CHECK_FALSE(y4m_encode_frame(canvas.picture(), out));
    Canvas rgb(PixelFormat::rgb, 4, 4);
    CHECK(y4m_encode_frame(rgb.picture(), out).error().message == "y4m: cannot hold RGB");
    CHECK_FALSE(y4m_header({.picture = {.format = PixelFormat::rgb, .width = 4, .height = 4}}));
}

}  // namespace
}  // namespace parallax::codec
