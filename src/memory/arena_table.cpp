#include "memory/arena_table.h"

#include <algorithm>
#include <functional>
#include <mutex>

namespace parallax {
namespace {

Result<> check_shape(const ArenaShape& shape) {
    if (shape.slot_bytes == 0 || shape.slot_bytes % CpuArena::kSlotAlignment != 0 ||
        shape.slot_bytes > (std::uint64_t{1} << 40U) || shape.slot_count == 0 ||
        shape.slot_count > (1U << 20U)) {
        return fail(Errc::corrupt, "arena " + std::to_string(shape.id) + " has an absurd shape");
    }
    return {};
}

}  // namespace

void ArenaTable::add(const CpuArena& own) {
    const std::unique_lock lock(mutex_);
    Known known{.shape = own.shape(), .base = own.base(), .own = own, .mapped = {}};
    const auto place = std::ranges::upper_bound(known_, known.base, std::less<>(), &Known::base);
    known_.insert(place, std::move(known));
}

Result<> ArenaTable::add(const ArenaShape& shape, UniqueFd fd) {
    PX_TRY(check_shape(shape));
    CpuSegment segment = PX_TRY(
        CpuSegment::from_fd(std::move(fd), shape.slot_bytes * shape.slot_count, Access::read_only));
    const std::unique_lock lock(mutex_);
    if (known_.size() >= kMostArenas) {
        return fail(Errc::quota_exceeded,
                    "more than " + std::to_string(kMostArenas) + " arenas in one process");
    }
    const bool again =
        std::ranges::any_of(known_, [&](const Known& each) { return each.shape.id == shape.id; });
    if (again) return fail(Errc::corrupt, "arena " + std::to_string(shape.id) + " is known");
    const std::byte* base = segment.view().data();
    const auto place = std::ranges::upper_bound(known_, base, std::less<>(), &Known::base);
    known_.insert(place, {.shape = shape, .base = base, .own = {}, .mapped = std::move(segment)});
    return {};
}

void ArenaTable::remove(std::uint64_t id) {
    const std::unique_lock lock(mutex_);
    std::erase_if(known_, [&](const Known& known) { return known.shape.id == id; });
}

bool ArenaTable::knows(std::uint64_t id) const {
    const std::shared_lock lock(mutex_);
    return std::ranges::any_of(known_, [&](const Known& known) { return known.shape.id == id; });
}

std::optional<ArenaTable::Shared> ArenaTable::shared(std::uint64_t id) const {
    const std::shared_lock lock(mutex_);
    const auto known =
        std::ranges::find_if(known_, [&](const Known& each) { return each.shape.id == id; });
    if (known == known_.end()) return std::nullopt;
    return Shared{known->shape, known->own ? known->own->fd() : known->mapped->fd()};
}

std::vector<CpuSegment> ArenaTable::take_all() {
    const std::unique_lock lock(mutex_);
    std::vector<CpuSegment> mappings;
    for (Known& known : known_) {
        if (known.mapped) mappings.push_back(*std::move(known.mapped));
    }
    known_.clear();
    return mappings;
}

std::optional<ArenaPlace> ArenaTable::locate(MemoryView bytes) const {
    const std::shared_lock lock(mutex_);
    auto after = std::ranges::upper_bound(known_, bytes.data(), std::less<>(), &Known::base);
    if (after == known_.begin()) return std::nullopt;
    const Known& known = *--after;
    const auto offset = static_cast<std::uint64_t>(bytes.data() - known.base);
    const std::uint64_t all = known.shape.slot_bytes * known.shape.slot_count;
    if (offset >= all || bytes.size() > all - offset) return std::nullopt;
    return ArenaPlace{known.shape.id, offset, bytes.size()};
}

Result<MemoryView> ArenaTable::resolve(const ArenaPlace& place) const {
    const std::shared_lock lock(mutex_);
    const auto known = std::ranges::find_if(
        known_, [&](const Known& each) { return each.shape.id == place.arena_id; });
    if (known == known_.end()) {
        return fail(Errc::corrupt, "arena " + std::to_string(place.arena_id) + " is not known");
    }
    const ArenaShape& shape = known->shape;
    const std::uint64_t in_slot = place.offset_bytes % shape.slot_bytes;
    if (place.offset_bytes / shape.slot_bytes >= shape.slot_count ||
        place.size_bytes > shape.slot_bytes - in_slot) {
        return fail(Errc::corrupt, "bytes outside of arena " + std::to_string(place.arena_id));
    }
    return MemoryView{known->base + place.offset_bytes, place.size_bytes};
}

std::size_t ArenaTable::size() const {
    const std::shared_lock lock(mutex_);
    return known_.size();
}

}  // namespace parallax
