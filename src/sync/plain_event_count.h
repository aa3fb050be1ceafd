// PlainEventCount: EventCount with a mutex and a condition variable, and its yardstick in tests.
//
// Contract: as in event_count.h, in one process. Who sleeps on other words as well cannot do so on
// a condition variable: the epoch is a word for that one, and every notify wakes it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>

#include "base/check.h"
#include "sync/event_count.h"
#include "sync/futex.h"

namespace parallax {

class PlainEventCount {
  public:
    using Key = std::uint32_t;

    explicit PlainEventCount(Scope scope = Scope::process) {
        PX_CHECK(scope != Scope::machine);  // No peer may hold a lock of ours.
    }

    [[nodiscard]] Key prepare() {
        const std::scoped_lock lock(mutex_);
        return epoch_;
    }
    void cancel(Key) {}
    bool wait(Key key, std::optional<std::int64_t> until_ns = std::nullopt) {
        std::unique_lock lock(mutex_);
        const auto changed = [&] { return epoch_ != key; };
        if (!until_ns) {
            change_.wait(lock, changed);
            return true;
        }
        // libstdc++'s steady clock is the monotonic one.
        const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(*until_ns)};
        return change_.wait_until(lock, until, changed);
    }
    void wait_with(Key key, FutexSet& others, std::optional<std::int64_t> until_ns) {
        const bool there_is_room = others.add(epoch_, key);
        PX_CHECK(there_is_room);
        others.wait(until_ns);
    }

    void notify_one() { notify(1); }
    void notify_all() { notify(0); }
    void notify(std::uint32_t most) {
        {
            const std::scoped_lock lock(mutex_);
            ++epoch_;
        }
        // Any number may be told: a wait may end for no reason.
        static_cast<void>(most);
        change_.notify_all();
        futex_wake(epoch_, std::numeric_limits<int>::max());
    }

  private:
    std::mutex mutex_;
    std::condition_variable change_;
    std::atomic<std::uint32_t> epoch_{0};  // Written under the lock.
};

}  // namespace parallax
