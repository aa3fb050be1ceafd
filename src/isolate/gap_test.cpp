// What a restart costs an element whose state does not fit into a commit.
#include <atomic>

#include <signal.h>

#include <doctest/doctest.h>

#include "support/isolated.h"

namespace parallax {
namespace {

using testing::Isolated;

// How many frames say that something before them is missing, when the process is killed once.
std::size_t gaps_of(const std::string& element) {
    Isolated run(
        "audiotestsrc num-buffers=300 samplesperbuffer=441 is-live=true ! "
        "audio/x-raw,format=S16LE,rate=44100 ! " +
        element +
        " name=e isolate=process ! audio/x-raw,format=S16LE,rate=44100 ! "
        "appsink name=out");
    std::atomic<std::size_t> seen = 0;
    std::atomic<std::size_t> gaps = 0;
    run.pipeline().element<AppSink>("out")->on_frame([&](const AppSink::View& view) {
        if ((view.meta.flags & frame_flag::discont) != 0) ++gaps;
        ++seen;
    });
    REQUIRE(run.play());
    while (seen < 5) (void)run.look(1'000'000);
    ::kill(static_cast<pid_t>(run.report("e").pid), SIGKILL);
    while (run.report("e").restarts == 0 || seen < 20) (void)run.look(1'000'000);
    run.pipeline().stop();
    CHECK(run.finish().empty());
    return gaps;
}

TEST_CASE("gap: the first frame after an opaque element's restart is marked, no other") {
    CHECK(gaps_of("forgetful") == 1);
}

TEST_CASE("gap: an element that goes on from its commit or its checkpoint leaves none") {
    CHECK(gaps_of("audioconvert") == 0);
    CHECK(gaps_of("audioresample") == 0);
}

}  // namespace
}  // namespace parallax
