// Elements that open what others made do so where they will run, and not in the program.
#include "isolate/opening.h"

#include <chrono>
#include <fstream>

#include <doctest/doctest.h>

#include "support/isolated.h"
#include "support/temp_folder.h"

namespace parallax {
namespace {

using testing::Isolated;
using testing::LureSrc;

struct Lured {
    explicit Lured(const std::string& text, SupervisorOptions options = {})
        : run((std::ofstream(folder.file("lure")) << text,
               "luresrc name=lure isolate=process location=" + folder.file("lure") +
                   " ! appsink name=out"),
              std::move(options)) {
        LureSrc::opened_here() = 0;
    }
    Result<> prepare() { return run.pipeline().prepare(); }

    TempFolder folder;
    Isolated run;
};

TEST_CASE("opening: caps and frames come from the process, and the program opens nothing") {
    Lured lured("good 32x16");
    REQUIRE(lured.prepare());
    const PlanReport plan = lured.run.pipeline().plan();
    REQUIRE(plan.links.size() == 1);
    CHECK(plan.links[0].caps.find("width=32,height=16") != std::string::npos);
    CHECK(plan.links[0].frame_bytes == 32 * 16);
    CHECK(lured.run.run().empty());
    CHECK(lured.run.sequences().size() == 5);
    CHECK(LureSrc::opened_here() == 0);
}

TEST_CASE("opening: an element that crashes at its file is an error that says of what it died") {
    Lured lured("abort");
    const Result<> prepared = lured.prepare();
    REQUIRE_FALSE(prepared);
    CHECK(to_string(prepared.error()).find("lure: ") == 0);
    CHECK(prepared.error().message.find("SIGABRT") != std::string::npos);
}

TEST_CASE("opening: an element that hangs at its file is given up after its deadline") {
    SupervisorOptions options;
    options.frame_deadline = std::chrono::milliseconds(200);
    Lured lured("hang", options);
    const Result<> prepared = lured.prepare();
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().code == Errc::timed_out);
}

TEST_CASE("opening: an error of the element is the error of the run, with its hint") {
    Lured lured("fail");
    const Result<> prepared = lured.prepare();
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().code == Errc::corrupt);
    CHECK(to_string(prepared.error()) == "lure: as its file says");
    CHECK(prepared.error().hint == "write another one");
}

TEST_CASE("opening: caps that the pad cannot have are not believed") {
    Lured lured("lie");
    const Result<> prepared = lured.prepare();
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().code == Errc::peer_died);
    CHECK(prepared.error().message.find("protocol violation") != std::string::npos);
}

TEST_CASE("opening: what is not there is missed by the element itself") {
    Lured lured("good 2x2");
    std::filesystem::remove(lured.folder.file("lure"));
    const Result<> prepared = lured.prepare();
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().code == Errc::io);
    CHECK(prepared.error().message.find("cannot open: No such file") != std::string::npos);
}

TEST_CASE("opening: without isolation the program opens it itself") {
    Lured lured("good 4x4");
    Registry registry = testing::evil_registry();
    const std::string line = "luresrc location=" + lured.folder.file("lure") + " ! fakesink";
    auto made = Pipeline::from_text(line, registry);
    REQUIRE(made);
    REQUIRE((*made)->prepare());
    CHECK(LureSrc::opened_here() == 1);
}

}  // namespace
}  // namespace parallax
