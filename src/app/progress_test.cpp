#include "app/progress.h"

#include <doctest/doctest.h>

namespace parallax::app {
namespace {

// camera ! tee ! a and b, of which b has seen more.
RunReport two_ends() {
    RunReport report;
    report.wall_s = 2;
    report.cpu_s = 3;
    report.peak_rss_bytes = 10 << 20;
    for (const char* name : {"camera", "t", "a", "b"}) {
        ElementReport element;
        element.name = name;
        report.elements.push_back(element);
    }
    report.elements[1].frames_in = 50;
    report.elements[2].frames_in = 38;
    report.elements[3].frames_in = 40;
    const auto link = [&](const char* from, const char* to) {
        LinkReport made;
        made.from = from;
        made.to = to;
        report.links.push_back(made);
    };
    link("camera.src", "t.sink");
    link("t.src_0", "a.sink");
    link("t.src_1", "b.sink");
    return report;
}

TEST_CASE(
    "progress: done is what reached the end that is furthest, not what passes in the middle") {
    CHECK(frames_done(two_ends()) == 40);
    CHECK(frames_done(RunReport{}) == 0);
}

TEST_CASE("progress: the line tells the rate, the time left where it is known, and what is lost") {
    RunReport report = two_ends();
    CHECK(progress_text(report, 0) == "    2.0 s  40 frames  20.0 fps");
    CHECK(progress_text(report, 100) == "    2.0 s  40 frames  20.0 fps  3 s left");
    CHECK(progress_text(report, 40) == "    2.0 s  40 frames  20.0 fps");
    report.elements[2].dropped = 2;
    report.elements[3].dropped = 5;
    CHECK(progress_text(report, 0) == "    2.0 s  40 frames  20.0 fps  7 dropped");
}

TEST_CASE("progress: the summary of a run, also of one that took no time") {
    RunReport report = two_ends();
    CHECK(summary_text(report) == "40 frames in 2.000 s (20.0 fps), 3.000 s CPU, 10 MiB peak");
    report.elements[3].dropped = 1;
    CHECK(summary_text(report).ends_with(", 1 dropped"));
    CHECK(summary_text(RunReport{}).starts_with("0 frames in 0.000 s (0.0 fps)"));
}

TEST_CASE("progress: none and plain are taken at their word, whatever standard error is") {
    CHECK(Progress::mode_of("none") == Progress::Mode::none);
    CHECK(Progress::mode_of("plain") == Progress::Mode::plain);
}

}  // namespace
}  // namespace parallax::app
