#include <doctest/doctest.h>

#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace parallax {
namespace {

struct Ran {
    RunReport report;
    const ElementReport& operator[](std::string_view name) const {
        for (const ElementReport& element : report.elements) {
            if (element.name == name) return element;
        }
        FAIL("no element called " << std::string(name));
        return report.elements.front();
    }
};

Ran run(Graph graph) {
    Registry registry;
    add_builtin_elements(registry);
    auto pipeline = Pipeline::create(std::move(graph), registry);
    if (!pipeline) FAIL(pipeline.error().front().text);
    const Result<> outcome = (*pipeline)->run();
    Ran ran{(*pipeline)->report()};
    CHECK(outcome.has_value() == ran.report.errors.empty());
    return ran;
}

TEST_CASE("flow: every frame goes from a source to a sink") {
    Graph graph;
    const auto src = graph.add("fakesrc", {{"num-buffers", "1000"}, {"sizetype", "fixed"}});
    const auto id = graph.add("identity");
    const auto sink = graph.add("fakesink");
    graph.link(src, id);
    graph.link(id, sink);
    const Ran ran = run(std::move(graph));
    CHECK(ran["fakesrc0"].frames_out == 1000);
    CHECK(ran["identity0"].frames_in == 1000);
    CHECK(ran["fakesink0"].frames_in == 1000);
}

TEST_CASE("flow: queues and tees lose and double nothing") {
    Graph graph;
    const auto src = graph.add("fakesrc", {{"num-buffers", "50000"}});
    const auto tee = graph.add("tee");
    graph.link(src, tee);
    for (int branch = 0; branch < 3; ++branch) {
        const auto queue = graph.add("queue", {{"max-size-buffers", std::to_string(1 + branch)}});
        const auto id = graph.add("identity");
        const auto queue2 = graph.add("queue");
        const auto sink = graph.add("fakesink");
        graph.link(tee, queue);
        graph.link(queue, id);
        graph.link(id, queue2);
        graph.link(queue2, sink);
    }
    const Ran ran = run(std::move(graph));
    for (const char* sink : {"fakesink0", "fakesink1", "fakesink2"}) {
        CHECK(ran[sink].frames_in == 50000);
    }
}

TEST_CASE("flow: a leaky queue drops, counts what it drops, and delivers the rest") {
    for (const char* leaky : {"upstream", "downstream"}) {
        Graph graph;
        const auto src = graph.add("fakesrc", {{"num-buffers", "20000"}});
        const auto queue = graph.add("queue", {{"max-size-buffers", "3"}, {"leaky", leaky}});
        const auto slow = graph.add("identity", {{"sleep-time", "20"}});
        const auto sink = graph.add("fakesink");
        graph.link(src, queue);
        graph.link(queue, slow);
        graph.link(slow, sink);
        const Ran ran = run(std::move(graph));
        CHECK(ran["queue0"].dropped > 0);
        CHECK(ran["queue0"].dropped + ran["fakesink0"].frames_in == 20000);
    }
}

TEST_CASE("flow: a funnel takes from all its inputs") {
    Graph graph;
    const auto funnel = graph.add("funnel");
    for (int i = 0; i < 4; ++i) {
        graph.link(graph.add("fakesrc", {{"num-buffers", "1000"}}), funnel);
    }
    graph.link(funnel, graph.add("fakesink"));
    CHECK(run(std::move(graph))["fakesink0"].frames_in == 4000);
}

TEST_CASE("flow: an element that fails ends the run with its name and drains the rest") {
    Graph graph;
    const auto src = graph.add("fakesrc");
    const auto bad = graph.add("identity", {{"error-after", "100"}});
    const auto queue = graph.add("queue");
    const auto sink = graph.add("fakesink");
    graph.link(src, bad);
    graph.link(bad, queue);
    graph.link(queue, sink);
    const Ran ran = run(std::move(graph));
    REQUIRE(ran.report.errors.size() == 1);
    CHECK(ran.report.errors[0].element == "identity0");
    CHECK(ran.report.status == "error");
    CHECK(ran["fakesink0"].frames_in == 99);
}

TEST_CASE("flow: an element that has seen enough ends the stream and its endless source") {
    Graph graph;
    const auto src = graph.add("fakesrc");
    const auto queue = graph.add("queue");
    const auto enough = graph.add("identity", {{"eos-after", "10"}});
    const auto sink = graph.add("fakesink");
    graph.link(src, queue);
    graph.link(queue, enough);
    graph.link(enough, sink);
    const Ran ran = run(std::move(graph));
    CHECK(ran.report.errors.empty());
    CHECK(ran["fakesink0"].frames_in == 10);
}

}  // namespace
}  // namespace parallax
