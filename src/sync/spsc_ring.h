// SpscRing: a bounded ring for one thread that pushes and one that pops; the core of WorkQueue.
//
// Nothing waits here, except close() for a push that is under way. Each side keeps what it last saw
// of the other's position, and so mostly touches no line that the other writes.
//
// Threads: try_push… from one, try_pop… from one, the rest from any.
// Source: Giacomoni et al., FastForward, 2008, and Lee et al., MCRingBuffer, 2010, for the kept
// positions. Closing is our own.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "sync/machine.h"
#include "sync/queue_answer.h"
#include "sync/ring_cell.h"

namespace parallax {

template <class T, class M = Machine>
    requires std::is_nothrow_move_constructible_v<T>
class SpscRing {
  public:
    explicit SpscRing(std::size_t capacity)
        : capacity_(std::bit_ceil(std::max<std::size_t>(capacity, 1))),
          cells_(std::make_unique<RingCell<T>[]>(capacity_)),
          asymmetric_(M::asymmetric()) {}
    ~SpscRing() {
        while (try_pop()) {
        }
    }

    QueueAnswer try_push(T& item) {
        const std::uint64_t at = tail_.load(std::memory_order_relaxed);
        if (!begin(at, 1)) return QueueAnswer::closed;
        if (room(at, 1) == 0) {
            attempt_.store(at, std::memory_order_release);
            return QueueAnswer::full;
        }
        cell(at).put(std::move(item));
        // Release pairs with the acquire in available().
        tail_.store(at + 1, std::memory_order_release);
        return QueueAnswer::ok;
    }

    // As many of the first as there is room for.
    std::size_t try_push_some(std::span<T> items) {
        const std::uint64_t at = tail_.load(std::memory_order_relaxed);
        if (!begin(at, items.size())) return 0;
        const std::size_t count = std::min(items.size(), room(at, items.size()));
        for (std::size_t i = 0; i < count; ++i) cell(at + i).put(std::move(items[i]));
        tail_.store(at + count, std::memory_order_release);
        attempt_.store(at + count, std::memory_order_release);
        return count;
    }

    Popped<T> try_pop() {
        const std::uint64_t at = head_.load(std::memory_order_relaxed);
        if (available(at, 1) == 0) return std::unexpected(none(at));
        Popped<T> item(cell(at).take());
        // Release pairs with the acquire in room(): the cell may be written anew.
        head_.store(at + 1, std::memory_order_release);
        return item;
    }

    std::size_t try_pop_some(std::span<T> to) {
        const std::uint64_t at = head_.load(std::memory_order_relaxed);
        const std::size_t count = std::min(to.size(), available(at, to.size()));
        for (std::size_t i = 0; i < count; ++i) cell(at + i).take_to(to[i]);
        head_.store(at + count, std::memory_order_release);
        return count;
    }

    // When it returns no push succeeds any more.
    void close() {
        std::uint32_t open = kOpen;
        if (state_.compare_exchange_strong(open, kClosing)) {
            // Pairs with light() in begin(): a push sees that we close, or we see that it began.
            M::heavy(asymmetric_);
            for (unsigned round = 0; pushing(); ++round) M::relax(round);
            state_.store(kClosed, std::memory_order_release);
        }
        for (unsigned round = 0; state_.load(std::memory_order_acquire) != kClosed; ++round) {
            M::relax(round);
        }
    }
    bool closed() const { return state_.load(std::memory_order_acquire) == kClosed; }

    std::size_t capacity() const { return capacity_; }
    // Exact while neither side is at work.
    std::size_t size() const {
        const std::uint64_t head = head_.load(std::memory_order_acquire);
        return std::min<std::size_t>(tail_.load(std::memory_order_acquire) - head, capacity_);
    }

  private:
    static constexpr std::uint32_t kOpen = 0;
    static constexpr std::uint32_t kClosing = 1;
    static constexpr std::uint32_t kClosed = 2;

    RingCell<T>& cell(std::uint64_t at) { return cells_[at & (capacity_ - 1)]; }

    // Says that a push is under way, unless the ring is closed.
    bool begin(std::uint64_t at, std::size_t count) {
        attempt_.store(at + count, std::memory_order_relaxed);
        M::light(asymmetric_);
        if (state_.load(std::memory_order_relaxed) == kOpen) return true;
        attempt_.store(at, std::memory_order_release);
        return false;
    }
    bool pushing() const {
        const std::uint64_t attempt = attempt_.load(std::memory_order_acquire);
        return attempt != tail_.load(std::memory_order_acquire);
    }

    std::size_t room(std::uint64_t at, std::size_t wanted) {
        if (at - head_seen_ + wanted > capacity_) {
            head_seen_ = head_.load(std::memory_order_acquire);
        }
        return capacity_ - (at - head_seen_);
    }
    std::size_t available(std::uint64_t at, std::size_t wanted) {
        if (tail_seen_ - at < wanted) tail_seen_ = tail_.load(std::memory_order_acquire);
        return tail_seen_ - at;
    }
    QueueAnswer none(std::uint64_t at) {
        if (state_.load(std::memory_order_acquire) != kClosed) return QueueAnswer::empty;
        // What was pushed before it closed may have come after we looked.
        return tail_.load(std::memory_order_acquire) == at ? QueueAnswer::closed
                                                           : QueueAnswer::empty;
    }

    const std::size_t capacity_;
    const std::unique_ptr<RingCell<T>[]> cells_;
    const bool asymmetric_;
    typename M::template Atomic<std::uint32_t> state_{kOpen};

    // Who pushes: its own, then what the other side reads.
    alignas(64) typename M::template Atomic<std::uint64_t> attempt_{0};
    std::uint64_t head_seen_ = 0;
    alignas(64) typename M::template Atomic<std::uint64_t> tail_{0};

    // Who pops.
    alignas(64) std::uint64_t tail_seen_ = 0;
    alignas(64) typename M::template Atomic<std::uint64_t> head_{0};
};

}  // namespace parallax
