// Tasks of a resource group: how they are handed over, done, waited for and handed back.
#include <utility>

#include "exec/group_pool.h"
#include "exec/group_threads.h"

namespace parallax {
namespace {

// Of the threads of a group, over normal ones; 0: none.
int real_time_priority(const ResourceGroup::Options& options) {
    const bool real_time = options.policy == ResourceGroup::Policy::fifo ||
                           options.policy == ResourceGroup::Policy::rr;
    return real_time ? options.priority : 0;
}

}  // namespace

// While it lives the pool's threads have at least the priority of the calling thread's group.
class ResourceGroup::Pool::Raised {
  public:
    explicit Raised(Pool& pool)
        : pool_(pool), priority_(t_own == nullptr ? 0 : real_time_priority(t_own->options_)) {
        if (priority_ != 0) pool_.raise(priority_);
    }
    Raised(const Raised&) = delete;
    Raised& operator=(const Raised&) = delete;
    ~Raised() {
        if (priority_ != 0) pool_.lower(priority_);
    }

  private:
    Pool& pool_;
    int priority_;
};

ResourceGroup::Pool::Jobs* ResourceGroup::Pool::jobs() {
    if (Jobs* const made = jobs_.load(std::memory_order_acquire)) return made;
    std::call_once(jobs_made_, [this] {
        jobs_store_ = std::make_unique<Jobs>(options_.most_tasks);
        jobs_.store(jobs_store_.get(), std::memory_order_release);
    });
    return jobs_.load(std::memory_order_acquire);
}

Result<> ResourceGroup::Pool::push(Job& job) {
    QueueAnswer answer = QueueAnswer::closed;
    if (Jobs* const queue = jobs()) {
        // Counted before it can be done.
        handed_.fetch_add(1, std::memory_order_relaxed);
        answer = queue->try_push(std::move(job));
        if (answer == QueueAnswer::full && options_.when_full == WhenFull::wait && !inside()) {
            answer = queue->push(std::move(job));
        }
        if (answer == QueueAnswer::ok) {
            news_.notify_one();
            return {};
        }
        handed_.fetch_sub(1, std::memory_order_relaxed);
    }
    if (answer == QueueAnswer::closed) {
        return fail(Errc::interrupted, "resource group " + options_.name + " has ended");
    }
    return fail(Errc::quota_exceeded, "resource group " + options_.name + ": " +
                                          std::to_string(options_.most_tasks) +
                                          " tasks wait already");
}

Result<> ResourceGroup::Pool::spawn(Task& task) {
    Job job{std::move(task), nullptr};
    return push(job);
}

Result<> ResourceGroup::Pool::call(Task& task) {
    if (inside()) {
        handed_.fetch_add(1, std::memory_order_relaxed);
        Result<> answer = task();
        count_done();
        return answer;
    }
    const Raised raised(*this);
    Awaited awaited{task, {}, {}};
    Job job{Task{}, &awaited};
    PX_TRY(push(job));
    awaited.done.wait();
    return std::move(awaited.answer);
}

void ResourceGroup::Pool::do_job(Job& job) {
    if (Awaited* const awaited = job.awaited) {
        awaited->answer = awaited->task();
        count_done();
        awaited->done.tell();
        return;
    }
    const Result<> result = job.task();
    if (!result && on_error_) on_error_(result.error());
    count_done();
}

// Release pairs with the acquire in done(): what the task did is seen by who finds it counted.
void ResourceGroup::Pool::count_done() {
    std::atomic<std::uint64_t>& done = t_worker->done;
    done.store(done.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

std::uint64_t ResourceGroup::Pool::done() const {
    std::uint64_t sum = 0;
    for (int i = 0; i < options_.threads; ++i) {
        sum += workers_[static_cast<std::size_t>(i)].done.load(std::memory_order_acquire);
    }
    return sum;
}

// Counters of what is done only grow, so two equal sums say that none grew between them, and then
// the difference is exact. On a group so busy that a look never finds that, it is too high by what
// was done during the look.
std::uint64_t ResourceGroup::Pool::active() const {
    constexpr int kLooks = 100;
    std::uint64_t before = done();
    for (int look = 0;; ++look) {
        const std::uint64_t handed = handed_.load(std::memory_order_acquire);
        const std::uint64_t after = done();
        if (before == after || look == kLooks) return handed - before;
        before = after;
    }
}

std::vector<Task> ResourceGroup::Pool::take_rest() {
    std::vector<Task> rest;
    Jobs* const queue = jobs_.load(std::memory_order_acquire);
    if (queue == nullptr) return rest;
    while (Popped<Job> job = queue->try_pop()) {
        handed_.fetch_sub(1, std::memory_order_relaxed);
        if (Awaited* const awaited = job->awaited) {
            awaited->answer =
                fail(Errc::interrupted, "resource group " + options_.name + " has ended");
            awaited->done.tell();
        } else {
            rest.push_back(std::move(job->task));
        }
    }
    return rest;
}

// --- Priority inheritance. All threads are raised and not only the one that has the task: it waits
// behind others in the queue, and whoever works on those is what it waits for.

void ResourceGroup::Pool::raise(int priority) {
    const std::scoped_lock lock(raised_mutex_);
    const int before = highest();
    raised_to_.insert(priority);
    set_priority(before);
}

void ResourceGroup::Pool::lower(int priority) {
    const std::scoped_lock lock(raised_mutex_);
    const int before = highest();
    raised_to_.erase(raised_to_.find(priority));
    set_priority(before);
}

void ResourceGroup::Pool::set_priority(int highest_before) {
    const int own = real_time_priority(options_);
    const int now = std::max(own, highest());
    if (now == std::max(own, highest_before) || options_.policy == Policy::deadline) return;
    for (const pid_t thread : thread_ids_) {
        // Where the machine says no, the wait is as long as it would have been.
        static_cast<void>(now == own ? set_group_policy(thread, options_) : set_fifo(thread, now));
    }
}

}  // namespace parallax
