#include "sync/event_count.h"

#include <thread>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/stepped.h"
#include "sync/plain_event_count.h"

namespace parallax {
namespace {

using testing::explore;
using testing::Explored;
using testing::Round;
using testing::Stepped;

// Takes what is there or sleeps until there is: the loop that every user of an event count writes.
template <class Event, class Take>
void take_or_wait(Event& event, Take take) {
    while (!take()) {
        const auto key = event.prepare();
        if (take()) return event.cancel(key);
        event.wait(key);
    }
}

TEST_CASE_TEMPLATE("event count: threads that wait for each other in turns all get on", Event,
                   EventCount, PlainEventCount) {
    constexpr int kRounds = 3000;
    Event event;
    std::atomic<int> turn{0};
    const auto play = [&](int mine) {
        for (int round = 0; round < kRounds; ++round) {
            take_or_wait(event, [&] { return turn.load() % 3 == mine; });
            turn.fetch_add(1);
            event.notify_all();
        }
    };
    {
        std::vector<std::jthread> players;
        for (int i = 0; i < 3; ++i) players.emplace_back(play, i);
    }
    CHECK(turn.load() == 3 * kRounds);
}

TEST_CASE_TEMPLATE("event count: as many notifies as tokens wake whoever waits for tokens", Event,
                   EventCount, PlainEventCount) {
    constexpr int kTokens = 30'000;
    Event event;
    std::atomic<int> tokens{0};
    const auto take = [&] {
        int had = tokens.load();
        while (had > 0 && !tokens.compare_exchange_weak(had, had - 1)) {
        }
        return had > 0;
    };
    std::atomic<int> taken{0};
    {
        std::vector<std::jthread> takers;
        for (int i = 0; i < 4; ++i) {
            takers.emplace_back([&] {
                for (int n = 0; n < kTokens / 2; ++n) {
                    take_or_wait(event, take);
                    taken.fetch_add(1);
                }
            });
        }
        for (int i = 0; i < 2; ++i) {
            takers.emplace_back([&] {
                for (int n = 0; n < kTokens; ++n) {
                    tokens.fetch_add(1);
                    event.notify_one();
                }
            });
        }
    }
    CHECK(taken.load() == 2 * kTokens);
}

TEST_CASE_TEMPLATE("event count: a wait ends at its time, and says so", Event, EventCount,
                   PlainEventCount) {
    Event event;
    const std::int64_t until = Machine::now_ns() + 2'000'000;
    CHECK_FALSE(event.wait(event.prepare(), until));
    CHECK(Machine::now_ns() >= until);
    const auto key = event.prepare();
    event.notify_one();
    CHECK(event.wait(key, Machine::now_ns() - 1));
}

TEST_CASE_TEMPLATE("event count: who sleeps on other words as well is woken by either", Event,
                   EventCount, PlainEventCount) {
    constexpr int kRounds = 2000;
    Event event(Scope::busy);
    std::atomic<std::uint32_t> word{0};
    std::atomic<int> told{0};
    std::jthread other([&] {
        for (int round = 0; round < kRounds; ++round) {
            while (told.load() != 2 * round) std::this_thread::yield();
            if (round % 2 == 0) {
                told = 2 * round + 1;
                event.notify_one();
            } else {
                told = 2 * round + 1;  // First: who saw the new word must see this.
                word = static_cast<std::uint32_t>(round);
                futex_wake(word, 1);
            }
        }
    });
    for (int round = 0; round < kRounds; ++round) {
        while (told.load() == 2 * round) {
            FutexSet words;
            words.add(word, word.load());
            const auto key = event.prepare();
            if (told.load() != 2 * round) {
                event.cancel(key);
                break;
            }
            event.wait_with(key, words, std::nullopt);
        }
        told = 2 * round + 2;
    }
    CHECK(told.load() == 2 * kRounds);
}

TEST_CASE("event count: with nobody waiting a notify changes nothing, and a cancel leaves nobody") {
    EventCount event;
    event.notify_all();
    const auto key = event.prepare();
    CHECK(event.waiting() == 1);
    event.cancel(key);
    CHECK(event.waiting() == 0);
}

// Waiters that never slept are forgotten at the first notify that finds nobody asleep.
TEST_CASE("event count: waiters that died are counted off by one notify") {
    EventCount event;
    for (int i = 0; i < 5; ++i) static_cast<void>(event.prepare());
    CHECK(event.waiting() == 5);
    event.notify_one();
    CHECK(event.waiting() == 0);
}

TEST_CASE("event count: processes wake each other through shared memory") {
    struct Shared {
        EventCount event{Scope::machine};
        std::atomic<int> turn{0};
    };
    void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(page != MAP_FAILED);
    auto* shared = ::new (page) Shared;
    const auto play = [&](int mine) {
        for (int round = 0; round < 300; ++round) {
            take_or_wait(shared->event, [&] { return shared->turn.load() % 2 == mine; });
            shared->turn.fetch_add(1);
            shared->event.notify_one();
        }
    };
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        play(1);
        ::_exit(0);
    }
    play(0);
    ::waitpid(child, nullptr, 0);
    CHECK(shared->turn.load() == 600);
    ::munmap(page, 4096);
}

// --- All orders of few steps, on a machine that delays stores.

template <class M>
void two_takers_two_givers(Round& round) {
    EventCountOn<M> event;
    typename M::template Atomic<std::uint32_t> first{0};
    typename M::template Atomic<std::uint32_t> second{0};
    const auto waits_for = [&](auto& flag) {
        return
            [&] { take_or_wait(event, [&] { return flag.load(std::memory_order_acquire) == 1; }); };
    };
    round.thread(waits_for(first));
    round.thread(waits_for(second));
    round.thread([&] {
        first.store(1, std::memory_order_release);
        event.notify_all();
        second.store(1, std::memory_order_release);
        event.notify_all();
    });
    round.run();
}

// Two tokens, two takers, and each notify wakes one.
template <class M>
void tokens(Round& round) {
    EventCountOn<M> event;
    typename M::template Atomic<int> tokens{0};
    const auto taker = [&] {
        take_or_wait(event, [&] {
            int had = tokens.load();
            while (had > 0 && !tokens.compare_exchange_weak(had, had - 1)) {
            }
            return had > 0;
        });
    };
    round.thread(taker);
    round.thread(taker);
    round.thread([&] {
        tokens.fetch_add(1);
        event.notify_one();
        tokens.fetch_add(1);
        event.notify_one();
    });
    round.run();
}

TEST_CASE("event count: in all orders of steps nobody sleeps on" *
          doctest::skip(testing::kNoStepping)) {
    for (const bool asymmetric : {true, false}) {
        const testing::ExploreOptions options{.switches = 3, .asymmetric = asymmetric};
        const Explored flags = explore(options, two_takers_two_givers<Stepped>);
        CHECK(flags.failure == "");
        CHECK(flags.complete);
        const Explored counted = explore(options, tokens<Stepped>);
        CHECK(counted.failure == "");
        CHECK(counted.complete);
    }
    const Explored chance = explore({.by_chance = 20'000}, tokens<Stepped>);
    CHECK(chance.failure == "");
}

// What the scheduler is worth: it must find these.
struct NoHeavyBarrier : Stepped {
    static void heavy(bool) {}
};
struct WakesNobody : Stepped {
    static int wake_low(const Atomic<std::uint64_t>&, int) { return 0; }
};

TEST_CASE(
    "event count: without its barrier, or its wake, an order is found in which one sleeps on" *
    doctest::skip(testing::kNoStepping)) {
    CHECK(explore({.switches = 3}, two_takers_two_givers<NoHeavyBarrier>).failure != "");
    CHECK(explore({.switches = 3}, tokens<WakesNobody>).failure != "");
}

TEST_CASE("event count: in all orders a timed wait ends, and its waiter is counted off" *
          doctest::skip(testing::kNoStepping)) {
    const Explored all = explore({.switches = 4}, [](Round& round) {
        EventCountOn<Stepped> event;
        round.thread([&] {
            const auto key = event.prepare();
            event.wait(key, round.now_ns + 5);
        });
        round.thread([&] { event.notify_one(); });
        round.run();
        round.check(event.waiting() == 0, "nobody is counted");
    });
    CHECK(all.failure == "");
    CHECK(all.complete);
}

}  // namespace
}  // namespace parallax
