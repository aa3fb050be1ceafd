// sync_peers: our queues and timers and those of others, in turns, in one process; prints for each
// the median and the middle half of its rounds, and the median of the rounds' ratios to ours.
//
//     sync_peers [ROUNDS]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <queue>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "sync/broadcast.h"
#include "sync/plain_queue.h"
#include "sync/ring_queue.h"
#include "sync/timer_wheel.h"

#if __has_include(<boost/lockfree/spsc_queue.hpp>)
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#define PEERS_BOOST
#endif
#if __has_include(<concurrentqueue/concurrentqueue.h>)
#include <concurrentqueue/concurrentqueue.h>
#define PEERS_MOODYCAMEL
#endif

namespace parallax::peers {
namespace {

using Word = std::uint64_t;
constexpr std::size_t kPlaces = 1024;

double ns_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start)
        .count();
}

// How many pairs of threads; each producer's share is `count`. Nanoseconds an item.
template <class Push, class Pop>
double passed(int pairs, Word count, Push push, Pop pop) {
    std::atomic<Word> sum{0};
    std::atomic<Word> left{count * static_cast<Word>(pairs)};
    const auto start = std::chrono::steady_clock::now();
    {
        std::vector<std::jthread> threads;
        for (int p = 0; p < pairs; ++p) {
            threads.emplace_back([&] {
                for (Word n = 1; n <= count; ++n) {
                    for (unsigned wait = 0; !push(n); ++wait) Machine::relax(wait % 65);
                }
            });
            threads.emplace_back([&] {
                Word mine = 0;
                for (unsigned wait = 0; left.load(std::memory_order_relaxed) != 0;) {
                    // In portions, so that the count itself is not what is measured.
                    Word got = 0;
                    Word item = 0;
                    for (; got < 64 && pop(item); ++got) mine += item;
                    if (got != 0) left.fetch_sub(got, std::memory_order_relaxed);
                    if (got == 0) Machine::relax(wait++ % 65);
                }
                sum += mine;
            });
        }
    }
    const double ns = ns_since(start);
    if (sum != static_cast<Word>(pairs) * (count * (count + 1) / 2)) std::abort();
    return ns / static_cast<double>(count * static_cast<Word>(pairs));
}

struct Contender {
    std::string name;
    std::function<double()> run;  // Nanoseconds an operation.
    std::vector<double> samples;
};

double part(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

void contest(const char* title, std::vector<Contender> all, int rounds) {
    for (int round = -1; round < rounds; ++round) {
        for (Contender& one : all) {
            const double ns = one.run();
            if (round >= 0) one.samples.push_back(ns);
        }
    }
    std::printf("%s\n", title);
    for (const Contender& one : all) {
        std::vector<double> ratios;
        for (std::size_t i = 0; i < one.samples.size(); ++i) {
            ratios.push_back(one.samples[i] / all[0].samples[i]);
        }
        std::printf("  %-34s %8.1f ns (%.1f to %.1f)  %6.2f x ours (%.2f to %.2f)\n",
                    one.name.c_str(), part(one.samples, 0.5), part(one.samples, 0.25),
                    part(one.samples, 0.75), part(ratios, 0.5), part(ratios, 0.25),
                    part(ratios, 0.75));
    }
}

template <class Queue>
double ours(int pairs, Word count) {
    Queue queue(kPlaces);
    return passed(
        pairs, count, [&](Word n) { return queue.try_push(std::move(n)) == QueueAnswer::ok; },
        [&](Word& to) {
            const auto item = queue.try_pop();
            if (item) to = *item;
            return item.has_value();
        });
}

std::vector<Contender> queues(int pairs, Word count) {
    std::vector<Contender> all;
    const auto add = [&](const char* name, std::function<double()> run) {
        all.push_back({name, std::move(run), {}});
    };
    if (pairs == 1) {
        add("ours, spsc", [=] { return ours<RingQueue<Word, Sides::spsc>>(pairs, count); });
    }
    add("ours, mpmc", [=] { return ours<RingQueue<Word, Sides::mpmc>>(pairs, count); });
    add("ours, plain", [=] { return ours<PlainQueue<Word>>(pairs, count); });
#ifdef PEERS_BOOST
    if (pairs == 1) {
        add("boost::lockfree::spsc_queue", [=] {
            boost::lockfree::spsc_queue<Word> queue(kPlaces);
            return passed(
                pairs, count, [&](Word n) { return queue.push(n); },
                [&](Word& to) { return queue.pop(to); });
        });
    }
    add("boost::lockfree::queue", [=] {
        boost::lockfree::queue<Word> queue(kPlaces);
        return passed(
            pairs, count, [&](Word n) { return queue.bounded_push(n); },
            [&](Word& to) { return queue.pop(to); });
    });
#endif
#ifdef PEERS_MOODYCAMEL
    add("moodycamel::ConcurrentQueue", [=] {
        moodycamel::ConcurrentQueue<Word> queue(kPlaces);
        return passed(
            pairs, count, [&](Word n) { return queue.enqueue(n); },
            [&](Word& to) { return queue.try_dequeue(to); });
    });
#endif
    return all;
}

// A million timers, their times uniform in a minute of milliseconds, set and fired. A timer.
constexpr int kTimers = 1'000'000;
constexpr std::int64_t kMs = 1'000'000;

std::vector<std::int64_t> times() {
    std::mt19937 random(1);
    std::vector<std::int64_t> all(kTimers);
    for (std::int64_t& at : all) at = static_cast<std::int64_t>(random() % 60'000U + 1) * kMs;
    return all;
}

// One thread works, so its own time counts, whatever else the machine does.
double wheel(const std::vector<std::int64_t>& due) {
    const std::int64_t start = thread_cpu_ns();
    TimerWheel<std::uint32_t> timers({});
    std::uint32_t n = 0;
    for (const std::int64_t at : due) timers.set(at, n++);
    std::uint64_t sum = 0;
    for (std::int64_t now = 0; now <= 60'000 * kMs; now += kMs) {
        timers.advance(now, [&](std::uint32_t& id, const Fired&) { sum += id; });
    }
    if (sum != std::uint64_t{kTimers} * (kTimers - 1) / 2) std::abort();
    return static_cast<double>(thread_cpu_ns() - start) / kTimers;
}

double heap(const std::vector<std::int64_t>& due) {
    using Entry = std::pair<std::int64_t, std::uint32_t>;
    const std::int64_t start = thread_cpu_ns();
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> timers;
    std::uint32_t n = 0;
    for (const std::int64_t at : due) timers.emplace(at, n++);
    std::uint64_t sum = 0;
    for (std::int64_t now = 0; now <= 60'000 * kMs; now += kMs) {
        for (; !timers.empty() && timers.top().first <= now; timers.pop()) {
            sum += timers.top().second;
        }
    }
    if (sum != std::uint64_t{kTimers} * (kTimers - 1) / 2) std::abort();
    return static_cast<double>(thread_cpu_ns() - start) / kTimers;
}

// Published with nobody listening, and with somebody who drops; nanoseconds each.
double published(bool heard) {
    constexpr Word kCount = 2'000'000;
    Broadcast<Word> words(kPlaces);
    std::atomic<Word> told{0};
    double ns = 0;
    {
        std::jthread listener;
        if (heard) {
            listener = std::jthread([&told, from = words.subscribe(Lag::drop_oldest)]() mutable {
                while (const auto word = from->receive()) told += 1 + word->lost;
            });
        }
        const std::int64_t start = thread_cpu_ns();
        for (Word n = 0; n < kCount; ++n) words.publish(n);
        ns = static_cast<double>(thread_cpu_ns() - start) / kCount;
        words.close();
    }
    if (heard && told != kCount) std::abort();
    return ns;
}

}  // namespace
}  // namespace parallax::peers

int main(int argc, char** argv) {
    using parallax::peers::contest, parallax::peers::queues, parallax::peers::times;
    using parallax::peers::heap, parallax::peers::published, parallax::peers::wheel;
    const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 11;
    const std::vector<std::int64_t> due = times();
    contest("1 M timers, set and fired; a timer",
            {{"ours", [&] { return wheel(due); }, {}},
             {"std::priority_queue", [&] { return heap(due); }, {}}},
            rounds);
    contest("8 bytes published, CPU of the publisher",
            {{"nobody listens", [] { return published(false); }, {}},
             {"one listens, and drops", [] { return published(true); }, {}}},
            rounds);
    contest("8 bytes, one producer, one consumer; an item", queues(1, 1'000'000), rounds);
    contest("8 bytes, two producers, two consumers; an item", queues(2, 250'000), rounds);
    return 0;
}
