// CpuArena: a fixed number of equal slots in one memfd, lent out without locks.
//
// One descriptor serves the whole pool, so a graph with thousands of buffers in flight holds a
// handful of fds. A slot is named across processes by a SlotRef.
//
// Threads: every member may be called from any thread.
// Lifetime: a Slot keeps its arena's memory alive; drop them in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "parallax/segment.h"

namespace parallax {

// The wire form of a slot. Whoever receives one checks it (CpuArena::resolve, ArenaCache::resolve)
// before use: the numbers come from another process.
struct SlotRef {
    std::uint64_t arena_id = 0;
    std::uint32_t index = 0;
    std::uint32_t generation = 0;    // How often the slot had been lent, to tell old from new.
    std::uint64_t offset_bytes = 0;  // From the start of the arena.
    std::uint64_t size_bytes = 0;
    Access access = Access::read_only;

    bool operator==(const SlotRef&) const = default;
};

// What two processes must agree on to share one.
struct ArenaShape {
    std::uint64_t id = 0;  // Unique among all arenas of all processes of this machine.
    std::uint64_t slot_bytes = 0;
    std::uint32_t slot_count = 0;
    bool operator==(const ArenaShape&) const = default;
};

class ArenaMemory;  // src/memory/arena.cpp

// RAII hold on one slot: whoever has it may write, and dropping it gives the slot back.
class Slot {
  public:
    Slot() = default;
    Slot(Slot&& other) noexcept : memory_(std::move(other.memory_)), index_(other.index_) {}
    Slot& operator=(Slot other) noexcept;
    ~Slot() {
        if (memory_) give_back();
    }

    explicit operator bool() const { return memory_ != nullptr; }
    MemoryViewMut bytes() const;
    SlotRef ref(std::size_t size_bytes) const;  // Names the first `size_bytes` of it.

  private:
    friend class CpuArena;
    Slot(std::shared_ptr<ArenaMemory> memory, std::uint32_t index);
    void give_back();

    std::shared_ptr<ArenaMemory> memory_;
    std::uint32_t index_ = 0;
};

class CpuArena {
  public:
    struct Options {
        std::size_t slot_bytes = 0;  // Rounded up to a multiple of kSlotAlignment.
        std::uint32_t slot_count = 0;
        std::string name = "arena";  // Shown in /proc/<pid>/maps.
    };
    static constexpr std::size_t kSlotAlignment = 4096;

    static Result<CpuArena> create(const Options& options);
    // Takes over an arena that another process made and nobody lends from: from here on it is lent
    // out by this process alone. The descriptor must be sealed against shrinking.
    static Result<CpuArena> adopt(const ArenaShape& shape, UniqueFd fd);

    // For who makes the memory of an arena that another process adopts.
    static std::uint64_t next_id();

    // A free slot, or nothing when all are lent out. Never blocks, never allocates. Prefers low
    // slots, so that a lightly used arena stays in cache and touches few pages.
    std::optional<Slot> acquire();

    // The bytes a reference names, if it names a slot of this arena that is lent right now.
    Result<MemoryView> resolve(const SlotRef& ref) const;

    ArenaShape shape() const;
    std::uint64_t id() const;
    const std::byte* base() const;  // Of the first slot.
    std::size_t slot_bytes() const;
    std::uint32_t slot_count() const;
    std::uint32_t slots_free() const;
    int fd() const;  // Borrowed: valid while this arena or any of its slots lives.

    // No later mapping of it, in any process, can write or resize; ours still writes.
    Result<> seal();

  private:
    explicit CpuArena(std::shared_ptr<ArenaMemory> memory) : memory_(std::move(memory)) {}
    std::shared_ptr<ArenaMemory> memory_;
};

}  // namespace parallax
