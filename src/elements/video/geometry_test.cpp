#include "elements/video/geometry.h"

#include <string>

#include "elements/orientation.h"
#include "support/picture.h"
#include "support/play.h"

namespace parallax {
namespace {

using elements::set_orientation;

Meta held(int orientation) {
    Meta meta;
    REQUIRE(set_orientation(meta, orientation));
    return meta;
}

// The caps that a source which knows the orientation gives.
Caps caps_with(const ImageLayout& layout, int orientation) {
    Structure caps = caps_of(layout, Fraction(30, 1)).structures().front();
    elements::note_orientation_in(caps, orientation);
    return caps;
}

int orientation_in(const Meta& meta) { return unwrap(elements::orientation_of(meta)); }

// Where the pixel that is seen at (x, y) of an upright W x H picture is stored, for each
// orientation: EXIF 2.3, 4.6.4 A, "the 0th row is at the visual ... of the image".
std::array<int, 2> stored_at(int orientation, int x, int y, int width, int height) {
    const int right = width - 1 - x;
    const int bottom = height - 1 - y;
    switch (orientation) {
        case 2:
            return {right, y};  // Row 0 top, column 0 right.
        case 3:
            return {right, bottom};
        case 4:
            return {x, bottom};
        case 5:
            return {y, x};  // Row 0 left, column 0 top.
        case 6:
            return {y, right};  // Row 0 right, column 0 top.
        case 7:
            return {bottom, right};
        case 8:
            return {bottom, x};  // Row 0 left, column 0 bottom.
        default:
            return {x, y};
    }
}

// A picture of 40 x 30 as a camera stores it that was held this way.
Picture stored(const Picture& upright, int orientation) {
    const bool lying = orientation >= 5;
    Picture picture(PixelFormat::gray8, lying ? 30 : 40, lying ? 40 : 30);
    for (int y = 0; y < 30; ++y) {
        for (int x = 0; x < 40; ++x) {
            const auto [sx, sy] = stored_at(orientation, x, y, 40, 30);
            picture.edit().row(sy)[sx] = upright.view().row(y)[x];
        }
    }
    return picture;
}

TEST_CASE("videoflip: automatic turns all eight orientations upright, and says that it did") {
    Picture upright(PixelFormat::gray8, 40, 30);
    upright.randomize(1);
    for (int orientation = 1; orientation <= 8; ++orientation) {
        CAPTURE(orientation);
        const Picture picture = stored(upright, orientation);
        Play play("feed name=f ! videoflip method=automatic ! collect name=c");
        play.feed("f").caps = caps_with(picture.layout(), orientation);
        play.feed("f").give(picture.view(), held(orientation));
        REQUIRE(play.run());
        const Collect& got = play.collect("c");
        CHECK(got.format.image->width == 40);
        CHECK(got.format.caps.find("orientation") == nullptr);
        CHECK(got.frames.at(0).bytes == upright.bytes());
        CHECK(orientation_in(got.frames.at(0).meta) == 1);
    }
}

TEST_CASE("videoflip: each frame of a stream is turned by its own orientation") {
    Picture square(PixelFormat::rgb, 20, 20);
    square.randomize(2);
    Play play("feed name=f ! videoflip method=automatic ! collect name=c");
    for (int orientation = 1; orientation <= 8; ++orientation) {
        play.feed("f").give(square.view(), held(orientation));
    }
    REQUIRE(play.run());
    for (int orientation = 1; orientation <= 8; ++orientation) {
        Picture expected(PixelFormat::rgb, 20, 20);
        REQUIRE(compute::flip(square.view(), expected.edit(), elements::upright(orientation)));
        const auto& frame = play.collect("c").frames.at(static_cast<std::size_t>(orientation - 1));
        CHECK(frame.bytes == expected.bytes());
        CHECK(orientation_in(frame.meta) == 1);
    }
}

TEST_CASE("videoflip: a frame that would change its size unannounced is refused, with the remedy") {
    Picture picture(PixelFormat::rgb, 20, 10);
    Play play("feed name=f ! videoflip method=automatic ! collect name=c");
    play.feed("f").give(picture.view(), held(6));
    const Result<> outcome = play.run();
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().message.find("orientation 6") != std::string::npos);
    CHECK(outcome.error().hint.find("orientation=6") != std::string::npos);
}

TEST_CASE("videoflip: who turns by hand has turned it upright; who turns nothing has not") {
    Picture picture(PixelFormat::rgb, 20, 10);
    for (const auto& [method, orientation] : {std::pair{"clockwise", 1}, {"none", 6}}) {
        Play play("feed name=f ! videoflip method=" + std::string(method) + " ! collect name=c");
        play.feed("f").give(picture.view(), held(6));
        REQUIRE(play.run());
        CHECK(orientation_in(play.collect("c").frames.at(0).meta) == orientation);
    }
}

TEST_CASE("videocrop: a mosaic keeps every sample in its colour, at each offset and order") {
    using enum PixelFormat;
    for (const PixelFormat format : {rggb8, grbg10le, gbrg12le, bggr16le}) {
        Picture source(format, 12, 10);
        source.randomize(4);
        for (int top = 0; top < 3; ++top) {
            for (int left = 0; left < 3; ++left) {
                Play play("feed name=f ! videocrop left=" + std::to_string(left) +
                          " top=" + std::to_string(top) + " right=1 ! collect name=c");
                play.feed("f").give(source.view());
                REQUIRE(play.run());
                const ImageView got = play.collect("c").image(0);
                const PixelTraits& t = traits(format);
                const BayerOrder order = compute::cropped_order(t.order, {left, top});
                CHECK(got.format() == *bayer_format(order, t.bits));
                CHECK(got.width() == 11 - left);
                const std::size_t bytes = t.bits == 8 ? 1 : 2;
                for (int y = 0; y < got.height(); ++y) {
                    CHECK(std::equal(
                        got.row(y), got.row(y) + got.stride_bytes(),
                        source.view().row(y + top) + static_cast<std::size_t>(left) * bytes));
                }
            }
        }
    }
}

TEST_CASE("videocrop: a mosaic's metadata moves with it") {
    Picture source(PixelFormat::rggb12le, 40, 30);
    source.randomize(5);
    RawInfo info;
    info.black_level = {1, 2, 3, 4};
    info.defects = {{10, 10}};
    Meta meta;
    REQUIRE(set_raw_info(meta, info));
    Play play("feed name=f ! videocrop left=3 top=4 ! collect name=c");
    play.feed("f").give(source.view(), meta);
    REQUIRE(play.run());
    const RawInfo found = *unwrap(raw_info(play.collect("c").frames.at(0).meta));
    CHECK(found.black_level == std::array<float, 4>{2, 1, 4, 3});
    CHECK(found.defects == std::vector<std::array<int, 2>>{{7, 6}});
}

TEST_CASE("videocrop: packed mosaics are cut between groups, and nowhere else") {
    Picture source(PixelFormat::rggb10p, 40, 30);
    source.randomize(6);
    Play play("feed name=f ! videocrop left=4 top=1 ! collect name=c");
    play.feed("f").give(source.view());
    REQUIRE(play.run());
    CHECK(play.collect("c").image(0).format() == PixelFormat::gbrg10p);
    Play odd("feed name=f ! videocrop left=2 ! collect name=c");
    odd.feed("f").give(source.view());
    CHECK_FALSE(odd.run());
}

TEST_CASE("videocrop: subsampled pictures at even offsets keep each pixel's chroma") {
    using enum PixelFormat;
    for (const PixelFormat format : {i420, yv12, y42b, nv12, nv21, yuy2, uyvy}) {
        CAPTURE(traits(format).name);
        Picture source(format, 24, 16);
        source.randomize(7);
        Play play("feed name=f ! videocrop left=4 top=2 right=3 bottom=5 ! collect name=c");
        play.feed("f").give(source.view());
        REQUIRE(play.run());
        Picture expected(format, 17, 9);
        REQUIRE(compute::crop(source.view(), expected.edit(), {4, 2}));
        const ImageView got = play.collect("c").image(0);
        CHECK(got.width() == 17);
        for (int plane = 0; plane < traits(format).planes; ++plane) {
            const int shift = plane == 0 ? 0 : traits(format).chroma_shift_y;
            CHECK(got.row(8 >> shift, plane)[0] == expected.view().row(8 >> shift, plane)[0]);
        }
        if (format == nv12) {  // Cb of pixel (4, 2) is that of the block at (2, 1).
            CHECK(got.row(0, 1)[0] == source.view().row(1, 1)[4]);
        }
    }
}

TEST_CASE("videocrop: a mosaic cut at an odd corner develops to the colours of the whole") {
    Play whole(
        "rawtestsrc num-buffers=1 ! video/x-bayer,width=64,height=48 ! softisp "
        "demosaic=bilinear white-balance=metadata quality=preview ! "
        "video/x-raw,format=RGB ! videocrop left=5 top=3 ! collect name=c");
    Play part(
        "rawtestsrc num-buffers=1 ! video/x-bayer,width=64,height=48 ! videocrop left=5 "
        "top=3 ! softisp demosaic=bilinear white-balance=metadata quality=preview ! "
        "video/x-raw,format=RGB ! collect name=c");
    REQUIRE(whole.run());
    REQUIRE(part.run());
    const ImageView a = whole.collect("c").image(0);
    const ImageView b = part.collect("c").image(0);
    REQUIRE(a.width() == b.width());
    double apart = 0;
    for (int y = 4; y < a.height() - 4; ++y) {
        for (int i = 12; i < 3 * (a.width() - 4); ++i) {
            apart +=
                std::abs(std::to_integer<int>(a.row(y)[i]) - std::to_integer<int>(b.row(y)[i]));
        }
    }
    apart /= 3.0 * (a.width() - 8) * (a.height() - 8);
    CHECK(apart < 3);  // A wrong phase is off by tens.
}

}  // namespace
}  // namespace parallax
