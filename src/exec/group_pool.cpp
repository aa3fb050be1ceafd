#include "exec/group_pool.h"

#include <algorithm>
#include <cerrno>
#include <latch>
#include <utility>

#include <sched.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "exec/group_threads.h"

namespace parallax {
namespace {

constexpr int kLooksBetweenTimes = 32;
constexpr int kTasksInARow = 16;                  // Then actors, times and words are looked at.
constexpr int kTurnsUnwatched = 16;               // While there are other actors.
constexpr std::int64_t kBeyondSetNs = 1'000'000;  // More words than one can wait for.
constexpr std::int64_t kTimeTickNs = 20'000;      // An actor's time comes so much late at most.
constexpr std::size_t kMostWords = FutexSet::kMost - 1;  // One place is for the event.

}  // namespace

constinit thread_local const ResourceGroup::Pool* ResourceGroup::Pool::t_own = nullptr;
constinit thread_local ResourceGroup::Pool::Worker* ResourceGroup::Pool::t_worker = nullptr;

struct ResourceGroup::Pool::Start {
    Pool* pool;
    std::latch* ready;
    std::atomic<int>* error;
    int number;
};

ResourceGroup::Pool::Pool(Options options, OnError on_error)
    : options_(std::move(options)),
      on_error_(std::move(on_error)),
      times_({.tick_ns = kTimeTickNs, .start_ns = monotonic_ns()}),
      workers_(std::make_unique<Worker[]>(static_cast<std::size_t>(options_.threads))) {}

ResourceGroup::Pool::~Pool() {
    end(false);
    static_cast<void>(take_rest());
}

Result<> ResourceGroup::Pool::start() {
    std::latch ready(options_.threads);
    std::atomic<int> error{0};
    std::vector<Start> starts;  // Stay where they are until all have begun.
    starts.reserve(static_cast<std::size_t>(options_.threads));
    for (int i = 0; i < options_.threads; ++i) starts.push_back({this, &ready, &error, i});
    for (int i = 0; i < options_.threads; ++i) {
        pthread_t thread{};
        const int refused =
            ::pthread_create(&thread, nullptr, &Pool::begin, &starts[static_cast<std::size_t>(i)]);
        if (refused == 0) {
            threads_.push_back(thread);
            continue;
        }
        error = refused;
        ready.count_down(options_.threads - i);
        break;
    }
    ready.wait();
    if (error == 0) return {};
    end(false);
    errno = error;
    return fail_errno("resource group " + options_.name + ": cannot set its threads up");
}

void* ResourceGroup::Pool::begin(void* start) {
    const Start mine = *static_cast<const Start*>(start);
    Pool& pool = *mine.pool;
    t_own = &pool;
    t_worker = &pool.workers_[static_cast<std::size_t>(mine.number)];
    if (const int failed = set_up_group_thread(pool.options_, mine.number)) *mine.error = failed;
    {
        const std::scoped_lock lock(pool.raised_mutex_);
        pool.thread_ids_.push_back(::gettid());
    }
    mine.ready->count_down();
    pool.loop();
    const std::scoped_lock lock(pool.raised_mutex_);
    std::erase(pool.thread_ids_, ::gettid());  // The number may become another thread's.
    return nullptr;
}

bool ResourceGroup::Pool::inside() const { return t_own == this; }

void ResourceGroup::Pool::end(bool finish_tasks) {
    PX_CHECK(!inside());  // It would wait for itself.
    std::call_once(jobs_made_, [] {});
    if (Jobs* const queue = jobs_.load(std::memory_order_acquire)) queue->close();
    (finish_tasks ? finishing_ : stopping_).store(true, std::memory_order_seq_cst);
    std::vector<pthread_t> threads;
    {
        const std::scoped_lock lock(mutex_);
        news_.notify_all();
        std::swap(threads, threads_);
    }
    for (const pthread_t thread : threads) ::pthread_join(thread, nullptr);
}

// --- What a thread of the group does.

// Tasks and actors take turns; where there is but one kind, the other is looked for now and then.
void ResourceGroup::Pool::loop() {
    bool tasks_came = false;
    while (!ended()) {
        int tasks = 0;
        while (tasks < kTasksInARow && work()) {
            ++tasks;
            if (queued_.load(std::memory_order_relaxed) != 0 || ended()) break;
        }
        const bool acted = act();
        if (tasks != 0 || acted) {
            tasks_came = tasks != 0;
        } else if (!tasks_came || !spin()) {
            tasks_came = false;
            wait_for_news();
        }
    }
}

bool ResourceGroup::Pool::ended() const {
    if (stopping_.load(std::memory_order_acquire)) return true;
    // The queue is closed by then, so what it does not hold does not come.
    return finishing_.load(std::memory_order_acquire) && !has_tasks();
}

bool ResourceGroup::Pool::has_tasks() const {
    const Jobs* const queue = jobs_.load(std::memory_order_acquire);
    return queue != nullptr && queue->size() != 0;
}

bool ResourceGroup::Pool::work() {
    Jobs* const queue = jobs_.load(std::memory_order_acquire);
    if (queue == nullptr) return false;
    Popped<Job> job = queue->try_pop();
    if (!job) return false;
    pass_times_on();
    do_job(*job);
    return true;
}

bool ResourceGroup::Pool::act() {
    Actor* const actor = next_actor();
    if (actor == nullptr) return false;
    pass_times_on();
    actor->run();
    return true;
}

// Whether there came something to do soon. Who hands over tasks in bursts must not find all threads
// asleep, since to wake one costs it some 10 us. A thread that may share its core with that one
// lends it.
bool ResourceGroup::Pool::spin() const {
    if (spin_ns_ == 0) return false;
    const std::int64_t until_ns = monotonic_ns() + spin_ns_;
    do {
        for (int i = 0; i < kLooksBetweenTimes; ++i) {
            if (has_tasks() || queued_.load(std::memory_order_relaxed) != 0) return true;
            Machine::relax(0);
        }
        ::sched_yield();
    } while (monotonic_ns() < until_ns);
    return false;
}

// May end for no reason.
void ResourceGroup::Pool::wait_for_news() {
    const Bell::Key key = news_.prepare();
    Sleep sleep;
    if (anything(sleep)) return news_.cancel(key);
    news_.wait_with(key, sleep.words, sleep.due_ns);
    if (sleep.kept_ns) keep_no_more(*sleep.kept_ns);
}

// Whether there is something to do; else how to sleep.
bool ResourceGroup::Pool::anything(Sleep& sleep) {
    const std::scoped_lock lock(mutex_);
    move_due_timers();
    look_at_watches();
    if (!queue_.empty() || has_tasks() || stopping_ || finishing_) return true;
    if (!kept_ns_) sleep.due_ns = sleep.kept_ns = kept_ns_ = times_.first_ns();
    note_unkept();
    for (const Watch& watch : watches_) {
        if (sleep.words.size() < kMostWords && sleep.words.add(*watch.word, watch.seen)) continue;
        sleep.due_ns = std::min(sleep.due_ns.value_or(INT64_MAX), monotonic_ns() + kBeyondSetNs);
        break;
    }
    return false;
}

void ResourceGroup::Pool::keep_no_more(std::int64_t kept_ns) {
    const std::scoped_lock lock(mutex_);
    if (kept_ns_ == kept_ns) kept_ns_.reset();
    note_unkept();
}

// By who is about to be busy for it knows not how long.
void ResourceGroup::Pool::pass_times_on() {
    if (unkept_.load(std::memory_order_relaxed)) news_.notify_one();
}

// --- Actors, their times and their words.

void ResourceGroup::Pool::post(Actor* actor) {
    const std::scoped_lock lock(mutex_);
    enqueue(actor);
    // Still locked: who ends the group next waits until we are out of it.
    news_.notify_one();
}

void ResourceGroup::Pool::post_at(Actor* actor, std::int64_t at_ns) {
    const std::scoped_lock lock(mutex_);
    const auto [entry, fresh] = asked_.try_emplace(actor, Asked{{}, at_ns});
    Asked& asked = entry->second;
    if (fresh) {
        asked.timer = times_.set(at_ns, actor);
    } else if (at_ns < asked.at_ns) {
        asked.at_ns = at_ns;
        times_.move(asked.timer, at_ns);
    }
    if (kept_ns_ && *kept_ns_ <= at_ns) return;
    kept_ns_.reset();  // Who sleeps until then wakes for nothing.
    note_unkept();
    news_.notify_one();
}

void ResourceGroup::Pool::watch(const std::atomic<std::uint32_t>& word, Actor& actor) {
    const std::scoped_lock lock(mutex_);
    watches_.push_back({&word, word.load(std::memory_order_acquire), &actor});
    news_.notify_all();  // To wait for that word, too.
}

void ResourceGroup::Pool::unwatch(const std::atomic<std::uint32_t>& word, Actor& actor) {
    const std::scoped_lock lock(mutex_);
    std::erase_if(watches_,
                  [&](const Watch& watch) { return watch.actor == &actor && watch.word == &word; });
}

void ResourceGroup::Pool::forget(Actor& actor) {
    const std::scoped_lock lock(mutex_);
    if (const auto asked = asked_.find(&actor); asked != asked_.end()) {
        times_.cancel(asked->second.timer);
        asked_.erase(asked);
    }
    std::erase_if(watches_, [&](const Watch& watch) { return watch.actor == &actor; });
}

Actor* ResourceGroup::Pool::next_actor() {
    const std::scoped_lock lock(mutex_);
    move_due_timers();
    if (queue_.empty() || ++turns_unwatched_ >= kTurnsUnwatched) look_at_watches();
    if (queue_.empty()) return nullptr;
    Actor* actor = queue_.front();
    queue_.pop_front();
    queued_.fetch_sub(1, std::memory_order_relaxed);
    // Several may have come at one time or by one word, of which only we were told.
    if (!queue_.empty()) news_.notify_one();
    return actor;
}

void ResourceGroup::Pool::enqueue(Actor* actor) {
    queue_.push_back(actor);
    queued_.fetch_add(1, std::memory_order_relaxed);
}

void ResourceGroup::Pool::look_at_watches() {
    turns_unwatched_ = 0;
    for (Watch& watch : watches_) {
        // Acquire pairs with the commit that changed it.
        const std::uint32_t now = watch.word->load(std::memory_order_acquire);
        if (now == std::exchange(watch.seen, now)) continue;
        if (mark_queued(*watch.actor)) enqueue(watch.actor);
    }
}

// Notifies what is due.
void ResourceGroup::Pool::move_due_timers() {
    if (times_.size() == 0) return;
    const std::size_t fired = times_.advance(monotonic_ns(), [&](Actor* actor, const Fired&) {
        asked_.erase(actor);
        if (mark_queued(*actor)) enqueue(actor);
    });
    if (fired != 0) note_unkept();
}

// It writes even what stands there already. A mere look at `queued` could be done before the
// caller's own stores are seen, and the step that is about to begin would miss them for good; the
// write cannot, since the exchange in run() that follows it takes over what came before it.
bool ResourceGroup::Pool::mark_queued(Actor& actor) {
    using State = Actor::State;
    State seen = actor.state_.load(std::memory_order_relaxed);
    for (;;) {
        const bool busy = seen == State::running || seen == State::again;
        const State wanted = busy ? State::again : State::queued;
        if (actor.state_.compare_exchange_weak(seen, wanted, std::memory_order_acq_rel,
                                               std::memory_order_relaxed)) {
            return seen == State::idle;
        }
    }
}

}  // namespace parallax
