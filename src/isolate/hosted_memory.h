// HostedMemory: all that a stage's process maps of what its blueprint names: arenas, its record and
// counters, and rings and records of its neighbours.
//
// Threads: the process's first, until the stage runs; then the stage's. Lifetime: rings point at
// `arenas`, so that it stays where it is; stage and channels end before it.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "exec/shared_ring.h"
#include "isolate/blueprint.h"
#include "isolate/peer_record.h"
#include "memory/arena_table.h"
#include "parallax/arena.h"

namespace parallax {

// Taken out of a list that came with a message; none where it names none.
UniqueFd take_fd(std::span<UniqueFd> fds, std::uint32_t number);

class HostedMemory {
  public:
    // Takes what it needs of the descriptors that came with it.
    static Result<std::unique_ptr<HostedMemory>> map(const Blueprint& blueprint,
                                                     std::span<UniqueFd> fds);
    HostedMemory() = default;
    HostedMemory(const HostedMemory&) = delete;
    HostedMemory& operator=(const HostedMemory&) = delete;
    ~HostedMemory() = default;

    // A ring of a link's end: Blueprint::Input or Output.
    template <class Link>
    Result<std::unique_ptr<SharedRing>> map_ring(UniqueFd fd, const Link& link, Access access) {
        const std::uint64_t places =
            Channel::places(std::clamp(link.capacity, 1U, 65'536U), std::min(link.held, 65'536U));
        CpuSegment pages =
            PX_TRY(CpuSegment::from_fd(std::move(fd), SharedRing::bytes_for(places), access));
        return std::make_unique<SharedRing>(std::move(pages), places, arenas);
    }
    Result<RecordPage*> record_page();
    Result<ElementCounters*> counters();                        // One for each piece,
    Result<TraceRing*> trace_ring(const Blueprint& blueprint);  // and behind them. Null: none.
    Result<MemoryViewMut> checkpoints(const Blueprint& blueprint);

    ArenaTable arenas;
    std::vector<CpuArena> own;
    std::vector<std::unique_ptr<PeerRecord>> in_from;                // By input,
    std::vector<std::vector<std::unique_ptr<SharedRing>>> in_rings;  // the oldest first.
    std::vector<std::unique_ptr<PeerRecord>> out_to;                 // By output.
    std::vector<std::unique_ptr<SharedRing>> out_rings;

  private:
    Result<> map_own(const Blueprint& blueprint, std::span<UniqueFd> fds);
    Result<> map_links(const Blueprint& blueprint, std::span<UniqueFd> fds);

    std::optional<CpuSegment> record_page_;
    std::optional<CpuSegment> counters_page_;
    std::optional<CpuSegment> checkpoints_;
};

}  // namespace parallax
