// parallax run: what stops before signals are asked for, which is for good. All else is tested by
// tests/pipelines/*.pipe.
#include <doctest/doctest.h>

#include "support/written.h"

namespace parallax::app {
namespace {

constexpr std::string_view kLine = "fakesrc num-buffers=1 ! fakesink";

TEST_CASE("run: what is listed and inspected is said in its own name") {
    CHECK(ran("run", {"--list-elements"}).out.find("fakesink") != std::string::npos);
    CHECK(ran("run", {"--inspect", "tee"}).out.starts_with("tee: "));
    const Ran done = ran("run", {"--inspect", "te"});
    CHECK(done.code == kExitUsage);
    CHECK(done.err == "parallax-launch: error: no element called te\nhint: did you mean tee?\n");
}

TEST_CASE("run: a report that cannot be written stops it at once") {
    const Ran done = ran("run", {"--report", "/none/r.json", kLine});
    CHECK(done.code == kExitError);
    CHECK(done.err.find("there is no folder /none") != std::string::npos);
    CHECK(done.err.find("frames in") == std::string::npos);
    CHECK(ran("run", {"--report", "", kLine}).code == kExitError);
}

TEST_CASE("run: a launch file that is not there is an error of the file") {
    const Ran done = ran("run", {"-f", "/none.txt"});
    CHECK(done.code == kExitError);
    CHECK(done.err == "parallax-launch: error: /none.txt: No such file or directory\n");
}

TEST_CASE("run: groups are known to the text, and what is not built is said") {
    CHECK(ran("run", {"--dry-run=parse", "fakesrc group=x ! fakesink"}).code == kExitUsage);
    const Ran near =
        ran("run", {"--resource-group", "isp:threads=1", "fakesrc group=ips ! fakesink"});
    CHECK(near.err.find("hint: did you mean isp?") != std::string::npos);
    CHECK(ran("run", {"--resource-group", "x:near=gpu", kLine}).code == kExitFacility);
    CHECK(ran("run", {"--resource-group", "x:cores=a", kLine}).code == kExitUsage);
}

TEST_CASE("run: mistakes are JSON where that is asked for") {
    const Ran wrong = ran("run", {"--dry-run", "--format", "json", "fakesrc ! fakesnik"});
    CHECK(wrong.code == kExitUsage);
    CHECK(wrong.out.find("no-such-element") != std::string::npos);
}

}  // namespace
}  // namespace parallax::app
