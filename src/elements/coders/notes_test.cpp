// What encoders write beside the samples, read back from their files.
#include <algorithm>

#include <doctest/doctest.h>

#include "elements/provenance_text.h"
#include "support/exif_reader.h"
#include "support/picture.h"
#include "support/play.h"

namespace parallax {
namespace {

using elements::parse_provenance_text;
using testing::FileSays;

using Read = FileSays (*)(codec::Bytes);
struct Kind {
    const char* encoder;
    Read read;
};
constexpr Kind kKinds[] = {
    {"pngenc", testing::in_png}, {"jpegenc", testing::in_jpeg}, {"tiffenc", testing::in_tiff}};

RawInfo some_shot() {
    RawInfo shot;
    shot.exposure_s = 1.0F / 640;
    shot.iso = 102400;
    shot.aperture_f = 1.8F;
    shot.focal_mm = 4.25F;
    shot.orientation = 6;
    shot.make = "Parallax";
    shot.model = "Simulated One";
    shot.date_time = "2024:05:31 18:07:59";
    return shot;
}

FileSays encoded(const Kind& kind, const std::string& options, const Meta& meta) {
    Picture picture(PixelFormat::rgb, 32, 24);
    picture.randomize(1);
    Play play("feed name=f ! " + std::string(kind.encoder) + " name=enc " + options +
              " ! collect name=c");
    play.feed("f").give(picture.view(), meta);
    const Result<> outcome = play.run();
    if (!outcome) FAIL(to_string(outcome.error()));
    return kind.read(play.collect("c").frames.at(0).bytes);
}

TEST_CASE("encoders: what is known of the shot stands in PNG, JPEG and TIFF as EXIF") {
    Meta meta;
    REQUIRE(set_raw_info(meta, some_shot()));
    for (const Kind& kind : kKinds) {
        CAPTURE(kind.encoder);
        const FileSays says = encoded(kind, "", meta);
        REQUIRE_FALSE(says.exif.empty());
        CHECK(testing::shot_in(says.exif) == some_shot());
        CHECK(says.provenance.empty());  // The frame is not followed.
    }
}

TEST_CASE("encoders: each part of the shot is written without the others") {
    for (int part = 0; part < 7; ++part) {
        RawInfo shot;
        const RawInfo all = some_shot();
        if (part == 0) shot.exposure_s = all.exposure_s;
        if (part == 1) shot.iso = 100;
        if (part == 2) shot.aperture_f = all.aperture_f;
        if (part == 3) shot.focal_mm = all.focal_mm;
        if (part == 4) shot.orientation = 8;
        if (part == 5) shot.model = all.model;
        if (part == 6) shot.date_time = all.date_time;
        Meta meta;
        REQUIRE(set_raw_info(meta, shot));
        for (const Kind& kind : kKinds) {
            CAPTURE(kind.encoder);
            CAPTURE(part);
            CHECK(testing::shot_in(encoded(kind, "", meta).exif) == shot);
        }
    }
}

TEST_CASE("encoders: of an unknown shot nothing is said") {
    for (const Kind& kind : {kKinds[0], kKinds[1]}) CHECK(encoded(kind, "", {}).exif.empty());
}

TEST_CASE("encoders: an orientation that is asked for stands before the frame's own") {
    Meta meta;
    REQUIRE(set_raw_info(meta, some_shot()));
    for (const Kind& kind : {kKinds[1], kKinds[2]}) {
        CHECK(testing::shot_in(encoded(kind, "orientation=3", meta).exif).orientation == 3);
    }
}

TEST_CASE("encoders: a followed frame's whole past stands in the file, their own step last") {
    const Provenance past{.seed = 77,
                          .input_hash = {0x0123456789abcdefU, 0xfedcba9876543210U},
                          .chain = {{"src", "rawsrc", "1", "location=\"a b.dng\""},
                                    {"isp", "softisp", "1", "demosaic=mhc"}}};
    Meta meta;
    REQUIRE(set_provenance(meta, past));
    const char* options[] = {"compression-level=2", "quality=91", "compression=deflate"};
    for (std::size_t i = 0; i < 3; ++i) {
        CAPTURE(kKinds[i].encoder);
        const FileSays says = encoded(kKinds[i], options[i], meta);
        Provenance wanted = past;
        wanted.chain.push_back({"enc", kKinds[i].encoder, "1", options[i]});
        CHECK(unwrap(parse_provenance_text(says.provenance)) == wanted);
    }
}

// A past of so many steps, each as long as can be.
Provenance long_past(std::size_t steps) {
    Provenance past;
    for (std::size_t i = 0; i < steps; ++i) {
        past.chain.push_back({"a", "b", "1", std::string(4096, 'x')});
    }
    return past;
}

TEST_CASE("encoders: a past too long for a file is left out, and said so; the picture is whole") {
    Meta meta;
    REQUIRE(set_provenance(meta, long_past(12)));  // 48 KiB, and the names beside it.
    for (const Kind& kind : kKinds) CHECK(encoded(kind, "", meta).provenance.empty());
    Meta just;
    REQUIRE(set_provenance(just, long_past(11)));
    RawInfo shot = some_shot();
    shot.make.assign(255, 'm');
    shot.model.assign(255, 'n');
    REQUIRE(set_raw_info(just, shot));
    for (const Kind& kind : kKinds) {
        const FileSays says = encoded(kind, "", just);
        CHECK(unwrap(parse_provenance_text(says.provenance)).chain.size() == 12);
        CHECK(testing::shot_in(says.exif).make == shot.make);
    }
}

TEST_CASE("provenance: its text comes back the same, and damaged text is refused") {
    Meta meta;
    CHECK(unwrap(elements::provenance_text(meta)).empty());
    REQUIRE(set_provenance(meta, {.seed = ~0ULL, .chain = {{"\"a\"", "b\n", "", "\xff"}}}));
    const std::string text = unwrap(elements::provenance_text(meta));
    const Provenance back = unwrap(parse_provenance_text(text));
    CHECK(back.seed == ~0ULL);
    CHECK(back.chain.at(0).element == "\"a\"");
    CHECK(back.chain.at(0).parameters == "\uFFFD");  // Was no UTF-8.
    for (std::size_t size = 0; size < text.size(); ++size) {
        CHECK_FALSE(parse_provenance_text(std::string_view(text).substr(0, size)));
    }
    for (const std::string_view bad :
         {"[]", "{}", R"({"parallax.provenance":1})", R"({"parallax.provenance":1,"chain":[1]})",
          R"({"parallax.provenance":1,"input_hash":"zz","chain":[]})"}) {
        CHECK_FALSE(parse_provenance_text(bad));
    }
}

TEST_CASE(
    "pngdec, jpegdec, tiffdec: the orientation that was written comes back with the picture") {
    Meta meta;
    REQUIRE(set_raw_info(meta, some_shot()));
    for (const char* coders : {"pngenc ! pngdec", "jpegenc ! jpegdec", "tiffenc ! tiffdec"}) {
        Picture picture(PixelFormat::rgb, 32, 24);
        Play play("feed name=f ! " + std::string(coders) + " ! collect name=c");
        play.feed("f").give(picture.view(), meta);
        REQUIRE(play.run());
        CHECK(unwrap(raw_info(play.collect("c").frames.at(0).meta))->orientation == 6);
    }
}

}  // namespace
}  // namespace parallax
