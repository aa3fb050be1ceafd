// PlainEventCount: EventCount with a mutex and a condition variable, and its yardstick in tests.
//
// Contract: as in event_count.h, in one process.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>

namespace parallax {

class PlainEventCount {
  public:
    using Key = std::uint32_t;

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
    }

  private:
    std::mutex mutex_;
    std::condition_variable change_;
    std::uint32_t epoch_ = 0;
};

}  // namespace parallax
