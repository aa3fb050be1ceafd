#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "elements/frame_time.h"
#include "support/picture.h"
#include "support/play.h"

namespace parallax {
namespace {

struct Given {
    Fraction rate{30, 1};
    std::vector<std::int64_t> at_ns;
};
struct Got {
    std::vector<int> pictures;
    std::vector<HeldFrame> frames;
    ElementReport report;
};

// Each picture is gray by its number.
Got rated(const Given& given, const std::string& text) {
    Play play("feed name=f ! videorate name=rate" + text + " ! collect name=c");
    Feed& feed = play.feed("f");
    Picture picture(PixelFormat::gray8, 2, 2);
    feed.caps = caps_of(picture.view().layout, given.rate);
    for (std::size_t i = 0; i < given.at_ns.size(); ++i) {
        picture.bytes().assign(picture.bytes().size(), static_cast<std::byte>(i));
        Meta meta;
        meta.pts_ns = given.at_ns[i];
        feed.give(picture.view(), meta);
    }
    REQUIRE(play.run());
    Got got;
    for (const HeldFrame& frame : play.collect("c").frames) {
        got.pictures.push_back(static_cast<int>(frame.bytes.front()));
        got.frames.push_back(frame);
    }
    got.report = play.report("rate");
    return got;
}

std::vector<std::int64_t> regular(int frames, Fraction rate, std::int64_t first_ns = 0) {
    std::vector<std::int64_t> times;
    for (int i = 0; i < frames; ++i) {
        Meta meta;
        elements::stamp(meta, static_cast<std::uint64_t>(i), rate);
        times.push_back(first_ns + meta.pts_ns);
    }
    return times;
}

TEST_CASE("videorate: half the rate drops every other picture, twice repeats each") {
    const Got half = rated({.at_ns = regular(6, {30, 1})}, " ! video/x-raw,framerate=15/1");
    CHECK(half.pictures == std::vector{0, 2, 4});
    CHECK(half.frames[1].meta.pts_ns == 66'666'666);
    CHECK(half.report.dropped == 3);
    const Got twice = rated({.at_ns = regular(3, {30, 1})}, " ! video/x-raw,framerate=60/1");
    CHECK(twice.pictures == std::vector{0, 0, 1, 1, 2, 2});
    CHECK(twice.frames[3].meta.pts_ns == 50'000'000);
    CHECK(twice.frames[3].meta.duration_ns == 16'666'666);
    CHECK(twice.frames[5].meta.sequence == 5);
}

TEST_CASE("videorate: an hour keeps its length to the picture, at any pair of rates") {
    const std::vector<Fraction> rates{{24, 1}, {25, 1}, {30, 1}, {30000, 1001}, {1, 2}, {120, 1}};
    for (const Fraction& in : rates) {
        for (const Fraction& out : rates) {
            CAPTURE(to_string(Value(in)));
            CAPTURE(to_string(Value(out)));
            const double in_hz = static_cast<double>(in.num()) / static_cast<double>(in.den());
            const double out_hz = static_cast<double>(out.num()) / static_cast<double>(out.den());
            if (out_hz / in_hz > 64) continue;
            const int frames = 200;
            const std::string text = " ! video/x-raw,framerate=" + to_string(Value(out));
            const Got got = rated({.rate = in, .at_ns = regular(frames, in)}, text);
            const double expected = frames / in_hz * out_hz;
            CHECK(std::abs(static_cast<double>(got.frames.size()) - expected) <= 1);
            CHECK(std::ranges::is_sorted(got.pictures));
        }
    }
}

TEST_CASE("videorate: what follows another rate is the picture on show, for any pair of rates") {
    const std::vector<Fraction> rates{{24, 1}, {25, 1}, {30, 1}, {60, 1}, {30000, 1001}};
    for (const Fraction& in : rates) {
        for (const Fraction& out : rates) {
            const std::string text = " ! video/x-raw,framerate=" + to_string(Value(out));
            const Got got = rated({.rate = in, .at_ns = regular(100, in)}, text);
            for (std::size_t slot = 0; slot < got.pictures.size(); ++slot) {
                // The picture whose time holds the middle of the slot.
                const double middle = (static_cast<double>(slot) + 0.5) *
                                      static_cast<double>(out.den() * in.num()) /
                                      static_cast<double>(out.num() * in.den());
                const double apart = middle - std::floor(middle);
                if (apart < 1e-6 || apart > 1 - 1e-6) continue;  // On the edge of two.
                CHECK(got.pictures[slot] == static_cast<int>(middle));
            }
        }
    }
}

TEST_CASE("videorate: times that tremble by less than half a picture change nothing") {
    std::vector<std::int64_t> times = regular(60, {30, 1});
    for (std::size_t i = 1; i < times.size(); ++i) {
        times[i] += (i * 7919 % 29 < 14 ? 1 : -1) * 15'000'000;
    }
    const Got got = rated({.at_ns = times}, "");
    CHECK(got.pictures.size() == 60);
    CHECK(got.report.dropped == 0);
    CHECK(got.frames[7].meta.pts_ns == 233'333'333);
}

TEST_CASE("videorate: pictures that are missing are filled with the one after them") {
    std::vector<std::int64_t> times = regular(10, {30, 1});
    times.erase(times.begin() + 3, times.begin() + 6);
    const Got got = rated({.at_ns = times}, "");
    CHECK(got.pictures == std::vector{0, 1, 2, 3, 3, 3, 3, 4, 5, 6});
    CHECK(got.frames[5].meta.pts_ns == 166'666'666);
}

TEST_CASE("videorate: a gap of hours stays one") {
    const Got got = rated({.at_ns = {0, 33'333'333, 7'200'000'000'000}}, " max-repeat=3");
    CHECK(got.pictures == std::vector{0, 1, 2, 2, 2});
    CHECK((got.frames[2].meta.flags & frame_flag::discont) != 0);
    CHECK((got.frames[3].meta.flags & frame_flag::discont) == 0);
    CHECK(got.frames[4].meta.pts_ns == 7'200'000'000'000);
}

TEST_CASE("videorate: a picture that is older than what was shown is dropped") {
    const Got got = rated({.at_ns = {100'000'000, 133'333'333, 20'000'000, 166'666'666}}, "");
    CHECK(got.pictures == std::vector{0, 1, 3});
    CHECK(got.frames[0].meta.pts_ns == 100'000'000);
    CHECK(got.report.dropped == 1);
}

TEST_CASE("videorate: a time at the end of all times is one, too") {
    constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
    const Got got = rated({.at_ns = {0, last, last - 1}}, " max-repeat=2");
    CHECK(got.pictures == std::vector{0, 1, 1});
    CHECK(got.frames[2].meta.pts_ns > last - 100'000'000);
    const Got before = rated({.at_ns = {last, 0}}, "");
    CHECK(before.pictures == std::vector{0});
}

TEST_CASE("videorate: pictures without times are counted, and without a rate refused") {
    const Got got = rated({.at_ns = {kNoTimeNs, kNoTimeNs, kNoTimeNs, kNoTimeNs}},
                          " ! video/x-raw,framerate=15/1");
    CHECK(got.pictures == std::vector{0, 2});
    Play play("feed name=f ! videorate ! video/x-raw,framerate=15/1 ! collect name=c");
    Picture picture(PixelFormat::gray8, 2, 2);
    play.feed("f").caps = caps_of(picture.view().layout, Fraction(0, 1));
    play.feed("f").give(picture.view());
    const Result<> outcome = play.run();
    REQUIRE(!outcome);
    CHECK(to_string(outcome.error()).find("of no known rate") != std::string::npos);
}

}  // namespace
}  // namespace parallax
