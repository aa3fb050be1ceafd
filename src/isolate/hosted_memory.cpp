#include "isolate/hosted_memory.h"

#include "isolate/bundle.h"

namespace parallax {

UniqueFd take_fd(std::span<UniqueFd> fds, std::uint32_t number) {
    return number < fds.size() ? std::move(fds[number]) : UniqueFd();
}

Result<std::unique_ptr<HostedMemory>> HostedMemory::map(const Blueprint& blueprint,
                                                        std::span<UniqueFd> fds) {
    if (blueprint.inputs.size() > kMaxInputs || blueprint.outputs.size() > kMaxChannels) {
        return fail(Errc::corrupt, "more links than a stage can have");
    }
    auto memory = std::make_unique<HostedMemory>();
    PX_TRY(memory->map_own(blueprint, fds));
    PX_TRY(memory->map_links(blueprint, fds));
    return memory;
}

Result<> HostedMemory::map_own(const Blueprint& blueprint, std::span<UniqueFd> fds) {
    for (const Blueprint::Arena& arena : blueprint.arenas) {
        if (!arena.own) {
            PX_TRY(arenas.add(arena.shape, take_fd(fds, arena.fd)));
            continue;
        }
        own.push_back(PX_TRY(CpuArena::adopt(arena.shape, take_fd(fds, arena.fd))));
        arenas.add(own.back());
    }
    record_page_ = PX_TRY(CpuSegment::from_fd(take_fd(fds, blueprint.record_fd), sizeof(RecordPage),
                                              Access::read_write));
    counters_page_ = PX_TRY(CpuSegment::from_fd(
        take_fd(fds, blueprint.counters_fd),
        counters_bytes(blueprint.pieces.size(), blueprint.traced), Access::read_write));
    if (blueprint.checkpoint_bytes == 0) return {};
    const std::uint64_t bytes =
        kCheckpoints * std::min<std::uint64_t>(blueprint.checkpoint_bytes, 1U << 20U);
    checkpoints_ = PX_TRY(
        CpuSegment::from_fd(take_fd(fds, blueprint.checkpoints_fd), bytes, Access::read_write));
    return {};
}

Result<> HostedMemory::map_links(const Blueprint& blueprint, std::span<UniqueFd> fds) {
    for (const Blueprint::Input& in : blueprint.inputs) {
        in_from.push_back(PX_TRY(
            PeerRecord::map(take_fd(fds, in.record_fd), in.producer_inputs, in.producer_channels)));
        std::vector<std::unique_ptr<SharedRing>> rings;
        rings.reserve(in.formers.size() + 1);
        for (const auto& former : in.formers) {
            rings.push_back(PX_TRY(map_ring(take_fd(fds, former.ring_fd), in, Access::read_only)));
        }
        rings.push_back(PX_TRY(map_ring(take_fd(fds, in.ring_fd), in, Access::read_only)));
        in_rings.push_back(std::move(rings));
    }
    for (const Blueprint::Output& out : blueprint.outputs) {
        out_to.push_back(PX_TRY(PeerRecord::map(take_fd(fds, out.record_fd), out.consumer_inputs,
                                                out.consumer_channels)));
        out_rings.push_back(PX_TRY(map_ring(take_fd(fds, out.ring_fd), out, Access::read_write)));
    }
    return {};
}

Result<RecordPage*> HostedMemory::record_page() {
    return reinterpret_cast<RecordPage*>(PX_TRY(record_page_->view_mut()).data());
}

Result<ElementCounters*> HostedMemory::counters() {
    return reinterpret_cast<ElementCounters*>(PX_TRY(counters_page_->view_mut()).data());
}

Result<TraceRing*> HostedMemory::trace_ring(const Blueprint& blueprint) {
    if (!blueprint.traced) return nullptr;
    std::byte* counters = PX_TRY(counters_page_->view_mut()).data();
    return reinterpret_cast<TraceRing*>(counters + counters_bytes(blueprint.pieces.size(), false));
}

Result<MemoryViewMut> HostedMemory::checkpoints(const Blueprint& blueprint) {
    if (!checkpoints_) return MemoryViewMut();
    return PX_TRY(checkpoints_->view_mut()).first(kCheckpoints * blueprint.checkpoint_bytes);
}

}  // namespace parallax
