#include <string>
#include <vector>

#include "parallax/meta.h"
#include "support/play.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

void must_run(Play& play) {
    const Result<> outcome = play.run();
    if (!outcome) FAIL(to_string(outcome.error()));
}

TEST_CASE(
    "burstfusion: each burst becomes one frame of 16 bits, and what is left at the end as well") {
    Play play(
        "rawtestsrc num-buffers=10 gain=8 shake=1 ! video/x-bayer,format=grbg10p,width=130,"
        "height=98,framerate=30/1 ! burstfusion frames=4 reference=first ! collect name=c");
    must_run(play);
    const Collect& got = play.collect("c");
    CHECK(to_string(got.format.caps) ==
          "video/x-bayer,format=grbg16le,width=130,height=98,framerate=15/2");
    REQUIRE(got.frames.size() == 3);
    CHECK(got.frames[1].meta.pts_ns == 133'333'333);
    CHECK(got.frames[2].meta.pts_ns == 266'666'666);
    CHECK(got.frames[2].meta.sequence == 2);
}

TEST_CASE("burstfusion: levels and noise are told as they are now, and how it came to be") {
    Play plain(
        "rawtestsrc num-buffers=1 gain=8 ! video/x-bayer,format=rggb12le,width=128,height=96"
        " ! collect name=c");
    Play play(
        "rawtestsrc num-buffers=4 gain=8 ! video/x-bayer,format=rggb12le,width=128,height=96 "
        "! burstfusion frames=4 ! collect name=c");
    must_run(plain);
    must_run(play);
    const RawInfo before = unwrap(raw_info(plain.collect("c").frames[0].meta)).value();
    const Meta& meta = play.collect("c").frames.at(0).meta;
    const RawInfo after = unwrap(raw_info(meta)).value();
    CHECK(after.white_level == 16 * before.white_level);
    CHECK(after.black_level[2] == 16 * before.black_level[2]);
    const float share = after.noise_profile.value()[0] / before.noise_profile.value()[0];
    CHECK(share < 0.35F);
    CHECK(share >= 0.25F);
    CHECK(after.as_shot_neutral == before.as_shot_neutral);
    const auto told = unwrap(provenance(meta));
    REQUIRE(told);
    CHECK(told->chain.back().factory == "burstfusion");
    CHECK(told->chain.back().parameters.starts_with("frames=4 # frames=4 averaged="));
}

TEST_CASE("burstfusion: the sharpest frame is the reference, whatever its place") {
    Play play("feed name=f ! burstfusion frames=3 ! collect name=c");
    Feed& feed = play.feed("f");
    feed.caps =
        unwrap(parse_caps("video/x-bayer,format=rggb16le,width=64,height=64,framerate=1/1"));
    for (int frame = 0; frame < 3; ++frame) {
        std::vector<std::byte> bytes(64 * 64 * 2);
        for (std::size_t i = 0; i < bytes.size() / 2; ++i) {
            const bool bright = (i / 8 + i / 512) % 2 == 0;
            bytes[2 * i + 1] = std::byte{
                static_cast<unsigned char>(frame == 1 ? (bright ? 200 : 20) : (bright ? 130 : 90))};
        }
        Meta meta;
        meta.pts_ns = frame * 1'000;
        feed.frames.push_back({bytes, meta});
    }
    must_run(play);
    CHECK(play.collect("c").frames.at(0).meta.pts_ns == 1'000);
}

TEST_CASE("burstfusion: the same bytes from any number of threads") {
    std::vector<std::vector<std::byte>> results;
    for (const char* threads : {"1", "4"}) {
        Play play(
            "rawtestsrc num-buffers=3 gain=16 shake=2 ! "
            "video/x-bayer,width=256,height=192 ! burstfusion frames=3 threads=" +
            std::string(threads) + " ! collect name=c");
        must_run(play);
        results.push_back(play.collect("c").frames.at(0).bytes);
    }
    CHECK(results[0] == results[1]);
}

}  // namespace
}  // namespace parallax
