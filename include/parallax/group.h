// ResourceGroup: a named pool of threads of its own, pinned to its cores, that nothing else runs
// on. Actor: work that runs on one thread of its group at a time, in short batches, when notified.
//
// A stage is an actor. Whoever gives it something to do calls notify(); the group then calls
// step() on one of its threads until step() says there is no more to do. A notify during a step
// causes one more step, so that nothing is missed. What is to be done once is a task: spawn() hands
// it over, run() waits for it. Tasks and actors of a group take turns.
//
// Threads: notify(), notify_at(), spawn(), run() from anywhere. Threads are named plx:GROUP:i.
// Lifetime: stop() or the destructor joins the threads; actors must outlive that.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "parallax/result.h"
#include "parallax/task.h"

namespace parallax {

class ResourceGroup;

class Actor {
  public:
    explicit Actor(ResourceGroup& group) : group_(group) {}
    Actor(const Actor&) = delete;
    Actor& operator=(const Actor&) = delete;
    virtual ~Actor() = default;

    void notify();
    void notify_at(std::int64_t monotonic_ns);  // At most one such time is kept: the earliest.
    // Notified whenever the word changes; who changes it, in this or another process, wakes by
    // futex(2) afterwards. The word outlives the watch.
    void watch(const std::atomic<std::uint32_t>& word);
    void unwatch(const std::atomic<std::uint32_t>& word);
    bool idle() const { return state_.load(std::memory_order_seq_cst) == State::idle; }

  protected:
    // A bounded batch; true when there is more to do at once.
    virtual bool step() = 0;

  private:
    friend class ResourceGroup;
    enum class State : std::uint8_t { idle, queued, running, again };
    void run();

    ResourceGroup& group_;
    std::atomic<State> state_{State::idle};
};

class ResourceGroup {
    class Pool;
    template <class R>
    struct AnswerOf {
        using Type = Result<R>;
    };
    template <class T>
    struct AnswerOf<Result<T>> {
        using Type = Result<T>;
    };

  public:
    enum class Policy : std::uint8_t { normal, batch, fifo, rr, deadline };
    enum class WhenFull : std::uint8_t { refuse, wait };
    struct Options {
        std::string name = "default";
        int threads = 0;              // 0: one for each core it may use.
        std::vector<int> cores = {};  // Empty: all it may use. Threads wrap around them.
        // A device whose NUMA node's cores it gets, instead of `cores`: "eth0", "0000:3b:00.0",
        // "gpu:0" as nvidia-smi counts, or a GPU's UUID. See exec/device_cores.h.
        std::string near = {};
        Policy policy = Policy::normal;
        int priority = 0;  // 1 … 99, for fifo and rr.
        // For deadline: so much CPU time in each period, for each thread; sched(7).
        std::chrono::microseconds runtime{5'000};
        std::chrono::microseconds period{10'000};
        int nice = 0;
        std::size_t most_tasks = 1024;  // That wait for a thread; rounded up to a power of two.
        WhenFull when_full = WhenFull::refuse;
    };
    // Told of each spawned task that failed or threw, on the thread that ran it.
    using OnError = std::function<void(const Error&)>;
    template <class F>
    using Answer = typename AnswerOf<std::invoke_result_t<F&>>::Type;

    // Whether there can be one. Errc::lacking names a core that does not exist or is not allowed,
    // or a device that is not there; Errc::invalid_argument what makes no sense.
    static Result<> check(const Options& options);
    // check(), and Errc::permission when the policy is not permitted.
    static Result<std::unique_ptr<ResourceGroup>> create(const Options& options,
                                                         OnError on_error = {});
    explicit ResourceGroup(std::unique_ptr<Pool> pool);  // Use create().
    ~ResourceGroup();                                    // stop(); what that hands back is dropped.

    const std::string& name() const;
    int threads() const;
    const Options& options() const;  // With the threads and cores that it has.

    // Hands over a body that returns nothing or a Result<>; its failure goes to `on_error`.
    // Errc::quota_exceeded when too many wait: at once, or (WhenFull::wait) only to the group's own
    // threads, which could wait for each other for ever. Errc::interrupted once it has ended.
    // Refused bodies are destroyed. Blocks only with WhenFull::wait.
    template <class F>
        requires TaskBody<std::remove_cvref_t<F>>
    Result<> spawn(F&& body) {
        return spawn_task(Task(std::forward<F>(body)));
    }

    // Has the body called on a thread of the group and waits for what it returns, R or Result<R>.
    // On a thread of the group it is called in place. The errors of spawn(), those of the body, and
    // Errc::system for what it throws. While a thread of a fifo or rr group waits here, the threads
    // of this one have its priority, if they had less and the machine permits.
    // Groups whose threads wait for each other in a circle wait for ever.
    template <class F>
    Answer<F> run(F&& body) {
        using Type = std::invoke_result_t<F&>;
        if constexpr (TaskBody<std::remove_cvref_t<F>&>) {
            return run_task(Task([&body] { return body(); }));
        } else {
            std::optional<Type> answer;
            PX_TRY(run_task(Task([&body, &answer] { answer.emplace(body()); })));
            return *std::move(answer);
        }
    }

    // Tasks that wait or run, those of run() included, and those that are just being handed over.
    // Exact at some moment of the call; what a task did is seen by who no longer finds it counted.
    std::uint64_t active_tasks() const;
    bool inside() const;  // Whether the calling thread is one of the group's.

    // Forgets times and words that the actor asked for; call before destroying one.
    void forget(Actor& actor);
    // Both take no more tasks, end all threads and return; twice is as good as once. Not from a
    // thread of the group. Actors that are queued stay undone.
    // Ends after the steps and tasks that are running, and hands back the tasks that waited. Who
    // waits for one of those in run() is told Errc::interrupted.
    std::vector<Task> stop();
    void finish();  // Does all tasks that it took first.

  private:
    friend class Actor;
    void post(Actor* actor);
    void post_at(Actor* actor, std::int64_t monotonic_ns);
    Result<> spawn_task(Task task);
    Result<> run_task(Task task);

    std::unique_ptr<Pool> pool_;
};

}  // namespace parallax
