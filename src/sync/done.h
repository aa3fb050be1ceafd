// Done: told once, and waited for by one thread, on whose stack it may lie.
//
//     Done done;                                     // On the stack of who asks.
//     hand_over([&] { answer = 42; done.tell(); });
//     done.wait();                                   // Then `done` and `answer` may go.
//
// Who may call: tell() once, from any thread; wait() once, from one. Blocks: only wait(), which
// spins while an answer may be about to come and sleeps then; it has no time limit, so tell() must
// be certain. Order: what was written before tell() is seen after wait().
// Lifetime: ends as soon as wait() returns. tell() uses but the address after that; whoever sleeps
// on a word at the same place by then may be woken for no reason, which all that sleep here expect.
#pragma once

#include <cstdint>
#include <optional>

#include "sync/machine.h"

namespace parallax {

template <class M>
class DoneOn {
  public:
    DoneOn() = default;
    DoneOn(const DoneOn&) = delete;
    DoneOn& operator=(const DoneOn&) = delete;

    void tell() {
        // Release pairs with the acquires in wait(); acquire takes over that it sleeps.
        if (state_.exchange(kTold, std::memory_order_acq_rel) == kAsleep) M::wake_low(state_, 1);
    }

    void wait() {
        const std::int64_t most_ns = M::spin_ns();
        if (most_ns > 0) {
            const std::int64_t start_ns = M::now_ns();
            while (M::now_ns() - start_ns < most_ns) {
                if (state_.load(std::memory_order_acquire) == kTold) return;
                M::relax(0);
            }
        }
        std::uint64_t open = kOpen;
        if (!state_.compare_exchange_strong(open, kAsleep, std::memory_order_acq_rel,
                                            std::memory_order_acquire)) {
            return;
        }
        while (state_.load(std::memory_order_acquire) != kTold) {
            M::wait_low(state_, kAsleep, std::nullopt);
        }
    }

  private:
    static constexpr std::uint32_t kOpen = 0;
    static constexpr std::uint32_t kAsleep = 1;
    static constexpr std::uint32_t kTold = 2;

    typename M::template Atomic<std::uint64_t> state_{kOpen};
};

using Done = DoneOn<Machine>;

}  // namespace parallax
