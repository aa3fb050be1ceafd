// SharedRing: the entries of a channel in a memfd, written by one process and read by another.
//
// Each place has a fixed head and room for what varies in length: custom metadata, the text of an
// event. A frame's bytes are told as a place in an arena that both sides know. The reader copies
// once, then checks, then uses: the writer is not trusted. An entry that is too large for its room
// is refused when it is written.
//
// The memory is sparse: room that is never written costs no page.
//
// Threads: as Ring. Lifetime: the table outlives the ring; bytes of an entry stay where they are
// as long as the table knows their arena.
#pragma once

#include "exec/entry.h"
#include "memory/arena_table.h"

namespace parallax {

class SharedRing final : public Ring {
  public:
    static constexpr std::uint64_t kHeadBytes = 64;
    static constexpr std::uint64_t kRoomBytes = std::uint64_t{128} << 10U;

    // Of how many bytes the memfd of so many places is.
    static std::uint64_t bytes_for(std::uint64_t places);

    // A ring of `places`, a power of two. `pages` must be of bytes_for(places), writable for who
    // calls put().
    SharedRing(CpuSegment pages, std::uint64_t places, const ArenaTable& arenas);

    Result<> put(std::uint64_t position, const Entry& entry) override;
    Result<Entry> get(std::uint64_t position) override;
    void fetch(std::uint64_t position) const override {
        __builtin_prefetch(pages_.view().data() + (position & mask_) * kHeadBytes);
    }

  private:
    CpuSegment pages_;
    const std::uint64_t mask_;
    const ArenaTable& arenas_;
};

}  // namespace parallax
