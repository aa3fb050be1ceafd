#include "parallax/arena.h"

#include <atomic>
#include <bit>
#include <thread>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

CpuArena arena_of(std::uint32_t slots) {
    return unwrap(CpuArena::create({.slot_bytes = 4096, .slot_count = slots}));
}

TEST_CASE("arena: lends each slot once and takes it back") {
    CpuArena arena = arena_of(2);
    auto first = arena.acquire();
    auto second = arena.acquire();
    REQUIRE((first && second));
    CHECK(first->ref(1).index != second->ref(1).index);
    CHECK_FALSE(arena.acquire());

    first.reset();
    CHECK(arena.slots_free() == 1);
    CHECK(arena.acquire());
}

TEST_CASE("arena: a slot outlives the arena that lent it") {
    std::optional<Slot> slot = arena_of(1).acquire();
    REQUIRE(slot);
    slot->bytes()[0] = std::byte{42};
    CHECK(slot->bytes()[0] == std::byte{42});
}

TEST_CASE("arena: refuses an empty shape") {
    auto arena = CpuArena::create({.slot_bytes = 0, .slot_count = 8});
    REQUIRE_FALSE(arena);
    CHECK(arena.error().code == Errc::invalid_argument);
}

// Four threads fight over three slots. Each stamps its slot, yields, and must find its own stamp.
TEST_CASE("arena: never lends a slot twice under contention") {
    CpuArena arena = arena_of(3);
    std::atomic<int> torn{0};
    std::vector<std::jthread> threads;
    for (int id = 1; id <= 4; ++id) {
        threads.emplace_back([&, id] {
            for (int round = 0; round < 20'000; ++round) {
                auto slot = arena.acquire();
                if (!slot) continue;
                auto& stamp = slot->bytes()[0];
                stamp = std::byte(id);
                std::this_thread::yield();
                if (stamp != std::byte(id)) ++torn;
            }
        });
    }
    threads.clear();
    CHECK(torn == 0);
    CHECK(arena.slots_free() == 3);
}

int open_descriptors() {
    DIR* folder = ::opendir("/proc/self/fd");
    REQUIRE(folder != nullptr);
    int count = 0;
    while (::readdir(folder) != nullptr) ++count;
    ::closedir(folder);
    return count;
}

TEST_CASE("arena: 100 000 frames pass through one descriptor") {
    CpuArena arena = arena_of(4);
    const int before = open_descriptors();
    for (int frame = 0; frame < 100'000; ++frame) {
        auto slot = arena.acquire();
        REQUIRE(slot);
        slot->bytes()[0] = std::byte(frame & 0xff);
    }
    CHECK(open_descriptors() == before);
    CHECK(arena.slots_free() == 4);
}

TEST_CASE("arena: slots start on pages and do not overlap") {
    CpuArena arena = unwrap(CpuArena::create({.slot_bytes = 5000, .slot_count = 3}));
    CHECK(arena.slot_bytes() == 8192);
    const auto a = arena.acquire();
    const auto b = arena.acquire();
    CHECK(b->bytes().data() - a->bytes().data() == 8192);
    CHECK(std::bit_cast<std::uintptr_t>(a->bytes().data()) % 4096 == 0);
}

TEST_CASE("arena: a reference is good only while its slot is lent, and only for its bytes") {
    CpuArena arena = arena_of(2);
    auto slot = arena.acquire();
    const SlotRef ref = slot->ref(100);
    CHECK(unwrap(arena.resolve(ref)).size() == 100);

    SlotRef forged = ref;
    forged.index = 7;
    CHECK_FALSE(arena.resolve(forged));
    forged = ref;
    forged.offset_bytes += 1;
    CHECK_FALSE(arena.resolve(forged));
    forged = ref;
    forged.size_bytes = 1U << 20U;
    CHECK_FALSE(arena.resolve(forged));
    forged = ref;
    forged.arena_id ^= 1;
    CHECK_FALSE(arena.resolve(forged));

    slot.reset();
    CHECK_FALSE(arena.resolve(ref));
    slot = arena.acquire();
    CHECK_FALSE(arena.resolve(ref));  // The same slot, lent anew.
}

TEST_CASE("arena: a sealed arena cannot be mapped writable or cut, but its owner still writes") {
    CpuArena arena = arena_of(1);
    REQUIRE(arena.seal());
    CHECK(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, arena.fd(), 0) == MAP_FAILED);
    CHECK(::ftruncate(arena.fd(), 0) != 0);
    const auto slot = arena.acquire();
    slot->bytes()[0] = std::byte{1};
    CHECK(slot->bytes()[0] == std::byte{1});
}

TEST_CASE("arena: one that another process made is lent out by who adopts it, under the same id") {
    const CpuArena made = arena_of(2);
    const CpuArena adopted = unwrap(CpuArena::adopt(made.shape(), UniqueFd(::dup(made.fd()))));
    CHECK(adopted.shape() == made.shape());
    auto slot = CpuArena(adopted).acquire();
    REQUIRE(slot);
    slot->bytes()[5] = std::byte{9};
    CHECK(made.base()[5] == std::byte{9});
    ArenaShape more = made.shape();
    ++more.slot_count;
    CHECK_FALSE(CpuArena::adopt(more, UniqueFd(::dup(made.fd()))));
}

}  // namespace
}  // namespace parallax
