#include <thread>

#include <doctest/doctest.h>

#include "parallax/app.h"
#include "support/play.h"
#include "support/run_line.h"

namespace parallax {
namespace {

using std::chrono::operator""s;
using std::chrono::operator""ms;

HeldFrame frame(int value, std::int64_t pts_ns) {
    Meta meta;
    meta.pts_ns = pts_ns;
    return {{static_cast<std::byte>(value)}, meta};
}

TEST_CASE(
    "selector: the pad is named by name or by number, and the number order is the pads' own") {
    // sink_1 is asked for before sink_0: it is number 1 all the same.
    for (const char* which : {"active=1", "active-pad=sink_1"}) {
        Play play("selector name=s " + std::string(which) +
                  " ! collect name=c  feed name=b ! s.sink_1  feed name=a ! s.sink_0");
        play.feed("a").frames = {frame(1, 0), frame(1, 1)};
        play.feed("b").frames = {frame(2, 0), frame(2, 1), frame(2, 2)};
        REQUIRE(play.run());
        REQUIRE(play.collect("c").frames.size() == 3);
        for (const HeldFrame& each : play.collect("c").frames) CHECK(each.bytes[0] == std::byte{2});
        CHECK(play.report("s").dropped == 2);
        CHECK(to_string(*play.pipeline().property("s", "active-pad")) == "sink_1");
        CHECK(to_string(*play.pipeline().property("s", "active")) == "1");
    }
}

TEST_CASE("selector: a pad that is not there is refused by name, before and while it plays") {
    const LineRun ran = run_line("selector name=s active-pad=sink_9 ! fakesink fakesrc ! s.");
    CHECK(ran.fails_with("no linked pad called \"sink_9\""));
    CHECK(ran.report.errors.at(0).hint.find("sink_0") != std::string::npos);
}

// Two programs push into a selector; what comes out tells which of them was heard.
struct Switched {
    Registry registry;
    std::unique_ptr<Pipeline> pipeline;
    AppSrc* in[2] = {};
    AppSink* out = nullptr;

    explicit Switched(const std::string& options) {
        add_builtin_elements(registry);
        auto graph = parse_launch("selector name=s " + options +
                                      " ! appsink name=out  appsrc name=a ! s.  appsrc name=b ! s.",
                                  registry);
        if (!graph) FAIL(graph.error().front().text);
        pipeline = unwrap_pipeline(Pipeline::create(*std::move(graph), registry));
        in[0] = dynamic_cast<AppSrc*>(pipeline->element("a"));
        in[1] = dynamic_cast<AppSrc*>(pipeline->element("b"));
        out = dynamic_cast<AppSink*>(pipeline->element("out"));
        REQUIRE(pipeline->prepare());
        REQUIRE(pipeline->play());
    }
    template <class Made>
    static std::unique_ptr<Pipeline> unwrap_pipeline(Made made) {
        if (!made) FAIL(made.error().front().text);
        return *std::move(made);
    }
    void push(int from, int value, std::int64_t pts_ns) {
        const HeldFrame held = frame(value, pts_ns);
        REQUIRE(in[from]->push(held.bytes, held.meta, 10s) == AppSrc::Push::taken);
    }
    int pull() {
        const auto sample = out->pull(10s);
        return sample ? std::to_integer<int>(sample->bytes[0]) : -1;
    }
    void end() {
        in[0]->end_of_stream();
        in[1]->end_of_stream();
        while (out->pull(10s)) {
        }
        for (;;) {
            const auto message = pipeline->wait(1'000'000'000);
            if (message && message->kind == Pipeline::Message::Kind::ended) return;
        }
    }
};

TEST_CASE("selector: active-pad changes while frames flow, and holds from the next frame on") {
    Switched run("");
    run.push(0, 10, 0);
    CHECK(run.pull() == 10);
    REQUIRE(run.pipeline->set_property("s", "active-pad", "sink_1"));
    run.push(0, 11, 1);
    run.push(1, 20, 1);
    CHECK(run.pull() == 20);
    REQUIRE(run.pipeline->set_property("s", "active", "0"));
    CHECK(to_string(*run.pipeline->property("s", "active-pad")) == "sink_0");
    CHECK_FALSE(run.pipeline->set_property("s", "active-pad", "sink_7"));
    run.push(0, 12, 2);
    CHECK(run.pull() == 12);
    run.end();
}

TEST_CASE("selector: with sync-streams a change of pad leaves no gap") {
    Switched run("sync-streams=true");
    // The second stream is pushed far ahead; it is taken no faster than the first.
    for (int i = 0; i < 8; ++i) run.push(1, 100 + i, i * 10);
    for (int i = 0; i < 4; ++i) {
        run.push(0, i, i * 10);
        CHECK(run.pull() == i);
    }
    REQUIRE(run.pipeline->set_property("s", "active-pad", "sink_1"));
    for (int i = 4; i < 8; ++i) run.push(0, i, i * 10);
    run.in[0]->end_of_stream();
    run.in[1]->end_of_stream();
    // Frame 3 of the second stream is of the time of the last one that was heard of the first.
    std::vector<int> heard;
    for (int value = run.pull(); value >= 0; value = run.pull()) heard.push_back(value);
    REQUIRE(heard.size() >= 4);
    CHECK(heard.back() == 107);
    CHECK(heard.front() <= 104);
    CHECK(heard.front() >= 103);
    for (std::size_t i = 1; i < heard.size(); ++i) CHECK(heard[i] == heard[i - 1] + 1);
    run.end();
}

TEST_CASE("selector: with sync-streams the end of one stream holds no other") {
    Play play(
        "selector name=s sync-streams=true ! collect name=c  feed name=a ! s.  feed name=b ! s.");
    play.feed("a").frames = {frame(1, 0), frame(1, 10), frame(1, 20)};
    play.feed("b").frames = {frame(2, 5)};
    REQUIRE(play.run());
    CHECK(play.collect("c").frames.size() == 3);
}

TEST_CASE("output-selector: frames go to the active pad alone, and each branch ends") {
    Play play(
        "feed name=f ! output-selector name=s active-pad=src_1  s.src_1 ! collect name=b  "
        "s.src_0 ! collect name=a");
    play.feed("f").frames = {frame(1, 0), frame(2, 1)};
    REQUIRE(play.run());
    CHECK(play.collect("a").frames.empty());
    CHECK(play.collect("b").frames.size() == 2);
}

TEST_CASE("tee: pads may be asked for by name in any order, or by pattern, or not at all") {
    Play play(
        "feed name=f ! tee name=t  t.src_3 ! collect name=a  t. ! collect name=b  "
        "t.src_1 ! collect name=c  t.src_%u ! collect name=d");
    play.feed("f").frames = {frame(1, 0), frame(2, 1)};
    REQUIRE(play.run());
    for (const char* end : {"a", "b", "c", "d"}) CHECK(play.collect(end).frames.size() == 2);
}

TEST_CASE("tee: without an output it is an error, or, where that is allowed, a sink") {
    const LineRun bare = run_line("fakesrc num-buffers=3 ! tee");
    CHECK(bare.fails_with("no output is linked"));
    const LineRun allowed = run_line("fakesrc num-buffers=3 ! tee allow-not-linked=true");
    CHECK(allowed.error == "");
    CHECK(allowed["tee0"].frames_in == 3);
}

TEST_CASE("tee: a branch that has seen enough does not stop the others") {
    const LineRun ran = run_line(
        "fakesrc num-buffers=500 ! tee name=t  t. ! queue ! identity eos-after=3 ! fakesink name=a "
        " "
        "t. ! queue ! fakesink name=b");
    CHECK(ran.error == "");
    CHECK(ran["a"].frames_in == 3);
    CHECK(ran["b"].frames_in == 500);
}

TEST_CASE("funnel: named pads, other orders, and inputs that end at different times") {
    const LineRun ran = run_line(
        "funnel name=f ! fakesink name=end  fakesrc num-buffers=0 ! f.sink_2  "
        "fakesrc num-buffers=70 ! f.sink_0  fakesrc num-buffers=5 ! queue ! f.");
    CHECK(ran.error == "");
    CHECK(ran["end"].frames_in == 75);
}

}  // namespace
}  // namespace parallax
