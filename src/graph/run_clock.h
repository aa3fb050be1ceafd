// RunClock: running time, which starts at 0 when the run does and stands still while it is paused.
//
// Threads: any may read; start, pause and resume come from one.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace parallax {

class RunClock {
  public:
    void start() {
        base_ns_ = monotonic_ns();
        paused_at_ns_ = kRunning;
    }
    void pause() {
        if (!paused()) paused_at_ns_ = monotonic_ns();
    }
    void resume() {
        if (!paused()) return;
        base_ns_ += monotonic_ns() - paused_at_ns_;
        paused_at_ns_ = kRunning;
    }

    bool paused() const { return paused_at_ns_ != kRunning; }
    std::int64_t running_time_ns() const {
        const std::int64_t paused_at = paused_at_ns_;
        return (paused_at == kRunning ? monotonic_ns() : paused_at) - base_ns_;
    }
    std::int64_t monotonic_at(std::int64_t running_time_ns) const {
        return base_ns_ + running_time_ns;
    }

  private:
    static constexpr std::int64_t kRunning = -1;
    std::atomic<std::int64_t> base_ns_{0};
    std::atomic<std::int64_t> paused_at_ns_{kRunning};
};

}  // namespace parallax
