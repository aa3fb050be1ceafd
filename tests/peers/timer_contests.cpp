#include "peers/timer_contests.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <queue>
#include <random>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "sync/broadcast.h"
#include "sync/timer_wheel.h"

#if __has_include(<asio/steady_timer.hpp>)
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#define PEERS_ASIO
#endif

namespace parallax::peers {
namespace {

// Their times uniform in a minute of milliseconds.
constexpr int kTimers = 1'000'000;
constexpr std::int64_t kMs = 1'000'000;

std::vector<std::int64_t> times() {
    std::mt19937 random(1);
    std::vector<std::int64_t> all(kTimers);
    for (std::int64_t& at : all) at = static_cast<std::int64_t>(random() % 60'000U + 1) * kMs;
    return all;
}

// One thread works, so its own time counts, whatever else the machine does.
template <class Body>
double each_ns(Body body) {
    const std::int64_t start = thread_cpu_ns();
    std::uint64_t sum = 0;
    body(sum);
    const std::int64_t end = thread_cpu_ns();
    if (sum != std::uint64_t{kTimers} * (kTimers - 1) / 2) std::abort();
    return static_cast<double>(end - start) / kTimers;
}

double wheel(const std::vector<std::int64_t>& due) {
    return each_ns([&](std::uint64_t& sum) {
        TimerWheel<std::uint32_t> timers({});
        std::uint32_t n = 0;
        for (const std::int64_t at : due) timers.set(at, n++);
        for (std::int64_t now = 0; now <= 60'000 * kMs; now += kMs) {
            timers.advance(now, [&](std::uint32_t& id, const Fired&) { sum += id; });
        }
    });
}

double heap(const std::vector<std::int64_t>& due) {
    using Entry = std::pair<std::int64_t, std::uint32_t>;
    return each_ns([&](std::uint64_t& sum) {
        std::priority_queue<Entry, std::vector<Entry>, std::greater<>> timers;
        std::uint32_t n = 0;
        for (const std::int64_t at : due) timers.emplace(at, n++);
        for (std::int64_t now = 0; now <= 60'000 * kMs; now += kMs) {
            for (; !timers.empty() && timers.top().first <= now; timers.pop()) {
                sum += timers.top().second;
            }
        }
    });
}

#ifdef PEERS_ASIO
// Its clock is the real one, and nobody waits a minute here: the minute is over when it begins, so
// it is spared looking at each millisecond, and told that no other thread comes near.
double of_asio(const std::vector<std::int64_t>& due) {
    return each_ns([&](std::uint64_t& sum) {
        const auto begin = std::chrono::steady_clock::now() - std::chrono::seconds(61);
        asio::io_context context(ASIO_CONCURRENCY_HINT_UNSAFE);
        std::vector<asio::steady_timer> timers;
        timers.reserve(kTimers);
        std::uint32_t n = 0;
        for (const std::int64_t at : due) {
            timers.emplace_back(context, begin + std::chrono::nanoseconds(at));
            timers.back().async_wait([&sum, id = n++](const asio::error_code&) { sum += id; });
        }
        context.run();
    });
}
#endif

// CPU time of the publisher; nobody listens, or somebody who drops and is told how many.
double published(bool heard) {
    constexpr std::uint64_t kCount = 4'000'000;
    Broadcast<std::uint64_t> words(1024);
    std::atomic<std::uint64_t> told{0};
    double ns = 0;
    {
        std::jthread listener;
        if (heard) {
            listener = std::jthread([&told, from = words.subscribe(Lag::drop_oldest)]() mutable {
                pin(1);
                std::uint64_t mine = 0;
                while (const auto word = from->receive()) {
                    mine += 1 + word->lost;
                    if (word->value + 1 != mine) std::abort();  // Lost: exactly those not heard.
                }
                told = mine;
            });
            pin(0);
        }
        const std::int64_t start = thread_cpu_ns();
        for (std::uint64_t n = 0; n < kCount; ++n) words.publish(n);
        ns = static_cast<double>(thread_cpu_ns() - start) / kCount;
        words.close();
    }
    unpin();
    if (heard && told != kCount) std::abort();
    return ns;
}

}  // namespace

void hold_timers(Contest& contest) {
    const std::vector<std::int64_t> due = times();
    std::vector<Contender> all{{"ours", [&] { return wheel(due); }},
                               {"std::priority_queue", [&] { return heap(due); }}};
#ifdef PEERS_ASIO
    all.push_back({"asio::steady_timer", [&] { return of_asio(due); }});
#endif
    contest.hold("1 M timers, set and fired; a timer, CPU", std::move(all),
                 {{.peer = "std::priority_queue", .times = 3}, {.peer = "asio", .times = 6}});
}

void hold_broadcast(Contest& contest) {
    contest.hold("8 bytes published, nobody listens, CPU",
                 {{"ours", [] { return published(false); }}}, {{.most_ns = 1000.0 / 300}});
    contest.hold(
        "8 bytes published, one listens and drops, lost ones counted, CPU of the publisher",
        {{"ours", [] { return published(true); }}}, {{.most_ns = 1000.0 / 300}});
}

}  // namespace parallax::peers
