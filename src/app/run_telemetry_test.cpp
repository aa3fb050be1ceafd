#include "graph/run_telemetry.h"

#include <thread>

#include <doctest/doctest.h>

#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace parallax {
namespace {

// Who listens on another thread hears of all that happened, as the report tells it.
TEST_CASE("telemetry: the last look of a run is its report") {
    Registry registry;
    add_builtin_elements(registry);
    TelemetryHub hub(std::chrono::milliseconds(1));
    auto graph =
        parse_launch("fakesrc num-buffers=2000 ! queue ! identity name=mid ! fakesink", registry);
    REQUIRE(graph);
    auto made = Pipeline::create(*std::move(graph), registry, {.telemetry = &hub});
    REQUIRE(made);
    const std::unique_ptr<Pipeline> pipeline = *std::move(made);
    std::vector<TelemetryLook> looks;
    {
        auto feed = hub.subscribe();
        const std::jthread listener([&] {
            while (auto look = feed.next()) looks.push_back(*std::move(look));
        });
        REQUIRE(pipeline->run());
    }
    REQUIRE(!looks.empty());
    for (std::size_t i = 1; i < looks.size(); ++i) {
        const TelemetrySample& before = looks[i - 1].elements[2];
        const TelemetrySample& now = looks[i].elements[2];
        CHECK(now.frames_in >= before.frames_in);
        CHECK(now.time_ns >= before.time_ns);
    }
    const RunReport report = pipeline->report();
    const TelemetryLook& last = looks.back();
    REQUIRE(last.elements.size() == report.elements.size());
    for (std::size_t n = 0; n < report.elements.size(); ++n) {
        CHECK(last.elements[n].name() == report.elements[n].name);
        CHECK(last.elements[n].frames_in == report.elements[n].frames_in);
        CHECK(last.elements[n].frames_out == report.elements[n].frames_out);
        CHECK(last.elements[n].waiting == 0);
    }
    CHECK(last.elements[2].frames_in == 2000);
}

TEST_CASE("telemetry: of several queues before an element the fullest is told") {
    RunReport report;
    report.elements.emplace_back().name = "join";
    const auto link = [](std::uint32_t capacity, std::uint32_t depth) {
        LinkReport made;
        made.to = "join.sink";
        made.capacity = capacity;
        made.depth = depth;
        return made;
    };
    report.links = {link(8, 2), link(0, 0), link(4, 3), link(100, 20)};
    const auto samples = samples_of(report);
    REQUIRE(samples.size() == 1);
    CHECK(samples[0].waiting == 3);
    CHECK(samples[0].capacity == 4);
    CHECK(samples[0].fed);
}

}  // namespace
}  // namespace parallax
