// Stages at work, in graphs of elements that do as a test tells them.
#include <array>
#include <atomic>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "parallax/fd.h"
#include "support/acting.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

using Times = std::vector<std::int64_t>;

// A source that makes a frame of each of these times, and nothing else.
void play_times(ActingElement& source, Times times) {
    source.process_as = [&source, times = std::move(times)](Context& context) -> Result<Flow> {
        if (source.seen == times.size()) return Flow::eos;
        context.out_meta().pts_ns = times[source.seen++];
        return context.commit(0);
    };
}

struct Joined {
    Acting graph;
    std::size_t left = graph.add("source");
    std::size_t right = graph.add("source");
    std::size_t join;
    std::size_t sink;
    Times got;

    explicit Joined(const char* how) : join(graph.add(how)), sink(graph.add("sink")) {
        graph.link(left, join);
        graph.link(right, join);
        graph.link(join, sink);
        graph.make();
        graph.at(sink).process_as = [this](Context& context) {
            got.push_back(context.in_meta().pts_ns);
            return Flow::more;
        };
    }
};

TEST_CASE("stage: frames of the same time meet, others are dropped and counted") {
    Joined joined("pair");
    play_times(joined.graph.at(joined.left), {0, 2, 3, 5, 8, 9});
    play_times(joined.graph.at(joined.right), {1, 2, 5, 6, 7, 9});
    CHECK(joined.graph.run().empty());
    CHECK(joined.got == Times{2, 5, 9});
    CHECK(joined.graph.report(joined.join).dropped == 6);
    CHECK(joined.graph.report(joined.join).frames_in == 6);
}

TEST_CASE("stage: frames without a time meet in the order they come") {
    Joined joined("pair");
    play_times(joined.graph.at(joined.left), Times(5, kNoTimeNs));
    play_times(joined.graph.at(joined.right), Times(5, kNoTimeNs));
    CHECK(joined.graph.run().empty());
    CHECK(joined.got == Times(5, kNoTimeNs));
}

TEST_CASE("stage: a pair ends with its shorter input, and the longer one is let go") {
    Joined joined("pair");
    joined.graph.at(joined.left).frames = 3;
    joined.graph.at(joined.right).frames = 10'000;  // More than any channel holds.
    CHECK(joined.graph.run().empty());
    CHECK(joined.got == Times{0, 1, 2});
}

TEST_CASE("stage: where any input will do, all frames come, each input's in order") {
    Joined joined("merge");
    Times odd;
    Times even;
    for (std::int64_t i = 0; i < 3000; ++i) (i % 2 == 0 ? even : odd).push_back(i);
    play_times(joined.graph.at(joined.left), odd);
    play_times(joined.graph.at(joined.right), even);
    CHECK(joined.graph.run().empty());
    Times got_odd;
    Times got_even;
    for (const std::int64_t time : joined.got) (time % 2 == 0 ? got_even : got_odd).push_back(time);
    CHECK(got_odd == odd);
    CHECK(got_even == even);
}

// A join that took a frame and waits for its partner has made room, but told nobody: the tee it
// hangs on went on waiting for that room, and the partner never came.
TEST_CASE("stage: a frame that waits for its partner leaves room for what brings the partner") {
    Acting graph;
    const auto source = graph.add("source");
    const auto tee = graph.add("tee");
    const auto late = graph.add("middle");
    const auto pair = graph.add("pair");
    const auto sink = graph.add("sink");
    graph.link(source, tee);
    graph.link(tee, pair);
    graph.link(tee, late);
    graph.link(late, pair);
    graph.link(pair, sink);
    graph.make(1);  // One thread: the tee fills the channel before the pair has its first turn.
    REQUIRE(graph.pipeline().prepare());
    std::int64_t capacity = 0;
    for (const LinkPlan& link : graph.pipeline().plan().links) {
        if (link.from == "tee0.src_0") capacity = link.capacity;
    }
    REQUIRE(capacity > 0);
    graph.at(source).frames = static_cast<std::uint64_t>(capacity) + 10;
    graph.at(late).process_as = [&](Context& context) {
        return context.in_meta().pts_ns >= capacity ? context.forward() : Flow::more;
    };
    CHECK(graph.run().empty());
    CHECK(graph.at(sink).seen == 10);
}

TEST_CASE("stage: an element that has seen enough ends what follows and stops what feeds it") {
    Acting graph;
    const auto chain = graph.chain({"source", "queue", "middle", "queue", "sink"});
    graph.make();
    graph.at(chain[0]).frames = ~std::uint64_t{0};
    ActingElement& middle = graph.at(chain[2]);
    middle.process_as = [&](Context& context) {
        context.forward();
        return ++middle.seen == 5 ? Flow::eos : Flow::more;
    };
    CHECK(graph.run().empty());
    CHECK(graph.at(chain[4]).seen == 5);
    CHECK(middle.seen == 5);
}

TEST_CASE("stage: a branch that has seen enough does not end the others") {
    Acting graph;
    const auto source = graph.add("source");
    const auto tee = graph.add("tee");
    const auto brief = graph.add("sink");
    const auto patient = graph.add("sink");
    graph.link(source, tee);
    graph.link(tee, brief);
    graph.link(tee, patient);
    graph.make();
    graph.at(source).frames = 1000;
    ActingElement& first = graph.at(brief);
    first.process_as = [&](Context&) { return ++first.seen == 2 ? Flow::eos : Flow::more; };
    CHECK(graph.run().empty());
    CHECK(first.seen == 2);
    CHECK(graph.at(patient).seen == 1000);
}

TEST_CASE("stage: whatever fails is named, and everything else comes to its end") {
    for (const std::size_t culprit : {0U, 1U, 3U, 4U}) {
        for (const bool at_end : {false, true}) {
            if (at_end && culprit == 0) continue;  // A source has no drain of its own here.
            Acting graph;
            const auto chain = graph.chain({"source", "middle", "queue", "middle", "sink"});
            graph.make();
            graph.at(chain[0]).frames = 100;
            ActingElement& bad = graph.at(chain[culprit]);
            const auto fails = [](Context&) -> Result<Flow> { return fail(Errc::io, "ouch"); };
            if (at_end)
                bad.drain_as = fails;
            else
                bad.process_as = fails;
            const auto errors = graph.run();
            REQUIRE(errors.size() == 1);
            CHECK(errors[0] == graph.name(chain[culprit]) + ": ouch");
            CHECK(graph.pipeline().report().status == "error");
        }
    }
}

TEST_CASE("stage: several frames from one call, and more from the drain, all come in order") {
    Acting graph;
    const auto chain = graph.chain({"source", "middle", "sink"});
    graph.make();
    ActingElement& middle = graph.at(chain[1]);
    middle.most_at_once = 3;
    std::int64_t number = 0;
    const auto three = [&](Context& context) {
        for (int i = 0; i < 3; ++i) {
            context.out_meta().pts_ns = number++;
            context.commit(0);
        }
        return Flow::more;
    };
    middle.process_as = three;
    middle.drain_as = [&](Context& context) -> Result<Flow> {
        return number < 60 ? three(context) : Flow::eos;
    };
    Times got;
    graph.at(chain[2]).process_as = [&](Context& context) {
        got.push_back(context.in_meta().pts_ns);
        return Flow::more;
    };
    CHECK(graph.run().empty());
    REQUIRE(got.size() == 60);
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == static_cast<std::int64_t>(i));
}

TEST_CASE("stage: what was committed before Flow::again goes on before the call is repeated") {
    Acting graph;
    const auto chain = graph.chain({"source", "middle", "sink"});
    graph.make();
    ActingElement& middle = graph.at(chain[1]);
    middle.process_as = [&](Context& context) {  // Each frame three times, one a call.
        context.out_meta().pts_ns = static_cast<std::int64_t>(middle.seen);
        context.commit(0);
        return ++middle.seen % 3 == 0 ? Flow::more : Flow::again;
    };
    Times got;
    graph.at(chain[2]).process_as = [&](Context& context) {
        got.push_back(context.in_meta().pts_ns);
        return Flow::more;
    };
    CHECK(graph.run().empty());
    REQUIRE(got.size() == 30);
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == static_cast<std::int64_t>(i));
    CHECK(graph.report(chain[1]).frames_in == 10);
}

TEST_CASE(
    "stage: a source that waits for a descriptor goes on when it can be read, or is stopped") {
    for (const bool stopped : {false, true}) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        const UniqueFd read(ends[0]);
        const UniqueFd write(ends[1]);
        Acting graph;
        const auto chain = graph.chain({"source", "sink"});
        graph.make();
        ActingElement& source = graph.at(chain[0]);
        std::atomic<int> asked = 0;
        source.process_as = [&](Context& context) -> Result<Flow> {
            std::array<char, 1> byte{};
            if (::read(read.get(), byte.data(), byte.size()) == 1) return Flow::eos;
            ++asked;
            context.wait_readable(read.get());
            return Flow::again;
        };
        REQUIRE(graph.pipeline().play());
        while (asked == 0) std::this_thread::yield();
        if (stopped)
            graph.pipeline().stop();
        else
            REQUIRE(::write(write.get(), "x", 1) == 1);
        CHECK(graph.finish().empty());
    }
}

TEST_CASE("stage: a frame smaller than its caps is refused by name before anyone reads it") {
    Acting graph;
    const auto source = graph.add("source");
    const auto filter = graph.add_filter(
        unwrap(parse_caps("video/x-raw,format=GRAY8,width=4,height=4,framerate=30/1")));
    const auto sink = graph.add("sink");
    graph.link(source, filter);
    graph.link(filter, sink);
    graph.make();
    graph.at(source).bytes = 4096;
    graph.at(source).process_as = [](Context& context) -> Result<Flow> {
        return context.commit(3);
    };
    const auto errors = graph.run();
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].find("a frame of 3 bytes came") != std::string::npos);
    CHECK(graph.at(sink).seen == 0);
}

TEST_CASE("stage: a source that changes its format drains everything and goes on") {
    Acting graph;
    const auto chain = graph.chain({"source", "queue", "middle", "queue", "sink"});
    graph.make();
    ActingElement& source = graph.at(chain[0]);
    bool changed = false;
    source.process_as = [&](Context& context) -> Result<Flow> {
        if (source.seen == 50 && !std::exchange(changed, true)) return Flow::reconfigure;
        return source.plain(context);
    };
    source.frames = 100;
    Times got;
    graph.at(chain[4]).process_as = [&](Context& context) {
        got.push_back(context.in_meta().pts_ns);
        return Flow::more;
    };
    CHECK(graph.run().empty());
    REQUIRE(got.size() == 100);
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == static_cast<std::int64_t>(i));
    CHECK(graph.report(chain[4]).frames_in == 100);
}

}  // namespace
}  // namespace parallax
