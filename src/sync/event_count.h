// EventCount: to sleep until something may have changed, without a lock around what changes.
//
//     while (!queue.try_pop(item)) {                 queue.try_push(item);
//         const auto key = event.prepare();          event.notify_one();
//         if (queue.try_pop(item)) { event.cancel(key); break; }
//         event.wait(key, until);
//     }
//
// Whoever changes something and then notifies wakes those that prepared before the change and are
// still about to sleep: no news is missed. A wait may end for no reason, so it stands in a loop.
// A notify that finds nobody waiting costs one load, or a fence where that is not to be had.
//
// Threads: any, on both sides. Blocks: only wait(). Shared between processes when it lies in memory
// that they share and was made for `Scope::machine`. A waiter that dies between prepare() and its
// end costs later notifies one system call in all.
// Lifetime: outlives its waiters and notifiers.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/check.h"
#include "sync/futex.h"
#include "sync/machine.h"

namespace parallax {

enum class Scope : std::uint8_t {
    process,
    busy,     // The same, where threads come to sleep as often as others notify: fences on both
              // sides, since the barrier that is free for the one is a system call for the other.
    machine,  // Between processes; fences, too.
};

template <class M>
class EventCountOn {
  public:
    using Key = std::uint32_t;

    explicit EventCountOn(Scope scope = Scope::process)
        : asymmetric_(scope == Scope::process && M::asymmetric()) {}
    EventCountOn(const EventCountOn&) = delete;
    EventCountOn& operator=(const EventCountOn&) = delete;

    // From here on a notify ends the wait. The caller looks once more for what it waits for.
    [[nodiscard]] Key prepare() {
        const std::uint64_t before = state_.fetch_add(kOneWaiter, std::memory_order_seq_cst);
        // Pairs with light() in notify(): it sees the waiter, or we see what it was told of.
        M::heavy(asymmetric_);
        return epoch(before);
    }

    // Instead of wait().
    void cancel(Key key) {
        std::uint64_t now = state_.load(std::memory_order_relaxed);
        // In another epoch a notifier has counted us off, or will; see wake().
        while (epoch(now) == key && waiters(now) != 0) {
            if (state_.compare_exchange_weak(now, now - kOneWaiter, std::memory_order_relaxed)) {
                return;
            }
        }
    }

    // False when that time came first.
    bool wait(Key key, std::optional<std::int64_t> until_ns = std::nullopt) {
        // Acquire pairs with the exchange in wake().
        while (epoch(state_.load(std::memory_order_acquire)) == key) {
            if (until_ns && M::now_ns() >= *until_ns) {
                cancel(key);
                return epoch(state_.load(std::memory_order_acquire)) != key;
            }
            // Woken in an old epoch: somebody slept longer than we, and a notifier that had counted
            // it off woke us instead. Our count then stands for that one, so it stays.
            if (M::wait_low(state_, key, until_ns)) return true;
        }
        return true;
    }

    // Instead of wait(), for who sleeps on other words as well. Ends when any of them changes, too.
    void wait_with(Key key, FutexSet& others, std::optional<std::int64_t> until_ns)
        requires std::same_as<M, Machine>
    {
        const bool there_is_room = others.add(&state_, key);
        PX_CHECK(there_is_room);
        // When it was this word the count is settled, as in wait().
        if (!others.wait(until_ns)) cancel(key);
    }

    void notify_one() { notify(1); }
    void notify_all() { notify(std::numeric_limits<std::uint32_t>::max()); }
    void notify(std::uint32_t most) {
        // Pairs with heavy() in prepare().
        M::light(asymmetric_);
        if (waiters(state_.load(std::memory_order_relaxed)) != 0) wake(most);
    }

    // Of those that wait or are about to; may be too many for a while, never too few.
    std::uint32_t waiting() const { return waiters(state_.load(std::memory_order_relaxed)); }

  private:
    static constexpr std::uint64_t kOneWaiter = std::uint64_t{1} << 32U;

    static std::uint32_t epoch(std::uint64_t state) { return static_cast<std::uint32_t>(state); }
    static std::uint32_t waiters(std::uint64_t state) {
        return static_cast<std::uint32_t>(state >> 32U);
    }
    static std::uint64_t joined(std::uint32_t waiters, std::uint32_t epoch) {
        return (std::uint64_t{waiters} << 32U) | epoch;
    }

    // Whoever is woken is counted off here and not by itself: until it runs, which takes
    // microseconds, further notifies find it gone and cost nothing.
    [[gnu::noinline]] void wake(std::uint32_t most) {
        std::uint64_t now = state_.load(std::memory_order_relaxed);
        std::uint64_t next = 0;
        std::uint32_t take = 0;
        do {
            if (waiters(now) == 0) return;
            take = std::min(most, waiters(now));
            next = joined(waiters(now) - take, epoch(now) + 1);
        } while (!state_.compare_exchange_weak(now, next, std::memory_order_seq_cst));
        const int most_woken = static_cast<int>(std::min<std::uint32_t>(take, 1U << 30U));
        if (M::wake_low(state_, most_woken) != 0 || waiters(next) == 0) return;
        // Nobody slept, and with an old epoch nobody can begin to: who is still counted left by
        // itself. Unless somebody has come since, the count can be put right.
        state_.compare_exchange_strong(next, epoch(next), std::memory_order_relaxed);
    }

    // Epoch in the lower half, which is the futex; waiters in the upper.
    alignas(64) typename M::template Atomic<std::uint64_t> state_{0};
    const bool asymmetric_;
};

using EventCount = EventCountOn<Machine>;

}  // namespace parallax
