// Bundle: the memory of one incarnation of a stage: its record, its counters, a ring for each of
// its channels, and the arenas of its elements' outputs.
//
// Order, as docs/protocol.md says: made here with size seals; mapped for writing by the trusted
// start of the process; sealed against any further writable mapping; only then does foreign code
// run. The supervisor maps all of it read-only.
//
// Threads: the supervisor's. Lifetime: descriptors end with it; mappings of others live on.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "graph/element_run.h"
#include "graph/plan.h"
#include "isolate/peer_record.h"
#include "parallax/arena.h"

namespace parallax {

struct SharedArena {
    std::size_t element = 0;  // Of the graph, and the number of its output.
    std::size_t pad = 0;
    ArenaShape shape;
    std::size_t most_bytes = 0;
    UniqueFd fd;
};

struct Bundle {
    UniqueFd record_fd;
    UniqueFd counters_fd;
    std::vector<UniqueFd> ring_fds;  // By channel word.
    std::vector<SharedArena> arenas;
    std::size_t checkpoint_bytes = 0;  // The most that its first element writes at once,
    UniqueFd checkpoints_fd;           // into these, where that is more than none.

    std::unique_ptr<PeerRecord> record;
    CpuSegment counters;
    std::optional<CpuSegment> checkpoints;
    std::size_t pieces = 0;
    bool traced = false;

    // `traced`: with a ring for a trace behind the counters.
    static Result<Bundle> make(const Plan& plan, std::size_t stage, bool traced);
    // No mapping for writing from here on, in any process.
    Result<> seal() const;
    const ElementCounters& counters_of(std::size_t piece) const;

    // What its process goes on from; before it is sealed.
    Result<> put_checkpoint(std::span<const std::byte> state) const;
    // What it wrote with the commit of that number and state, as a copy, if that checks out.
    std::optional<std::vector<std::byte>> checkpoint(std::uint32_t commits,
                                                     const InlineState& state) const;
    const TraceRing* trace_ring() const;  // Null: it is not traced.
};

constexpr std::size_t counters_bytes(std::size_t pieces, bool traced) {
    static_assert(alignof(TraceRing) <= alignof(ElementCounters));
    return pieces * sizeof(ElementCounters) + (traced ? sizeof(TraceRing) : 0);
}

// A memfd that cannot change its size, and that nobody has mapped.
Result<UniqueFd> make_memory(const std::string& name, std::size_t size_bytes);
UniqueFd copy_of(const UniqueFd& fd);

std::uint64_t places_of(const PlannedLink& link);  // In its ring.
Result<CpuSegment> map_ring_memory(UniqueFd fd, const PlannedLink& link, Access access);

}  // namespace parallax
