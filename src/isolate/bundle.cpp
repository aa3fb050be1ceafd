#include "isolate/bundle.h"

#include <algorithm>

#include <fcntl.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hash.h"
#include "exec/shared_ring.h"

namespace parallax {
namespace {

std::uint64_t slot_bytes_for(std::size_t most_bytes) {
    constexpr std::uint64_t kPage = CpuArena::kSlotAlignment;
    return std::max<std::uint64_t>(1, (most_bytes + kPage - 1) / kPage) * kPage;
}

Result<> seal_for_good(const UniqueFd& fd) {
    if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0) return {};
    return fail_errno("F_SEAL_FUTURE_WRITE");
}

}  // namespace

Result<UniqueFd> make_memory(const std::string& name, std::size_t size_bytes) {
    CpuSegment segment = PX_TRY(CpuSegment::create({.size_bytes = size_bytes, .name = name}));
    PX_TRY(segment.seal({.size = true}));
    UniqueFd fd(::fcntl(segment.fd(), F_DUPFD_CLOEXEC, 3));
    if (!fd) return fail_errno("another descriptor of a memfd");
    return fd;
}

UniqueFd copy_of(const UniqueFd& fd) { return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)); }

std::uint64_t places_of(const PlannedLink& link) {
    return Channel::places(link.capacity, link.held);
}

Result<CpuSegment> map_ring_memory(UniqueFd fd, const PlannedLink& link, Access access) {
    return CpuSegment::from_fd(std::move(fd), SharedRing::bytes_for(places_of(link)), access);
}

Result<Bundle> Bundle::make(const Plan& plan, std::size_t stage, bool traced) {
    const PlannedStage& planned = plan.stages[stage];
    const std::size_t size_bytes = counters_bytes(planned.elements.size(), traced);
    UniqueFd record_fd = PX_TRY(make_memory("record", sizeof(RecordPage)));
    UniqueFd counters_fd = PX_TRY(make_memory("counters", size_bytes));
    auto record = PX_TRY(PeerRecord::map(copy_of(record_fd), planned.inputs, planned.channels));
    CpuSegment counters =
        PX_TRY(CpuSegment::from_fd(copy_of(counters_fd), size_bytes, Access::read_only));
    Bundle bundle{.record_fd = std::move(record_fd),
                  .counters_fd = std::move(counters_fd),
                  .ring_fds = std::vector<UniqueFd>(planned.channels),
                  .arenas = {},
                  .checkpoint_bytes = planned.checkpoint_bytes,
                  .checkpoints_fd = {},
                  .record = std::move(record),
                  .counters = std::move(counters),
                  .checkpoints = {},
                  .pieces = planned.elements.size(),
                  .traced = traced};
    if (planned.checkpoint_bytes > 0) {
        const std::size_t bytes = kCheckpoints * planned.checkpoint_bytes;
        bundle.checkpoints_fd = PX_TRY(make_memory("checkpoints", bytes));
        bundle.checkpoints =
            PX_TRY(CpuSegment::from_fd(copy_of(bundle.checkpoints_fd), bytes, Access::read_only));
    }
    for (const PlannedLink& link : plan.links) {
        if (!link.channel || link.from_stage != stage) continue;
        bundle.ring_fds[link.from_word] =
            PX_TRY(make_memory("ring", SharedRing::bytes_for(places_of(link))));
    }
    for (const PlannedArena& arena : plan.arenas) {
        if (std::ranges::find(planned.elements, arena.element) == planned.elements.end()) continue;
        const ArenaShape shape{.id = CpuArena::next_id(),
                               .slot_bytes = slot_bytes_for(arena.slot_bytes),
                               .slot_count = arena.slots};
        bundle.arenas.push_back(
            {.element = arena.element,
             .pad = arena.pad,
             .shape = shape,
             .most_bytes = arena.slot_bytes,
             .fd = PX_TRY(make_memory("arena", shape.slot_bytes * shape.slot_count))});
    }
    return bundle;
}

Result<> Bundle::seal() const {
    PX_TRY(seal_for_good(record_fd));
    PX_TRY(seal_for_good(counters_fd));
    for (const UniqueFd& ring : ring_fds) PX_TRY(seal_for_good(ring));
    if (checkpoints_fd) PX_TRY(seal_for_good(checkpoints_fd));
    for (const SharedArena& arena : arenas) PX_TRY(seal_for_good(arena.fd));
    return {};
}

Result<> Bundle::put_checkpoint(std::span<const std::byte> state) const {
    if (state.empty()) return {};
    const auto written = ::pwrite(checkpoints_fd.get(), state.data(), state.size(), 0);
    if (written != static_cast<ssize_t>(state.size())) return fail_errno("pwrite of a checkpoint");
    return {};
}

std::optional<std::vector<std::byte>> Bundle::checkpoint(std::uint32_t commits,
                                                         const InlineState& state) const {
    if (state == InlineState{}) return std::vector<std::byte>();
    const std::size_t room = checkpoints ? checkpoint_bytes : 0;
    if (state[0] > room) return std::nullopt;
    const MemoryView at = checkpoints->view().subspan((commits % kCheckpoints) * room, state[0]);
    std::vector<std::byte> copy(at.begin(), at.end());
    if (hash64(copy) != state[1]) return std::nullopt;
    return copy;
}

const ElementCounters& Bundle::counters_of(std::size_t piece) const {
    PX_CHECK(piece < pieces);
    return reinterpret_cast<const ElementCounters*>(counters.view().data())[piece];
}

const TraceRing* Bundle::trace_ring() const {
    if (!traced) return nullptr;
    const std::byte* at = counters.view().data() + counters_bytes(pieces, false);
    return reinterpret_cast<const TraceRing*>(at);
}

}  // namespace parallax
