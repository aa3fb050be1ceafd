#include "exec/task_scheduler.h"

#include <atomic>
#include <semaphore>
#include <thread>
#include <utility>
#include <vector>

#include <sched.h>

#include <doctest/doctest.h>

#include "base/clock.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

using Needs = TaskScheduler::Needs;

void add(TaskScheduler& to, const ResourceGroup::Options& options,
         const TaskScheduler::Terms& terms = {}) {
    REQUIRE(to.add(unwrap(ResourceGroup::create(options)), terms));
}

// Tasks that go on until they are let go.
class Gate {
  public:
    auto task() {
        return [this] { go_on_.acquire(); };
    }
    void open(int tasks) { go_on_.release(tasks); }

  private:
    std::counting_semaphore<> go_on_{0};
};

bool idle(const TaskScheduler& scheduler, std::string_view name) {
    const std::int64_t give_up_ns = monotonic_ns() + 60'000'000'000;
    while (scheduler.find(name)->active_tasks() != 0 || scheduler.admitted(name) != 0) {
        if (monotonic_ns() > give_up_ns) return false;
        std::this_thread::yield();
    }
    return true;
}

TEST_CASE("scheduler: the least loaded group is best, by tasks for each thread, else the first") {
    Gate gate;
    TaskScheduler scheduler;
    add(scheduler, {.name = "small", .threads = 1});
    add(scheduler, {.name = "large", .threads = 3});
    ResourceGroup* const small = scheduler.find("small");
    ResourceGroup* const large = scheduler.find("large");
    CHECK(scheduler.best_group({}) == small);
    REQUIRE(small->spawn(gate.task()));
    CHECK(scheduler.best_group({}) == large);
    for (int n = 0; n < 2; ++n) REQUIRE(large->spawn(gate.task()));
    CHECK(scheduler.best_group({}) == large);  // 2 of 3 against 1 of 1.
    REQUIRE(large->spawn(gate.task()));
    CHECK(scheduler.best_group({}) == small);  // Equal.
    gate.open(4);
    CHECK(idle(scheduler, "small"));
    CHECK(idle(scheduler, "large"));
    CHECK(scheduler.find("none") == nullptr);
}

TEST_CASE("scheduler: only what suits is taken: kind, threads, device") {
    TaskScheduler scheduler;
    CHECK(scheduler.admit({}).error().hint == "there are no groups");
    add(scheduler, {.name = "cpu", .threads = 2});
    add(scheduler, {.name = "gpu", .threads = 1}, {.kind = "gpu"});
    CHECK(scheduler.best_group({.kind = "gpu"}) == scheduler.find("gpu"));
    CHECK(scheduler.best_group({.threads = 2}) == scheduler.find("cpu"));
    CHECK(scheduler.best_group({.threads = 3}) == nullptr);
    CHECK(scheduler.best_group({.device = "gpu:0"}) == nullptr);
    const auto lacking = scheduler.admit({.kind = "npu"});
    REQUIRE_FALSE(lacking);
    CHECK(lacking.error().code == Errc::lacking);
    CHECK(lacking.error().hint == "there are: cpu for cpu, gpu for gpu");
    auto again = ResourceGroup::create({.name = "cpu", .threads = 1});
    CHECK(scheduler.add(unwrap(std::move(again)), {}).error().code == Errc::invalid_argument);
}

TEST_CASE("scheduler: a full group hands on to the next, and when all are full tasks are refused") {
    Gate gate;
    TaskScheduler scheduler;
    add(scheduler, {.name = "a", .threads = 1}, {.most_admitted = 1});
    add(scheduler, {.name = "b", .threads = 1}, {.most_admitted = 2});
    for (int n = 0; n < 3; ++n) REQUIRE(scheduler.spawn({}, gate.task()));
    CHECK(scheduler.admitted("a") == 1);
    CHECK(scheduler.admitted("b") == 2);
    CHECK(scheduler.spawn({}, gate.task()).error().code == Errc::quota_exceeded);
    CHECK(scheduler.run({}, [] { return 1; }).error().code == Errc::quota_exceeded);
    gate.open(3);
    REQUIRE(idle(scheduler, "a"));
    REQUIRE(idle(scheduler, "b"));
    CHECK(unwrap(scheduler.run({}, [] { return 1; })) == 1);
}

TEST_CASE("scheduler: leave is given back by tasks that throw, are refused, or never run") {
    Gate gate;
    TaskScheduler scheduler;
    add(scheduler, {.name = "a", .threads = 1, .most_tasks = 1}, {.most_admitted = 3});
    CHECK_FALSE(scheduler.run({}, [] { static_cast<void>(std::vector<int>{}.at(1)); }));
    CHECK(scheduler.admitted("a") == 0);
    std::binary_semaphore began{0};
    REQUIRE(scheduler.spawn({}, [&] {
        began.release();
        gate.task()();
    }));
    began.acquire();
    REQUIRE(scheduler.spawn({}, [] {}));
    CHECK(scheduler.spawn({}, [] {}).error().code ==
          Errc::quota_exceeded);  // Of the group's queue.
    CHECK(scheduler.admitted("a") == 2);
    std::jthread opener([&] {
        for (;;) {
            const Result<> answer = scheduler.find("a")->spawn([] {});
            if (!answer && answer.error().code == Errc::interrupted) break;
        }
        gate.open(1);
    });
    scheduler.find("a")->stop().clear();
    CHECK(scheduler.admitted("a") == 0);
}

TEST_CASE("scheduler: however many ask at once, no more are admitted than may be") {
    TaskScheduler scheduler;
    add(scheduler, {.name = "a", .threads = 3, .most_tasks = 1024}, {.most_admitted = 2});
    std::atomic<int> now{0};
    std::atomic<int> most{0};
    std::atomic<int> done{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&] {
                for (int n = 0; n < 5000; ++n) {
                    static_cast<void>(scheduler.spawn({}, [&] {
                        const int inside = ++now;
                        int seen = most;
                        while (inside > seen && !most.compare_exchange_weak(seen, inside)) {
                        }
                        ++done;
                        --now;
                    }));
                }
            });
        }
    }
    CHECK(idle(scheduler, "a"));
    CHECK(done > 0);
    CHECK(most <= 2);
}

TEST_CASE("scheduler: real-time groups do what needs them, nothing else, and lend their priority") {
    auto fifo = ResourceGroup::create(
        {.name = "fifo", .threads = 1, .policy = ResourceGroup::Policy::fifo, .priority = 5});
    if (!fifo) {
        MESSAGE("skipped: this machine permits no real-time threads");
        return;
    }
    TaskScheduler scheduler;
    REQUIRE(scheduler.add(*std::move(fifo), {}));
    CHECK(scheduler.best_group({}) == nullptr);
    add(scheduler, {.name = "plain", .threads = 1});
    CHECK(scheduler.best_group({}) == scheduler.find("plain"));
    auto policy_of_helper = scheduler.run({.real_time = true}, [&] {
        return scheduler.run({}, [] { return ::sched_getscheduler(0); });
    });
    CHECK(unwrap(std::move(policy_of_helper)) == SCHED_FIFO);
    CHECK(unwrap(scheduler.run({}, [] { return ::sched_getscheduler(0); })) == SCHED_OTHER);
}

}  // namespace
}  // namespace parallax
