// A run from outside: pausing, stopping, and properties while it plays.
#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "parallax/app.h"
#include "support/acting.h"

namespace parallax {
namespace {

using std::chrono::operator""s;
using State = Pipeline::State;

constexpr std::uint64_t kEndless = ~std::uint64_t{0};

// A source that goes on for ever, through a queue, into a sink that counts for other threads.
struct Endless : Acting {
    std::size_t source = add("source");
    std::size_t middle = add("middle");
    std::size_t queue = add("queue");
    std::size_t sink = add("sink");
    std::atomic<std::uint64_t> count = 0;

    Endless() {
        link(source, middle);
        link(middle, queue);
        link(queue, sink);
        make();
        at(source).frames = kEndless;
        at(sink).process_as = [this](Context&) {
            ++count;
            return Flow::more;
        };
    }
    void await_more() const {
        const std::uint64_t before = count;
        while (count == before) std::this_thread::yield();
    }
    void play() {
        REQUIRE(pipeline().play());
        await_more();
    }
    // Two answers from every stage: what it was doing when it was paused is over.
    void settle() {
        for (const std::size_t node : {source, sink, source, sink}) {
            REQUIRE(pipeline().property(name(node), "knob"));
        }
    }
};

TEST_CASE("run: its states follow each other, and commands out of turn do no harm") {
    Endless graph;
    Pipeline& pipeline = graph.pipeline();
    CHECK(pipeline.state() == State::null);
    pipeline.pause();
    CHECK(pipeline.state() == State::null);
    REQUIRE(pipeline.prepare());
    REQUIRE(pipeline.prepare());
    CHECK(pipeline.state() == State::ready);
    pipeline.pause();
    CHECK(pipeline.state() == State::ready);
    REQUIRE(pipeline.play());
    REQUIRE(pipeline.play());
    CHECK(pipeline.state() == State::playing);
    pipeline.pause();
    pipeline.pause();
    CHECK(pipeline.state() == State::paused);
    REQUIRE(pipeline.play());
    CHECK(pipeline.state() == State::playing);
    pipeline.stop();
    pipeline.stop();
    CHECK(graph.finish().empty());
    CHECK(pipeline.state() == State::ended);
    pipeline.pause();
    pipeline.stop();
    CHECK(pipeline.state() == State::ended);
}

// It was an abort of the whole program.
TEST_CASE("run: what has ended cannot play again, and says what to do instead") {
    Endless graph;
    graph.play();
    graph.pipeline().stop();
    CHECK(graph.finish().empty());
    const Result<> again = graph.pipeline().play();
    REQUIRE_FALSE(again);
    CHECK(again.error().message.find("has ended") != std::string::npos);
    CHECK_FALSE(again.error().hint.empty());
    CHECK_FALSE(graph.pipeline().wait(0));  // Nothing comes after the end.
}

TEST_CASE("run: paused, nothing moves; resumed, it goes on where it was and loses nothing") {
    Endless graph;
    graph.play();
    for (int round = 0; round < 20; ++round) {
        graph.pipeline().pause();
        graph.settle();
        const std::uint64_t stands = graph.count;
        graph.settle();
        CHECK(graph.count == stands);
        REQUIRE(graph.pipeline().play());
        graph.await_more();
    }
    graph.pipeline().stop();
    CHECK(graph.finish().empty());
    CHECK(graph.report(graph.sink).frames_in == graph.report(graph.source).frames_out);
    CHECK(graph.report(graph.sink).dropped == 0);
}

TEST_CASE("run: running time stands still while it is paused") {
    Endless graph;
    std::atomic<std::int64_t> last_ns = 0;
    std::atomic<bool> went_back = false;
    graph.at(graph.source).process_as = [&](Context& context) {
        const std::int64_t now_ns = context.running_time_ns();
        if (now_ns < last_ns) went_back = true;
        last_ns = now_ns;
        return context.commit(0);
    };
    graph.play();
    std::int64_t paused_ns = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (int round = 0; round < 20; ++round) {
        const auto before = std::chrono::steady_clock::now();
        graph.pipeline().pause();
        graph.settle();
        const std::int64_t held_ns = last_ns;
        graph.settle();
        CHECK(last_ns == held_ns);
        paused_ns += std::chrono::nanoseconds(std::chrono::steady_clock::now() - before).count();
        REQUIRE(graph.pipeline().play());
        graph.await_more();
    }
    graph.pipeline().stop();
    CHECK(graph.finish().empty());
    const std::chrono::nanoseconds all = std::chrono::steady_clock::now() - begin;
    CHECK_FALSE(went_back);
    CHECK(last_ns <= all.count());
    CHECK(paused_ns > 0);
}

// stop() of a paused run told sources to end, but nobody let them: the end never came.
TEST_CASE("run: stopped while paused, it drains and ends") {
    Endless graph;
    graph.play();
    graph.pipeline().pause();
    graph.settle();
    graph.pipeline().stop();
    CHECK(graph.finish().empty());
    CHECK(graph.report(graph.sink).frames_in == graph.report(graph.source).frames_out);
}

TEST_CASE("run: a pause comes too late once it drains") {
    Endless graph;
    graph.play();
    graph.pipeline().stop();
    graph.pipeline().pause();
    CHECK(graph.finish().empty());
}

TEST_CASE("run: destroyed while it plays, while it is paused, or before anything, it just goes") {
    {
        Endless graph;
        graph.play();
    }
    {
        Endless graph;
        graph.play();
        graph.pipeline().pause();
    }
    {
        Endless graph;
        REQUIRE(graph.pipeline().prepare());
    }
    const Endless graph;
}

TEST_CASE("run: a live property changes between two frames, and the element is told") {
    Endless graph;
    std::atomic<bool> inside = false;
    std::atomic<bool> mixed = false;
    std::atomic<int> told = -1;
    ActingElement& middle = graph.at(graph.middle);
    middle.process_as = [&](Context& context) {
        inside = true;
        const int before = middle.options().knob;
        const Flow flow = context.forward();
        if (middle.options().knob != before) mixed = true;
        inside = false;
        return flow;
    };
    middle.change_as = [&](std::string_view name) -> Result<> {
        if (inside || name != "knob") mixed = true;
        told = middle.options().knob;
        return {};
    };
    graph.play();
    for (int value = 1; value <= 100; ++value) {
        REQUIRE(
            graph.pipeline().set_property(graph.name(graph.middle), "knob", std::to_string(value)));
        CHECK(told == value);
        const auto now = graph.pipeline().property(graph.name(graph.middle), "knob");
        REQUIRE(now);
        CHECK(*now == PropertyValue(std::int64_t{value}));
    }
    CHECK_FALSE(mixed);
    graph.pipeline().pause();
    CHECK(graph.pipeline().set_property(graph.name(graph.middle), "knob", "7"));
    CHECK(told == 7);  // Paused is no reason not to answer.
}

TEST_CASE("run: a property that is not live can be set before it plays and after, not while") {
    Endless graph;
    const std::string name = graph.name(graph.middle);
    Pipeline& pipeline = graph.pipeline();
    CHECK(pipeline.set_property(name, "fixed", "1"));
    REQUIRE(pipeline.prepare());
    CHECK(pipeline.set_property(name, "fixed", "2"));
    graph.play();
    const Result<> refused = pipeline.set_property(name, "fixed", "3");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::invalid_argument);
    CHECK(refused.error().message == "fixed may not change any more");
    CHECK(*pipeline.property(name, "fixed") == PropertyValue(std::int64_t{2}));
    pipeline.stop();
    CHECK(graph.finish().empty());
    CHECK(pipeline.set_property(name, "fixed", "4"));
}

TEST_CASE("run: a bad set while it plays is refused and changes nothing") {
    Endless graph;
    graph.play();
    Pipeline& pipeline = graph.pipeline();
    const std::string name = graph.name(graph.middle);
    CHECK(pipeline.set_property("nobody", "knob", "1").error().code == Errc::not_found);
    CHECK(pipeline.set_property(name, "knbo", "1").error().code == Errc::not_found);
    CHECK(pipeline.set_property(name, "told", "x").error().message == "is read-only");
    for (const char* bad : {"", "101", "-1", "many", "1e3"}) {
        CHECK_FALSE(pipeline.set_property(name, "knob", bad));
    }
    CHECK(*pipeline.property(name, "knob") == PropertyValue(std::int64_t{0}));
    CHECK(pipeline.property("nobody", "knob").error().code == Errc::not_found);
    CHECK(pipeline.property(name, "knbo").error().code == Errc::not_found);
    graph.at(graph.middle).change_as = [](std::string_view) -> Result<> {
        return fail(Errc::io, "the knob is stuck");
    };
    CHECK(pipeline.set_property(name, "knob", "5").error().message == "the knob is stuck");
}

// Asked for from another thread, a property that the element itself writes was read as it was
// being written.
TEST_CASE("run: what an element says of itself can be asked for while it says it") {
    Endless graph;
    ActingElement& middle = graph.at(graph.middle);
    middle.process_as = [&](Context& context) {
        middle.options().told = std::string(40, static_cast<char>('a' + middle.seen++ % 26));
        return context.forward();
    };
    graph.play();
    for (int i = 0; i < 200; ++i) {
        const auto told = graph.pipeline().property(graph.name(graph.middle), "told");
        REQUIRE(told);
        const auto& text = std::get<std::string>(*told);
        REQUIRE(text.size() == 40);
        REQUIRE(text == std::string(40, text[0]));
    }
    CHECK(graph.pipeline().plan().elements.size() == 4);  // As it was when it began.
}

// The stages were looked through while the driving thread took them down.
TEST_CASE("run: other threads set, ask and stop at any moment of its life") {
    for (int round = 0; round < 30; ++round) {
        Endless graph;
        graph.at(graph.source).frames = 300;
        const std::string name = graph.name(graph.middle);
        std::atomic<bool> over = false;
        std::jthread setter([&] {
            for (int i = 0; !over; ++i) {
                const std::string value = std::to_string(i % 101);
                if (!graph.pipeline().set_property(name, "knob", value)) FAIL_CHECK("not set");
            }
        });
        std::jthread asker([&] {
            while (!over) {
                if (!graph.pipeline().property(name, "knob")) FAIL_CHECK("not told");
            }
        });
        std::jthread stopper([&] {
            while (graph.count < 100 && !over) std::this_thread::yield();
            graph.pipeline().stop();
        });
        CHECK(graph.run().empty());
        over = true;
    }
}

// A program that still pushes and pulls while the last step runs out woke stages that were gone.
TEST_CASE("run: a program goes on pushing and pulling while the graph ends") {
    for (int round = 0; round < 30; ++round) {
        Acting graph;
        const auto chain = graph.chain({"appsrc", "queue", "appsink"});
        graph.make();
        auto* in = dynamic_cast<AppSrc*>(graph.pipeline().element(graph.name(chain[0])));
        auto* out = dynamic_cast<AppSink*>(graph.pipeline().element(graph.name(chain[2])));
        std::atomic<bool> over = false;
        REQUIRE(graph.pipeline().play());
        std::jthread pusher([&] {
            while (!over) in->push({});
        });
        std::jthread puller([&] {
            while (!over) out->pull();
        });
        graph.pipeline().stop();
        CHECK(graph.finish().empty());
        over = true;
    }
}

}  // namespace
}  // namespace parallax
