#include "sync/futex.h"

#include <bit>
#include <cerrno>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace parallax {
namespace {

constexpr long kFutexWaitv = 449;
constexpr std::uint32_t kSize32 = 2;       // FUTEX2_SIZE_U32
constexpr std::int64_t kPollNs = 500'000;  // Where the kernel has no futex_waitv.

timespec to_timespec(std::int64_t ns) {
    return {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
}

void nap() {
    const timespec shortly = to_timespec(kPollNs);
    ::nanosleep(&shortly, nullptr);
}

}  // namespace

void futex_wake(const std::atomic<std::uint32_t>& word, int most) {
    futex_wake(static_cast<const void*>(&word), most);
}

int futex_wake(const void* word, int most) {
    return static_cast<int>(::syscall(SYS_futex, word, FUTEX_WAKE, most, nullptr, nullptr, 0));
}

bool futex_wait(const void* word, std::uint32_t seen, std::optional<std::int64_t> until_ns) {
    const timespec until = to_timespec(until_ns.value_or(0));
    // With a bit set the time is absolute.
    return ::syscall(SYS_futex, word, FUTEX_WAIT_BITSET, seen, until_ns ? &until : nullptr, nullptr,
                     FUTEX_BITSET_MATCH_ANY) == 0;
}

bool FutexSet::add(const std::atomic<std::uint32_t>& word, std::uint32_t seen) {
    return add(static_cast<const void*>(&word), seen);
}

bool FutexSet::add(const void* word, std::uint32_t seen) {
    if (size_ == kMost) return false;
    waiters_[size_++] = {.value = seen,
                         .address = std::bit_cast<std::uint64_t>(word),
                         .flags = kSize32,
                         .reserved = 0};
    return true;
}

bool FutexSet::wait(std::optional<std::int64_t> until_ns) const {
    const timespec until = to_timespec(until_ns.value_or(0));
    const timespec* deadline = until_ns ? &until : nullptr;
    if (size_ == 1) {
        const auto seen = static_cast<std::uint32_t>(waiters_[0].value);
        return futex_wait(std::bit_cast<const void*>(waiters_[0].address), seen, until_ns);
    }
    const long answer =
        ::syscall(kFutexWaitv, waiters_.data(), size_, 0, deadline, CLOCK_MONOTONIC);
    if (answer < 0 && errno == ENOSYS) nap();
    return answer >= 0 && static_cast<std::size_t>(answer) + 1 == size_;
}

}  // namespace parallax
