// TimerWheel: very many timers by the tick; to set and to cancel one costs the same for any number.
//
//     TimerWheel<Lease> leases({.start_ns = monotonic_ns()});
//     const Timer timer = leases.set(now + ttl_ns, lease);
//     ...
//     leases.cancel(timer);
//     leases.advance(monotonic_ns(), [](Lease& lease, const Fired& fired) { ... });
//
// Never early: a timer fires in the first advance() to its time or later, rounded up to a tick; and
// at most a tick late, if advance() is called in time. Timers fire in the order of their ticks;
// within a tick the order is not told, but the same calls give the same order.
// A repeating timer keeps to its first time plus whole periods, so it does not drift; when several
// have passed it fires once and says how many.
// The clock is whoever calls advance(): the monotonic one, or a virtual one. Time that goes back is
// no news; a jump ahead fires what was due on the way, at a cost by timers and not by ticks.
//
// Threads: one at a time; others ask its owner, e.g. through a WorkQueue. Blocks: nothing.
// The function that is called may set and cancel any timer of the wheel, itself too, but not
// advance it. Memory grows with the most timers at once and is kept.
// Source: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987. Four wheels of 256
// slots. A slot lists numbers of timers in blocks and not the timers themselves: who walks it knows
// which timers come next and has them fetched, where a linked list waits for each.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "sync/timer_slots.h"

namespace parallax {

// Which timer; stays unique when its place is used anew, 2^32 times.
struct Timer {
    std::uint32_t index = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t generation = 0;
    bool operator==(const Timer&) const = default;
};

struct Fired {
    Timer timer;
    std::int64_t due_ns = 0;  // When it should have been, of several times the last.
    std::uint64_t times = 1;  // Of a repeating timer: how many periods have passed.
};

template <class T>
class TimerWheel {
  public:
    struct Options {
        std::int64_t tick_ns = 1'000'000;
        std::int64_t start_ns = 0;  // What time it is.
    };

    explicit TimerWheel(const Options& options) : options_(options) {
        PX_CHECK(options.tick_ns > 0);
    }

    // Fires once at that time; in the past: at the next tick.
    Timer set(std::int64_t due_ns, T value) { return set(due_ns, 0, std::move(value)); }
    // Fires at that time and after each period from there.
    Timer repeat(std::int64_t due_ns, std::int64_t period_ns, T value) {
        PX_CHECK(period_ns > 0);
        return set(due_ns, period_ns, std::move(value));
    }

    // What it was set with; nothing when it has fired, or was cancelled, before.
    std::optional<T> cancel(Timer timer) {
        if (!live(timer)) return std::nullopt;
        Node& node = nodes_[timer.index];
        if (node.place != kNowhere) take_from_slot(node.place);
        std::optional<T> value(std::move(node.value));
        retire(timer.index);
        return value;
    }
    // Another time for a timer that is still set; false when it is not.
    bool move(Timer timer, std::int64_t due_ns) {
        if (!live(timer)) return false;
        Node& node = nodes_[timer.index];
        if (node.place != kNowhere) take_from_slot(node.place);
        node.due_ns = due_ns;
        put_in_slot(timer.index);
        return true;
    }

    bool live(Timer timer) const {
        return timer.index < nodes_.size() && nodes_[timer.index].set &&
               nodes_[timer.index].generation == timer.generation;
    }

    // Calls fire(T&, const Fired&) for all that is due; how many were.
    template <class F>
    std::size_t advance(std::int64_t now_ns, F&& fire) {
        if (now_ns < options_.start_ns) return 0;
        const std::uint64_t target = ticks_down(now_ns);
        std::size_t fired = 0;
        while (tick_ < target) {
            const std::uint64_t next = slots_.next_busy(tick_);
            if (next > target) break;
            tick_ = next;
            cascade();
            fired += fire_slot(now_ns, fire);
        }
        tick_ = std::max(tick_, target);
        return fired;
    }

    // By when advance() has something to do: never after the first timer is due, and perhaps
    // before, when timers only move to a finer wheel. Nothing when there are no timers.
    std::optional<std::int64_t> next_ns() const {
        if (count_ == 0) return std::nullopt;
        const std::uint64_t next = slots_.next_busy(tick_);
        return options_.start_ns + static_cast<std::int64_t>(next) * options_.tick_ns;
    }

    // As next_ns(), but before the first timer is due at most once in 2^24 ticks. For who would
    // rather look through the timers of three slots than wake for nothing.
    std::optional<std::int64_t> first_ns() const {
        if (count_ == 0) return std::nullopt;
        constexpr unsigned kLast = TimerSlots::kLevels - 1;
        std::uint64_t first = slots_.first(kLast, tick_, [](std::uint32_t) {});
        for (unsigned level = 0; level < kLast; ++level) {
            slots_.first(level, tick_, [&](std::uint32_t index) {
                first = std::min(first, std::max(ticks_up(nodes_[index].due_ns), tick_ + 1));
            });
        }
        return options_.start_ns + static_cast<std::int64_t>(first) * options_.tick_ns;
    }

    std::size_t size() const { return count_; }

  private:
    static constexpr std::uint32_t kNowhere = std::numeric_limits<std::uint32_t>::max();

    struct Node {
        std::int64_t due_ns = 0;
        std::int64_t period_ns = 0;
        std::uint32_t generation = 0;
        std::uint32_t place = kNowhere;
        bool set = false;
        T value;
    };

    Timer set(std::int64_t due_ns, std::int64_t period_ns, T value) {
        std::uint32_t index = 0;
        if (free_.empty()) {
            index = static_cast<std::uint32_t>(nodes_.size());
            nodes_.push_back({due_ns, period_ns, 0, kNowhere, true, std::move(value)});
        } else {
            index = free_.back();
            free_.pop_back();
            const std::uint32_t generation = nodes_[index].generation;
            nodes_[index] = {due_ns, period_ns, generation, kNowhere, true, std::move(value)};
        }
        ++count_;
        put_in_slot(index);
        return {index, nodes_[index].generation};
    }

    void retire(std::uint32_t index) {
        nodes_[index].set = false;
        nodes_[index].place = kNowhere;
        ++nodes_[index].generation;
        free_.push_back(index);
        --count_;
    }

    std::uint64_t ticks_down(std::int64_t ns) const {
        return static_cast<std::uint64_t>(ns - options_.start_ns) /
               static_cast<std::uint64_t>(options_.tick_ns);
    }
    std::uint64_t ticks_up(std::int64_t ns) const {
        if (ns <= options_.start_ns) return 0;
        return ticks_down(ns - 1) + 1;
    }

    void put_in_slot(std::uint32_t index) {
        Node& node = nodes_[index];
        node.place = slots_.put(index, tick_, std::max(ticks_up(node.due_ns), tick_ + 1));
    }
    void take_from_slot(std::uint32_t place) {
        const std::uint32_t moved = slots_.take(place);
        if (moved != TimerSlots::kNone) nodes_[moved].place = place;
    }

    // At the first tick of a slot of a coarser wheel its timers go to finer ones.
    void cascade() {
        for (unsigned level = TimerSlots::kLevels - 1; level > 0; --level) {
            if (!TimerSlots::begins(tick_, level)) continue;
            slots_.empty(
                level, tick_, [&](std::uint32_t ahead) { fetch(ahead); },
                [&](std::uint32_t index) {
                    Node& node = nodes_[index];
                    // Now, not the next tick: its slot is fired after this.
                    node.place = slots_.put(index, tick_, std::max(ticks_up(node.due_ns), tick_));
                });
        }
    }
    void fetch(std::uint32_t index) const { __builtin_prefetch(&nodes_[index], 1); }

    template <class F>
    std::size_t fire_slot(std::int64_t now_ns, F& fire) {
        std::size_t fired = 0;
        while (true) {
            const std::uint32_t index =
                slots_.pop(tick_, [&](std::uint32_t ahead) { fetch(ahead); });
            if (index == TimerSlots::kNone) return fired;
            ++fired;
            fire_one(index, now_ns, fire);
        }
    }

    template <class F>
    void fire_one(std::uint32_t index, std::int64_t now_ns, F& fire) {
        Node& node = nodes_[index];
        node.place = kNowhere;
        Fired fired{{index, node.generation}, node.due_ns, 1};
        // Out of the wheel while it is called, which may make the nodes move.
        T value = std::move(node.value);
        if (node.period_ns == 0) {
            retire(index);
            fire(value, std::as_const(fired));
            return;
        }
        const std::int64_t late_ns = std::max<std::int64_t>(0, now_ns - node.due_ns);
        fired.times += static_cast<std::uint64_t>(late_ns / node.period_ns);
        fired.due_ns += (static_cast<std::int64_t>(fired.times) - 1) * node.period_ns;
        const std::int64_t next_ns = fired.due_ns + node.period_ns;
        node.due_ns = next_ns;
        fire(value, std::as_const(fired));
        if (!live(fired.timer)) return;
        Node& after = nodes_[index];
        after.value = std::move(value);
        if (after.place == kNowhere) put_in_slot(index);
    }

    const Options options_;
    std::uint64_t tick_ = 0;  // All that was due by it has fired.
    std::size_t count_ = 0;
    std::vector<Node> nodes_;
    std::vector<std::uint32_t> free_;
    TimerSlots slots_;
};

}  // namespace parallax
