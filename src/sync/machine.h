// Machine: what the primitives of this folder stand on; atomics, barriers, sleeping, the clock.
//
// Every primitive is a template over it. The product takes Machine; tests take one whose every
// step a scheduler chooses (tests/support/stepped.h), and so try all orders of few steps.
//
// Barriers come in pairs: who is often there calls light(), who is seldom there calls heavy(), and
// one of the two sees what the other wrote before. Where the kernel has membarrier(2), light() is
// free and heavy() a system call; elsewhere both are fences. Both sides must be told the same.
//
// Threads: any.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "sync/futex.h"

namespace parallax {

struct Machine {
    template <class T>
    using Atomic = std::atomic<T>;

    // A primitive asks once, when it is made, since both sides must know. Where a sandbox takes
    // the call away later, heavy() takes a millisecond instead. Not for memory that processes
    // share: the barrier reaches the threads of one process.
    static bool asymmetric();

    static void light(bool asymmetric) {
        if (asymmetric) {
            std::atomic_signal_fence(std::memory_order_seq_cst);
        } else {
            std::atomic_thread_fence(std::memory_order_seq_cst);
        }
    }
    static void heavy(bool asymmetric);

    // Sleeps while the lower half of the word is `seen`; futex_wait(). True when woken.
    static bool wait_low(const Atomic<std::uint64_t>& word, std::uint32_t seen,
                         std::optional<std::int64_t> until_ns);
    // How many were woken.
    static int wake_low(const Atomic<std::uint64_t>& word, int most);

    static std::int64_t now_ns() { return monotonic_ns(); }

    // For who waits for somebody who is in the middle of few instructions: `round` counts from 0.
    // At first it stays on the core, then it lends it, at last it sleeps for a little, so that
    // someone of lower priority comes to an end as well.
    static void relax(unsigned round);

    // Begins to take a line over from a core that reads it. A compiler's own hint would fetch it
    // for reading, unless told of a processor that all others are not.
    static void fetch_for_writing(const void* line) {
#if defined(__x86_64__)
        asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(line)));
#else
        __builtin_prefetch(line, 1);
#endif
    }

    // Spinning pays only where the other side can run meanwhile.
    static std::int64_t spin_ns();
};

// The time from which on a wait of so long has ended.
template <class M>
std::int64_t after_ns(std::int64_t for_ns) {
    return M::now_ns() + (for_ns > 0 ? for_ns : 0);
}

}  // namespace parallax
