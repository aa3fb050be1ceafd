// RunClock: running time, which starts at 0 when the run does and stands still while it is paused.
//
// One word holds the time and whether it stands still, so that who reads while it is resumed sees
// the time before or the time after, never a mixture.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "base/clock.h"

namespace parallax {

class RunClock {
  public:
    void start() { word_ = running(monotonic_ns()); }
    // As another clock runs that had its 0 at this monotonic time; or as one that stands there.
    void follow(std::int64_t zero_monotonic_ns) { word_ = running(zero_monotonic_ns); }
    void stand_at(std::int64_t running_time_ns) { word_ = standing(running_time_ns); }
    // First nobody may read the time that runs any more, then it is taken: else one who read it a
    // moment ago would have seen more than the time it stands at.
    void pause() {
        Word word = settled();
        while (state(word) == kRunning) {
            if (!word_.compare_exchange_weak(word, word | kTurning)) {
                word = settled();
                continue;
            }
            word_ = standing(monotonic_ns() - value(word));
            return;
        }
    }
    void resume() {
        Word word = settled();
        while (state(word) == kStanding &&
               !word_.compare_exchange_weak(word, running(monotonic_ns() - value(word)))) {
            word = settled();
        }
    }

    bool paused() const { return state(settled()) == kStanding; }
    std::int64_t running_time_ns() const {
        for (;;) {
            const Word word = settled();
            if (state(word) == kStanding) return value(word);
            const std::int64_t time_ns = monotonic_ns() - value(word);
            if (word_ == word) return time_ns;
        }
    }
    // As long as it runs; while it stands still, as if it were resumed now.
    std::int64_t monotonic_at(std::int64_t running_time_ns) const {
        const Word word = settled();
        return running_time_ns +
               (state(word) == kStanding ? monotonic_ns() - value(word) : value(word));
    }

  private:
    // Four times the monotonic time of 0 while it runs; four times the running time, plus one,
    // while it stands still.
    using Word = std::int64_t;
    static constexpr Word kRunning = 0;
    static constexpr Word kStanding = 1;
    static constexpr Word kTurning = 2;
    static Word running(std::int64_t base_ns) { return base_ns * 4; }
    static Word standing(std::int64_t time_ns) { return time_ns * 4 + kStanding; }
    static Word state(Word word) { return word & 3; }
    static std::int64_t value(Word word) { return word >> 2; }

    // Turning takes one look at the time, and only whoever pauses does it.
    Word settled() const {
        for (;;) {
            const Word word = word_;
            if (state(word) != kTurning) return word;
            std::this_thread::yield();
        }
    }

    std::atomic<Word> word_{0};
};

}  // namespace parallax
