#include "exec/channel.h"

#include <algorithm>
#include <deque>
#include <random>
#include <thread>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

// Both ends of a channel, each with its record, as two stages have them.
struct Ends {
    CommitRecord producer{0, 1};
    CommitRecord consumer{1, 0};
    Positions made;
    Positions used;
    Channel channel;
    std::uint64_t at = 0;  // Of the consumer.

    explicit Ends(const Channel::Options& options)
        : channel(options, {&producer, 0}, {&consumer, 0}) {
        channel.on_violation([](const Error& error) { FAIL_CHECK(to_string(error)); });
    }

    bool put(std::uint64_t number, const Payload& payload = {}) {
        Entry entry;
        entry.meta.sequence = number;
        return unwrap(channel.try_put(entry, payload));
    }
    bool put_event(const std::string& name) {
        Entry entry;
        entry.event = Event{.name = name};
        return unwrap(channel.try_put(entry, {}));
    }
    void publish() {
        made.published[0] = channel.published();
        producer.commit(made);
    }
    std::optional<Entry> take() { return channel.take(at); }
    void consume() {
        used.consumed[0] = at;
        used.done[0] = at;
        consumer.commit(used);
    }
    void release() {
        used.consumed[0] = at;
        used.done[0] = at;
        used.released[0] = at;
        consumer.commit(used);
    }
    // What is there, by sequence.
    std::vector<std::uint64_t> take_all() {
        std::vector<std::uint64_t> all;
        while (const auto entry = take()) all.push_back(entry->meta.sequence);
        return all;
    }
};

using Numbers = std::vector<std::uint64_t>;

TEST_CASE("channel: an entry is seen once its producer has committed it, not before") {
    Ends ends({.capacity = 4});
    REQUIRE(ends.put(7));
    CHECK_FALSE(ends.take());
    CHECK_FALSE(ends.channel.readable(0));
    ends.publish();
    CHECK(ends.channel.readable(0));
    CHECK(ends.take_all() == Numbers{7});
    CHECK(ends.at == 1);
    CHECK_FALSE(ends.take());
}

TEST_CASE("channel: it holds its capacity, and room comes with what is consumed") {
    for (const std::uint32_t capacity : {1U, 2U, 3U, 7U, 64U}) {
        Ends ends({.capacity = capacity});
        for (std::uint32_t i = 0; i < capacity; ++i) REQUIRE(ends.put(i));
        CHECK_FALSE(ends.put(99));
        CHECK(ends.channel.published() == capacity);  // A refused frame leaves no trace.
        ends.publish();
        REQUIRE(ends.take());
        CHECK_FALSE(ends.put(99));  // Taken, but not committed.
        ends.consume();
        CHECK(ends.put(99));
        CHECK_FALSE(ends.put(100));
        CHECK(ends.channel.counters().high_water == capacity);
        CHECK(ends.channel.counters().dropped == 0);
    }
}

TEST_CASE("channel: bytes stay until the consumer releases them, however long ago it took them") {
    CpuArena arena = unwrap(CpuArena::create({.slot_bytes = 64, .slot_count = 3}));
    FramePool pool;
    Ends ends({.capacity = 4});
    for (std::uint64_t i = 0; i < 3; ++i) REQUIRE(ends.put(i, pool.own(*arena.acquire())));
    ends.publish();
    CHECK(ends.take_all() == Numbers{0, 1, 2});
    ends.consume();
    CHECK_FALSE(ends.channel.reclaim());
    CHECK(arena.slots_free() == 0);
    ends.used.released[0] = 2;
    ends.consumer.commit(ends.used);
    CHECK(ends.channel.reclaim());
    CHECK(arena.slots_free() == 2);
    CHECK_FALSE(ends.channel.reclaim());
    ends.release();
    CHECK(ends.channel.reclaim());
    CHECK(arena.slots_free() == 3);
}

TEST_CASE("channel: an event goes in where a frame finds no room, and keeps its place") {
    Ends ends({.capacity = 1});
    REQUIRE(ends.put(1));
    CHECK_FALSE(ends.put(2));
    REQUIRE(ends.put_event("end"));
    ends.publish();
    CHECK_FALSE(ends.take()->event);
    CHECK(ends.take()->event->name == "end");
}

TEST_CASE("channel: events have a bound, too") {
    for (const Leaky leaky : {Leaky::no, Leaky::upstream, Leaky::downstream}) {
        Ends ends({.capacity = 2, .leaky = leaky});
        int count = 0;
        while (count < 10'000 && ends.put_event("more")) ++count;
        CHECK(count >= 2);
        CHECK(count < 100);
        ends.publish();
        for (int i = 0; i < count; ++i) REQUIRE(ends.take());  // None was lost.
        ends.release();
        CHECK(ends.put_event("again"));
    }
}

TEST_CASE("channel: leaky upstream drops the new frame, counts it, and marks what follows") {
    Ends ends({.capacity = 2, .leaky = Leaky::upstream});
    for (std::uint64_t i = 0; i < 5; ++i) REQUIRE(ends.put(i));
    ends.publish();
    CHECK(ends.take_all() == Numbers{0, 1});
    ends.release();
    CHECK(ends.channel.counters().dropped == 3);
    REQUIRE(ends.put(5));
    REQUIRE(ends.put(6));
    ends.publish();
    CHECK(ends.take()->meta.flags == frame_flag::discont);
    CHECK(ends.take()->meta.flags == 0);
}

TEST_CASE("channel: leaky downstream keeps the newest and gives the others' bytes back at once") {
    CpuArena arena = unwrap(CpuArena::create({.slot_bytes = 64, .slot_count = 4}));
    FramePool pool;
    Ends ends({.capacity = 3, .leaky = Leaky::downstream});
    for (std::uint64_t i = 0; i < 50; ++i) {
        auto slot = arena.acquire();
        REQUIRE(slot);  // Three wait in the channel, the fourth is the one we bring.
        REQUIRE(ends.put(i, pool.own(*std::move(slot))));
        ends.publish();
    }
    CHECK(ends.take_all() == Numbers{47, 48, 49});
    CHECK(ends.channel.counters().dropped == 47);
    CHECK(arena.slots_free() == 1);
    ends.release();
    CHECK(ends.channel.reclaim());
    CHECK(arena.slots_free() == 4);
}

TEST_CASE("channel: leaky downstream drops no event, and no frame from behind one") {
    Ends ends({.capacity = 2, .leaky = Leaky::downstream});
    REQUIRE(ends.put_event("first"));
    for (std::uint64_t i = 0; i < 20; ++i) REQUIRE(ends.put(i));
    ends.publish();
    const auto first = ends.take();
    REQUIRE(first);
    REQUIRE(first->event);
    const Numbers rest = ends.take_all();
    CHECK(rest.size() + ends.channel.counters().dropped == 20);
    CHECK(std::ranges::is_sorted(rest));
}

// Any sequence of puts, commits, takes and releases, against a plain list: what is taken is what
// was put, in order, once; what is missing was counted; and nothing is seen before its commit.
TEST_CASE("channel: whatever the two ends do, each frame is taken once or counted as dropped") {
    for (const Leaky leaky : {Leaky::no, Leaky::upstream, Leaky::downstream}) {
        for (std::uint32_t seed = 0; seed < 200; ++seed) {
            std::minstd_rand dice(seed + 1);
            Ends ends({.capacity = 1 + seed % 5, .leaky = leaky});
            CAPTURE(static_cast<int>(leaky));
            CAPTURE(seed);
            Numbers accepted;
            Numbers taken;
            std::size_t visible = 0;
            for (int move = 0; move < 300; ++move) {
                switch (dice() % 5) {
                    case 0:
                    case 1:
                        if (ends.put(accepted.size())) accepted.push_back(accepted.size());
                        break;
                    case 2:
                        ends.publish();
                        visible = accepted.size();
                        break;
                    case 3:
                        if (const auto entry = ends.take()) {
                            REQUIRE(entry->meta.sequence < visible);
                            taken.push_back(entry->meta.sequence);
                        }
                        break;
                    default:
                        dice() % 2 == 0 ? ends.consume() : ends.release();
                }
            }
            ends.publish();
            for (const std::uint64_t number : ends.take_all()) taken.push_back(number);
            REQUIRE(std::ranges::adjacent_find(taken, std::greater_equal()) == taken.end());
            REQUIRE(taken.size() + ends.channel.counters().dropped == accepted.size());
            if (leaky == Leaky::no) REQUIRE(taken == accepted);
        }
    }
}

// Frames carry their number all over their bytes; a slot that is written while it is read, or
// lent out again too early, shows other bytes (and ThreadSanitizer sees the two meet).
void race_through(Leaky leaky) {
    constexpr std::uint64_t kFrames = 20'000;
    CpuArena arena = unwrap(CpuArena::create({.slot_bytes = 256, .slot_count = 8}));
    FramePool pool;
    Ends ends({.capacity = 3, .leaky = leaky});
    std::uint64_t taken = 0;
    std::jthread consumer([&] {
        for (bool over = false; !over;) {
            const auto entry = ends.take();
            if (!entry) {
                ends.release();  // What was dropped while we looked is passed, too.
                std::this_thread::yield();
                continue;
            }
            over = entry->event.has_value();
            if (!over) {
                const auto number = static_cast<std::byte>(entry->meta.sequence);
                const bool whole =
                    std::ranges::all_of(entry->bytes, [&](std::byte b) { return b == number; });
                if (!whole) FAIL_CHECK("frame " << entry->meta.sequence << " has other bytes");
                ++taken;
            }
            ends.release();
        }
    });
    const auto insist = [&](const Entry& entry, const Payload& payload) {
        while (!unwrap(ends.channel.try_put(entry, payload))) {
            ends.channel.reclaim();
            std::this_thread::yield();
        }
        ends.publish();
    };
    for (std::uint64_t number = 0; number < kFrames; ++number) {
        auto slot = arena.acquire();
        for (; !slot; slot = arena.acquire()) {
            ends.channel.reclaim();
            std::this_thread::yield();
        }
        std::ranges::fill(slot->bytes(), static_cast<std::byte>(number));
        Entry entry{.bytes = slot->bytes()};
        entry.meta.sequence = number;
        insist(entry, pool.own(*std::move(slot)));
    }
    insist({.event = Event{.type = Event::Type::eos}}, {});
    consumer.join();
    CHECK(taken + ends.channel.counters().dropped == kFrames);
    if (leaky == Leaky::no) CHECK(taken == kFrames);
    ends.channel.reclaim();
    CHECK(arena.slots_free() == arena.slot_count());
}

TEST_CASE("channel: two threads pass every frame whole") { race_through(Leaky::no); }
TEST_CASE("channel: two threads, dropping the newest") { race_through(Leaky::upstream); }
TEST_CASE("channel: two threads, dropping the oldest") { race_through(Leaky::downstream); }

}  // namespace
}  // namespace parallax
