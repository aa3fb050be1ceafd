#include "sync/machine.h"

#include <bit>
#include <ctime>

#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"

namespace parallax {
namespace {

static_assert(std::endian::native == std::endian::little, "the lower half of a word is its first");

constexpr unsigned kStay = 64;
constexpr unsigned kLend = 128;
constexpr std::int64_t kNapNs = 50'000;
// More than a waker loses in the kernel (11 us were measured): with less, two that wait for each
// other in turns both sleep each time, and a round takes 60 us instead of 0.2.
constexpr std::int64_t kSpinNs = 20'000;

}  // namespace

bool Machine::asymmetric() {
    return ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void Machine::heavy(bool asymmetric) {
    if (asymmetric) {
        PX_CHECK(::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0);
    } else {
        std::atomic_thread_fence(std::memory_order_seq_cst);
    }
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
        const timespec nap{.tv_sec = 0, .tv_nsec = kNapNs};
        ::nanosleep(&nap, nullptr);
    }
}

std::int64_t Machine::spin_ns() {
    cpu_set_t allowed;
    const bool alone =
        ::sched_getaffinity(0, sizeof allowed, &allowed) == 0 && CPU_COUNT(&allowed) == 1;
    return alone ? 0 : kSpinNs;
}

}  // namespace parallax
