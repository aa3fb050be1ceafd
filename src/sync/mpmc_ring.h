// MpmcRing: a bounded ring for any number of threads on both sides; the core of WorkQueue.
//
// Each cell says whose turn it is: that of the push to a position, or of its pop. A side claims a
// position and then has the cell to itself. Answers are exact, as with a lock: "full" means that
// as many items as there are cells were pushed and not yet claimed, "empty" that each push that
// has claimed a position was popped, "closed" that none will come. For that, whoever comes to a
// cell that another thread has claimed and not finished waits those few instructions.
//
// To be exact, a side must ask how far the other one is, and takes that line away from who claims
// there: it looks some times more at the cell first, where what it waits for will stand, unless it
// has answered so at this position before. So the first "empty" after an item takes half a
// microsecond, those that follow do not, nor does "full".
//
// Threads: any. Order: items leave in the order in which they were claimed, so each producer's in
// its own. Source: Vyukov's bounded MPMC queue, with turns by position; closing is a bit of the
// tail.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
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
class MpmcRing {
  public:
    explicit MpmcRing(std::size_t capacity)
        : capacity_(std::bit_ceil(std::max<std::size_t>(capacity, 1))),
          cells_(std::make_unique<Cell[]>(capacity_)) {
        for (std::size_t i = 0; i < capacity_; ++i) {
            cells_[i].turn.store(push_turn(i), std::memory_order_relaxed);
        }
    }
    ~MpmcRing() {
        while (try_pop()) {
        }
    }

    QueueAnswer try_push(T& item) {
        std::uint64_t tail = tail_.load(std::memory_order_acquire);
        for (unsigned round = 0, looks = 0;;) {
            if ((tail & kClosed) != 0) return QueueAnswer::closed;
            const std::uint64_t at = tail >> 1U;
            Cell& cell = cell_of(at);
            // Acquire pairs with the release in pop: the cell is empty.
            if (cell.turn.load(std::memory_order_acquire) == push_turn(at)) {
                if (tail_.compare_exchange_weak(tail, tail + 2, std::memory_order_acq_rel)) {
                    cell.item.put(std::move(item));
                    cell.turn.store(pop_turn(at), std::memory_order_release);
                    return QueueAnswer::ok;
                }
                continue;
            }
            const std::uint64_t seen = std::exchange(tail, tail_.load(std::memory_order_acquire));
            if (tail != seen) continue;
            if (looks++ < kLooks && full_at_.load(std::memory_order_relaxed) != at) {
                M::relax(0);
                continue;
            }
            if (at - head_.load(std::memory_order_acquire) >= capacity_) {
                full_at_.store(at, std::memory_order_relaxed);
                return QueueAnswer::full;
            }
            M::relax(round++);  // Whoever pops there is about to be done.
            tail = tail_.load(std::memory_order_acquire);
        }
    }

    Popped<T> try_pop() {
        std::uint64_t at = head_.load(std::memory_order_acquire);
        for (unsigned round = 0, looks = 0;;) {
            Cell& cell = cell_of(at);
            // Acquire pairs with the release in push: the item is there.
            if (cell.turn.load(std::memory_order_acquire) == pop_turn(at)) {
                if (head_.compare_exchange_weak(at, at + 1, std::memory_order_acq_rel)) {
                    Popped<T> item(cell.item.take());
                    cell.turn.store(push_turn(at + capacity_), std::memory_order_release);
                    return item;
                }
                continue;
            }
            const std::uint64_t seen = std::exchange(at, head_.load(std::memory_order_acquire));
            if (at != seen) continue;
            if (looks++ < kLooks && empty_at_.load(std::memory_order_relaxed) != at) {
                M::relax(0);
                continue;
            }
            const std::uint64_t tail = tail_.load(std::memory_order_acquire);
            if (tail >> 1U <= at) {
                empty_at_.store(at, std::memory_order_relaxed);
                return std::unexpected((tail & kClosed) != 0 ? QueueAnswer::closed
                                                             : QueueAnswer::empty);
            }
            M::relax(round++);  // Whoever pushes there is about to be done.
            at = head_.load(std::memory_order_acquire);
        }
    }

    // As many of the first as there is room for; they follow each other.
    std::size_t try_push_some(std::span<T> items) {
        std::uint64_t tail = tail_.load(std::memory_order_acquire);
        std::size_t count = 0;
        do {
            // The head was read later than the tail and may be past it.
            const std::uint64_t used = (tail >> 1U) - head_.load(std::memory_order_acquire);
            const std::size_t room = used > capacity_ ? capacity_ : capacity_ - used;
            count = (tail & kClosed) != 0 ? 0 : std::min(items.size(), room);
            if (count == 0) return 0;
        } while (!tail_.compare_exchange_weak(tail, tail + 2 * count, std::memory_order_acq_rel));
        for (std::size_t i = 0; i < count; ++i) {
            const std::uint64_t at = (tail >> 1U) + i;
            Cell& cell = await_turn(at, push_turn(at));
            cell.item.put(std::move(items[i]));
            cell.turn.store(pop_turn(at), std::memory_order_release);
        }
        return count;
    }

    std::size_t try_pop_some(std::span<T> to) {
        std::uint64_t head = head_.load(std::memory_order_acquire);
        std::size_t count = 0;
        do {
            const std::uint64_t tail = tail_.load(std::memory_order_acquire) >> 1U;
            count = tail <= head ? 0 : std::min<std::size_t>(to.size(), tail - head);
            if (count == 0) return 0;
        } while (!head_.compare_exchange_weak(head, head + count, std::memory_order_acq_rel));
        for (std::size_t i = 0; i < count; ++i) {
            Cell& cell = await_turn(head + i, pop_turn(head + i));
            cell.item.take_to(to[i]);
            cell.turn.store(push_turn(head + i + capacity_), std::memory_order_release);
        }
        return count;
    }

    // When it returns no push claims a position any more.
    void close() { tail_.fetch_or(kClosed, std::memory_order_acq_rel); }
    bool closed() const { return (tail_.load(std::memory_order_acquire) & kClosed) != 0; }

    std::size_t capacity() const { return capacity_; }
    // Exact while nobody is at work.
    std::size_t size() const {
        const std::uint64_t head = head_.load(std::memory_order_acquire);
        const std::uint64_t tail = tail_.load(std::memory_order_acquire) >> 1U;
        return std::min<std::size_t>(tail - head, capacity_);
    }

  private:
    static constexpr std::uint64_t kClosed = 1;
    static constexpr unsigned kLooks = std::same_as<M, Machine> ? 16 : 2;  // Tests try all orders.
    static constexpr std::uint64_t kNowhere = std::numeric_limits<std::uint64_t>::max();

    // The turn beside the item: one line crosses and not two. Large ones share no line either.
    struct alignas(sizeof(T) + 8 < 64 ? 8 : 64) Cell {
        typename M::template Atomic<std::uint64_t> turn{0};
        RingCell<T> item;
    };

    Cell& cell_of(std::uint64_t at) { return cells_[at & (capacity_ - 1)]; }
    static std::uint64_t push_turn(std::uint64_t at) { return 2 * at; }
    static std::uint64_t pop_turn(std::uint64_t at) { return 2 * at + 1; }

    Cell& await_turn(std::uint64_t at, std::uint64_t turn) {
        Cell& cell = cell_of(at);
        for (unsigned round = 0; cell.turn.load(std::memory_order_acquire) != turn; ++round) {
            M::relax(round);
        }
        return cell;
    }

    const std::size_t capacity_;
    const std::unique_ptr<Cell[]> cells_;
    // Each with the position at which its side was last refused, which is only a hint.
    alignas(64) typename M::template Atomic<std::uint64_t> tail_{0};  // Twice, plus 1 when closed.
    std::atomic<std::uint64_t> full_at_{kNowhere};
    alignas(64) typename M::template Atomic<std::uint64_t> head_{0};
    std::atomic<std::uint64_t> empty_at_{kNowhere};
};

}  // namespace parallax
