#include "memory/arena_table.h"

#include <unistd.h>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

CpuArena arena_of(std::uint32_t slots) {
    return unwrap(CpuArena::create({.slot_bytes = 4096, .slot_count = slots, .name = "test"}));
}

TEST_CASE("arena table: bytes of our own arena are found again in another's mapping of it") {
    CpuArena arena = arena_of(3);
    const auto first = arena.acquire();
    const auto second = arena.acquire();
    second->bytes()[7] = std::byte{77};
    ArenaTable ours;
    ours.add(arena);
    ArenaTable theirs;
    REQUIRE(theirs.add(arena.shape(), UniqueFd(::dup(arena.fd()))));

    const auto place = ours.locate(MemoryView(second->bytes()).subspan(5, 100));
    REQUIRE(place);
    CHECK(*place == ArenaPlace{arena.id(), 4096 + 5, 100});
    CHECK(unwrap(theirs.resolve(*place))[2] == std::byte{77});
    // And what they see there they can name, too, to hand it on.
    CHECK(theirs.locate(unwrap(theirs.resolve(*place))) == place);
}

TEST_CASE("arena table: bytes of nobody's have no place") {
    ArenaTable table;
    std::array<std::byte, 8> loose{};
    CHECK_FALSE(table.locate(loose));
    table.add(arena_of(1));
    CHECK_FALSE(table.locate(loose));
}

TEST_CASE("arena table: a forged place is refused, whatever it says") {
    const CpuArena arena = arena_of(2);
    ArenaTable table;
    REQUIRE(table.add(arena.shape(), UniqueFd(::dup(arena.fd()))));
    const std::uint64_t id = arena.id();
    CHECK(table.resolve({id, 0, 4096}));
    CHECK(table.resolve({id, 4096, 4096}));
    CHECK(table.resolve({id, 8191, 1}));
    CHECK_FALSE(table.resolve({id, 0, 4097}));  // Into the next slot.
    CHECK_FALSE(table.resolve({id, 4095, 2}));  // Across two.
    CHECK_FALSE(table.resolve({id, 8192, 1}));  // Behind the last.
    CHECK_FALSE(table.resolve({id, 8192, 0}));
    CHECK_FALSE(table.resolve({id, ~std::uint64_t{0}, 1}));
    CHECK_FALSE(table.resolve({id, 1, ~std::uint64_t{0}}));
    CHECK_FALSE(table.resolve({id + 1, 0, 1}));
    table.remove(id);
    CHECK_FALSE(table.resolve({id, 0, 1}));
}

TEST_CASE("arena table: an arena that is smaller than it says, absurd, or known is refused") {
    const CpuArena arena = arena_of(1);
    const auto fd = [&] { return UniqueFd(::dup(arena.fd())); };
    ArenaTable table;
    ArenaShape shape = arena.shape();
    shape.slot_count = 2;
    CHECK_FALSE(table.add(shape, fd()));
    shape.slot_count = 0;
    CHECK_FALSE(table.add(shape, fd()));
    shape = arena.shape();
    shape.slot_bytes = std::uint64_t{1} << 63U;
    CHECK_FALSE(table.add(shape, fd()));
    shape.slot_bytes = 100;
    CHECK_FALSE(table.add(shape, fd()));
    REQUIRE(table.add(arena.shape(), fd()));
    CHECK_FALSE(table.add(arena.shape(), fd()));
    CHECK(table.size() == 1);
}

}  // namespace
}  // namespace parallax
