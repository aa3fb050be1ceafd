// VyukovRing: the bounded queue of Dmitry Vyukov, "Bounded MPMC queue", 1024cores.net, 2010, as he
// describes it: each cell has a number that says whose turn it is, and a side claims a position by
// a compare-and-exchange. It may say "empty" while a push that has claimed its cell is under way,
// and it cannot be closed. A yardstick for ours, which began there.
//
// Threads: any, on both sides.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace parallax::peers {

template <class T>
class VyukovRing {
  public:
    explicit VyukovRing(std::size_t capacity) : cells_(capacity), mask_(capacity - 1) {
        for (std::size_t i = 0; i < capacity; ++i) cells_[i].number.store(i);
    }

    bool push(const T& item) {
        std::size_t at = tail_.load(std::memory_order_relaxed);
        for (;;) {
            Cell& cell = cells_[at & mask_];
            const std::size_t number = cell.number.load(std::memory_order_acquire);
            const auto away = static_cast<std::ptrdiff_t>(number - at);
            if (away < 0) return false;
            if (away > 0) {
                at = tail_.load(std::memory_order_relaxed);
            } else if (tail_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
                cell.item = item;
                cell.number.store(at + 1, std::memory_order_release);
                return true;
            }
        }
    }

    bool pop(T& item) {
        std::size_t at = head_.load(std::memory_order_relaxed);
        for (;;) {
            Cell& cell = cells_[at & mask_];
            const std::size_t number = cell.number.load(std::memory_order_acquire);
            const auto away = static_cast<std::ptrdiff_t>(number - (at + 1));
            if (away < 0) return false;
            if (away > 0) {
                at = head_.load(std::memory_order_relaxed);
            } else if (head_.compare_exchange_weak(at, at + 1, std::memory_order_relaxed)) {
                item = cell.item;
                cell.number.store(at + mask_ + 1, std::memory_order_release);
                return true;
            }
        }
    }

  private:
    struct Cell {
        std::atomic<std::size_t> number{0};
        T item{};
    };
    alignas(64) std::vector<Cell> cells_;
    const std::size_t mask_;
    alignas(64) std::atomic<std::size_t> tail_{0};
    alignas(64) std::atomic<std::size_t> head_{0};
};

}  // namespace parallax::peers
