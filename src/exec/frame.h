// Frame: bytes in a slot, and what is known about them.
//
// Inside one stage a frame is handed from element to element by plain calls, shared by count where
// it goes several ways. The memory is either a slot that this stage owns, or borrowed from an
// input channel; then the input's position is released when the last holder here lets go.
//
// Threads: all frames of a stage live on the one thread that runs it; counts are not atomic.
// Lifetime: a FramePool must outlive its frames.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "exec/entry.h"
#include "parallax/arena.h"
#include "parallax/meta.h"

namespace parallax {

// Released positions of one input: frames may finish in any order, the position advances in order.
class Borrows {
  public:
    Borrows() = default;
    // Of the input of that number, where a predecessor had taken up to `taken` of it and the
    // positions from `released` on are still looked at.
    Borrows(std::uint32_t input, std::uint64_t released, std::uint64_t taken)
        : input_(input), taken_(taken), released_(released) {}
    std::uint32_t input() const { return input_; }
    std::uint64_t taken() const { return taken_; }
    std::uint64_t released() const { return released_; }
    std::uint64_t take() { return taken_++; }
    void skip_to(std::uint64_t position);  // Entries that the producer dropped.
    void give_back(std::uint64_t position);

  private:
    std::uint32_t input_ = 0;
    std::uint64_t taken_ = 0;
    std::uint64_t released_ = 0;
    std::vector<std::uint64_t> early_;  // Given back before their elders; a handful.
};

class FramePool;

class Payload {
  public:
    Payload() = default;
    Payload(const Payload& other) : held_(other.held_) {
        if (held_ != nullptr) ++held_->holders;
    }
    Payload(Payload&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
    Payload& operator=(Payload other) noexcept {
        std::swap(held_, other.held_);
        return *this;
    }
    ~Payload() {
        if (held_ != nullptr && --held_->holders == 0) drop();
    }

    explicit operator bool() const { return held_ != nullptr; }

    // Out of the hands of all holders, which keep only their view; for who takes a stage down.
    Slot take_slot() { return held_ != nullptr ? std::exchange(held_->slot, Slot()) : Slot(); }

    // Which frame of which input it is, where it was not made here.
    std::optional<Origin> origin() const {
        if (held_ == nullptr || held_->borrows == nullptr) return std::nullopt;
        return Origin{held_->borrows->input(), held_->position};
    }

    // The slot, for writing, when nobody else can see it; else null.
    Slot* writable() {
        return held_ != nullptr && held_->holders == 1 && held_->slot ? &held_->slot : nullptr;
    }

  private:
    friend class FramePool;
    struct Held {
        std::uint32_t holders = 0;
        Slot slot;
        Borrows* borrows = nullptr;
        std::uint64_t position = 0;
        FramePool* home = nullptr;
    };
    explicit Payload(Held* held) : held_(held) { held_->holders = 1; }
    void drop();

    Held* held_ = nullptr;
};

// Makes payloads without going to the heap for each.
class FramePool {
  public:
    Payload own(Slot slot);
    Payload borrow(Borrows& borrows, std::uint64_t position);

  private:
    friend class Payload;
    Payload::Held* take();
    std::vector<std::unique_ptr<Payload::Held>> all_;
    std::vector<Payload::Held*> idle_;
};

struct Frame {
    Payload payload = {};
    MemoryView bytes = {};
    Meta meta = {};
};

}  // namespace parallax
