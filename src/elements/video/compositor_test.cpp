#include "elements/video/compositor.h"

#include <doctest/doctest.h>

#include "elements/pad_properties.h"
#include "support/picture.h"
#include "support/play.h"
#include "support/run_line.h"

namespace parallax {
namespace {

Result<> play(const std::string& line) {
    const LineRun ran = run_line(line);
    return ran.error.empty() ? Result<>{} : fail(Errc::invalid_argument, ran.error);
}

const std::string kTwo =
    " videotestsrc num-buffers=2 pattern=white ! video/x-raw,format=RGB,width=20,height=10 ! c."
    " videotestsrc num-buffers=2 pattern=black ! video/x-raw,format=RGB,width=20,height=10 ! c.";

TEST_CASE("compositor: two pictures stand side by side on a canvas twice as wide") {
    CHECK(play("compositor name=c ! video/x-raw,width=40,height=10 ! fakesink" + kTwo));
    // Another size is made of it by a scaler that negotiation puts in.
    CHECK(play("compositor name=c ! video/x-raw,width=20,height=10 ! fakesink" + kTwo));
}

TEST_CASE("compositor: more inputs than cells are refused, fewer leave black") {
    CHECK_FALSE(play("compositor name=c columns=1 ! fakesink" + kTwo));
    CHECK(play("compositor name=c columns=3 ! video/x-raw,width=60 ! fakesink" + kTwo));
}

TEST_CASE("compositor: an input of another size is scaled by what negotiation puts in") {
    CHECK(
        play("compositor name=c ! fakesink"
             " videotestsrc num-buffers=1 ! video/x-raw,width=20,height=10 ! c."
             " videotestsrc num-buffers=1 ! video/x-raw,width=30,height=10 ! c."));
}

// A gray picture of one level.
Picture plain(int width, int height, int level) {
    Picture picture(PixelFormat::gray8, width, height);
    for (int y = 0; y < height; ++y) {
        std::fill_n(picture.edit().row(y), width, static_cast<std::byte>(level));
    }
    return picture;
}

// Two pictures, 20x10 of level 100 and 8x6 of level 200, laid as the pads say.
struct Laid {
    Play play;
    explicit Laid(const std::string& properties, const std::string& behind = "")
        : play("compositor name=c " + properties + " ! " + behind +
               "collect name=end  feed name=a ! c.sink_0  feed name=b ! c.sink_1") {
        play.feed("a").give(plain(20, 10, 100).view());
        play.feed("b").give(plain(8, 6, 200).view());
        const Result<> outcome = play.run();
        if (!outcome) FAIL(to_string(outcome.error()));
    }
    ImageView canvas() { return play.collect("end").image(0); }
    int at(int x, int y) { return std::to_integer<int>(canvas().row(y)[x]); }
};

TEST_CASE("compositor: pictures of different sizes lie where their pads say, on the least canvas") {
    Laid laid("sink_1::xpos=15 sink_1::ypos=7");
    CHECK(laid.canvas().width() == 23);
    CHECK(laid.canvas().height() == 13);
    CHECK(laid.at(0, 0) == 100);
    CHECK(laid.at(14, 7) == 100);
    CHECK(laid.at(15, 6) == 100);
    CHECK(laid.at(15, 7) == 200);
    CHECK(laid.at(22, 12) == 200);
    CHECK(laid.at(22, 0) == 0);  // Nothing lies there.
    CHECK(laid.at(0, 12) == 0);
}

TEST_CASE("compositor: zorder turns the order of the pads around") {
    CHECK(Laid("sink_0::xpos=0 sink_1::xpos=0").at(0, 0) == 200);
    CHECK(Laid("sink_0::xpos=0 sink_0::zorder=1").at(0, 0) == 100);
    CHECK(Laid("sink_0::xpos=0 sink_0::zorder=1 sink_1::zorder=2").at(0, 0) == 200);
}

TEST_CASE("compositor: alpha mixes with what lies below") {
    Laid laid("sink_1::xpos=2 sink_1::alpha=0.25");
    CHECK(laid.at(2, 0) == 125);
    CHECK(laid.at(1, 0) == 100);
    CHECK(Laid("sink_1::xpos=2 sink_1::alpha=0").at(2, 0) == 100);
}

TEST_CASE("compositor: a pad's size scales its picture") {
    Laid laid("sink_1::width=30 sink_1::height=20 sink_1::xpos=5");
    CHECK(laid.canvas().width() == 35);
    CHECK(laid.canvas().height() == 20);
    CHECK(laid.at(34, 19) == 200);
    CHECK(laid.at(4, 0) == 100);
}

TEST_CASE("compositor: caps after it choose the canvas; what falls outside is left out") {
    Laid small("sink_1::xpos=-3", "video/x-raw,width=10,height=4 ! ");
    CHECK(small.canvas().width() == 10);
    CHECK(small.at(4, 3) == 200);
    CHECK(small.at(5, 3) == 100);
    Laid large("sink_1::xpos=1 background=white", "video/x-raw,width=50,height=40 ! ");
    CHECK(large.at(49, 39) == 255);
}

TEST_CASE("compositor: only pictures of one time are joined") {
    Play play(
        "compositor name=c sink_1::xpos=3 ! collect name=end  "
        "feed name=a ! c.sink_0  feed name=b ! c.sink_1");
    for (const std::int64_t pts : {0, 10, 20, 30}) {
        Meta meta;
        meta.pts_ns = pts;
        play.feed("a").give(plain(4, 4, static_cast<int>(pts)).view(), meta);
        if (pts % 20 == 0) play.feed("b").give(plain(4, 4, 100).view(), meta);
    }
    REQUIRE(play.run());
    const auto& frames = play.collect("end").frames;
    REQUIRE(frames.size() == 2);
    CHECK(frames[1].meta.pts_ns == 20);
    CHECK(frames[1].bytes[0] == std::byte{20});
    CHECK(play.report("c").dropped >= 1);
}

TEST_CASE("compositor: places may change while it plays, and are read back") {
    Registry registry;
    add_builtin_elements(registry);
    const auto made = registry.find("compositor")->make();
    CHECK(made->set_property("sink_3::xpos", "7"));
    CHECK(std::get<std::int64_t>(*made->property("sink_3::xpos")) == 7);
    CHECK(std::get<std::int64_t>(*made->property("sink_4::xpos")) == 0);
    CHECK(made->set_property("sink_3::alpha", "1.5").error().code == Errc::invalid_argument);
    CHECK(made->set_property("sink_3::nothing", "1").error().code == Errc::not_found);
    CHECK(made->set_property("sink_::xpos", "1").error().code == Errc::not_found);
    CHECK_FALSE(made->property("sink_3::nothing"));
    bool listed = false;
    for (const PropertySpec& spec : made->properties()) {
        listed = listed || (spec.name == "sink_3::xpos" && spec.detail.live);
    }
    CHECK(listed);
}

TEST_CASE("compositor: text errors of pads' properties name the nearest, as others do") {
    Registry registry;
    add_builtin_elements(registry);
    const std::string rest = " ! fakesink videotestsrc ! c.";
    CHECK(parse_launch("compositor name=c sink_0::xpos=1" + rest, registry));
    const auto wrong = parse_launch("compositor name=c sink_0::xpso=1" + rest, registry);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().at(0).kind == "no-such-property");
    const auto range = parse_launch("compositor name=c sink_0::alpha=2" + rest, registry);
    REQUIRE_FALSE(range);
    CHECK(range.error().at(0).kind == "bad-value");
}

}  // namespace
}  // namespace parallax
