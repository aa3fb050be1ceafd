// SpscRing: a bounded ring for one thread that pushes and one that pops; the core of WorkQueue.
//
// Nothing waits here, except close() for a push that is under way. Each cell says whose turn it is,
// beside its item: that of the push to a position, or of its pop. So a side looks at nothing that
// the other one writes but the cell that it comes to, and a hand-over moves one line between cores.
//
// Threads: try_push… from one, try_pop… from one, the rest from any.
// Source: Giacomoni et al., FastForward, 2008, with turns by position in place of a null item.
// Closing is our own.
#pragma once

#include <algorithm>
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
          cells_(std::make_unique<Cell[]>(capacity_)),
          asymmetric_(M::asymmetric()) {
        for (std::size_t i = 0; i < capacity_; ++i) {
            cells_[i].turn.store(push_turn(i), std::memory_order_relaxed);
        }
    }
    ~SpscRing() {
        while (try_pop()) {
        }
    }

    QueueAnswer try_push(T& item) {
        const std::uint64_t at = tail_.load(std::memory_order_relaxed);
        if (!begin(at, 1)) return QueueAnswer::closed;
        Cell& cell = cell_of(at);
        // Acquire pairs with the release in pop: the cell is empty.
        if (cell.turn.load(std::memory_order_acquire) != push_turn(at)) {
            tail_.store(at, std::memory_order_release);
            return QueueAnswer::full;
        }
        cell.item.put(std::move(item));
        // Release pairs with the acquire in pop, and with the one in pushing().
        cell.turn.store(pop_turn(at), std::memory_order_release);
        return QueueAnswer::ok;
    }

    // As many of the first as there is room for.
    std::size_t try_push_some(std::span<T> items) {
        const std::uint64_t at = tail_.load(std::memory_order_relaxed);
        if (items.empty() || !begin(at, items.size())) return 0;
        std::size_t count = 0;
        for (; count < items.size(); ++count) {
            Cell& cell = cell_of(at + count);
            if (cell.turn.load(std::memory_order_acquire) != push_turn(at + count)) break;
            cell.item.put(std::move(items[count]));
            cell.turn.store(pop_turn(at + count), std::memory_order_release);
        }
        if (count != items.size()) tail_.store(at + count, std::memory_order_release);
        return count;
    }

    Popped<T> try_pop() {
        const std::uint64_t at = head_.load(std::memory_order_relaxed);
        Cell& cell = cell_of(at);
        // Acquire pairs with the release in push: the item is there.
        if (cell.turn.load(std::memory_order_acquire) != pop_turn(at)) {
            return std::unexpected(none(cell, at));
        }
        Popped<T> item(cell.item.take());
        // Release pairs with the acquire in push: the cell may be written anew.
        cell.turn.store(push_turn(at + capacity_), std::memory_order_release);
        head_.store(at + 1, std::memory_order_release);
        return item;
    }

    std::size_t try_pop_some(std::span<T> to) {
        const std::uint64_t at = head_.load(std::memory_order_relaxed);
        std::size_t count = 0;
        for (; count < to.size(); ++count) {
            Cell& cell = cell_of(at + count);
            if (cell.turn.load(std::memory_order_acquire) != pop_turn(at + count)) break;
            cell.item.take_to(to[count]);
            cell.turn.store(push_turn(at + count + capacity_), std::memory_order_release);
        }
        if (count != 0) head_.store(at + count, std::memory_order_release);
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

    // The turn beside the item: one line crosses and not two. Large ones share no line either.
    struct alignas(sizeof(T) + 8 < 64 ? 8 : 64) Cell {
        typename M::template Atomic<std::uint64_t> turn{0};
        RingCell<T> item;
    };

    Cell& cell_of(std::uint64_t at) { return cells_[at & (capacity_ - 1)]; }
    static std::uint64_t push_turn(std::uint64_t at) { return 2 * at; }
    static std::uint64_t pop_turn(std::uint64_t at) { return 2 * at + 1; }

    // Says that a push is under way, up to there, unless the ring is closed.
    bool begin(std::uint64_t at, std::size_t count) {
        tail_.store(at + count, std::memory_order_relaxed);
        M::light(asymmetric_);
        if (state_.load(std::memory_order_relaxed) == kOpen) return true;
        tail_.store(at, std::memory_order_release);
        return false;
    }
    // Whether the last position that was begun is neither written nor given up.
    bool pushing() {
        // Acquire pairs with the release in whoever gave up: what it wrote before is there.
        const std::uint64_t tail = tail_.load(std::memory_order_acquire);
        if (tail == 0) return false;
        const std::uint64_t turn = cell_of(tail - 1).turn.load(std::memory_order_acquire);
        // Written, and perhaps popped since; a push of the next lap would have moved the tail.
        return turn < pop_turn(tail - 1);
    }
    QueueAnswer none(Cell& cell, std::uint64_t at) {
        if (state_.load(std::memory_order_acquire) != kClosed) return QueueAnswer::empty;
        // What was pushed before it closed may have come after we looked.
        const bool came = cell.turn.load(std::memory_order_acquire) == pop_turn(at);
        return came ? QueueAnswer::empty : QueueAnswer::closed;
    }

    const std::size_t capacity_;
    const std::unique_ptr<Cell[]> cells_;
    const bool asymmetric_;
    typename M::template Atomic<std::uint32_t> state_{kOpen};

    // Who pushes: where it is, or will be when what it has begun is done.
    alignas(64) typename M::template Atomic<std::uint64_t> tail_{0};
    // Who pops.
    alignas(64) typename M::template Atomic<std::uint64_t> head_{0};
};

}  // namespace parallax
