// Tasks of a resource group: what they are told, how they are counted, and how the group ends.
#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/clock.h"
#include "parallax/group.h"
#include "support/actors.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

using WhenFull = ResourceGroup::WhenFull;

// Waits for what must come; false when it did not, which fails the test.
template <class Condition>
bool comes(Condition condition) {
    const std::int64_t give_up_ns = monotonic_ns() + 60'000'000'000;
    while (!condition()) {
        if (monotonic_ns() > give_up_ns) return false;
        std::this_thread::yield();
    }
    return true;
}

// As code of others does: throws std::out_of_range.
void throw_something() { static_cast<void>(std::vector<int>{}.at(7)); }

// Holds one thread of a group until it is let go.
class Held {
  public:
    explicit Held(ResourceGroup& group) {
        REQUIRE(group.spawn([this] {
            began_.release();
            go_on_.acquire();
        }));
        began_.acquire();
    }
    void let_go() { go_on_.release(); }

  private:
    std::binary_semaphore began_{0};
    std::binary_semaphore go_on_{0};
};

TEST_CASE("group tasks: all that are spawned are done, once each, from many threads") {
    constexpr int kEach = 20'000;
    const auto group = unwrap(
        ResourceGroup::create({.threads = 3, .most_tasks = 64, .when_full = WhenFull::wait}));
    std::vector<std::atomic<int>> done(4 * kEach);
    std::atomic<int> refused{0};
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([&, t] {
                for (int n = 0; n < kEach; ++n) {
                    auto& place = done[static_cast<std::size_t>(t * kEach + n)];
                    if (!group->spawn([&place] { place.fetch_add(1); })) refused.fetch_add(1);
                }
            });
        }
    }
    REQUIRE(comes([&] { return group->active_tasks() == 0; }));
    CHECK(refused == 0);
    CHECK(std::ranges::all_of(done, [](const auto& each) { return each == 1; }));
}

TEST_CASE("group tasks: run hands back what the body returns, a value, nothing or an error") {
    const auto group = unwrap(ResourceGroup::create({.threads = 1}));
    CHECK(unwrap(group->run([] { return std::string("seven"); })) == "seven");
    CHECK(*unwrap(group->run([] { return std::make_unique<int>(7); })) == 7);
    bool called = false;
    CHECK(group->run([&] { called = true; }));
    CHECK(called);
    CHECK(unwrap(group->run([]() -> Result<int> { return 3; })) == 3);
    const Result<int> bad = group->run([]() -> Result<int> { return fail(Errc::io, "torn"); });
    REQUIRE_FALSE(bad);
    CHECK(bad.error().message == "torn");
    CHECK(group->active_tasks() == 0);
}

TEST_CASE("group tasks: what is thrown in run comes to its caller, and the group goes on") {
    const auto group = unwrap(ResourceGroup::create({.threads = 1}));
    const Result<> thrown = group->run([] { throw_something(); });
    REQUIRE_FALSE(thrown);
    CHECK(thrown.error().code == Errc::system);
    CHECK(thrown.error().message.starts_with("a task threw: "));
    CHECK(group->active_tasks() == 0);
    CHECK(unwrap(group->run([] { return 5; })) == 5);
}

TEST_CASE("group tasks: what fails or throws in spawn is told, before it counts as done") {
    std::mutex mutex;
    std::vector<std::string> told;
    const auto group = unwrap(ResourceGroup::create({.threads = 2}, [&](const Error& error) {
        const std::scoped_lock lock(mutex);
        told.push_back(error.message.substr(0, 12));
    }));
    REQUIRE(group->spawn([]() -> Result<> { return fail(Errc::io, "no more disk"); }));
    REQUIRE(comes([&] { return group->active_tasks() == 0; }));
    CHECK(told == std::vector<std::string>{"no more disk"});
    REQUIRE(group->spawn([] { throw_something(); }));
    REQUIRE(comes([&] { return group->active_tasks() == 0; }));
    REQUIRE(told.size() == 2);
    CHECK(told[1] == "a task threw");
    const auto silent = unwrap(ResourceGroup::create({.threads = 1}));
    REQUIRE(silent->spawn([] { throw_something(); }));  // Nobody listens: nothing breaks.
    CHECK(comes([&] { return silent->active_tasks() == 0; }));
}

TEST_CASE("group tasks: run within the group is in place, however deep, also from an actor") {
    const auto group = unwrap(ResourceGroup::create({.threads = 1}));
    std::uint64_t active = 0;
    const auto depth = unwrap(group->run([&] {
        return *group->run([&] {
            const pid_t outer = ::gettid();
            return *group->run([&] {
                active = group->active_tasks();
                return outer == ::gettid() ? 3 : 0;
            });
        });
    }));
    CHECK(depth == 3);
    CHECK(active == 3);
    CHECK(group->active_tasks() == 0);
    std::atomic<bool> inside = false;
    Steps steps(*group, [&] {
        inside = group->inside() && group->run([&] { return group->inside(); }).value_or(false);
        return false;
    });
    const StopAtEnd stop(*group);
    steps.notify();
    REQUIRE(steps.made());
    CHECK(inside);
    CHECK_FALSE(group->inside());
}

TEST_CASE("group tasks: the count is exact at every moment that nothing moves") {
    const auto group = unwrap(ResourceGroup::create({.threads = 2}));
    CHECK(group->active_tasks() == 0);
    Held first(*group);
    CHECK(group->active_tasks() == 1);
    Held second(*group);
    for (std::uint64_t n = 0; n < 10; ++n) {
        CHECK(group->active_tasks() == 2 + n);
        REQUIRE(group->spawn([] { throw_something(); }));
    }
    CHECK(group->active_tasks() == 12);
    first.let_go();
    REQUIRE(comes([&] { return group->active_tasks() == 1; }));
    second.let_go();
    CHECK(comes([&] { return group->active_tasks() == 0; }));
}

// Each thread has at most one task under way, so a fifth would be one that was counted twice.
TEST_CASE("group tasks: the count is never more than there can be, while all changes") {
    const auto group = unwrap(ResourceGroup::create({.threads = 2}));
    std::atomic<bool> stop{false};
    std::uint64_t most = 0;
    std::uint64_t after = 0;
    {
        std::vector<std::jthread> callers;
        for (int t = 0; t < 4; ++t) {
            callers.emplace_back([&] {
                while (!stop) CHECK(group->run([] {}));
            });
        }
        for (int look = 0; look < 20'000; ++look) most = std::max(most, group->active_tasks());
        stop = true;
    }
    after = group->active_tasks();
    CHECK(most <= 4);
    CHECK(after == 0);
}

TEST_CASE("group tasks: a full queue refuses, or has who comes from outside wait") {
    const auto refusing = unwrap(ResourceGroup::create({.threads = 1, .most_tasks = 4}));
    Held held(*refusing);
    for (int n = 0; n < 4; ++n) REQUIRE(refusing->spawn([] {}));
    const Result<> full = refusing->spawn([] {});
    REQUIRE_FALSE(full);
    CHECK(full.error().code == Errc::quota_exceeded);
    CHECK(refusing->run([] {}).error().code == Errc::quota_exceeded);
    CHECK(refusing->active_tasks() == 5);
    held.let_go();

    const auto waiting =
        unwrap(ResourceGroup::create({.threads = 1, .most_tasks = 4, .when_full = WhenFull::wait}));
    Held busy(*waiting);
    for (int n = 0; n < 4; ++n) REQUIRE(waiting->spawn([] {}));
    std::atomic<bool> in{false};
    std::jthread patient([&] {
        CHECK(waiting->spawn([] {}));
        in = true;
    });
    CHECK_FALSE(in);
    busy.let_go();
    patient.join();
    CHECK(in);
    // From inside, waiting for room could be waiting for itself.
    CHECK(waiting
              ->run([&]() -> Result<> {
                  for (int n = 0; n < 4; ++n) PX_TRY(waiting->spawn([] {}));
                  return waiting->spawn([] {});
              })
              .error()
              .code == Errc::quota_exceeded);
    CHECK(comes([&] { return waiting->active_tasks() == 0; }));
}

TEST_CASE("group tasks: stop hands back what waited, and tells who waits for it") {
    auto group = unwrap(ResourceGroup::create({.threads = 1}));
    std::atomic<int> ran{0};
    std::optional<Held> held(*group);
    for (int n = 0; n < 3; ++n) REQUIRE(group->spawn([&] { ++ran; }));
    std::optional<Error> told;
    std::jthread caller([&] {
        const Result<int> answer = group->run([&] { return ++ran; });
        if (!answer) told = answer.error();
    });
    REQUIRE(comes([&] { return group->active_tasks() == 5; }));
    // stop() waits for the held one; nothing is taken from its first moment on.
    std::size_t probes = 0;  // Taken before that moment.
    std::jthread stopper([&] {
        for (;;) {
            const Result<> answer = group->spawn([] {});
            if (!answer && answer.error().code == Errc::interrupted) break;
            if (answer) ++probes;
        }
        held->let_go();
    });
    std::vector<Task> rest = group->stop();
    caller.join();
    stopper.join();
    CHECK(rest.size() == 3 + probes);
    CHECK(ran == 0);
    REQUIRE(told);
    CHECK(told->code == Errc::interrupted);
    CHECK(group->active_tasks() == 0);
    CHECK(group->spawn([] {}).error().code == Errc::interrupted);
    CHECK(group->run([] {}).error().code == Errc::interrupted);
    for (Task& task : rest) CHECK(task());
    CHECK(ran == 3);
    CHECK(group->stop().empty());
}

TEST_CASE("group tasks: finish does all that was taken first, and takes no more") {
    const auto group = unwrap(ResourceGroup::create({.threads = 2}));
    std::atomic<int> ran{0};
    std::atomic<int> refused{0};
    for (int n = 0; n < 500; ++n) {
        REQUIRE(group->spawn([&] {
            ++ran;
            if (!group->spawn([&] { ++ran; })) ++refused;
        }));
    }
    group->finish();
    CHECK(ran + refused == 1000);
    CHECK(ran >= 500);
    CHECK(group->active_tasks() == 0);
    CHECK(group->spawn([] {}).error().code == Errc::interrupted);
    CHECK(group->stop().empty());
}

TEST_CASE("group tasks: a group that ends while others hand over loses nothing and counts right") {
    for (int round = 0; round < 200; ++round) {
        const auto group = unwrap(ResourceGroup::create({.threads = 2, .most_tasks = 8}));
        std::atomic<int> taken{0};
        std::atomic<int> ran{0};
        std::jthread spawner([&] {
            for (;;) {
                const Result<> answer = group->spawn([&] { ++ran; });
                if (answer) ++taken;
                if (!answer && answer.error().code == Errc::interrupted) return;
            }
        });
        REQUIRE(comes([&] { return ran > 10; }));
        if (round % 2 != 0) group->finish();
        const std::vector<Task> rest = group->stop();
        spawner.join();
        CHECK(taken == ran + static_cast<int>(rest.size()));
        CHECK(group->active_tasks() == 0);
    }
}

TEST_CASE("group tasks: tasks and actors take turns, neither starves the other") {
    const auto group = unwrap(
        ResourceGroup::create({.threads = 1, .most_tasks = 16, .when_full = WhenFull::refuse}));
    std::atomic<bool> stop{false};
    std::atomic<int> tasks{0};
    Steps steps(*group, [&] { return !stop; });  // Always has more to do.
    const StopAtEnd at_end(*group);
    steps.notify();
    std::jthread spawner([&] {
        while (!stop) static_cast<void>(group->spawn([&] { ++tasks; }));
    });
    CHECK(comes([&] { return tasks > 1000 && steps.count() > 1000; }));
    stop = true;
}

TEST_CASE("group tasks: a time that an actor asked for comes while tasks never end") {
    const auto group = unwrap(ResourceGroup::create({.threads = 1}));
    std::atomic<bool> stop{false};
    Steps steps(*group);
    const StopAtEnd at_end(*group);
    std::jthread spawner([&] {
        while (!stop) static_cast<void>(group->spawn([] {}));
    });
    steps.notify_at(monotonic_ns() + 5'000'000);
    CHECK(steps.made());
    stop = true;
}

TEST_CASE("group tasks: threads of a pinned group take memory from where they run") {
    cpu_set_t allowed;
    REQUIRE(::sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    int core = 0;
    while (!CPU_ISSET(core, &allowed)) ++core;
    std::jthread spread([&] {
        // This thread, whose policy new threads inherit, spreads its memory over all nodes.
        const unsigned long nodes = 1;
        constexpr int kInterleave = 3;
        constexpr int kLocal = 4;
        if (::syscall(SYS_set_mempolicy, kInterleave, &nodes, 2) != 0) {
            MESSAGE("skipped: this machine grants no memory policies");
            return;
        }
        const auto group = unwrap(ResourceGroup::create({.cores = {core}}));
        int mode = -1;
        CHECK(group->run([&] {
            static_cast<void>(::syscall(SYS_get_mempolicy, &mode, nullptr, 0, nullptr, 0));
        }));
        CHECK(mode == kLocal);
    });
}

}  // namespace
}  // namespace parallax
