// ArenaCache: the receiving side's mappings of arenas that others own, one per arena.
//
// A frame from another process names its bytes by a SlotRef; the first one from an arena comes
// with the arena's descriptor, every later one costs a look-up. All mappings are read-only.
//
// Threads: one owner. Lifetime: views end with `forget` or with the cache.
#pragma once

#include <vector>

#include "parallax/arena.h"

namespace parallax {

class ArenaCache {
  public:
    static constexpr std::size_t kMostArenas = 256;

    struct Arena {
        std::uint64_t id = 0;
        std::size_t slot_bytes = 0;
        std::uint32_t slot_count = 0;
    };

    // Maps the arena behind `fd`. Seals and size are checked: the sender is not trusted.
    Result<> learn(const Arena& arena, UniqueFd fd);

    // The bytes a reference names. Bounds are checked; whether the slot is still lent only its
    // owner knows, so read positions, not this, say when to stop reading.
    Result<MemoryView> resolve(const SlotRef& ref) const;

    void forget(std::uint64_t arena_id);
    std::size_t size() const { return mapped_.size(); }

  private:
    struct Mapped {
        Arena arena;
        CpuSegment segment;
    };
    std::vector<Mapped> mapped_;  // A handful: a linear search beats a map.
};

}  // namespace parallax
