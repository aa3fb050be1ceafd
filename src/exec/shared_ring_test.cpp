#include "exec/shared_ring.h"

#include <random>

#include <unistd.h>

#include <doctest/doctest.h>

#include "exec/channel.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

constexpr std::uint64_t kPlaces = 4;

// A ring as two processes have it: each its own mapping, and its own table of arenas.
struct Sides {
    CpuSegment memory = unwrap(CpuSegment::create({.size_bytes = SharedRing::bytes_for(kPlaces)}));
    CpuArena arena = unwrap(CpuArena::create({.slot_bytes = 4096, .slot_count = 2}));
    ArenaTable here;
    ArenaTable there;
    MemoryViewMut raw;  // What a hostile writer may do anything with.
    std::unique_ptr<SharedRing> writer;
    std::unique_ptr<SharedRing> reader;

    Sides() {
        REQUIRE(memory.seal({.size = true}));
        here.add(arena);
        REQUIRE(there.add(arena.shape(), UniqueFd(::dup(arena.fd()))));
        const auto view = [&](Access access) {
            return unwrap(CpuSegment::from_fd(UniqueFd(::dup(memory.fd())),
                                              SharedRing::bytes_for(kPlaces), access));
        };
        raw = unwrap(memory.view_mut());
        writer = std::make_unique<SharedRing>(view(Access::read_write), kPlaces, here);
        reader = std::make_unique<SharedRing>(view(Access::read_only), kPlaces, there);
    }
};

TEST_CASE("shared ring: a frame arrives with its bytes, metadata and origin") {
    Sides sides;
    auto slot = sides.arena.acquire();
    slot->bytes()[1] = std::byte{42};
    Entry entry{.bytes = MemoryView(slot->bytes()).first(100)};
    entry.meta.sequence = 7;
    entry.meta.pts_ns = 1234;
    entry.meta.flags = frame_flag::delta;
    REQUIRE(entry.meta.set("mine", std::vector<std::byte>(1000, std::byte{3})));
    entry.origin = Origin{2, 99};
    REQUIRE(sides.writer->put(6, entry));
    const Entry got = unwrap(sides.reader->get(6));
    CHECK(got.meta == entry.meta);
    CHECK(got.origin == entry.origin);
    REQUIRE(got.bytes.size() == 100);
    CHECK(got.bytes[1] == std::byte{42});
    CHECK(got.bytes.data() != entry.bytes.data());  // The same page, in another mapping.
}

TEST_CASE("shared ring: an event arrives with its fields") {
    Sides sides;
    Entry entry;
    entry.event = Event{.type = Event::Type::tag,
                        .pts_ns = 5,
                        .duration_ns = 6,
                        .name = "title",
                        .fields = {{"artist", "nobody"}, {"empty", ""}},
                        .number = 7};
    REQUIRE(sides.writer->put(0, entry));
    const Entry got = unwrap(sides.reader->get(0));
    REQUIRE(got.event);
    CHECK(got.event->type == Event::Type::tag);
    CHECK(got.event->name == "title");
    CHECK(got.event->fields == entry.event->fields);
    CHECK(got.event->number == 7);
}

TEST_CASE("shared ring: what cannot be told is refused when it is written") {
    Sides sides;
    std::array<std::byte, 8> loose{};
    CHECK_FALSE(sides.writer->put(0, {.bytes = loose}));
    Entry huge;
    REQUIRE(huge.meta.set("k", std::vector<std::byte>(SharedRing::kRoomBytes)));
    CHECK_FALSE(sides.writer->put(0, huge));
    CHECK_FALSE(sides.reader->put(0, {}));  // Mapped read-only.
}

// Whatever a hostile writer leaves there: an answer or an error, and never a read outside.
TEST_CASE("shared ring: any bytes at all are an entry or an error") {
    Sides sides;
    std::minstd_rand dice(1);
    auto slot = sides.arena.acquire();
    int good = 0;
    for (int round = 0; round < 20'000; ++round) {
        Entry entry{.bytes = MemoryView(slot->bytes()).first(dice() % 4096)};
        REQUIRE(entry.meta.set("k", std::vector<std::byte>(dice() % 64)));
        if (dice() % 4 == 0) entry.event = Event{.type = Event::Type::gap, .name = "x"};
        REQUIRE(sides.writer->put(0, entry));
        for (int flips = static_cast<int>(dice() % 4); flips > 0; --flips) {
            const bool head = dice() % 2 == 0;
            const std::size_t at = head ? dice() % 88 : 4096 + dice() % 128;
            sides.raw[at] = static_cast<std::byte>(dice());
        }
        const Result<Entry> got = sides.reader->get(0);
        if (!got) continue;
        ++good;
        if (!got->bytes.empty()) {
            CHECK(got->bytes.size() <= 4096);
            CHECK(std::to_integer<int>(got->bytes.back()) >= 0);  // It can be read.
        }
    }
    CHECK(good > 1000);
}

// --- A channel whose ends die and are followed by others.

struct Line {
    Sides sides;
    CommitRecord producer{0, 1};
    CommitRecord consumer{1, 0};
    Positions made;
    Positions used;
};

TEST_CASE("channel: a reader goes on from a dead producer's last entry to its successor's first") {
    Line line;
    CommitRecord& first = line.producer;
    auto old_ring = std::make_unique<LocalRing>(Channel::places(1));
    Entry entry;
    for (std::uint64_t n = 0; n < 5; ++n) {
        entry.meta.sequence = n;
        REQUIRE(old_ring->put(n, entry));
    }
    Channel channel({.capacity = 1}, {&first, 0}, {&line.consumer, 0}, std::move(old_ring));
    line.made.published[0] = 3;  // Two more were written and never committed.
    first.commit(line.made);
    std::uint64_t at = 0;
    CHECK(channel.take(at)->meta.sequence == 0);

    CommitRecord second(0, 1);
    auto new_ring = std::make_unique<LocalRing>(Channel::places(1));
    for (std::uint64_t n = 3; n < 6; ++n) {
        entry.meta.sequence = 100 + n;
        REQUIRE(new_ring->put(n, entry));
    }
    channel.continue_from(3, {&second, 0}, std::move(new_ring));
    CHECK(channel.take(at)->meta.sequence == 1);
    CHECK(channel.take(at)->meta.sequence == 2);
    CHECK_FALSE(channel.take(at));  // The successor has not published yet.
    line.made.published[0] = 5;
    second.commit(line.made);
    CHECK(channel.take(at)->meta.sequence == 103);
    CHECK(channel.take(at)->meta.sequence == 104);
    CHECK_FALSE(channel.forget_before(2));  // Bytes of entry 2 may still be looked at.
    CHECK(channel.forget_before(3));
}

TEST_CASE("channel: a producer keeps what a dead consumer had not done, for its successor") {
    Line line;
    Channel channel({.capacity = 2}, {&line.producer, 0}, {&line.consumer, 0});
    std::uint64_t put = 0;
    const auto fill = [&] {
        while (unwrap(channel.try_put({}, {}))) ++put;
        line.made.published[0] = channel.published();
        line.producer.commit(line.made);
    };
    fill();
    CHECK(put == 2);
    // It copies all out at once, and dies having done one: the second stays where it is.
    for (std::uint64_t lap = 0; lap < 20; ++lap) {
        line.used.consumed[0] = put;
        line.used.done[0] = 1;
        line.used.released[0] = 1;
        line.consumer.commit(line.used);
        fill();
    }
    CHECK(put == Channel::places(2) + 1);  // Only the storage of the one that is done was reused.
    CommitRecord next(1, 0);
    next.commit(line.used);
    channel.continue_with({&next, 0});
    std::uint64_t at = 1;
    while (channel.take(at)) {
    }
    CHECK(at == put);
}

TEST_CASE("channel: a producer that may die keeps what is held, for its own successor") {
    Line line;
    const Channel::Options options{.capacity = 2, .held = 40, .keep_held = true};
    Channel channel(options, {&line.producer, 0}, {&line.consumer, 0});
    std::uint64_t put = 0;
    // All is done with at once, and nothing let go of: no origin is written over.
    for (std::uint64_t lap = 0; lap < 200; ++lap) {
        while (unwrap(channel.try_put({}, {}))) ++put;
        line.made.published[0] = channel.published();
        line.producer.commit(line.made);
        line.used.consumed[0] = put;
        line.used.done[0] = put;
        line.consumer.commit(line.used);
    }
    CHECK(put == Channel::places(2, 40));
    CHECK(put >= 2 + 40);
    line.used.released[0] = 3;
    line.consumer.commit(line.used);
    while (unwrap(channel.try_put({}, {}))) ++put;
    CHECK(put == Channel::places(2, 40) + 2);  // Capacity is what holds it back now.
}

TEST_CASE("channel: claims that cannot be are told once and change nothing") {
    Line line;
    Channel channel({.capacity = 2}, {&line.producer, 0}, {&line.consumer, 0});
    int told = 0;
    channel.on_violation([&](const Error& error) {
        ++told;
        CHECK(error.code == Errc::corrupt);
    });
    CpuArena arena = unwrap(CpuArena::create({.slot_bytes = 1, .slot_count = 1}));
    FramePool pool;
    REQUIRE(unwrap(channel.try_put({}, pool.own(*arena.acquire()))));
    line.used.released[0] = 2;
    line.consumer.commit(line.used);
    CHECK_FALSE(channel.reclaim());
    CHECK(arena.slots_free() == 0);
    CHECK_FALSE(channel.reclaim());
    CHECK(told == 1);

    std::uint64_t at = 0;
    line.made.published[0] = 1'000'000;
    line.producer.commit(line.made);
    CHECK_FALSE(channel.take(at));
    CHECK(at == 0);
    // A successor is believed again.
    CommitRecord next(1, 0);
    channel.continue_with({&next, 0});
    line.used.released[0] = 1;
    next.commit(line.used);
    CHECK(channel.reclaim());
    CHECK(arena.slots_free() == 1);
}

}  // namespace
}  // namespace parallax
