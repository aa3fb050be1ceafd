// A format that changes while it plays: what was under way arrives, and no frame is lost.
#include <atomic>
#include <set>
#include <string>

#include <doctest/doctest.h>

#include "parallax/app.h"
#include "parallax/pipeline.h"
#include "support/known_elements.h"

namespace parallax {
namespace {

// Plays to the end; the first error, or nothing.
std::string play_out(Pipeline& pipeline) {
    std::string first;
    for (;;) {
        const auto message = pipeline.wait(std::chrono::seconds(1));
        if (!message) continue;
        if (message->kind == Pipeline::Message::Kind::error && first.empty()) first = message->text;
        if (message->kind == Pipeline::Message::Kind::ended) return first;
    }
}

TEST_CASE("run: a filter that is set anew while it plays changes the size and loses no frame") {
    const Registry registry = known_elements();
    auto made = Pipeline::from_text(
        "videotestsrc num-buffers=300 ! capsfilter name=f caps=video/x-raw,width=64,height=48 ! "
        "queue ! identity sleep-time=200 ! appsink name=out",
        registry);
    REQUIRE(made);
    Pipeline& pipeline = **made;
    std::atomic<int> seen = 0;
    std::set<int> widths;
    pipeline.element<AppSink>("out")->on_frame([&](const AppSink::View& view) {
        widths.insert(view.image()->width());
        ++seen;
        return true;
    });
    REQUIRE(pipeline.play());
    while (seen < 20) {
        if (const auto message = pipeline.wait(std::chrono::milliseconds(1))) {
            REQUIRE(message->kind != Pipeline::Message::Kind::ended);
        }
    }
    REQUIRE(pipeline.set_property("f", "caps", "video/x-raw,width=128,height=96"));
    CHECK(play_out(pipeline).empty());
    CHECK(seen == 300);
    CHECK(widths == std::set<int>{64, 128});
}

TEST_CASE("run: a branch that wants another format gets a converter, and the report says why") {
    const Registry registry = known_elements();
    auto made = Pipeline::from_text(
        "videotestsrc num-buffers=3 ! video/x-raw,format=RGB,width=64,height=48 ! tee name=t "
        "t. ! queue ! video/x-raw,format=NV12 ! fakesink name=a t. ! queue ! fakesink name=b",
        registry);
    REQUIRE(made);
    REQUIRE((*made)->run());
    const RunReport report = (*made)->report();
    REQUIRE(report.converters.size() == 1);
    CHECK(report.converters[0].factory == "videoconvert");
    CHECK(report.converters[0].link == "queue0.src -> capsfilter1.sink");
    CHECK(report.converters[0].reason == "queue0 gives format RGB, capsfilter1 takes NV12");
    for (const ElementReport& element : report.elements) {
        if (element.factory == "fakesink") CHECK(element.frames_in == 3);
    }
}

TEST_CASE("run: where pictures are compared none is converted on the way") {
    const Registry registry = known_elements();
    auto made = Pipeline::from_text(
        "videotestsrc num-buffers=1 ! video/x-raw,width=64,height=48 ! queue ! metrics name=m "
        "videotestsrc num-buffers=1 ! video/x-raw,width=32,height=48 ! queue ! m.reference",
        registry);
    REQUIRE(made);
    const Result<> prepared = (*made)->prepare();
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().code == Errc::no_common_format);
    const RunReport report = (*made)->report();
    REQUIRE(report.errors.size() == 1);
    CHECK(report.errors[0].field == "width");
    CHECK(report.errors[0].path.size() >= 3);
}

}  // namespace
}  // namespace parallax
