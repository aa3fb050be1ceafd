// PlainTimers: TimerWheel with a sorted map, and its yardstick in tests.
//
// Contract: as in timer_wheel.h; setting and cancelling take longer the more timers there are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "sync/timer_wheel.h"

namespace parallax {

template <class T>
class PlainTimers {
  public:
    using Options = typename TimerWheel<T>::Options;

    explicit PlainTimers(const Options& options) : options_(options) {}

    Timer set(std::int64_t due_ns, T value) { return add({due_ns, 0, 0, std::move(value)}); }
    Timer repeat(std::int64_t due_ns, std::int64_t period_ns, T value) {
        return add({due_ns, period_ns, 0, std::move(value)});
    }
    std::optional<T> cancel(Timer timer) {
        const auto found = timers_.find(timer.index);
        if (found == timers_.end()) return std::nullopt;
        std::optional<T> value(std::move(found->second.value));
        order_.erase({found->second.tick, timer.index});
        timers_.erase(found);
        return value;
    }
    bool move(Timer timer, std::int64_t due_ns) {
        const auto found = timers_.find(timer.index);
        if (found == timers_.end()) return false;
        order_.erase({found->second.tick, timer.index});
        found->second.due_ns = due_ns;
        place(timer.index, found->second);
        return true;
    }
    bool live(Timer timer) const { return timers_.contains(timer.index); }

    template <class F>
    std::size_t advance(std::int64_t now_ns, F&& fire) {
        const std::int64_t target = (now_ns - options_.start_ns) / options_.tick_ns;
        std::size_t fired = 0;
        while (!order_.empty() && order_.begin()->first <= target) {
            const auto [tick, index] = *order_.begin();
            order_.erase(order_.begin());
            tick_ = tick;
            ++fired;
            fire_one(index, now_ns, fire);
        }
        tick_ = std::max(tick_, target);
        return fired;
    }
    std::optional<std::int64_t> next_ns() const {
        if (order_.empty()) return std::nullopt;
        return options_.start_ns + order_.begin()->first * options_.tick_ns;
    }
    std::optional<std::int64_t> first_ns() const { return next_ns(); }
    std::size_t size() const { return timers_.size(); }

  private:
    struct Entry {
        std::int64_t due_ns;
        std::int64_t period_ns;
        std::int64_t tick;
        T value;
    };

    Timer add(Entry entry) {
        const std::uint32_t index = next_++;
        place(index, timers_.emplace(index, std::move(entry)).first->second);
        return {index, 0};
    }
    void place(std::uint32_t index, Entry& entry) {
        const std::int64_t since = std::max<std::int64_t>(0, entry.due_ns - options_.start_ns);
        const std::int64_t tick = (since + options_.tick_ns - 1) / options_.tick_ns;
        entry.tick = std::max(tick, tick_ + 1);
        order_.insert({entry.tick, index});
    }

    template <class F>
    void fire_one(std::uint32_t index, std::int64_t now_ns, F& fire) {
        Entry& entry = timers_.at(index);
        Fired fired{{index, 0}, entry.due_ns, 1};
        T value = std::move(entry.value);
        if (entry.period_ns == 0) {
            timers_.erase(index);
            fire(value, std::as_const(fired));
            return;
        }
        const std::int64_t missed =
            std::max<std::int64_t>(0, now_ns - entry.due_ns) / entry.period_ns;
        fired.due_ns += missed * entry.period_ns;
        fired.times += static_cast<std::uint64_t>(missed);
        entry.due_ns = fired.due_ns + entry.period_ns;
        fire(value, std::as_const(fired));
        const auto found = timers_.find(index);
        if (found == timers_.end()) return;
        found->second.value = std::move(value);
        if (!order_.contains({found->second.tick, index})) place(index, found->second);
    }

    const Options options_;
    std::int64_t tick_ = 0;
    std::uint32_t next_ = 0;
    std::map<std::uint32_t, Entry> timers_;
    std::set<std::pair<std::int64_t, std::uint32_t>> order_;
};

}  // namespace parallax
