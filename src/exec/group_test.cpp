#include "parallax/group.h"

#include <array>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sched.h>

#include <doctest/doctest.h>

#include "base/clock.h"
#include "support/actors.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

constexpr std::int64_t kMillisecondNs = 1'000'000;

TEST_CASE("group: an actor makes a step when it is notified, and none before") {
    const auto group = unwrap(ResourceGroup::create({.threads = 1}));
    Steps steps(*group);
    const StopAtEnd stop(*group);
    CHECK(steps.idle());
    CHECK(steps.count() == 0);
    steps.notify();
    REQUIRE(steps.made());
    CHECK(steps.count() == 1);
}

TEST_CASE("group: a notify during a step causes one more, however often it comes") {
    const auto group = unwrap(ResourceGroup::create({.threads = 2}));
    Steps* self = nullptr;
    std::atomic<int> rounds = 0;
    Steps steps(*group, [&] {
        if (rounds++ == 0) {
            for (int i = 0; i < 10; ++i) self->notify();
        }
        return false;
    });
    self = &steps;
    const StopAtEnd stop(*group);
    steps.notify();
    REQUIRE(steps.made());
    REQUIRE(steps.made());
    while (!steps.idle()) std::this_thread::yield();
    CHECK(steps.count() == 2);
}

TEST_CASE("group: a step that has more to do is followed by another") {
    const auto group = unwrap(ResourceGroup::create({.threads = 1}));
    int left = 100;
    Steps steps(*group, [&] { return --left > 0; });
    const StopAtEnd stop(*group);
    steps.notify();
    for (int i = 0; i < 100; ++i) REQUIRE(steps.made());
    while (!steps.idle()) std::this_thread::yield();
    CHECK(steps.count() == 100);
}

TEST_CASE("group: actors that always have more to do take turns") {
    const auto group = unwrap(ResourceGroup::create({.threads = 1}));
    std::string order;
    std::atomic<bool> both = false;
    const auto body = [&](char name) {
        if (both && order.size() < 200) order += name;
        return !both || order.size() < 200;
    };
    Steps a(*group, [&] { return body('a'); });
    Steps b(*group, [&] { return body('b'); });
    const StopAtEnd stop(*group);
    a.notify();
    b.notify();
    REQUIRE(b.made());
    both = true;
    while (!a.idle() || !b.idle()) std::this_thread::yield();
    CHECK(order.find("aa") == std::string::npos);
    CHECK(order.find("bb") == std::string::npos);
    CHECK(order.size() == 200);
}

TEST_CASE("group: one actor never runs on two threads at once") {
    const auto group = unwrap(ResourceGroup::create({.threads = 4}));
    std::atomic<int> inside = 0;
    std::atomic<int> worst = 0;
    std::uint64_t unguarded = 0;  // Steps follow each other, so this needs no lock.
    Steps steps(*group, [&] {
        const int now = ++inside;
        if (now > worst) worst = now;
        ++unguarded;
        --inside;
        return false;
    });
    const StopAtEnd stop(*group);
    {
        std::array<std::jthread, 3> notifiers;
        for (auto& notifier : notifiers) {
            notifier = std::jthread([&] {
                for (int i = 0; i < 20'000; ++i) steps.notify();
            });
        }
    }
    while (!steps.idle()) std::this_thread::yield();
    CHECK(worst == 1);
    CHECK(unguarded == static_cast<std::uint64_t>(steps.count()));
}

// notify() only looked whether the actor was queued already. The look could be done before the
// notifier's own news were visible, to a step that was just beginning: then nobody told of them.
TEST_CASE("group: news told while the actor waits for its turn are not lost") {
    const auto group = unwrap(ResourceGroup::create({.threads = 1}));
    std::array<std::atomic<int>, 2> news{};
    std::array<std::atomic<int>, 2> seen{};
    Steps steps(*group, [&] {
        for (std::size_t i = 0; i < news.size(); ++i) {
            seen.at(i).store(news.at(i).load(std::memory_order_acquire), std::memory_order_release);
        }
        return false;
    });
    const StopAtEnd stop(*group);
    const auto tell = [&](std::size_t who) {
        const std::int64_t give_up_ns = monotonic_ns() + 60'000 * kMillisecondNs;
        for (int number = 1; number <= 30'000; ++number) {
            news.at(who).store(number, std::memory_order_release);
            steps.notify();
            while (seen.at(who).load(std::memory_order_acquire) != number) {
                if (monotonic_ns() > give_up_ns) return;
                std::this_thread::yield();
            }
        }
    };
    {
        const std::jthread other([&] { tell(1); });
        tell(0);
    }
    CHECK(seen[0] == 30'000);
    CHECK(seen[1] == 30'000);
}

TEST_CASE("group: a time asked for comes, not before, and the earliest of several") {
    const auto group = unwrap(ResourceGroup::create({.threads = 2}));
    std::atomic<std::int64_t> when_ns = 0;
    Steps steps(*group, [&] {
        when_ns = monotonic_ns();
        return false;
    });
    const StopAtEnd stop(*group);
    const std::int64_t soon_ns = monotonic_ns() + 5 * kMillisecondNs;
    steps.notify_at(soon_ns + 3'600'000 * kMillisecondNs);
    steps.notify_at(soon_ns);
    steps.notify_at(soon_ns + 7'200'000 * kMillisecondNs);
    REQUIRE(steps.made());
    CHECK(when_ns >= soon_ns);
    CHECK(steps.count() == 1);
}

// Whoever slept until that time may be the one that is woken for something long. Which of the two
// is woken goes in turns, so brief steps between decide who it is.
TEST_CASE("group: a time comes although who waited for it has got something else to do") {
    const auto group = unwrap(ResourceGroup::create({.name = "two", .threads = 2}));
    Steps timed(*group);
    Steps brief(*group);
    int missed = 0;
    std::atomic<int> wanted = 0;
    // Keeps its thread until the time came: the other thread must see to it.
    Steps busy(*group, [&] {
        const std::int64_t patience_ns = monotonic_ns() + 1'000 * kMillisecondNs;
        while (timed.count() < wanted && monotonic_ns() < patience_ns) std::this_thread::yield();
        if (timed.count() < wanted) ++missed;
        return false;
    });
    const StopAtEnd stop(*group);
    for (int round = 0; round < 12 && missed == 0; ++round) {
        ++wanted;
        timed.notify_at(monotonic_ns() + 20 * kMillisecondNs);
        for (int turn = 0; turn < round % 4; ++turn) {
            brief.notify();
            REQUIRE(brief.made());
            std::this_thread::yield();
        }
        busy.notify();
        REQUIRE(busy.made());
        REQUIRE(timed.made());
    }
    CHECK(missed == 0);
}

TEST_CASE("group: of several that are due at once each gets a thread, if there are as many") {
    const auto group = unwrap(ResourceGroup::create({.name = "two", .threads = 2}));
    std::atomic<int> inside = 0;
    std::atomic<int> missed = 0;
    int wanted = 2;
    const auto meet = [&] {
        const std::int64_t patience_ns = monotonic_ns() + 1'000 * kMillisecondNs;
        ++inside;
        while (inside < wanted && monotonic_ns() < patience_ns) std::this_thread::yield();
        if (inside < wanted) ++missed;
        return false;
    };
    Steps one(*group, meet);
    Steps other(*group, meet);
    const StopAtEnd stop(*group);
    for (int round = 0; round < 10 && missed == 0; ++round) {
        const std::int64_t at_ns = monotonic_ns() + 3 * kMillisecondNs;
        one.notify_at(at_ns);
        other.notify_at(at_ns);
        REQUIRE(one.made());
        REQUIRE(other.made());
        wanted += 2;
    }
    CHECK(missed == 0);
}

TEST_CASE("group: times come while there are more words than one can sleep on, and after that") {
    const auto group = unwrap(ResourceGroup::create({.name = "many", .threads = 1}));
    std::vector<std::atomic<std::uint32_t>> words(200);
    Steps watching(*group);
    Steps timed(*group);
    const StopAtEnd stop(*group);
    for (auto& word : words) watching.watch(word);
    for (int round = 0; round < 3; ++round) {
        timed.notify_at(monotonic_ns() + 20 * kMillisecondNs);
        REQUIRE(timed.made());
    }
    // Asked for while it sleeps by the millisecond, and come when it does not any more.
    timed.notify_at(monotonic_ns() + 20 * kMillisecondNs);
    const std::int64_t asleep_ns = monotonic_ns() + 5 * kMillisecondNs;
    while (monotonic_ns() < asleep_ns) std::this_thread::yield();
    for (auto& word : words) watching.unwatch(word);
    REQUIRE(timed.made());
    timed.notify_at(monotonic_ns() + 2 * kMillisecondNs);
    CHECK(timed.made());
}

TEST_CASE("group: a time in the past comes at once") {
    const auto group = unwrap(ResourceGroup::create({.threads = 1}));
    Steps steps(*group);
    const StopAtEnd stop(*group);
    steps.notify_at(-5);
    CHECK(steps.made());
}

TEST_CASE("group: a forgotten time does not come") {
    const auto group = unwrap(ResourceGroup::create({.threads = 1}));
    Steps forgotten(*group);
    Steps later(*group);
    const StopAtEnd stop(*group);
    const std::int64_t now_ns = monotonic_ns();
    forgotten.notify_at(now_ns + 20 * kMillisecondNs);
    group->forget(forgotten);
    later.notify_at(now_ns + 21 * kMillisecondNs);
    REQUIRE(later.made());
    CHECK(forgotten.count() == 0);
}

TEST_CASE("group: stop waits for the step that runs, and nothing runs after it") {
    const auto group = unwrap(ResourceGroup::create({.threads = 2}));
    std::binary_semaphore inside{0};
    std::binary_semaphore go_on{0};
    bool finished = false;
    Steps steps(*group, [&] {
        inside.release();
        go_on.acquire();
        finished = true;
        return false;
    });
    Steps late(*group);
    steps.notify();
    inside.acquire();
    go_on.release();
    group->stop();
    CHECK(finished);
    late.notify();
    late.notify_at(0);
    group->stop();  // Twice is as good as once.
    CHECK(late.count() == 0);
}

TEST_CASE("group: threads bear the group's name and stay on its cores") {
    cpu_set_t allowed;
    REQUIRE(::sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    int core = 0;
    while (!CPU_ISSET(core, &allowed)) ++core;
    const auto group = unwrap(ResourceGroup::create({.name = "pinned", .cores = {core}}));
    CHECK(group->threads() == 1);
    std::array<char, 16> name{};
    cpu_set_t mine;
    Steps steps(*group, [&] {
        ::pthread_getname_np(::pthread_self(), name.data(), name.size());
        ::sched_getaffinity(0, sizeof mine, &mine);
        return false;
    });
    const StopAtEnd stop(*group);
    steps.notify();
    REQUIRE(steps.made());
    CHECK(std::string(name.data()) == "plx:pinned:0");
    CHECK(CPU_COUNT(&mine) == 1);
    CHECK(CPU_ISSET(core, &mine));
}

TEST_CASE("group: what cannot be made says why") {
    const auto no_core = ResourceGroup::create({.name = "far", .cores = {100'000}});
    REQUIRE_FALSE(no_core);
    CHECK(no_core.error().code == Errc::lacking);
    CHECK(no_core.error().message.find("far: core 100000") != std::string::npos);
    CHECK(no_core.error().hint.starts_with("allowed: "));
    for (const int threads : {-1, 257, 1 << 30}) {
        const auto group = ResourceGroup::create({.name = "g", .threads = threads});
        REQUIRE_FALSE(group);
        CHECK(group.error().message.find("outside 0 to 256") != std::string::npos);
    }
    const auto no_priority = ResourceGroup::create(
        {.threads = 2, .policy = ResourceGroup::Policy::fifo, .priority = 1000});
    CHECK_FALSE(no_priority);
}

// The exception of std::thread went through create(), past a latch that threads still used.
TEST_CASE("group: a machine that grants no thread is an error, no crash") {
    pthread_attr_t before;
    REQUIRE(::pthread_getattr_default_np(&before) == 0);
    pthread_attr_t greedy;
    REQUIRE(::pthread_attr_init(&greedy) == 0);
    REQUIRE(::pthread_attr_setstacksize(&greedy, std::size_t{1} << 50U) == 0);
    REQUIRE(::pthread_setattr_default_np(&greedy) == 0);
    const auto group = ResourceGroup::create({.threads = 3});
    CHECK(::pthread_setattr_default_np(&before) == 0);
    ::pthread_attr_destroy(&greedy);
    ::pthread_attr_destroy(&before);
    CHECK_FALSE(group);
}

}  // namespace
}  // namespace parallax
