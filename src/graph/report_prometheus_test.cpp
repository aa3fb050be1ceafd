#include <algorithm>
#include <regex>
#include <sstream>

#include <doctest/doctest.h>

#include "parallax/report.h"

namespace parallax {
namespace {

RunReport report_of(std::string name) {
    RunReport report;
    ElementReport element;
    element.name = std::move(name);
    element.factory = "identity";
    element.group = "default";
    element.frames_in = 7;
    element.busy_s = 0.25;
    element.latency_us.count = 5;
    element.latency_us.sum = 100;
    for (std::size_t i = 0; i < element.latency_us.below.size(); ++i) {
        element.latency_us.below[i] = std::min<std::uint64_t>(i, 4);
    }
    report.elements.push_back(element);
    LinkReport link;
    link.from = "a.src";
    link.to = "b.sink";
    link.high_water = 3;
    link.depth = 2;
    report.links.push_back(link);
    return report;
}

TEST_CASE("prometheus: every line is of the exposition format, whatever an element is called") {
    const std::regex comment(R"(# (HELP|TYPE) parallax_[a-z_]+ .+)");
    const std::regex sample(
        R"(parallax_[a-z_]+(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)+\})? [0-9.e+-]+)");
    for (const char* name : {"plain", "a\"b", "back\\slash", "new\nline", "}{ 1"}) {
        std::istringstream lines(to_prometheus(report_of(name)));
        int count = 0;
        for (std::string line; std::getline(lines, line); ++count) {
            CAPTURE(line);
            CHECK(std::regex_match(line, line.starts_with("#") ? comment : sample));
        }
        CHECK(count > 40);
    }
}

TEST_CASE("prometheus: figures are those of the report, and histograms grow to their count") {
    const std::string text = to_prometheus(report_of("i"));
    CHECK(text.contains(R"(frames_in_total{element="i",factory="identity",group="default"} 7)"));
    CHECK(text.contains(R"(parallax_link_high_water_frames{from="a.src",to="b.sink"} 3)"));
    CHECK(text.contains(R"(parallax_link_depth_frames{from="a.src",to="b.sink"} 2)"));
    CHECK(text.contains(R"(le="1.024e-06"} 0)"));
    CHECK(text.contains(R"(le="+Inf"} 5)"));
    CHECK(text.contains(
        R"(latency_seconds_count{element="i",factory="identity",group="default"} 5)"));
    CHECK(text.contains(
        R"(latency_seconds_sum{element="i",factory="identity",group="default"} 0.0001)"));
}

}  // namespace
}  // namespace parallax
