// Elements that remember, killed again and again: what comes out is what comes out undisturbed.
#include <signal.h>

#include <doctest/doctest.h>

#include "support/isolated.h"

namespace parallax {
namespace {

using testing::Isolated;

struct Got {
    std::vector<std::uint64_t> sequences;
    std::vector<std::int64_t> times;
    std::vector<std::byte> bytes;
    std::uint64_t restarts = 0;
    bool operator==(const Got& other) const {
        return sequences == other.sequences && times == other.times && bytes == other.bytes;
    }
};

// Plays `line`, whose element x is killed whenever another few frames have come.
Got play(const std::string& line, bool kill) {
    Isolated run(line);
    Got got;
    run.pipeline().element<AppSink>("out")->on_frame([&](const AppSink::View& view) {
        got.sequences.push_back(view.meta.sequence);
        got.times.push_back(view.meta.pts_ns);
        got.bytes.insert(got.bytes.end(), view.bytes.begin(), view.bytes.end());
    });
    REQUIRE(run.play());
    pid_t last = 0;
    std::size_t seen = 0;
    while (!run.ended()) {
        (void)run.look(3'000'000);
        if (run.ended() || !kill || run.report("z").frames_in < seen + 3) continue;
        const auto now = static_cast<pid_t>(run.report("x").pid);
        if (now == 0 || now == last || ::kill(now, SIGKILL) != 0) continue;
        last = now;
        seen = run.report("z").frames_in;
    }
    for (const std::string& error : run.finish()) FAIL_CHECK(error);
    got.restarts = run.report("x").restarts;
    return got;
}

void check_survives(const std::string& before, const std::string& element,
                    const std::string& after) {
    const Got plain = play(before + element + after, false);
    const Got killed = play(before + element + " isolate=process" + after, true);
    CHECK(plain.times.size() > 100);
    CHECK(killed.restarts >= 5);
    CHECK(killed.sequences == plain.sequences);
    CHECK(killed == plain);
}

constexpr const char* kNumbers =
    "fakesrc num-buffers=400 sizetype=fixed sizemax=64 ! identity sleep-time=500 ! ";

TEST_CASE("state classes: a window of frames is seen again by a successor, and nothing twice") {
    for (const char* frames : {"1", "3", "17"}) {
        CAPTURE(frames);
        check_survives(kNumbers, "movingsum name=x frames=" + std::string(frames),
                       " ! identity name=z ! appsink name=out");
    }
}

TEST_CASE("state classes: a window also goes on behind another process, and before one") {
    const Got plain = play(
        std::string(kNumbers) + "identity ! movingsum name=x ! identity name=z ! appsink name=out",
        false);
    const Got killed = play(std::string(kNumbers) +
                                "identity isolate=process ! movingsum name=x isolate=process ! "
                                "identity isolate=process ! identity name=z ! appsink name=out",
                            true);
    CHECK(killed.restarts >= 5);
    CHECK(killed == plain);
}

TEST_CASE("state classes: a filter whose memory is long goes on from its checkpoint, to the bit") {
    check_survives(
        "audiotestsrc num-buffers=400 samplesperbuffer=480 wave=white-noise ! "
        "audio/x-raw,format=F64LE,rate=48000,channels=2 ! identity sleep-time=500 ! ",
        "audioresample name=x quality=10",
        " ! audio/x-raw,rate=44100 ! identity name=z ! appsink name=out");
}

TEST_CASE("state classes: a state that is too large to be kept is refused by name") {
    Isolated run(
        "audiotestsrc num-buffers=4 ! audio/x-raw,format=F64LE,rate=256000,channels=8 ! "
        "audioresample name=x quality=10 isolate=process ! audio/x-raw,rate=1000 ! fakesink");
    const Result<> prepared = run.pipeline().prepare();
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().code == Errc::lacking);
    CHECK(prepared.error().message.find("x has a state of up to") == 0);
}

}  // namespace
}  // namespace parallax
