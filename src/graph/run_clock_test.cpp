#include "graph/run_clock.h"

#include <thread>

#include <doctest/doctest.h>

namespace parallax {
namespace {

// Waits until the machine's own clock has moved on.
void tick() {
    const std::int64_t before_ns = monotonic_ns();
    while (monotonic_ns() == before_ns) {
    }
}

TEST_CASE("run clock: it starts at 0, stands still while paused, and goes on from there") {
    RunClock clock;
    const std::int64_t before_ns = monotonic_ns();
    clock.start();
    CHECK_FALSE(clock.paused());
    const std::int64_t begun_ns = clock.running_time_ns();  // Asked first.
    CHECK(begun_ns <= monotonic_ns() - before_ns);
    tick();
    clock.pause();
    CHECK(clock.paused());
    const std::int64_t stands_ns = clock.running_time_ns();
    CHECK(stands_ns > 0);
    for (int i = 0; i < 100; ++i) tick();
    CHECK(clock.running_time_ns() == stands_ns);
    clock.pause();  // Twice is once.
    CHECK(clock.running_time_ns() == stands_ns);
    const std::int64_t resumed_ns = monotonic_ns();
    clock.resume();
    const std::int64_t now_ns = clock.running_time_ns();
    CHECK(now_ns >= stands_ns);
    CHECK(now_ns <= stands_ns + (monotonic_ns() - resumed_ns));
    clock.resume();
    CHECK(clock.running_time_ns() >= now_ns);
}

TEST_CASE("run clock: a running time and its monotonic time name the same moment") {
    RunClock clock;
    clock.start();
    const std::int64_t later_ns = clock.running_time_ns() + 1'000'000'000'000;
    const std::int64_t at_ns = clock.monotonic_at(later_ns);
    CHECK(at_ns > monotonic_ns());
    CHECK(clock.monotonic_at(later_ns + 5) == at_ns + 5);
    tick();
    CHECK(clock.monotonic_at(later_ns) == at_ns);
    clock.pause();
    tick();
    CHECK(clock.monotonic_at(later_ns) > at_ns);  // The pause has put it off.
}

// The base and the pause were two words: between the two stores of resume() a reader saw the time
// jump back by as long as the pause had been.
TEST_CASE("run clock: it never goes back, while another thread pauses and resumes it") {
    RunClock clock;
    clock.start();
    std::atomic<bool> over = false;
    std::jthread pauser([&] {
        for (int i = 0; i < 20'000; ++i) {
            clock.pause();
            clock.resume();
        }
        over = true;
    });
    std::int64_t last_ns = 0;
    int went_back = 0;
    while (!over) {
        const std::int64_t now_ns = clock.running_time_ns();
        went_back += now_ns < last_ns ? 1 : 0;
        last_ns = now_ns;
    }
    CHECK(went_back == 0);
}

}  // namespace
}  // namespace parallax
