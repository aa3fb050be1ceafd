#include "exec/frame.h"

#include <algorithm>
#include <array>
#include <utility>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

CpuArena arena_of(std::uint32_t slots) {
    return unwrap(CpuArena::create({.slot_bytes = 64, .slot_count = slots}));
}

// released() is the length of the longest beginning of which all was given back.
TEST_CASE("borrows: positions are released in order, in whatever order they come back") {
    std::array<std::uint64_t, 6> order{0, 1, 2, 3, 4, 5};
    do {
        Borrows borrows;
        while (borrows.taken() < order.size()) borrows.take();
        std::array<bool, 6> back{};
        for (const std::uint64_t position : order) {
            borrows.give_back(position);
            back.at(position) = true;
            const auto first_out = std::ranges::find(back, false) - back.begin();
            REQUIRE(borrows.released() == static_cast<std::uint64_t>(first_out));
        }
    } while (std::ranges::next_permutation(order).found);
}

TEST_CASE("borrows: skipped positions count as taken and given back") {
    Borrows borrows;
    const std::uint64_t held = borrows.take();
    borrows.skip_to(5);
    CHECK(borrows.taken() == 5);
    CHECK(borrows.released() == 0);  // The one before them is still out.
    borrows.give_back(held);
    CHECK(borrows.released() == 5);
    borrows.skip_to(5);
    borrows.skip_to(2);  // Back is no way.
    CHECK(borrows.taken() == 5);
}

TEST_CASE("payload: a slot goes back when its last holder lets go") {
    CpuArena arena = arena_of(2);
    FramePool pool;
    Payload first = pool.own(*arena.acquire());
    CHECK(arena.slots_free() == 1);
    Payload second = first;
    Payload third = std::move(first);
    second = third;
    second = Payload();
    CHECK(arena.slots_free() == 1);
    third = Payload();
    CHECK(arena.slots_free() == 2);
}

TEST_CASE("payload: assigned to itself it still holds") {
    CpuArena arena = arena_of(1);
    FramePool pool;
    Payload payload = pool.own(*arena.acquire());
    Payload& same = payload;
    payload = same;
    CHECK(arena.slots_free() == 0);
    CHECK(payload.writable() != nullptr);
}

TEST_CASE("payload: only who holds a slot of this stage alone may write it") {
    CpuArena arena = arena_of(1);
    FramePool pool;
    CHECK(Payload().writable() == nullptr);
    Payload payload = pool.own(*arena.acquire());
    CHECK(payload.writable() != nullptr);
    {
        Payload other = payload;
        CHECK(payload.writable() == nullptr);
        CHECK(other.writable() == nullptr);
    }
    CHECK(payload.writable() != nullptr);
    Borrows borrows;
    Payload borrowed = pool.borrow(borrows, borrows.take());
    CHECK(borrowed.writable() == nullptr);
}

TEST_CASE("payload: a borrowed frame is released by its last holder") {
    FramePool pool;
    Borrows borrows;
    Payload first = pool.borrow(borrows, borrows.take());
    Payload second = pool.borrow(borrows, borrows.take());
    Payload also_first = first;
    second = Payload();
    CHECK(borrows.released() == 0);
    first = Payload();
    CHECK(borrows.released() == 0);
    also_first = Payload();
    CHECK(borrows.released() == 2);
}

// What is used again must have forgotten whose it was.
TEST_CASE("frame pool: a payload that is used again releases only what is its own") {
    CpuArena arena = arena_of(1);
    FramePool pool;
    Borrows borrows;
    for (int round = 0; round < 100; ++round) {
        {
            const Payload borrowed = pool.borrow(borrows, borrows.take());
        }
        const std::uint64_t released = borrows.released();
        {
            const Payload owned = pool.own(*arena.acquire());
        }
        CHECK(arena.slots_free() == 1);
        CHECK(borrows.released() == released);
    }
    CHECK(borrows.released() == 100);
}

}  // namespace
}  // namespace parallax
