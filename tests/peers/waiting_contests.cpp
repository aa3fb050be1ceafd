#include "peers/waiting_contests.h"

#include <atomic>
#include <climits>
#include <cstdlib>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "peers/queues.h"
#include "sync/broadcast.h"
#include "sync/futex.h"

namespace parallax::peers {
namespace {

using Word = Item<8>;

void check(bool right) {
    if (!right) std::abort();
}

// One word each way, and nothing but the calls that sleep and wake.
class BareFutex {
  public:
    void there(std::uint64_t n) { say(ping_, n); }
    void await_there(std::uint64_t n) { await(ping_, n); }
    void back(std::uint64_t n) { say(pong_, n); }
    void await_back(std::uint64_t n) { await(pong_, n); }

  private:
    using Says = std::atomic<std::uint64_t>;
    static void say(Says& word, std::uint64_t n) {
        word.store(n, std::memory_order_release);
        futex_wake(&word, INT_MAX);
    }
    static void await(const Says& word, std::uint64_t n) {
        while (word.load(std::memory_order_acquire) != n) {
            futex_wait(&word, static_cast<std::uint32_t>(n - 1), std::nullopt);
        }
    }
    alignas(64) Says ping_{0};
    alignas(64) Says pong_{0};
};

template <class Queue>
class TwoQueues {
  public:
    void there(std::uint64_t n) { check(there_.push(Word::of(n)) == QueueAnswer::ok); }
    void await_there(std::uint64_t n) { check(there_.pop()->number() == n); }
    void back(std::uint64_t n) { check(back_.push(Word::of(n)) == QueueAnswer::ok); }
    void await_back(std::uint64_t n) { check(back_.pop()->number() == n); }

  private:
    Queue there_{kPlaces};
    Queue back_{kPlaces};
};

class OurBroadcasts {
  public:
    void there(std::uint64_t n) { there_.publish(n); }
    void await_there(std::uint64_t n) { check(at_there_.receive()->value == n); }
    void back(std::uint64_t n) { back_.publish(n); }
    void await_back(std::uint64_t n) { check(at_back_.receive()->value == n); }

  private:
    Broadcast<std::uint64_t> there_{kPlaces};
    Broadcast<std::uint64_t> back_{kPlaces};
    Broadcast<std::uint64_t>::Subscriber at_there_ = *there_.subscribe(Lag::block);
    Broadcast<std::uint64_t>::Subscriber at_back_ = *back_.subscribe(Lag::block);
};

struct Ways {
    int processors = 2;         // On how many the two threads run.
    std::int64_t pause_ns = 0;  // Before each round: the other one has gone to sleep by then.
    std::uint64_t rounds = 20'000;
};

void stay_busy(std::int64_t ns) {
    for (const std::int64_t until = monotonic_ns() + ns; monotonic_ns() < until;) {
        Machine::relax(0);
    }
}

// A round there and back, without the pauses.
template <class Means>
double rounds(const Ways& ways) {
    pin(0);
    // Made where it is used: who has but one processor does not spin.
    if (ways.processors > 1) unpin();
    const auto means = std::make_unique<Means>();
    pin(0);
    double ns = 0;
    {
        const std::jthread other([&] {
            pin(ways.processors - 1);
            Means& own = *means;
            const std::uint64_t rounds = ways.rounds;
            for (std::uint64_t n = 1; n <= rounds; ++n) {
                own.await_there(n);
                own.back(n);
            }
        });
        for (std::uint64_t n = 1; n <= ways.rounds; ++n) {
            if (ways.pause_ns > 0) stay_busy(ways.pause_ns);
            const std::int64_t begun = monotonic_ns();
            means->there(n);
            means->await_back(n);
            ns += static_cast<double>(monotonic_ns() - begun);
        }
    }
    unpin();
    return ns / static_cast<double>(ways.rounds);
}

std::vector<Contender> all_means(const Ways& ways) {
    return {{"ours, spsc", [=] { return rounds<TwoQueues<RingQueue<Word, Sides::spsc>>>(ways); }},
            {"ours, mpmc", [=] { return rounds<TwoQueues<RingQueue<Word, Sides::mpmc>>>(ways); },
             Role::aside},
            {"ours, broadcast", [=] { return rounds<OurBroadcasts>(ways); }, Role::aside},
            {"ours, plain", [=] { return rounds<TwoQueues<PlainQueue<Word>>>(ways); }, Role::aside},
            {"a bare futex", [=] { return rounds<BareFutex>(ways); }}};
}

}  // namespace

void hold_waiting(Contest& contest) {
    const std::vector<Limit> limit{{.peer = "futex", .times = 1 / 1.3}};
    contest.hold("blocking, there and back, on one processor: both sleep each time, wall",
                 all_means({.processors = 1, .rounds = 5000}), limit);
    if (processors() < 2) return;
    contest.hold("blocking, there and back, on two processors, wall", all_means({.rounds = 5000}),
                 limit);
    contest.hold(
        "blocking, there and back, on two processors, 100 us apart: the other sleeps, wall",
        all_means({.pause_ns = 100'000, .rounds = 300}), limit);
}

}  // namespace parallax::peers
