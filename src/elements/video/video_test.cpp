#include <cmath>
#include <cstring>
#include <string>

#include "compute/image/convert.h"
#include "compute/image/geometry.h"
#include "compute/image/pattern.h"
#include "compute/image/scale.h"
#include "compute/metrics.h"
#include "support/picture.h"
#include "support/play.h"

namespace parallax {
namespace {

void must_run(Play& play) {
    const Result<> outcome = play.run();
    if (!outcome) FAIL(to_string(outcome.error()));
}

std::string error_of(Play& play) {
    const Result<> outcome = play.run();
    return outcome ? "no error" : to_string(outcome.error());
}

double metric(const ElementReport& report, std::string_view name) {
    for (const auto& [key, value] : report.metrics) {
        if (key == name) return value;
    }
    FAIL("no metric called " << std::string(name));
    return 0;
}

TEST_CASE("videotestsrc: without wishes it is RGB, 320x240, 30 frames a second") {
    Play play("videotestsrc num-buffers=3 ! collect name=c");
    must_run(play);
    const Collect& got = play.collect("c");
    CHECK(to_string(got.format.caps) ==
          "video/x-raw,format=RGB,width=320,height=240,framerate=30/1");
    REQUIRE(got.frames.size() == 3);
    CHECK(got.frames[1].meta.pts_ns == 33'333'333);
    CHECK(got.frames[2].meta.pts_ns == 66'666'666);
    CHECK(got.frames[1].meta.duration_ns == 33'333'333);
    CHECK(got.frames[0].meta.duration_ns == 33'333'333);
    CHECK(got.frames[0].bytes != got.frames[1].bytes);  // The snow moves.
}

TEST_CASE("videotestsrc: every pattern in every format is what compute paints") {
    for (const std::string_view pattern : compute::kPatternNames) {
        for (const PixelFormat format : all_pixel_formats()) {
            const PixelTraits& pixels = traits(format);
            if (pixels.packed) continue;
            Play play("videotestsrc num-buffers=1 pattern=" + std::string(pattern) + " ! " +
                      std::string(pixels.media_type) + ",format=" + std::string(pixels.name) +
                      ",width=37,height=23 ! collect name=c");
            must_run(play);
            Picture expected(format, 37, 23);
            CHECK(compute::paint_pattern(expected.edit(), {.pattern = *compute::pattern(pattern)}));
            const HeldFrame& got = play.collect("c").frames.at(0);
            Picture seen(format, 37, 23);
            seen.bytes() = got.bytes;
            // Padding is nobody's: compare by what both look like.
            if (pixels.family == PixelFamily::bayer) {
                CHECK(got.bytes == expected.bytes());
            } else if (pixels.bits == 8) {
                const auto apart = compute::psnr(seen.view(), expected.view());
                REQUIRE(apart);
                CHECK(apart->cpsnr_db == compute::kPsnrCeilingDb);
            }
        }
    }
}

TEST_CASE("videotestsrc: packed mosaics and linear light are refused when formats are agreed") {
    Play packed("videotestsrc ! video/x-bayer,format=rggb10p ! collect name=c");
    CHECK(error_of(packed).find("no format in common") != std::string::npos);
    Play linear("videotestsrc ! video/x-raw,colorimetry=1:1:1:1 ! collect name=c");
    CHECK(error_of(linear).find("sRGB-encoded") != std::string::npos);
}

TEST_CASE("videoconvert: any format becomes any other, at odd sizes") {
    Picture source(PixelFormat::rgba, 35, 21);
    source.randomize(5);
    for (const PixelFormat format : all_pixel_formats()) {
        if (traits(format).family == PixelFamily::bayer) continue;
        Play play("feed name=f ! videoconvert ! video/x-raw,format=" +
                  std::string(traits(format).name) + " ! collect name=c");
        play.feed("f").give(source.view());
        must_run(play);
        const Collect& got = play.collect("c");
        REQUIRE(got.frames.size() == 1);
        Picture expected(format, 35, 21);
        CHECK(compute::convert(source.view(), expected.edit()));
        const auto apart = compute::psnr(got.image(0), expected.view());
        REQUIRE(apart);
        CHECK(apart->cpsnr_db == compute::kPsnrCeilingDb);
    }
}

TEST_CASE("videoconvert: what is right already passes untouched") {
    Picture source(PixelFormat::i420, 35, 21);
    source.randomize(6);
    Play play("feed name=f ! videoconvert ! videoscale ! collect name=c");
    play.feed("f").give(source.view());
    must_run(play);
    CHECK(play.collect("c").frames.at(0).bytes == source.bytes());
    CHECK(play.collect("c").format.caps.get_string("format") == "I420");
}

TEST_CASE("videoconvert: linear light becomes sRGB, and comes back where it is asked for") {
    Picture linear(PixelFormat::rgba64le, 64, 4);
    for (int x = 0; x < 64; ++x) {
        for (int y = 0; y < 4; ++y) {
            for (int c = 0; c < 4; ++c) {
                linear.edit().samples<std::uint16_t>(y)[4 * x + c] =
                    static_cast<std::uint16_t>(c == 3 ? 65535 : x * 1000);
            }
        }
    }
    const auto marked = [&](Play& play) {
        Feed& feed = play.feed("f");
        Structure caps = caps_of(linear.layout(), Fraction(30, 1)).structures().front();
        caps.set("colorimetry", "1:1:1:1");
        feed.caps = caps;
        feed.give(linear.view());
    };
    Play shown("feed name=f ! videoconvert ! video/x-raw,format=RGBA64_LE ! collect name=c");
    marked(shown);
    must_run(shown);
    Picture expected(PixelFormat::rgba64le, 64, 4);
    CHECK(compute::convert(linear.view(), expected.edit(), {.from = compute::Transfer::linear}));
    CHECK(shown.collect("c").frames.at(0).bytes == expected.bytes());
    CHECK(expected.bytes() != linear.bytes());

    Play kept("feed name=f ! videoconvert ! video/x-raw,colorimetry=1:1:1:1 ! collect name=c");
    marked(kept);
    must_run(kept);
    CHECK(kept.collect("c").frames.at(0).bytes == linear.bytes());
}

TEST_CASE("videoscale: the size that is asked for, by the method that is asked for") {
    Picture source(PixelFormat::rgb, 40, 30);
    source.randomize(7);
    struct Case {
        const char* method;
        int width, height;
        compute::ScaleMethod expected;
    };
    using compute::ScaleMethod;
    for (const Case& c :
         {Case{"auto", 20, 15, ScaleMethod::area}, Case{"auto", 81, 61, ScaleMethod::bilinear},
          Case{"nearest-neighbour", 7, 93, ScaleMethod::nearest},
          Case{"bilinear", 20, 15, ScaleMethod::bilinear}, Case{"area", 1, 1, ScaleMethod::area}}) {
        Play play("feed name=f ! videoscale method=" + std::string(c.method) +
                  " ! video/x-raw,width=" + std::to_string(c.width) +
                  ",height=" + std::to_string(c.height) + " ! collect name=c");
        play.feed("f").give(source.view());
        must_run(play);
        Picture expected(PixelFormat::rgb, c.width, c.height);
        CHECK(compute::scale(source.view(), expected.edit(), c.expected));
        const ImageView got = play.collect("c").image(0);
        for (int y = 0; y < c.height; ++y) {
            CHECK(std::memcmp(got.row(y), expected.view().row(y),
                              static_cast<std::size_t>(3 * c.width)) == 0);
        }
    }
}

TEST_CASE("videocrop: takes away what it is told, and says no where nothing is left") {
    Picture source(PixelFormat::rgba, 40, 30);
    source.randomize(8);
    Play play("feed name=f ! videocrop left=3 right=5 top=7 bottom=11 ! collect name=c");
    play.feed("f").give(source.view());
    must_run(play);
    Picture expected(PixelFormat::rgba, 32, 12);
    CHECK(compute::crop(source.view(), expected.edit(), {3, 7}));
    CHECK(play.collect("c").frames.at(0).bytes == expected.bytes());

    Play nothing("feed name=f ! videocrop left=39 right=1 ! collect name=c");
    nothing.feed("f").give(source.view());
    CHECK(error_of(nothing).find("no format in common") != std::string::npos);
}

TEST_CASE("videocrop: what is after it may choose the size before it") {
    Play play(
        "videotestsrc num-buffers=1 ! videocrop left=4 bottom=2 ! "
        "video/x-raw,width=100,height=50 ! collect name=c");
    must_run(play);
    CHECK(play.collect("c").format.image->width == 100);
    CHECK(play.report("videotestsrc0").frames_out == 1);
}

TEST_CASE("videoflip: every method, also where width and height change places") {
    Picture source(PixelFormat::rgba, 40, 30);
    source.randomize(9);
    for (const std::string_view name : compute::kFlipMethodNames) {
        const compute::FlipMethod method = *compute::flip_method(name);
        Play play("feed name=f ! videoflip method=" + std::string(name) + " ! collect name=c");
        play.feed("f").give(source.view());
        must_run(play);
        const bool turned = compute::transposes(method);
        Picture expected(PixelFormat::rgba, turned ? 30 : 40, turned ? 40 : 30);
        CHECK(compute::flip(source.view(), expected.edit(), method));
        CHECK(play.collect("c").frames.at(0).bytes == expected.bytes());
        CHECK(play.collect("c").format.image->width == expected.layout().width);
    }
}

TEST_CASE("metrics: equal pictures are perfect, and pass untouched") {
    Picture picture(PixelFormat::rgb, 64, 48);
    picture.randomize(10);
    Play play("feed name=a ! metrics name=m ! collect name=c  feed name=b ! m.reference");
    for (std::int64_t pts : {0, 10, 20}) {
        Meta meta;
        meta.pts_ns = pts;
        play.feed("a").give(picture.view(), meta);
        if (pts != 10) play.feed("b").give(picture.view(), meta);
    }
    must_run(play);
    const ElementReport report = play.report("m");
    CHECK(metric(report, "psnr_db") == compute::kPsnrCeilingDb);
    CHECK(metric(report, "ssim") == doctest::Approx(1.0));
    CHECK(metric(report, "delta_e2000") == doctest::Approx(0.0));
    CHECK(metric(report, "pairs") == 2);
    CHECK(report.dropped == 1);  // The frame without partner.
    REQUIRE(play.collect("c").frames.size() == 2);
    CHECK(play.collect("c").frames[1].bytes == picture.bytes());
}

TEST_CASE("metrics: a picture is judged by what compute says, linear light encoded first") {
    Play play(
        "rawtestsrc name=r num-buffers=2 gain=4 ! video/x-bayer,width=200,height=150 ! "
        "softisp demosaic=mhc ! tee name=t ! metrics name=m border=8 "
        "r.truth ! tee name=u ! m.reference "
        "t. ! collect name=picture  u. ! collect name=truth");
    must_run(play);
    double psnr = 0;
    double delta = 0;
    for (std::size_t i = 0; i < 2; ++i) {
        const compute::CompareOptions how{.border_px = 8,
                                          .reference_transfer = compute::Transfer::linear};
        const ImageView picture = play.collect("picture").image(i);
        const ImageView truth = play.collect("truth").image(i);
        psnr += unwrap(compute::psnr(picture, truth, how)).cpsnr_db / 2;
        delta += unwrap(compute::delta_e2000(picture, truth, how)) / 2;
    }
    CHECK(metric(play.report("m"), "psnr_db") == doctest::Approx(psnr));
    CHECK(metric(play.report("m"), "delta_e2000") == doctest::Approx(delta));
    MESSAGE("mhc at ISO 400, 200x150: " << psnr << " dB, delta E " << delta);
    CHECK(psnr > 20);  // Far from it only if colours or light were taken for something else.
}

TEST_CASE("metrics: pictures of different sizes do not negotiate") {
    Play play("feed name=a ! metrics name=m  feed name=b ! m.reference");
    Picture large(PixelFormat::rgb, 64, 48);
    Picture small(PixelFormat::rgb, 64, 47);
    play.feed("a").give(large.view());
    play.feed("b").give(small.view());
    CHECK(error_of(play).find("height 48 meets height 47") != std::string::npos);
}

}  // namespace
}  // namespace parallax
