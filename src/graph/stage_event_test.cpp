// Events on their way through stages: down in order with the frames, and up against them.
#include <atomic>

#include <doctest/doctest.h>

#include "support/acting.h"

namespace parallax {
namespace {

using Times = std::vector<std::int64_t>;

TEST_CASE("stage: events keep their place among the frames, across stages") {
    Acting graph;
    const auto chain = graph.chain({"source", "middle", "queue", "middle", "sink"});
    graph.make();
    ActingElement& source = graph.at(chain[0]);
    source.process_as = [&](Context& context) -> Result<Flow> {
        if (source.seen == 100) return Flow::eos;
        context.out_meta().pts_ns = static_cast<std::int64_t>(source.seen++);
        context.commit(0);
        if (source.seen % 10 == 0) context.emit({.pts_ns = context.out_meta().pts_ns});
        return Flow::more;
    };
    Times got;
    int events = 0;
    ActingElement& sink = graph.at(chain[4]);
    sink.process_as = [&](Context& context) {
        got.push_back(context.in_meta().pts_ns);
        return Flow::more;
    };
    sink.event_as = [&](Context&, const Event&) -> Result<bool> {
        CHECK(got.size() == static_cast<std::size_t>(++events) * 10);
        return true;
    };
    CHECK(graph.run().empty());
    CHECK(events == 10);
    CHECK(got.size() == 100);
}

TEST_CASE("stage: an element that fails over an event fails like one that fails over a frame") {
    Acting graph;
    const auto chain = graph.chain({"source", "queue", "sink"});
    graph.make();
    graph.at(chain[0]).process_as = [](Context& context) -> Result<Flow> {
        context.emit({.name = "hot"});
        return context.commit(0);
    };
    graph.at(chain[2]).event_as = [](Context&, const Event&) -> Result<bool> {
        return fail(Errc::io, "too hot");
    };
    CHECK(graph.run() == std::vector<std::string>{"sink0: too hot"});
}

TEST_CASE("stage: a late sink's qos goes up through its stage and the one before, in order") {
    Acting graph;
    const auto chain = graph.chain({"source", "middle", "queue", "middle", "sink"});
    graph.make();
    std::vector<std::int64_t> heard;
    graph.at(chain[1]).event_as = [&](Context&, const Event& event) -> Result<bool> {
        if (event.type == Event::Type::qos) heard.push_back(event.duration_ns);
        return event.type == Event::Type::qos;
    };
    int passed = 0;
    graph.at(chain[3]).event_as = [&](Context&, const Event& event) -> Result<bool> {
        if (event.type == Event::Type::qos) ++passed;
        return false;  // Heard, and handed on.
    };
    bool source_heard = false;
    graph.at(chain[0]).event_as = [&](Context&, const Event& event) -> Result<bool> {
        source_heard = source_heard || event.type == Event::Type::qos;
        return false;
    };
    graph.at(chain[4]).process_as = [n = std::int64_t{0}](Context& context) mutable {
        context.emit_up({.type = Event::Type::qos, .duration_ns = ++n});
        return Flow::more;
    };
    CHECK(graph.run().empty());
    CHECK(passed == 10);
    CHECK(heard == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    CHECK_FALSE(source_heard);  // Who handles it keeps it.
}

TEST_CASE("stage: a source hears qos while it waits, and may act on it") {
    Acting graph;
    const auto chain = graph.chain({"source", "queue", "sink"});
    graph.make();
    std::atomic<bool> late = false;
    ActingElement& source = graph.at(chain[0]);
    source.process_as = [&](Context& context) -> Result<Flow> {
        if (late) return Flow::eos;
        if (source.seen++ == 0) return context.commit(0);
        context.wait_until(context.running_time_ns() + 3'600'000'000'000);
        return Flow::again;
    };
    source.event_as = [&](Context&, const Event& event) -> Result<bool> {
        if (event.type != Event::Type::qos) return false;
        late = true;
        graph.pipeline().stop();
        return true;
    };
    graph.at(chain[2]).process_as = [](Context& context) {
        context.emit_up({.type = Event::Type::qos, .duration_ns = 5});
        return Flow::more;
    };
    CHECK(graph.run().empty());
    CHECK(late);
}

// Only process() could send events up; those of drain() and event() stayed with the element.
TEST_CASE("stage: events go up from drain and from the handling of another event, too") {
    Acting graph;
    const auto chain = graph.chain({"source", "middle", "middle", "sink"});
    graph.make();
    std::vector<std::string> heard;
    graph.at(chain[1]).event_as = [&](Context&, const Event& event) -> Result<bool> {
        heard.push_back(event.name);
        return true;
    };
    graph.at(chain[2]).event_as = [&](Context& context, const Event& event) -> Result<bool> {
        context.emit_up({.name = "in answer to " + event.name});
        return true;
    };
    graph.at(chain[3]).process_as = [](Context& context) {
        if (context.in_meta().pts_ns == 0) context.emit_up({.name = "a frame"});
        return Flow::more;
    };
    graph.at(chain[2]).drain_as = [](Context& context) -> Result<Flow> {
        context.emit_up({.name = "the end"});
        return Flow::eos;
    };
    CHECK(graph.run().empty());
    CHECK(heard == std::vector<std::string>{"in answer to a frame", "the end"});
}

}  // namespace
}  // namespace parallax
