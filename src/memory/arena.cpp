#include "parallax/arena.h"

#include <atomic>
#include <bit>
#include <vector>

#include <sys/random.h>

#include "base/check.h"

namespace parallax {
namespace {

constexpr std::uint32_t kWordBits = 64;

// Random in the high half, so that ids of two processes do not meet; counted in the low half.
std::uint64_t next_arena_id() {
    static const std::uint64_t process_part = [] {
        std::uint32_t random = 0;
        if (::getrandom(&random, sizeof random, 0) != sizeof random) random = 1;
        return std::uint64_t{random} << 32U;
    }();
    static std::atomic<std::uint32_t> counter{0};
    return process_part | (counter.fetch_add(1, std::memory_order_relaxed) + 1);
}

}  // namespace

// The mapping and its free list. A set bit in `free_` is a slot nobody holds.
class ArenaMemory {
  public:
    ArenaMemory(CpuSegment memory, std::uint64_t number, std::size_t bytes_per_slot,
                std::uint32_t count)
        : id(number),
          slot_bytes(bytes_per_slot),
          slot_count(count),
          segment(std::move(memory)),
          base(segment.view_mut()->data()),
          free_((count + kWordBits - 1) / kWordBits),
          generation_(count) {
        for (std::uint32_t i = 0; i < count; ++i) give_back(i);
    }
    ArenaMemory(const ArenaMemory&) = delete;
    ArenaMemory& operator=(const ArenaMemory&) = delete;
    ~ArenaMemory() { PX_CHECK(count_free() == slot_count); }

    std::optional<std::uint32_t> take() {
        for (std::uint32_t w = 0; w < free_.size(); ++w) {
            std::uint64_t bits = free_[w].load(std::memory_order_relaxed);
            while (bits != 0) {
                const std::uint64_t lowest = bits & -bits;
                // Acquire pairs with the release in give_back: the last holder's writes are done.
                if (!free_[w].compare_exchange_weak(bits, bits & ~lowest, std::memory_order_acquire,
                                                    std::memory_order_relaxed)) {
                    continue;
                }
                const auto index =
                    w * kWordBits + static_cast<std::uint32_t>(std::countr_zero(lowest));
                generation_[index].fetch_add(1, std::memory_order_relaxed);
                return index;
            }
        }
        return std::nullopt;
    }

    void give_back(std::uint32_t index) {
        PX_CHECK(index < slot_count);
        const std::uint64_t bit = std::uint64_t{1} << (index % kWordBits);
        const std::uint64_t before =
            free_[index / kWordBits].fetch_or(bit, std::memory_order_release);
        PX_CHECK((before & bit) == 0);  // A slot is given back once.
    }

    bool lent(std::uint32_t index) const {
        const std::uint64_t bit = std::uint64_t{1} << (index % kWordBits);
        return (free_[index / kWordBits].load(std::memory_order_acquire) & bit) == 0;
    }

    std::uint32_t generation(std::uint32_t index) const {
        return generation_[index].load(std::memory_order_relaxed);
    }

    std::uint32_t count_free() const {
        std::uint32_t total = 0;
        for (const auto& word : free_) {
            total +=
                static_cast<std::uint32_t>(std::popcount(word.load(std::memory_order_relaxed)));
        }
        return total;
    }

    const std::uint64_t id;
    const std::size_t slot_bytes;
    const std::uint32_t slot_count;
    CpuSegment segment;
    std::byte* const base;

  private:
    std::vector<std::atomic<std::uint64_t>> free_;
    std::vector<std::atomic<std::uint32_t>> generation_;
};

Result<CpuArena> CpuArena::create(const Options& options) {
    if (options.slot_bytes == 0 || options.slot_count == 0) {
        return fail(Errc::invalid_argument,
                    "an arena needs at least one slot of at least one byte");
    }
    if (options.slot_bytes > (std::size_t{1} << 40U) || options.slot_count > (1U << 20U)) {
        return fail(Errc::invalid_argument, "an arena of " + std::to_string(options.slot_count) +
                                                " slots of " + std::to_string(options.slot_bytes) +
                                                " bytes is beyond 2^20 slots of 2^40 bytes");
    }
    const std::size_t slot_bytes =
        (options.slot_bytes + kSlotAlignment - 1) / kSlotAlignment * kSlotAlignment;
    CpuSegment segment = PX_TRY(
        CpuSegment::create({.size_bytes = slot_bytes * options.slot_count, .name = options.name}));
    PX_TRY(segment.seal({.size = true}));
    return CpuArena(std::make_shared<ArenaMemory>(std::move(segment), next_arena_id(), slot_bytes,
                                                  options.slot_count));
}

Result<CpuArena> CpuArena::adopt(const ArenaShape& shape, UniqueFd fd) {
    if (shape.slot_bytes == 0 || shape.slot_bytes % kSlotAlignment != 0 || shape.slot_count == 0 ||
        shape.slot_bytes > (std::uint64_t{1} << 40U) || shape.slot_count > (1U << 20U)) {
        return fail(Errc::corrupt, "arena " + std::to_string(shape.id) + " has an absurd shape");
    }
    CpuSegment segment = PX_TRY(CpuSegment::from_fd(
        std::move(fd), shape.slot_bytes * shape.slot_count, Access::read_write));
    return CpuArena(std::make_shared<ArenaMemory>(std::move(segment), shape.id, shape.slot_bytes,
                                                  shape.slot_count));
}

std::optional<Slot> CpuArena::acquire() {
    const auto index = memory_->take();
    if (!index) return std::nullopt;
    return Slot(memory_, *index);
}

Result<MemoryView> CpuArena::resolve(const SlotRef& ref) const {
    const ArenaMemory& m = *memory_;
    if (ref.arena_id != m.id) return fail(Errc::corrupt, "the slot belongs to another arena");
    if (ref.index >= m.slot_count || ref.offset_bytes != ref.index * m.slot_bytes ||
        ref.size_bytes > m.slot_bytes) {
        return fail(Errc::corrupt, "slot " + std::to_string(ref.index) + " at byte " +
                                       std::to_string(ref.offset_bytes) + " is not in the arena");
    }
    if (!m.lent(ref.index) || m.generation(ref.index) != ref.generation) {
        return fail(Errc::corrupt, "slot " + std::to_string(ref.index) + " was given back");
    }
    return MemoryView{m.base + ref.offset_bytes, ref.size_bytes};
}

std::uint64_t CpuArena::next_id() { return next_arena_id(); }

ArenaShape CpuArena::shape() const {
    return {
        .id = memory_->id, .slot_bytes = memory_->slot_bytes, .slot_count = memory_->slot_count};
}
std::uint64_t CpuArena::id() const { return memory_->id; }
const std::byte* CpuArena::base() const { return memory_->base; }
std::size_t CpuArena::slot_bytes() const { return memory_->slot_bytes; }
std::uint32_t CpuArena::slot_count() const { return memory_->slot_count; }
std::uint32_t CpuArena::slots_free() const { return memory_->count_free(); }
int CpuArena::fd() const { return memory_->segment.fd(); }
Result<> CpuArena::seal() { return memory_->segment.seal({.size = true, .future_write = true}); }

Slot::Slot(std::shared_ptr<ArenaMemory> memory, std::uint32_t index)
    : memory_(std::move(memory)), index_(index) {}

Slot& Slot::operator=(Slot other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(index_, other.index_);
    return *this;
}

void Slot::give_back() { memory_->give_back(index_); }

MemoryViewMut Slot::bytes() const {
    return {memory_->base + index_ * memory_->slot_bytes, memory_->slot_bytes};
}

SlotRef Slot::ref(std::size_t size_bytes) const {
    PX_CHECK(size_bytes <= memory_->slot_bytes);
    return {.arena_id = memory_->id,
            .index = index_,
            .generation = memory_->generation(index_),
            .offset_bytes = index_ * memory_->slot_bytes,
            .size_bytes = size_bytes,
            .access = Access::read_only};
}

}  // namespace parallax
