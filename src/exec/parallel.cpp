#include "exec/parallel.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sched.h>

namespace parallax {
namespace {

int cores_allowed() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return std::max(1, CPU_COUNT(&set));
}

std::int64_t thread_cpu_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

struct Parallel::State {
    std::string name;
    std::vector<pthread_t> helpers;
    std::atomic<int> named{0};  // Helpers that took their number.

    std::mutex mutex;
    std::condition_variable work;  // There is a job, or the end.
    std::condition_variable idle;  // No helper works on a job.

    // Guarded by mutex:
    const std::function<void(int)>* body = nullptr;  // The job that helpers may join, or null.
    int count = 0;
    std::uint64_t job = 0;  // Number of the job, so that a helper joins each only once.
    int working = 0;        // Helpers inside a job.
    bool stopping = false;

    std::atomic<int> next{0};  // Slice to be taken; slices are claimed by nothing else.
    std::atomic<std::int64_t> helper_cpu_ns{0};

    void take_slices(const std::function<void(int)>& slice_body, int slices) {
        for (int i = next.fetch_add(1, std::memory_order_relaxed); i < slices;
             i = next.fetch_add(1, std::memory_order_relaxed)) {
            slice_body(i);
        }
    }

    void help() {
        std::uint64_t seen = 0;
        std::unique_lock lock(mutex);
        for (;;) {
            work.wait(lock, [&] { return stopping || (body != nullptr && job != seen); });
            if (stopping) return;
            seen = job;
            const std::function<void(int)>& mine = *body;
            const int slices = count;
            ++working;
            lock.unlock();
            const std::int64_t before = thread_cpu_ns();
            take_slices(mine, slices);
            helper_cpu_ns.fetch_add(thread_cpu_ns() - before, std::memory_order_relaxed);
            lock.lock();
            if (--working == 0) idle.notify_one();
        }
    }

    static void* start(void* state) {
        auto& self = *static_cast<State*>(state);
        const int number = self.named.fetch_add(1, std::memory_order_relaxed);
        const std::string full = "plx:" + self.name + ":" + std::to_string(number);
        ::pthread_setname_np(::pthread_self(), full.substr(0, 15).c_str());  // The kernel keeps 15.
        self.help();
        return nullptr;
    }

    ~State() {
        {
            const std::scoped_lock lock(mutex);
            stopping = true;
        }
        work.notify_all();
        for (const pthread_t helper : helpers) ::pthread_join(helper, nullptr);
    }
};

Parallel::Parallel(const Options& options) : state_(std::make_unique<State>()) {
    state_->name = options.name;
    const int wanted = options.threads > 0 ? options.threads : cores_allowed();
    for (int i = 1; i < std::min(wanted, kMaxParallelThreads); ++i) {
        pthread_t helper{};
        // A limit on threads (RLIMIT_NPROC, pids.max) is no reason to do no work.
        if (::pthread_create(&helper, nullptr, &State::start, state_.get()) != 0) break;
        state_->helpers.push_back(helper);
    }
}
Parallel::Parallel(Parallel&&) noexcept = default;
Parallel& Parallel::operator=(Parallel&&) noexcept = default;
Parallel::~Parallel() = default;

void Parallel::run(int count, const std::function<void(int)>& body) {
    State& state = *state_;
    if (count <= 1 || state.helpers.empty()) {
        for (int i = 0; i < count; ++i) body(i);
        return;
    }
    {
        const std::scoped_lock lock(state.mutex);
        state.next.store(0, std::memory_order_relaxed);
        state.body = &body;
        state.count = count;
        ++state.job;
    }
    state.work.notify_all();
    state.take_slices(body, count);
    std::unique_lock lock(state.mutex);
    state.body = nullptr;  // Whoever wakes up only now finds nothing to join.
    state.idle.wait(lock, [&] { return state.working == 0; });
}

int Parallel::threads() const { return static_cast<int>(state_->helpers.size()) + 1; }

std::int64_t Parallel::take_helper_cpu_ns() {
    return state_->helper_cpu_ns.exchange(0, std::memory_order_relaxed);
}

}  // namespace parallax
