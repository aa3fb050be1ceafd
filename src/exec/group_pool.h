// Pool: the threads of a resource group, its queue of actors and its queue of tasks.
//
// Actors, times and watched words are under one lock; tasks go through a queue without one, which
// is made with the first task. Idle threads sleep on an event that both kinds of news notify,
// together with the words that actors watch; after tasks they spin for a little first. One of them
// sleeps only until the first time that an actor asked for; when it gets something else to do it
// wakes another one to do so.
//
// Threads: every member from any thread, but end() from none of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include <pthread.h>
#include <sys/types.h>

#include "parallax/group.h"
#include "sync/sync.h"

namespace parallax {

class ResourceGroup::Pool {
  public:
    Pool(Options options, OnError on_error);
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool();

    Result<> start();
    void end(bool finish_tasks);

    void post(Actor* actor);
    void post_at(Actor* actor, std::int64_t at_ns);
    void watch(const std::atomic<std::uint32_t>& word, Actor& actor);
    void unwatch(const std::atomic<std::uint32_t>& word, Actor& actor);
    void forget(Actor& actor);
    // True when the caller must put the actor into the queue.
    static bool mark_queued(Actor& actor);

    Result<> spawn(Task& task);
    Result<> call(Task& task);
    // Those that no thread took; after end().
    std::vector<Task> take_rest();

    const Options& options() const { return options_; }
    std::uint64_t active() const;
    bool inside() const;

  private:
    // A task and, for run(), who waits for it, on whose stack its answer lies.
    struct Awaited {
        Task& task;
        Result<> answer;
        Told done;
    };
    struct Job {
        Task task;
        Awaited* awaited = nullptr;
    };
    static_assert(sizeof(Job) == 56);  // With its turn one cache line of the queue.
    using Jobs = WorkQueue<Job, Sides::mpmc>;
    struct Watch {
        const std::atomic<std::uint32_t>* word;
        std::uint32_t seen;
        Actor* actor;
    };
    // What each thread counts for itself, on a line of its own: nobody waits for a counter.
    struct alignas(64) Worker {
        std::atomic<std::uint64_t> done{0};
    };
    struct Start;
    class Raised;

    static void* begin(void* start);
    void loop();
    bool work();
    bool act();
    bool ended() const;
    bool has_tasks() const;
    bool spin() const;
    void wait_for_news();
    struct Sleep {  // Until when, and on what besides the event.
        std::optional<std::int64_t> due_ns;
        std::optional<std::int64_t> kept_ns;  // As kept_ns_, by who sleeps for its sake.
        FutexSet words;
    };
    bool anything(Sleep& sleep);
    Actor* next_actor();
    void enqueue(Actor* actor);
    void look_at_watches();
    void move_due_timers();
    void keep_no_more(std::int64_t kept_ns);
    void note_unkept() { unkept_ = times_.size() != 0 && !kept_ns_; }
    void pass_times_on();

    Jobs* jobs();
    Result<> push(Job& job);
    void do_job(Job& job);
    static void count_done();
    std::uint64_t done() const;
    void raise(int priority);
    void lower(int priority);
    void set_priority(int highest_before);
    int highest() const { return raised_to_.empty() ? 0 : *raised_to_.rbegin(); }

    static constinit thread_local const Pool* t_own;  // The pool whose thread this is.
    static constinit thread_local Worker* t_worker;   // In it.

    const Options options_;
    const OnError on_error_;

    std::mutex mutex_;
    std::vector<Watch> watches_;
    std::deque<Actor*> queue_;
    Timers<Actor*> times_;
    struct Asked {
        Timer timer;
        std::int64_t at_ns;
    };
    std::map<Actor*, Asked> asked_;        // By whom; the earliest time of each.
    std::optional<std::int64_t> kept_ns_;  // Until when one sleeps for the sake of the first.
    int turns_unwatched_ = 0;
    std::vector<pthread_t> threads_;
    // How many actors are queued, to be asked without the lock.
    std::atomic<std::uint32_t> queued_{0};
    // Actors asked for times, and nobody sleeps until the first; likewise.
    std::atomic<bool> unkept_{false};

    std::mutex raised_mutex_;
    std::vector<pid_t> thread_ids_;  // Those that run.
    std::multiset<int> raised_to_;   // By those that wait; the highest holds, over the group's own.

    std::once_flag jobs_made_;  // Or it is too late for them to be made.
    std::unique_ptr<Jobs> jobs_store_;
    std::atomic<Jobs*> jobs_{nullptr};
    std::atomic<bool> stopping_{false};   // After what is running.
    std::atomic<bool> finishing_{false};  // After all tasks.
    Bell news_{Scope::busy};  // Between actors, threads sleep about as often as there is news.
    const std::int64_t spin_ns_ = Machine::spin_ns();
    const std::unique_ptr<Worker[]> workers_;
    alignas(64) std::atomic<std::uint64_t> handed_{0};  // Tasks that were handed over.
};

}  // namespace parallax
