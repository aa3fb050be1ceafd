// Flushes among stages: what is dropped, what stays, and that the event comes to all once.
#include <atomic>
#include <mutex>
#include <random>

#include <doctest/doctest.h>

#include "support/acting.h"
#include "support/until.h"

namespace parallax {
namespace {

constexpr std::int64_t kHourNs = 3'600'000'000'000;
constexpr std::int64_t kNone = -2;

// What a sink was given, in order: times of frames, and flushes.
struct Seen {
    struct Item {
        std::int64_t pts_ns = kNone;
        bool discont = false;
        std::uint64_t flush = 0;
    };
    std::mutex mutex;
    std::vector<Item> items;

    void add(Item item) {
        const std::lock_guard lock(mutex);
        items.push_back(item);
    }
    std::vector<Item> all() {
        const std::lock_guard lock(mutex);
        return items;
    }
    std::uint64_t flushes() {
        const std::lock_guard lock(mutex);
        return static_cast<std::uint64_t>(
            std::ranges::count_if(items, [](const Item& item) { return item.flush != 0; }));
    }
    std::uint64_t frames() {
        const std::lock_guard lock(mutex);
        return items.size() - static_cast<std::uint64_t>(std::ranges::count_if(
                                  items, [](const Item& item) { return item.flush != 0; }));
    }
    // Frames that came after the last flush.
    std::vector<Item> after_flush() {
        const std::lock_guard lock(mutex);
        const auto last = std::find_if(items.rbegin(), items.rend(),
                                       [](const Item& item) { return item.flush != 0; });
        return {last.base(), items.end()};
    }
};

void note_events(ActingElement& element, Seen& seen) {
    element.event_as = [&seen](Context&, const Event& event) -> Result<bool> {
        if (event.type == Event::Type::flush) seen.add({.flush = event.number});
        return true;  // A flush goes on all the same.
    };
}

void note_frame(Context& context, Seen& seen) {
    const Meta& meta = context.in_meta();
    seen.add({.pts_ns = meta.pts_ns, .discont = (meta.flags & frame_flag::discont) != 0});
}

// Takes frames, once there was a flush. Before, it waits for an hour with the first.
void wait_for_flush(ActingElement& sink, Seen& seen) {
    note_events(sink, seen);
    sink.process_as = [&seen](Context& context) {
        if (seen.flushes() == 0) {
            context.wait_until(kHourNs);
            return Flow::again;
        }
        note_frame(context, seen);
        return Flow::more;
    };
}

// Counts what it has made; never ends by itself.
void count_made(ActingElement& source, std::atomic<std::int64_t>& made) {
    source.process_as = [&made](Context& context) -> Result<Flow> {
        context.out_meta().pts_ns = made;
        context.commit(0);
        ++made;
        return Flow::more;
    };
}

// Until nobody makes anything any more, since all is full.
void until_full(Pipeline& pipeline, const std::atomic<std::int64_t>& made) {
    for (std::int64_t last = -1; made == 0 || std::exchange(last, made.load()) != made;) {
        (void)pipeline.wait(20'000'000);
    }
}

std::uint64_t dropped(const Acting& graph, const std::vector<std::size_t>& nodes) {
    std::uint64_t sum = 0;
    for (const std::size_t node : nodes) sum += graph.report(node).dropped;
    return sum;
}

TEST_CASE("flush: full queues and a sink that waits are emptied at once; what follows is marked") {
    for (const char* between : {"queue", "middle"}) {
        CAPTURE(between);
        Acting graph;
        const auto chain = graph.chain({"source", between, "middle", "queue", "sink"});
        graph.make();
        std::atomic<std::int64_t> made = 0;
        Seen seen;
        count_made(graph.at(chain[0]), made);
        wait_for_flush(graph.at(chain[4]), seen);
        REQUIRE(graph.pipeline().play());
        until_full(graph.pipeline(), made);
        const std::int64_t before = made;
        graph.pipeline().flush();
        until([&] { return seen.frames() >= 1000; });
        graph.pipeline().stop();
        CHECK(graph.finish().empty());
        const auto all = seen.all();
        CHECK(all[0].flush == 1);
        CHECK(all[1].pts_ns >= before);
        CHECK(all[1].discont);
        for (std::size_t i = 2; i < all.size(); ++i) {
            REQUIRE(all[i].pts_ns == all[i - 1].pts_ns + 1);
            REQUIRE_FALSE(all[i].discont);
        }
        CHECK(all.back().pts_ns == made - 1);
        CHECK(dropped(graph, chain) + seen.frames() == static_cast<std::uint64_t>(made));
        CHECK(seen.flushes() == 1);
    }
}

TEST_CASE("flush: in one stage alone the frame after it is marked, too") {
    Acting graph;
    const auto chain = graph.chain({"source", "middle", "sink"});
    graph.make();
    Seen seen;
    std::atomic<std::int64_t> made = 0;
    count_made(graph.at(chain[0]), made);
    wait_for_flush(graph.at(chain[2]), seen);
    REQUIRE(graph.pipeline().play());
    until([&] { return made == 1; });
    graph.pipeline().flush();
    until([&] { return seen.frames() >= 3; });
    graph.pipeline().stop();
    CHECK(graph.finish().empty());
    const auto all = seen.all();
    CHECK(all[0].flush == 1);
    CHECK(all[1].pts_ns == 1);
    CHECK(all[1].discont);
    CHECK_FALSE(all[2].discont);
}

TEST_CASE("flush: every element has the event once, whoever of them asks, up or down") {
    for (const bool up : {true, false}) {
        for (const std::size_t asks : {0U, 1U, 3U, 4U}) {
            CAPTURE(up);
            CAPTURE(asks);
            Acting graph;
            const auto chain = graph.chain({"source", "middle", "queue", "middle", "sink"});
            graph.make();
            std::array<std::atomic<int>, 5> events{};
            for (const std::size_t i : {0U, 1U, 3U, 4U}) {
                graph.at(chain[i]).frames = 50'000;
                graph.at(chain[i]).event_as = [&, i](Context&, const Event& event) -> Result<bool> {
                    if (event.type == Event::Type::flush && event.number == 1) ++events[i];
                    return false;
                };
            }
            ActingElement& asking = graph.at(chain[asks]);
            asking.process_as = [&](Context& context) -> Result<Flow> {
                const Event flush{.type = Event::Type::flush};
                if (asking.seen == 20) up ? context.emit_up(flush) : context.emit(flush);
                return asking.plain(context);
            };
            CHECK(graph.run().empty());
            for (const std::size_t i : {0U, 1U, 3U, 4U}) CHECK(events[i] == 1);
            const std::uint64_t frames = graph.report(chain[4]).frames_in;
            CHECK(frames + dropped(graph, chain) == 50'000);
            CHECK(frames < 50'000);
        }
    }
}

TEST_CASE("flush: pieces of a whole stay and go through, as do other events, but gaps") {
    Acting graph;
    const auto chain = graph.chain({"source", "queue", "middle", "queue", "sink"});
    graph.make();
    std::atomic<bool> all_made = false;
    ActingElement& source = graph.at(chain[0]);
    source.process_as = [&](Context& context) -> Result<Flow> {
        if (source.seen == 6) {
            all_made = true;
            context.wait_until(kHourNs);
            return Flow::again;
        }
        context.out_meta().pts_ns = static_cast<std::int64_t>(source.seen);
        if (source.seen % 2 == 1) context.out_meta().flags |= frame_flag::piece;
        context.commit(0);
        if (source.seen == 2) context.emit({.type = Event::Type::gap, .name = "gap"});
        if (source.seen == 3) context.emit({.name = "mark"});
        ++source.seen;
        return Flow::more;
    };
    std::atomic<bool> open = false;
    graph.at(chain[2]).process_as = [&](Context& context) {
        if (open) return context.forward();
        context.wait_until(kHourNs);
        return Flow::again;
    };
    std::mutex mutex;
    std::vector<std::string> got;
    const auto note = [&](std::string what) {
        const std::lock_guard lock(mutex);
        got.push_back(std::move(what));
    };
    graph.at(chain[4]).process_as = [&](Context& context) {
        note(std::to_string(context.in_meta().pts_ns));
        return Flow::more;
    };
    graph.at(chain[4]).event_as = [&](Context&, const Event& event) -> Result<bool> {
        note(event.type == Event::Type::flush ? "flush" : event.name);
        return true;
    };
    REQUIRE(graph.pipeline().play());
    until([&] { return all_made.load(); });
    open = true;
    graph.pipeline().flush();
    until([&] {
        const std::lock_guard lock(mutex);
        return got.size() == 5;
    });
    graph.pipeline().stop();
    CHECK(graph.finish().empty());
    CHECK(got == std::vector<std::string>{"1", "3", "mark", "5", "flush"});
    CHECK(dropped(graph, chain) == 3);
}

TEST_CASE("flush: a frame of which part is out is finished, and the next one dropped") {
    Acting graph;
    const auto chain = graph.chain({"source", "queue", "sink"});
    graph.make();
    graph.at(chain[0]).frames = 5;
    std::atomic<bool> begun = false;
    std::atomic<bool> open = false;
    std::vector<std::int64_t> done;
    graph.at(chain[2]).process_as = [&](Context& context) {
        begun = true;
        if (!open) {
            context.must_finish();
            context.wait_until(context.running_time_ns() + 1'000'000);
            return Flow::again;
        }
        done.push_back(context.in_meta().pts_ns);
        return Flow::more;
    };
    REQUIRE(graph.pipeline().play());
    until([&] { return begun.load(); });
    graph.pipeline().flush();
    open = true;
    CHECK(graph.finish().empty());
    CHECK(done == std::vector<std::int64_t>{0});
    CHECK(graph.report(chain[2]).frames_in == 1);
}

TEST_CASE("flush: behind a source that has ended what waits is dropped, and its end comes") {
    Acting graph;
    const auto chain = graph.chain({"source", "queue", "middle", "queue", "sink"});
    graph.make();
    std::atomic<bool> waits = false;
    Seen seen;
    graph.at(chain[2]).process_as = [&](Context& context) {
        waits = true;
        context.wait_until(kHourNs);
        return Flow::again;
    };
    note_events(graph.at(chain[4]), seen);
    REQUIRE(graph.pipeline().play());
    until([&] { return waits.load() && graph.report(chain[0]).frames_out == 10; });
    graph.pipeline().flush();
    CHECK(graph.finish().empty());
    CHECK(seen.flushes() == 1);
    CHECK(graph.report(chain[4]).frames_in == 0);
    CHECK(dropped(graph, chain) == 10);
}

TEST_CASE("flush: a join waits neither for an input that has ended nor for one that is late") {
    for (const char* how : {"merge", "pair"}) {
        CAPTURE(how);
        Acting graph;
        const auto left = graph.add("source");
        const auto right = graph.add("source");
        const auto join = graph.add(how);
        const auto sink = graph.add("sink");
        graph.link(left, join);
        graph.link(right, join);
        graph.link(join, sink);
        graph.make();
        std::atomic<std::int64_t> made = 0;
        count_made(graph.at(left), made);
        const bool ends = std::string_view(how) == "merge";
        graph.at(right).frames = ends ? 3 : 1'000'000'000;
        Seen seen;
        wait_for_flush(graph.at(sink), seen);
        REQUIRE(graph.pipeline().play());
        until_full(graph.pipeline(), made);
        const std::int64_t before = made;
        graph.pipeline().flush();
        until([&] { return seen.frames() >= 100; });
        graph.pipeline().stop();
        CHECK(graph.finish().empty());
        CHECK(seen.flushes() == 1);
        CHECK(seen.all()[1].pts_ns >= (ends ? before : 1));
    }
}

TEST_CASE("flush: while an element drains it forgets, and the end still comes, once") {
    Acting graph;
    const auto chain = graph.chain({"source", "queue", "middle", "queue", "sink"});
    graph.make();
    std::atomic<bool> draining = false;
    std::atomic<bool> forgot = false;
    Seen seen;
    ActingElement& middle = graph.at(chain[2]);
    middle.drain_as = [&](Context& context) -> Result<Flow> {
        if (forgot) return Flow::eos;
        draining = true;
        context.wait_until(kHourNs);
        return Flow::again;
    };
    middle.event_as = [&](Context&, const Event& event) -> Result<bool> {
        if (event.type == Event::Type::flush) forgot = true;
        return false;
    };
    int ends = 0;
    graph.at(chain[4]).drain_as = [&](Context&) -> Result<Flow> {
        ++ends;
        return Flow::eos;
    };
    note_events(graph.at(chain[4]), seen);
    REQUIRE(graph.pipeline().play());
    until([&] { return draining.load(); });
    graph.pipeline().flush();
    CHECK(graph.finish().empty());
    CHECK(forgot);
    CHECK(ends == 1);
    CHECK(seen.flushes() == 1);
}

TEST_CASE("flush: of a paused run it takes hold when it goes on, before anything else") {
    Acting graph;
    const auto chain = graph.chain({"source", "queue", "middle", "queue", "sink"});
    graph.make();
    std::atomic<std::int64_t> made = 0;
    Seen seen;
    count_made(graph.at(chain[0]), made);
    wait_for_flush(graph.at(chain[4]), seen);
    REQUIRE(graph.pipeline().play());
    until_full(graph.pipeline(), made);
    graph.pipeline().pause();
    const std::int64_t before = made;
    graph.pipeline().flush();
    graph.pipeline().flush();
    CHECK(seen.flushes() == 0);
    REQUIRE(graph.pipeline().play());
    until([&] { return seen.frames() >= 10; });
    graph.pipeline().stop();
    CHECK(graph.finish().empty());
    CHECK(seen.all()[0].flush == 2);  // Two in a row are one.
    CHECK(seen.all()[1].pts_ns >= before);
    CHECK(seen.flushes() == 1);
}

TEST_CASE("flush: one that comes while there is nothing to flush changes nothing") {
    Acting graph;
    const auto chain = graph.chain({"source", "queue", "sink"});
    graph.make();
    graph.pipeline().flush();  // It does not play yet.
    CHECK(graph.run().empty());
    graph.pipeline().flush();  // It has ended.
    CHECK(graph.report(chain[2]).frames_in == 10);
}

TEST_CASE("flush: a leaky queue keeps the event") {
    for (const char* leaky : {"upstream", "downstream"}) {
        CAPTURE(leaky);
        Acting graph;
        const auto source = graph.add("source");
        const auto queue = graph.add("queue", {{"max-size-buffers", "2"}, {"leaky", leaky}});
        const auto sink = graph.add("sink");
        graph.link(source, queue);
        graph.link(queue, sink);
        graph.make();
        std::atomic<std::int64_t> made = 0;
        count_made(graph.at(source), made);
        Seen seen;
        note_events(graph.at(sink), seen);
        graph.at(sink).process_as = [&](Context& context) {
            note_frame(context, seen);
            return Flow::more;
        };
        REQUIRE(graph.pipeline().play());
        for (std::uint64_t n = 1; n <= 50; ++n) {
            graph.pipeline().flush();
            until([&] {
                const auto all = seen.all();
                return std::ranges::any_of(all, [&](const auto& item) { return item.flush == n; });
            });
        }
        graph.pipeline().stop();
        CHECK(graph.finish().empty());
        CHECK(seen.flushes() == 50);
    }
}

// Branches of unlike depth that meet again, flushed at any moment: times go up, partners are
// partners, and after the last flush none is missing.
TEST_CASE("flush: many at any moment, before branches that meet again, lose nothing after them") {
    for (const unsigned seed : {1U, 2U, 3U, 4U}) {
        CAPTURE(seed);
        Acting graph;
        const auto chain = graph.chain({"source", "queue", "tee"});
        const auto join = graph.add("pair");
        for (const int depth : {1, 3}) {
            std::size_t at = chain[2];
            for (int i = 0; i < depth; ++i) {
                const auto queue = graph.add("queue", {{"max-size-buffers", "2"}});
                graph.link(at, queue);
                at = graph.add("middle");
                graph.link(queue, at);
            }
            graph.link(at, join);
        }
        const auto sink = graph.add("sink");
        graph.link(join, sink);
        graph.make();
        std::atomic<std::int64_t> made = 0;
        count_made(graph.at(chain[0]), made);
        Seen seen;
        int unlike = 0;
        graph.at(join).process_as = [&](Context& context) {
            if (context.in_meta(0).pts_ns != context.in_meta(1).pts_ns) ++unlike;
            return context.forward();
        };
        note_events(graph.at(sink), seen);
        graph.at(sink).process_as = [&](Context& context) {
            note_frame(context, seen);
            return Flow::more;
        };
        REQUIRE(graph.pipeline().play());
        std::minstd_rand dice(seed);
        std::uint64_t last = 0;
        for (int i = 0; i < 200; ++i) {
            const std::int64_t until_made = made + static_cast<std::int64_t>(dice() % 40);
            until([&] { return made >= until_made; });
            graph.pipeline().flush();
            ++last;
        }
        until([&] {
            const auto all = seen.all();
            return std::ranges::any_of(all, [&](const auto& item) { return item.flush == last; });
        });
        graph.pipeline().stop();
        CHECK(graph.finish().empty());
        CHECK(unlike == 0);
        std::int64_t before = -1;
        std::uint64_t flush = 0;
        bool first = false;
        for (const auto& item : seen.all()) {
            if (item.flush != 0) {
                REQUIRE(item.flush > flush);
                flush = item.flush;
                first = true;
                continue;
            }
            REQUIRE(item.pts_ns > before);
            if (first) CHECK(item.discont);
            first = false;
            before = item.pts_ns;
        }
        const auto rest = seen.after_flush();
        for (std::size_t i = 1; i < rest.size(); ++i) {
            REQUIRE(rest[i].pts_ns == rest[i - 1].pts_ns + 1);
        }
        if (!rest.empty()) CHECK(rest.back().pts_ns == made - 1);
    }
}

}  // namespace
}  // namespace parallax
