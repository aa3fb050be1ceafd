#include "app/plan_text.h"

#include <algorithm>

#include <doctest/doctest.h>

namespace parallax::app {
namespace {

PlanReport sample() {
    PlanReport plan;
    plan.elements.push_back(
        {.name = "a", .factory = "fakesrc", .properties = {{"num-buffers", std::int64_t{3}}}});
    plan.elements.push_back({.name = "b.c", .factory = "fakesink", .properties = {}});
    plan.links.push_back({.from = "a.src",
                          .to = "b.c.sink",
                          .caps = "video/x-raw,format={RGB,NV12},width=[1,9]",
                          .memory = "MemFd",
                          .capacity = 4});
    plan.stages.push_back({.group = "default", .elements = {"a"}});
    plan.stages.push_back({.group = "de\"fault", .elements = {"b.c"}});
    plan.arenas.push_back({.element = "a", .pad = "a.src", .slot_bytes = 4096, .slots = 7});
    return plan;
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("plan text: everything planned has its line") {
    const std::string text = plan_text(sample());
    CHECK(has(text, "  a (fakesrc) num-buffers=3\n"));
    CHECK(has(text, "  a.src -> b.c.sink\n"));
    CHECK(has(text, ", a channel of 4 frames\n"));
    CHECK(has(text, "  0 in group default: a\n"));
    CHECK(has(text, "  a.src: 7 slots of 4096 bytes\n"));
    CHECK_FALSE(has(text, "filters"));  // There are none.
}

TEST_CASE("plan text: a hostile name does not steer the terminal") {
    PlanReport plan = sample();
    plan.elements[0].properties = {{"location", std::string("\x1b[31mX\n")}};
    plan.sandbox.push_back({.element = "a",
                            .process = "process",
                            .preset = "minimal-compute",
                            .read_paths = {"/\x1b[2J"}});
    const std::string text = plan_text(plan);
    CHECK(has(text, "  a (fakesrc) location=\\x1b[31mX\\n\n"));
    CHECK(has(text, "reads /\\x1b[2J"));
}

TEST_CASE("plan text: a link inside a stage is a call, and filters are told apart") {
    PlanReport plan = sample();
    plan.links[0].capacity = 0;
    plan.links[0].crosses_process = true;
    plan.notes.push_back({.link = "a.src -> b.c.sink", .text = "copied\x1b"});
    plan.filters.push_back({.name = "f", .caps = "video/x-raw"});
    const std::string text = plan_text(plan);
    CHECK(has(text, ", a call, to another process\n"));
    CHECK(has(text, "notes\n  a.src -> b.c.sink\n      copied\\x1b\n"));
    CHECK(has(text, "filters\n  f: video/x-raw\n"));
}

TEST_CASE("plan text: nothing planned is short, and still a whole graph") {
    CHECK(plan_text({}) == "elements\nlinks\n");
    const std::string dot = plan_dot({});
    CHECK(dot.starts_with("digraph plan {"));
    CHECK(dot.ends_with("}\n"));
}

TEST_CASE("plan dot: edges join elements, not pads, whatever their names hold") {
    const std::string dot = plan_dot(sample());
    CHECK(has(dot, "  \"a\" -> \"b.c\" [label="));
    CHECK(has(dot, "de\\\"fault"));
    CHECK(std::ranges::count(dot, '{') == std::ranges::count(dot, '}'));
}

TEST_CASE("plan dot: caps are folded between fields, never inside a list or a range") {
    const std::string dot = plan_dot(sample());
    CHECK(has(dot, "video/x-raw\\nformat={RGB,NV12}\\nwidth=[1,9]"));
    CHECK(has(dot, "\\n≤ 4 frames"));
}

// A quote that is not escaped ends the label, and the rest is read as more of the graph.
TEST_CASE("plan dot: caps with quotes and backslashes stay inside their label") {
    PlanReport plan = sample();
    plan.links[0].caps = R"(x/y,s="a\"b\\")";
    const std::string dot = plan_dot(plan);
    CHECK(has(dot, R"(s=\"a\\\"b\\\\\")"));
}

}  // namespace
}  // namespace parallax::app
