// RunClock: running time, which starts at 0 when the run does and stands still while it is paused.
//
// One word holds the time and whether it stands still, so that who reads while it is resumed sees
// the time before or the time after, never a mixture.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace parallax {

class RunClock {
  public:
    void start() { word_ = running(monotonic_ns()); }
    void pause() {
        Word word = word_;
        while (!stands(word) && !word_.compare_exchange_weak(word, standing(time_at(word)))) {
        }
    }
    void resume() {
        Word word = word_;
        while (stands(word) &&
               !word_.compare_exchange_weak(word, running(monotonic_ns() - time_at(word)))) {
        }
    }

    bool paused() const { return stands(word_); }
    std::int64_t running_time_ns() const { return time_at(word_); }
    // As long as it runs; while it stands still, as if it were resumed now.
    std::int64_t monotonic_at(std::int64_t running_time_ns) const {
        const Word word = word_;
        return running_time_ns + (stands(word) ? monotonic_ns() - value(word) : value(word));
    }

  private:
    // Twice the monotonic time of 0 while it runs; twice the running time, plus one, while it
    // stands still.
    using Word = std::int64_t;
    static Word running(std::int64_t base_ns) { return base_ns * 2; }
    static Word standing(std::int64_t time_ns) { return time_ns * 2 + 1; }
    static bool stands(Word word) { return (word & 1) != 0; }
    static std::int64_t value(Word word) { return word >> 1; }
    static std::int64_t time_at(Word word) {
        return stands(word) ? value(word) : monotonic_ns() - value(word);
    }

    std::atomic<Word> word_{0};
};

}  // namespace parallax
