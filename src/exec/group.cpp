#include "parallax/group.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <deque>
#include <latch>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include "base/check.h"
#include "sync/futex.h"

namespace parallax {
namespace {

std::vector<int> allowed_cores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> cores;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return {0};
    for (int core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &set)) cores.push_back(core);
    }
    return cores;
}

std::string listed(const std::vector<int>& cores) {
    std::string text;
    for (const int core : cores) text += (text.empty() ? "" : ",") + std::to_string(core);
    return text;
}

Result<> check_for(const ResourceGroup::Options& options, const std::vector<int>& allowed) {
    for (const int core : options.cores) {
        if (std::ranges::find(allowed, core) != allowed.end()) continue;
        return fail(Errc::lacking,
                    "resource group " + options.name + ": core " + std::to_string(core) +
                        " does not exist here or is not allowed",
                    "allowed: " + listed(allowed));
    }
    if (options.threads < 0 || options.threads > 256) {
        return fail(Errc::invalid_argument, "resource group " + options.name + ": " +
                                                std::to_string(options.threads) +
                                                " threads are outside 0 to 256");
    }
    return {};
}

// Applied by the new thread to itself; an error number, or 0.
int apply(const ResourceGroup::Options& options, int index) {
    const std::string name = "plx:" + options.name + ":" + std::to_string(index);
    ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());  // The kernel keeps 15.
    if (!options.cores.empty()) {
        cpu_set_t set;
        CPU_ZERO(&set);
        CPU_SET(static_cast<std::size_t>(
                    options.cores[static_cast<std::size_t>(index) % options.cores.size()]),
                &set);
        if (const int error = ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set)) {
            return error;
        }
    }
    if (options.policy != ResourceGroup::Policy::normal) {
        using enum ResourceGroup::Policy;
        const int policy = options.policy == fifo ? SCHED_FIFO
                           : options.policy == rr ? SCHED_RR
                                                  : SCHED_BATCH;
        const sched_param parameters{.sched_priority = options.priority};
        if (const int error = ::pthread_setschedparam(::pthread_self(), policy, &parameters)) {
            return error;
        }
    }
    if (options.nice != 0 &&
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), options.nice) != 0) {
        return errno;
    }
    return 0;
}

std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

class ResourceGroup::Pool {
  public:
    explicit Pool(Options options) : options_(std::move(options)) {}
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    ~Pool() { stop(); }

    Result<> start() {
        std::latch ready(options_.threads);
        std::atomic<int> error{0};
        std::vector<Start> starts;  // Stay where they are until all have begun.
        starts.reserve(static_cast<std::size_t>(options_.threads));
        for (int i = 0; i < options_.threads; ++i) starts.push_back({this, &ready, &error, i});
        for (int i = 0; i < options_.threads; ++i) {
            pthread_t thread{};
            const int refused = ::pthread_create(&thread, nullptr, &Pool::begin,
                                                 &starts[static_cast<std::size_t>(i)]);
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
        stop();
        errno = error;
        return fail_errno("resource group " + options_.name + ": cannot set its threads up");
    }

  private:
    struct Start {
        Pool* pool;
        std::latch* ready;
        std::atomic<int>* error;
        int number;
    };

    static void* begin(void* start) {
        const Start mine = *static_cast<const Start*>(start);
        if (const int failed = apply(mine.pool->options_, mine.number)) *mine.error = failed;
        mine.ready->count_down();
        mine.pool->loop();
        return nullptr;
    }

  public:
    void post(Actor* actor) {
        const std::lock_guard lock(mutex_);
        queue_.push_back(actor);
        if (sleeping_ > 0) ring(1);
    }

    void post_at(Actor* actor, std::int64_t at_ns) {
        const std::lock_guard lock(mutex_);
        const auto [entry, fresh] = timers_.try_emplace(actor, at_ns);
        if (!fresh) entry->second = std::min(entry->second, at_ns);
        if (sleeping_ > 0) ring(1);  // To wait less long.
    }

    void watch(const std::atomic<std::uint32_t>& word, Actor& actor) {
        const std::lock_guard lock(mutex_);
        watches_.push_back({&word, word.load(std::memory_order_acquire), &actor});
        ring(sleeping_);  // To wait for that word, too.
    }

    void unwatch(const std::atomic<std::uint32_t>& word, Actor& actor) {
        const std::lock_guard lock(mutex_);
        std::erase_if(watches_, [&](const Watch& watch) {
            return watch.actor == &actor && watch.word == &word;
        });
    }

    void unwatch(Actor& actor) {
        const std::lock_guard lock(mutex_);
        std::erase_if(watches_, [&](const Watch& watch) { return watch.actor == &actor; });
    }

    void forget(Actor& actor) {
        const std::lock_guard lock(mutex_);
        timers_.erase(&actor);
    }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            ring(sleeping_);
        }
        for (const pthread_t thread : threads_) ::pthread_join(thread, nullptr);
        threads_.clear();
    }

    const Options& options() const { return options_; }

  private:
    void loop() {
        while (Actor* actor = next()) actor->run();
    }

    // Blocks until there is an actor to run; null at the end.
    Actor* next() {
        std::unique_lock lock(mutex_);
        for (;;) {
            if (stopping_) return nullptr;
            const auto due = move_due_timers();
            if (queue_.empty() || ++turns_unwatched_ >= kTurnsUnwatched) look_at_watches();
            if (!queue_.empty()) {
                Actor* actor = queue_.front();
                queue_.pop_front();
                return actor;
            }
            ++sleeping_;
            sleep(lock, due);
            --sleeping_;
        }
    }

    // Until the bell rings, a watched word changes, or it is time.
    void sleep(std::unique_lock<std::mutex>& lock, std::optional<std::int64_t> due) {
        FutexSet set;
        set.add(bell_, bell_.load(std::memory_order_relaxed));
        for (const Watch& watch : watches_) {
            if (set.add(*watch.word, watch.seen)) continue;
            due = std::min(due.value_or(INT64_MAX), now_ns() + kBeyondSetNs);
            break;
        }
        lock.unlock();
        set.wait(due);
        lock.lock();
    }

    void ring(int sleepers) {
        bell_.fetch_add(1, std::memory_order_relaxed);
        futex_wake(bell_, sleepers);
    }

    void look_at_watches() {
        turns_unwatched_ = 0;
        for (Watch& watch : watches_) {
            // Acquire pairs with the commit that changed it.
            const std::uint32_t now = watch.word->load(std::memory_order_acquire);
            if (now == std::exchange(watch.seen, now)) continue;
            if (mark_queued(*watch.actor)) queue_.push_back(watch.actor);
        }
    }

    // Notifies what is due; when the next one is.
    std::optional<std::int64_t> move_due_timers() {
        if (timers_.empty()) return std::nullopt;
        const std::int64_t now = now_ns();
        std::optional<std::int64_t> next;
        for (auto timer = timers_.begin(); timer != timers_.end();) {
            if (timer->second > now) {
                next = std::min(next.value_or(timer->second), timer->second);
                ++timer;
                continue;
            }
            if (mark_queued(*timer->first)) queue_.push_back(timer->first);
            timer = timers_.erase(timer);
        }
        return next;
    }

    static bool mark_queued(Actor& actor);

    struct Watch {
        const std::atomic<std::uint32_t>* word;
        std::uint32_t seen;
        Actor* actor;
    };
    static constexpr int kTurnsUnwatched = 16;               // While there is other work.
    static constexpr std::int64_t kBeyondSetNs = 1'000'000;  // More words than one can wait for.

    const Options options_;
    std::mutex mutex_;
    std::atomic<std::uint32_t> bell_{0};  // Changes when a sleeper is to look again.
    std::vector<Watch> watches_;
    int turns_unwatched_ = 0;
    std::deque<Actor*> queue_;
    std::map<Actor*, std::int64_t> timers_;
    int sleeping_ = 0;
    bool stopping_ = false;
    std::vector<pthread_t> threads_;
    friend class Actor;
};

// True when the caller must put the actor into the queue.
//
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

void Actor::notify() {
    if (ResourceGroup::Pool::mark_queued(*this)) group_.post(this);
}
void Actor::notify_at(std::int64_t monotonic_ns) { group_.post_at(this, monotonic_ns); }

void Actor::watch(const std::atomic<std::uint32_t>& word) { group_.pool_->watch(word, *this); }
void Actor::unwatch(const std::atomic<std::uint32_t>& word) { group_.pool_->unwatch(word, *this); }

void Actor::run() {
    state_.exchange(State::running, std::memory_order_acq_rel);  // Pairs with mark_queued().
    const bool more = step();
    State seen = State::running;
    if (!more && state_.compare_exchange_strong(seen, State::idle, std::memory_order_acq_rel)) {
        return;
    }
    // Behind the others, so that actors of one group take turns.
    state_.exchange(State::queued, std::memory_order_acq_rel);
    group_.post(this);
}

Result<> ResourceGroup::check(const Options& options) {
    return check_for(options, allowed_cores());
}

Result<std::unique_ptr<ResourceGroup>> ResourceGroup::create(const Options& options) {
    const std::vector<int> allowed = allowed_cores();
    PX_TRY(check_for(options, allowed));
    Options complete = options;
    if (complete.threads == 0) {
        complete.threads =
            static_cast<int>(complete.cores.empty() ? allowed.size() : complete.cores.size());
    }
    auto pool = std::make_unique<Pool>(std::move(complete));
    PX_TRY(pool->start());
    return std::make_unique<ResourceGroup>(std::move(pool));
}

ResourceGroup::ResourceGroup(std::unique_ptr<Pool> pool) : pool_(std::move(pool)) {}
ResourceGroup::~ResourceGroup() = default;
const std::string& ResourceGroup::name() const { return pool_->options().name; }
int ResourceGroup::threads() const { return pool_->options().threads; }
void ResourceGroup::forget(Actor& actor) {
    pool_->forget(actor);
    pool_->unwatch(actor);
}
void ResourceGroup::stop() { pool_->stop(); }
void ResourceGroup::post(Actor* actor) { pool_->post(actor); }
void ResourceGroup::post_at(Actor* actor, std::int64_t at_ns) { pool_->post_at(actor, at_ns); }

}  // namespace parallax
