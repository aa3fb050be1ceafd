#include "memory/arena_cache.h"

#include <algorithm>

namespace parallax {

Result<> ArenaCache::learn(const Arena& arena, UniqueFd fd) {
    if (mapped_.size() >= kMostArenas) {
        return fail(Errc::quota_exceeded, "more than 256 arenas from other processes");
    }
    if (std::ranges::any_of(mapped_, [&](const Mapped& m) { return m.arena.id == arena.id; })) {
        return fail(Errc::corrupt, "arena " + std::to_string(arena.id) + " is known already");
    }
    if (arena.slot_bytes == 0 || arena.slot_bytes % CpuArena::kSlotAlignment != 0 ||
        arena.slot_bytes > (std::size_t{1} << 40U) || arena.slot_count == 0 ||
        arena.slot_count > (1U << 20U)) {
        return fail(Errc::corrupt, "arena " + std::to_string(arena.id) + " has an absurd shape");
    }
    mapped_.push_back(
        {arena, PX_TRY(CpuSegment::from_fd(std::move(fd), arena.slot_bytes * arena.slot_count,
                                           Access::read_only))});
    return {};
}

Result<MemoryView> ArenaCache::resolve(const SlotRef& ref) const {
    const auto found =
        std::ranges::find_if(mapped_, [&](const Mapped& m) { return m.arena.id == ref.arena_id; });
    if (found == mapped_.end()) {
        return fail(Errc::corrupt, "arena " + std::to_string(ref.arena_id) + " is not known");
    }
    const Arena& arena = found->arena;
    if (ref.index >= arena.slot_count || ref.offset_bytes != ref.index * arena.slot_bytes ||
        ref.size_bytes > arena.slot_bytes) {
        return fail(Errc::corrupt, "a slot reference points outside its arena");
    }
    return found->segment.view().subspan(ref.offset_bytes, ref.size_bytes);
}

void ArenaCache::forget(std::uint64_t arena_id) {
    std::erase_if(mapped_, [&](const Mapped& m) { return m.arena.id == arena_id; });
}

}  // namespace parallax
