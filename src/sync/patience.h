// Patience: how long to spin before sleeping, learned from how long waits took.
//
// Whoever sleeps is woken some 30 us late and costs its waker some 10 us, so two that work in turns
// must not sleep. Whoever waits for milliseconds should not spin. So: spin the full time while
// waits are that short; spin half as long after each wait that was not; and when waits get short
// again, which those that sleep see late, try the full time anew every eighth time.
//
// Threads: any; what is learned is shared by who waits for the same, and is only a hint.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "sync/event_count.h"

namespace parallax {

template <class M>
class Patience {
  public:
    // True once attempt() is; false when that time came first. It is called at least once after
    // that time, so what came at the last moment is not left.
    template <class Attempt>
    bool await(EventCountOn<M>& event, std::optional<std::int64_t> until_ns, Attempt attempt) {
        const std::int64_t start = M::now_ns();
        if (spin(start, until_ns, attempt)) return true;
        while (true) {
            const auto key = event.prepare();
            if (attempt()) {
                event.cancel(key);
                break;
            }
            if (!event.wait(key, until_ns)) return attempt();
            if (attempt()) break;
        }
        learn(M::now_ns() - start);
        return true;
    }

  private:
    static constexpr std::int64_t kShortNs = 100'000;  // A sleep that spinning might have saved.
    static constexpr std::uint32_t kTryEach = 8;

    template <class Attempt>
    bool spin(std::int64_t start, std::optional<std::int64_t> until_ns, Attempt& attempt) {
        const std::int64_t most = budget_ns_.load(std::memory_order_relaxed);
        if (most <= 0) return false;
        for (std::int64_t now = start; now - start < most; now = M::now_ns()) {
            if (until_ns && now >= *until_ns) return false;
            for (int i = 0; i < 8; ++i) {
                if (attempt()) return true;
                M::relax(0);
            }
        }
        return false;
    }

    void learn(std::int64_t waited_ns) {
        const std::int64_t had = budget_ns_.load(std::memory_order_relaxed);
        const bool again = waited_ns < kShortNs && ++short_ % kTryEach == 0;
        budget_ns_.store(again ? most_ns_ : had / 2, std::memory_order_relaxed);
    }

    const std::int64_t most_ns_ = M::spin_ns();
    std::atomic<std::int64_t> budget_ns_{most_ns_};
    std::atomic<std::uint32_t> short_{0};
};

}  // namespace parallax
