// futex: to sleep until a word in memory changes, also one that another process writes; futex(2).
//
// Sleeping and waking work through mappings that are read-only, too. A waiter names the value it
// has seen; when the word differs by the time it would sleep, it does not: so no news is missed.
//
// Threads: any.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace parallax {

// Wakes at most so many waiters of the word, of whatever process.
void futex_wake(const std::atomic<std::uint32_t>& word, int most);

// The same on the 32 bits at an address; how many were woken.
int futex_wake(const void* word, int most);
// Sleeps while the 32 bits there are `seen`: until woken, that time of the monotonic clock, or for
// no reason at all. True when woken.
bool futex_wait(const void* word, std::uint32_t seen, std::optional<std::int64_t> until_ns);

// Tells the processor that the thread only waits: some 15 ns.
inline void cpu_pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("isb");
#endif
}

// Words to sleep on together, each with the value seen last; futex_waitv(2).
class FutexSet {
  public:
    static constexpr std::size_t kMost = 128;  // The kernel's limit.

    // False when the set is full.
    bool add(const std::atomic<std::uint32_t>& word, std::uint32_t seen);
    bool add(const void* word, std::uint32_t seen);  // The 32 bits at an address.
    std::size_t size() const { return size_; }
    // Returns once any word was woken or differs, at that time of the monotonic clock, or for no
    // reason at all. True when it was the word added last that was woken.
    bool wait(std::optional<std::int64_t> until_ns) const;

  private:
    struct Waiter {  // struct futex_waitv of <linux/futex.h>, which Debian 12's libc lacks.
        std::uint64_t value = 0;
        std::uint64_t address = 0;
        std::uint32_t flags = 0;
        std::uint32_t reserved = 0;
    };
    std::array<Waiter, kMost> waiters_;
    std::size_t size_ = 0;
};

}  // namespace parallax
