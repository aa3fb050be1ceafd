#include <cmath>
#include <cstring>
#include <string>

#include "elements/raw/softisp.h"
#include "elements/video_format.h"
#include "isp/simulator/simulator.h"
#include "parallax/isp.h"
#include "support/picture.h"
#include "support/play.h"

namespace parallax {
namespace {

using elements::is_linear;

void must_run(Play& play) {
    const Result<> outcome = play.run();
    if (!outcome) FAIL(to_string(outcome.error()));
}

TEST_CASE("rawtestsrc: its frames are those of the simulator, with times and facts") {
    Play play(
        "rawtestsrc name=r num-buffers=2 seed=7 gain=4 shake=2 ! "
        "video/x-bayer,format=gbrg10le,width=96,height=64,framerate=25/1 ! collect name=src "
        "r.clean ! collect name=clean r.truth ! collect name=truth");
    must_run(play);
    const sim::Simulator camera = unwrap(sim::Simulator::create({.width = 96,
                                                                 .height = 64,
                                                                 .order = BayerOrder::gbrg,
                                                                 .bits = 10,
                                                                 .seed = 7,
                                                                 .gain = 4,
                                                                 .shake_px = 2}));
    for (const char* name : {"src", "clean", "truth"}) {
        REQUIRE(play.collect(name).frames.size() == 2);
    }
    Picture src(PixelFormat::gbrg10le, 96, 64);
    Picture clean(PixelFormat::gbrg10le, 96, 64);
    Picture truth(PixelFormat::rgba64le, 96, 64);
    for (std::size_t frame : {0U, 1U}) {
        CHECK(camera.render(frame,
                            {.src = src.edit(), .clean = clean.edit(), .truth = truth.edit()}));
        CHECK(play.collect("src").frames[frame].bytes == src.bytes());
        CHECK(play.collect("clean").frames[frame].bytes == clean.bytes());
        CHECK(play.collect("truth").frames[frame].bytes == truth.bytes());
        for (const char* name : {"src", "clean", "truth"}) {
            const Meta& meta = play.collect(name).frames[frame].meta;
            CHECK(meta.sequence == frame);
            CHECK(meta.pts_ns == static_cast<std::int64_t>(frame) * 40'000'000);
            CHECK(meta.duration_ns == 40'000'000);
            const auto story = unwrap(provenance(meta));
            REQUIRE(story.has_value());
            CHECK(story->seed == 7);
            REQUIRE(story->chain.size() == 1);
            CHECK(story->chain[0].parameters == "num-buffers=2 seed=7 gain=4 shake=2");
        }
        CHECK(unwrap(raw_info(play.collect("src").frames[frame].meta)) == camera.info(frame));
        CHECK(unwrap(raw_info(play.collect("clean").frames[frame].meta)) == camera.info(frame));
        CHECK(!unwrap(raw_info(play.collect("truth").frames[frame].meta)));
    }
    CHECK(is_linear(play.collect("truth").format.caps));
    CHECK(!is_linear(play.collect("src").format.caps));
}

TEST_CASE("rawtestsrc: without wishes it is a 1024x768 camera, 30 frames a second, 12 bits") {
    Play play("rawtestsrc num-buffers=1 ! collect name=c");
    must_run(play);
    CHECK(to_string(play.collect("c").format.caps) ==
          "video/x-bayer,format=rggb12le,width=1024,height=768,framerate=30/1");
}

TEST_CASE("rawtestsrc: any output may stay unlinked") {
    for (const std::string pad : {"src", "clean", "truth"}) {
        Play play("rawtestsrc name=r num-buffers=1 r." + pad + " ! collect name=c");
        must_run(play);
        CHECK(play.collect("c").frames.size() == 1);
        CHECK(play.collect("c").format.image->width == 1024);
    }
}

TEST_CASE("rawtestsrc: all formats, odd sizes, and as many threads as it likes: the same bytes") {
    for (const PixelFormat format : all_pixel_formats()) {
        if (traits(format).family != PixelFamily::bayer) continue;
        std::vector<std::byte> first;
        for (const char* threads : {"1", "2", "5"}) {
            Play play("rawtestsrc num-buffers=1 threads=" + std::string(threads) +
                      " ! video/x-bayer,width=71,height=99,format=" +
                      std::string(traits(format).name) + " ! collect name=c");
            must_run(play);
            REQUIRE(play.collect("c").frames.size() == 1);
            if (first.empty()) first = play.collect("c").frames[0].bytes;
            CHECK(play.collect("c").frames[0].bytes == first);
        }
    }
}

TEST_CASE("softisp: the picture is the developer's, whatever the number of threads") {
    const sim::Simulator camera =
        unwrap(sim::Simulator::create({.width = 322, .height = 201, .gain = 4}));
    Picture raw(PixelFormat::rggb12le, 322, 201);
    CHECK(camera.render(0, {.src = raw.edit()}));
    for (const char* demosaic : {"bilinear", "mhc", "rcd", "superpixel"}) {
        CAPTURE(demosaic);
        isp::Settings settings;
        for (const auto& nick : isp::nicks(isp::Demosaic{})) {
            if (nick.name == demosaic) settings.demosaic = nick.value;
        }
        const auto [width, height] = natural_size_px(settings.demosaic, raw.layout());
        Picture expected(PixelFormat::rgb, width, height);
        auto developer = unwrap(isp::Developer::create(settings, raw.layout(), expected.layout()));
        unwrap(developer.develop(raw.view(), camera.info(0), expected.edit()));
        for (const char* rest : {"threads=1", "threads=2", "threads=7", "lane=background"}) {
            Play play(std::string("rawtestsrc num-buffers=1 gain=4 ! "
                                  "video/x-bayer,width=322,height=201,format=rggb12le ! "
                                  "softisp demosaic=") +
                      demosaic + " " + rest + " ! collect name=c");
            must_run(play);
            const Collect& got = play.collect("c");
            REQUIRE(got.frames.size() == 1);
            CHECK(got.format.caps.get_string("format") == "RGB");
            CHECK(got.format.image->width == width);
            CHECK(got.format.image->height == height);
            // Padding at the ends of rows is nobody's.
            int wrong_rows = 0;
            for (int y = 0; y < height; ++y) {
                const auto bytes = static_cast<std::size_t>(3 * width);
                wrong_rows += std::memcmp(got.image(0).row(y), expected.view().row(y), bytes) != 0;
            }
            CHECK(wrong_rows == 0);
        }
    }
}

TEST_CASE("softisp: linear pictures say so in their caps, others do not") {
    for (const char* tone : {"linear", "srgb", "filmic"}) {
        Play play("rawtestsrc num-buffers=1 ! video/x-bayer,width=64,height=48 ! softisp tone=" +
                  std::string(tone) + " ! collect name=c");
        must_run(play);
        CHECK(is_linear(play.collect("c").format.caps) == (std::string(tone) == "linear"));
    }
}

TEST_CASE("softisp: provenance tells both steps, and the sensor's facts end here") {
    Play play(
        "rawtestsrc num-buffers=1 ! video/x-bayer,width=64,height=48 ! "
        "softisp exposure-ev=0.5 ! collect name=c");
    must_run(play);
    const Meta& meta = play.collect("c").frames[0].meta;
    const auto story = unwrap(provenance(meta));
    REQUIRE(story.has_value());
    REQUIRE(story->chain.size() == 2);
    CHECK(story->chain[1].factory == "softisp");
    CHECK(story->chain[1].parameters.starts_with("exposure-ev=0.5 # gains="));
    const auto info = unwrap(raw_info(meta));
    if (info) {
        CHECK(info->defects.empty());
        CHECK(!info->shading);
        CHECK(info->calibrations.empty());
    }
}

TEST_CASE("softisp: headerless frames are read by black-level and white-level") {
    Picture raw(PixelFormat::rggb16le, 16, 16);
    for (int y = 0; y < 16; ++y) {
        for (int x = 0; x < 16; ++x) raw.edit().samples<std::uint16_t>(y)[x] = 100 + 450;
    }
    Play play(
        "feed name=f ! softisp black-level=100 white-level=1000 tone=linear "
        "white-balance=manual ! video/x-raw,format=RGBA64_LE ! collect name=c");
    play.feed("f").give(raw.view());
    must_run(play);
    const ImageView picture = play.collect("c").image(0);
    for (int x = 0; x < 16; ++x) {
        CHECK(std::abs(picture.samples<const std::uint16_t>(8)[4 * x] - 32768) < 16);
    }
}

// Whoever sent the frame may lie: each lie is an error that names the frame, never a crash.
TEST_CASE("softisp: hostile metadata ends in an error that names the frame") {
    Picture raw(PixelFormat::rggb12le, 32, 32);
    const auto try_info = [&](const RawInfo& info) {
        Meta meta;
        CHECK(set_raw_info(meta, info));
        Play play("feed name=f ! softisp ! collect name=c");
        play.feed("f").give(raw.view());
        play.feed("f").give(raw.view(), meta);
        const Result<> outcome = play.run();
        CHECK(!outcome);
        if (outcome) return;
        CHECK(to_string(outcome.error()).find("frame 1") != std::string::npos);
        CHECK(to_string(outcome.error()).find("softisp0") != std::string::npos);
    };
    RawInfo black;
    black.black_level = {5000, 5000, 5000, 5000};
    black.white_level = 4000;
    try_info(black);
    RawInfo far;
    far.defects = {{31, 31}, {32, 0}};
    try_info(far);
}

TEST_CASE("softisp: an entry that is no RawInfo is an error, not a guess") {
    Picture raw(PixelFormat::rggb12le, 32, 32);
    Meta meta;
    CHECK(meta.set(kRawInfoKey, std::vector<std::byte>(7, std::byte{0xFF})));
    Play play("feed name=f ! softisp ! collect name=c");
    play.feed("f").give(raw.view(), meta);
    const Result<> outcome = play.run();
    REQUIRE(!outcome);
    CHECK(to_string(outcome.error()).find("frame 0") != std::string::npos);
}

}  // namespace
}  // namespace parallax
