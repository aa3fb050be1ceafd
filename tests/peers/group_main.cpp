// group_peers: tasks handed to our group and to the thread pools of others, in turns, in one
// process; prints for each the median and the middle half of its rounds, and the median of the
// rounds' ratios to ours.
//
//     group_peers [ROUNDS]
//
// A burst: one thread hands over so many tasks and waits until all are done, then the next burst.
// The task is the same for all: it adds one to a counter that is its thread's own.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "parallax/group.h"
#include "sync/machine.h"

#ifdef PEERS_TBB
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#endif
#if __has_include(<asio/thread_pool.hpp>)
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#define PEERS_ASIO
#endif

namespace parallax::peers {
namespace {

constexpr int kThreads = 2;

double ns_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start)
        .count();
}

// What tasks count with: one line for each thread, so that counting costs all pools the same
// little.
class Counts {
  public:
    void add() {
        thread_local Line& mine = lines_[next_.fetch_add(1) % kLines];
        mine.done.store(mine.done.load(std::memory_order_relaxed) + 1, std::memory_order_release);
    }
    std::uint64_t sum() const {
        std::uint64_t sum = 0;
        for (const Line& line : lines_) sum += line.done.load(std::memory_order_acquire);
        return sum;
    }

  private:
    static constexpr std::size_t kLines = 16;
    struct alignas(64) Line {
        std::atomic<std::uint64_t> done{0};
    };
    Line lines_[kLines];
    std::atomic<std::size_t> next_{0};
};

// Nanoseconds a task. `hand_over` takes what is to be called.
template <class HandOver>
double bursts(int burst, int count, Counts& counts, HandOver hand_over) {
    std::uint64_t wanted = counts.sum();
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
        for (int n = 0; n < burst; ++n) hand_over([&counts] { counts.add(); });
        wanted += static_cast<std::uint64_t>(burst);
        for (unsigned round = 0; counts.sum() != wanted; ++round) Machine::relax(round % 65);
    }
    return ns_since(start) / burst / count;
}

struct Contender {
    std::string name;
    std::function<double(int burst, int count)> run;  // Nanoseconds a task.
    std::vector<double> samples = {};
};

double part(std::vector<double> values, double share) {
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

void contest(int burst, std::vector<Contender>& all, int rounds) {
    const int count = std::max(1, 40'000 / burst);
    for (Contender& one : all) one.samples.clear();
    for (int round = -1; round < rounds; ++round) {
        for (Contender& one : all) {
            const double ns = one.run(burst, count);
            if (round >= 0) one.samples.push_back(ns);
        }
    }
    std::printf("bursts of %d tasks, two workers; a task\n", burst);
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

}  // namespace

int contest_all(int rounds) {
    auto counts = std::make_unique<Counts>();  // Outlives all threads of all pools.
    auto group = ResourceGroup::create({.name = "peers",
                                        .threads = kThreads,
                                        .most_tasks = 4096,
                                        .when_full = ResourceGroup::WhenFull::wait});
    if (!group) return 1;
    std::vector<Contender> all;
    all.push_back({"ours, spawn", [&](int burst, int count) {
                       return bursts(burst, count, *counts, [&](auto task) {
                           if (!(*group)->spawn(task)) std::abort();
                       });
                   }});
#ifdef PEERS_TBB
    // The arena's own limit is not enough on a machine of two cores: it would get one worker.
    const tbb::global_control control(tbb::global_control::max_allowed_parallelism, kThreads + 1);
    tbb::task_arena arena(kThreads, 0);
    arena.initialize();
    all.push_back({"oneTBB, task_arena::enqueue", [&](int burst, int count) {
                       return bursts(burst, count, *counts,
                                     [&](auto task) { arena.enqueue(task); });
                   }});
#endif
#ifdef PEERS_ASIO
    asio::thread_pool pool(kThreads);
    all.push_back({"asio, post to a thread_pool", [&](int burst, int count) {
                       return bursts(burst, count, *counts,
                                     [&](auto task) { asio::post(pool, task); });
                   }});
#endif
    for (const int burst : {10, 100, 1000}) contest(burst, all, rounds);
#ifdef PEERS_ASIO
    pool.join();
#endif
    (*group)->finish();
    return 0;
}

}  // namespace parallax::peers

int main(int argc, char** argv) {
    return parallax::peers::contest_all(argc > 1 ? std::max(1, std::atoi(argv[1])) : 11);
}
