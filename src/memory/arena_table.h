// ArenaTable: every arena that frames of one process can lie in, its own and those of others.
//
// Where a frame's bytes lie is told to another process as an arena's id and an offset: locate()
// says it of bytes at hand, resolve() finds the bytes again on the other side. Arenas of others
// are mapped read-only, once, and checked: the sender is not trusted.
//
// Threads: any; looking up takes a shared lock. Lifetime: bytes of an arena that was added by its
// descriptor are mapped until it is removed; an arena of our own lives on in its handle.
#pragma once

#include <optional>
#include <shared_mutex>
#include <vector>

#include "parallax/arena.h"

namespace parallax {

// Bytes of an arena, as one process tells another.
struct ArenaPlace {
    std::uint64_t arena_id = 0;
    std::uint64_t offset_bytes = 0;
    std::uint64_t size_bytes = 0;
    bool operator==(const ArenaPlace&) const = default;
};

class ArenaTable {
  public:
    static constexpr std::size_t kMostArenas = 4096;

    void add(const CpuArena& own);
    // Maps what is behind `fd`. Its seals and size must fit the shape.
    Result<> add(const ArenaShape& shape, UniqueFd fd);
    void remove(std::uint64_t id);
    bool knows(std::uint64_t id) const;
    // The descriptor of an arena's memory, for who hands it to another process; borrowed. Nothing
    // when the arena is not known.
    struct Shared {
        ArenaShape shape;
        int fd = -1;
    };
    std::optional<Shared> shared(std::uint64_t id) const;
    // Forgets all; the mappings of others' arenas go to the caller.
    std::vector<CpuSegment> take_all();

    // Nothing when the bytes lie in no arena of the table.
    std::optional<ArenaPlace> locate(MemoryView bytes) const;
    // Bytes of one slot. Whether it is still lent only its owner knows: positions say how long to
    // look at it.
    Result<MemoryView> resolve(const ArenaPlace& place) const;
    std::size_t size() const;

  private:
    struct Known {
        ArenaShape shape;
        const std::byte* base = nullptr;
        std::optional<CpuArena> own;
        std::optional<CpuSegment> mapped;
    };
    mutable std::shared_mutex mutex_;
    std::vector<Known> known_;  // By address.
};

}  // namespace parallax
