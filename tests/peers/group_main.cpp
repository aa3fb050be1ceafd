// group_peers: tasks handed to our group and to the thread pools of others, in turns, in one
// process; what each limit wants and whether it is reached.
//
//     group_peers [ROUNDS] [--markdown] [--only TEXT]
//
// A burst: one thread hands over so many tasks and waits until all are done, then the next burst.
// The task is the same for all: it adds one to a counter that is its thread's own. On a machine of
// two processors the three threads want more than there is while the one that waits spins; so it is
// done again with one that waits in naps, and what the process used in all is counted, too.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sys/prctl.h>

#include "base/clock.h"
#include "parallax/group.h"
#include "peers/contest.h"
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

enum class Cost : std::uint8_t {
    spinning,  // Wall time, and who waits spins.
    napping,   // Wall time, and who waits leaves the processors to the workers.
    cpu,       // What all threads used together, with who waits in naps.
};

std::int64_t process_cpu_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

struct Bursts {
    int burst;
    Cost cost;
};

void wait_until(const Counts& counts, std::uint64_t wanted, Cost cost) {
    constexpr timespec kNap{.tv_sec = 0, .tv_nsec = 10'000};
    for (unsigned round = 0; counts.sum() != wanted; ++round) {
        if (cost == Cost::spinning) {
            Machine::relax(round % 65);
        } else {
            ::nanosleep(&kNap, nullptr);
        }
    }
}

// Nanoseconds a task. `hand_over` takes what is to be called.
template <class HandOver>
double run_bursts(const Bursts& bursts, Counts& counts, HandOver hand_over) {
    const int count = std::max(1, 40'000 / bursts.burst);
    std::uint64_t wanted = counts.sum();
    const auto now_ns = bursts.cost == Cost::cpu ? process_cpu_ns : monotonic_ns;
    const std::int64_t start = now_ns();
    for (int i = 0; i < count; ++i) {
        for (int n = 0; n < bursts.burst; ++n) hand_over([&counts] { counts.add(); });
        wanted += static_cast<std::uint64_t>(bursts.burst);
        wait_until(counts, wanted, bursts.cost);
    }
    return static_cast<double>(now_ns() - start) / bursts.burst / count;
}

using Pool = std::function<double(const Bursts&)>;

void hold(Contest& contest, const std::vector<std::pair<std::string, Pool>>& pools,
          const Bursts& bursts) {
    const char* how = bursts.cost == Cost::spinning  ? "who waits spins, wall"
                      : bursts.cost == Cost::napping ? "who waits naps, wall"
                                                     : "who waits naps, CPU of all threads";
    std::vector<Contender> all;
    for (const auto& [name, pool] : pools) {
        all.push_back({name, [&pool, bursts] { return pool(bursts); }});
    }
    std::vector<Limit> limits{{.peer = "oneTBB", .times = 1.5}, {.peer = "asio", .times = 3}};
    if (bursts.cost == Cost::cpu) limits.clear();  // What waiting for work costs, too.
    contest.hold(
        "bursts of " + std::to_string(bursts.burst) + " tasks, two workers; a task, " + how,
        std::move(all), limits);
}

}  // namespace

int hold_all(Contest& contest) {
    auto counts = std::make_unique<Counts>();  // Outlives all threads of all pools.
    auto group = ResourceGroup::create({.name = "peers",
                                        .threads = kThreads,
                                        .most_tasks = 4096,
                                        .when_full = ResourceGroup::WhenFull::wait});
    if (!group) return 1;
    ::prctl(PR_SET_TIMERSLACK, 1);  // Naps as short as they are asked for.
    std::vector<std::pair<std::string, Pool>> pools;
    pools.emplace_back("ours, spawn", [&](const Bursts& bursts) {
        return run_bursts(bursts, *counts, [&](auto task) {
            if (!(*group)->spawn(task)) std::abort();
        });
    });
#ifdef PEERS_TBB
    // The arena's own limit is not enough on a machine of two cores: it would get one worker.
    const tbb::global_control control(tbb::global_control::max_allowed_parallelism, kThreads + 1);
    tbb::task_arena arena(kThreads, 0);
    arena.initialize();
    pools.emplace_back("oneTBB, task_arena::enqueue", [&](const Bursts& bursts) {
        return run_bursts(bursts, *counts, [&](auto task) { arena.enqueue(task); });
    });
#endif
#ifdef PEERS_ASIO
    asio::thread_pool pool(kThreads);
    pools.emplace_back("asio, post to a thread_pool", [&](const Bursts& bursts) {
        return run_bursts(bursts, *counts, [&](auto task) { asio::post(pool, task); });
    });
#endif
    for (const int burst : {10, 100, 1000}) hold(contest, pools, {burst, Cost::spinning});
    // Shorter bursts are over within a nap.
    for (const Cost cost : {Cost::napping, Cost::cpu}) hold(contest, pools, {1000, cost});
    if (processors() < kThreads + 1) {
        contest.not_shown("the same with a processor for each of the three threads",
                          "there are " + std::to_string(processors()));
    }
#ifdef PEERS_ASIO
    pool.join();
#endif
    (*group)->finish();
    return 0;
}

}  // namespace parallax::peers

int main(int argc, char** argv) {
    using parallax::peers::Contest;
    Contest contest(Contest::options(argc, argv));
    const int failed = parallax::peers::hold_all(contest);
    contest.finish();
    return failed;
}
