#include "sync/machine.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <thread>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/stepped.h"
#include "sync/broadcast.h"
#include "sync/event_count.h"
#include "sync/ring_queue.h"

namespace parallax {
namespace {

// As a sandbox does for whom its policy denies it: from now on membarrier(2) is not there.
bool take_membarrier_away() {
    std::array filter{
        sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        sock_filter BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program{.len = filter.size(), .filter = filter.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Threads that hand items and turns to each other, then everything is closed. True when all came.
bool work_together(RingQueue<int, Sides::spsc>& queue, EventCount& event, Broadcast<int>& news) {
    constexpr int kItems = 200;
    std::atomic<int> turn{0};
    int sum = 0;
    std::jthread other([&] {
        for (int n = 1; n <= kItems; ++n) {
            queue.push(int{n});
            turn.fetch_add(1);
            event.notify_one();
        }
        queue.close();
        news.publish(1);
    });
    auto subscriber = news.subscribe(Lag::block);
    while (turn.load() < kItems) {
        const auto key = event.prepare();
        if (turn.load() < kItems) {
            event.wait(key, Machine::now_ns() + 1'000'000);
        } else {
            event.cancel(key);
        }
        while (const auto item = queue.try_pop()) sum += *item;
    }
    while (const auto item = queue.pop()) sum += *item;
    return subscriber.has_value() && sum == kItems * (kItems + 1) / 2;
}

// A child of a sandbox whose policy lacks the call: what it made before must go on.
TEST_CASE("machine: what was made before a sandbox took the barrier away goes on" *
          doctest::skip(testing::kNoStepping)) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        RingQueue<int, Sides::spsc> queue(8);
        EventCount event;
        Broadcast<int> news(8);
        if (!take_membarrier_away()) ::_exit(2);
        if (Machine::asymmetric()) ::_exit(3);
        ::_exit(work_together(queue, event, news) ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace parallax
