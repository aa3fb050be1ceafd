#include "sync/machine.h"

#include <bit>
#include <ctime>

#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace parallax {
namespace {

static_assert(std::endian::native == std::endian::little, "the lower half of a word is its first");

constexpr unsigned kStay = 64;
constexpr unsigned kLend = 128;
constexpr std::int64_t kNapNs = 50'000;
// Far longer than a store can lie in a core's buffer.
constexpr std::int64_t kSettleNs = 1'000'000;
// More than a waker loses in the kernel (11 us were measured): with less, two that wait for each
// other in turns both sleep each time, and a round takes 60 us instead of 0.2.
constexpr std::int64_t kSpinNs = 20'000;

void nap(std::int64_t ns) {
    const timespec time{.tv_sec = 0, .tv_nsec = ns};
    ::nanosleep(&time, nullptr);
}

}  // namespace

bool Machine::asymmetric() {
    return ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void Machine::heavy(bool asymmetric) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (!asymmetric) return;
    if (::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0) return;
    // A sandbox has taken the call away since it was asked for, and who calls light() has no fence.
    // What that one wrote before it missed our store is on its way out of its core, or was when the
    // kernel took the core away: so wait until it must have arrived.
    nap(kSettleNs);
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

bool Machine::wait_low(const Atomic<std::uint64_t>& word, std::uint32_t seen,
                       std::optional<std::int64_t> until_ns) {
    return futex_wait(&word, seen, until_ns);
}

int Machine::wake_low(const Atomic<std::uint64_t>& word, int most) {
    return futex_wake(&word, most);
}

void Machine::relax(unsigned round) {
    if (round < kStay) {
        cpu_pause();
    } else if (round < kLend) {
        ::sched_yield();
    } else {
        nap(kNapNs);
    }
}

std::int64_t Machine::spin_ns() {
    cpu_set_t allowed;
    const bool alone =
        ::sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) == 1;
    return alone ? 0 : kSpinNs;
}

}  // namespace parallax
