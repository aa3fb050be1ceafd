// ResourceGroup: a named pool of threads that nothing else runs on.
// Actor: work that runs on one thread of its group at a time, in short batches, when notified.
//
// A stage is an actor. Whoever gives it something to do calls notify(); the group then calls
// step() on one of its threads until step() says there is no more to do. A notify during a step
// causes one more step, so that nothing is missed.
//
// Threads: notify(), notify_at() and post from anywhere. Threads are named plx:GROUP:i.
// Lifetime: stop() or the destructor joins the threads; actors must outlive that.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "parallax/result.h"

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

  public:
    enum class Policy : std::uint8_t { normal, batch, fifo, rr };
    struct Options {
        std::string name = "default";
        int threads = 0;              // 0: one for each core it may use.
        std::vector<int> cores = {};  // Empty: all it may use. Threads wrap around them.
        Policy policy = Policy::normal;
        int priority = 0;  // 1 … 99, for fifo and rr.
        int nice = 0;
    };

    // Whether there can be one: Errc::lacking names a core that does not exist or is not allowed.
    static Result<> check(const Options& options);
    // check(), and Errc::permission when the policy is not permitted.
    static Result<std::unique_ptr<ResourceGroup>> create(const Options& options);
    explicit ResourceGroup(std::unique_ptr<Pool> pool);  // Use create().
    ~ResourceGroup();

    const std::string& name() const;
    int threads() const;
    // Forgets times and words that the actor asked for; call before destroying one.
    void forget(Actor& actor);
    void stop();  // Ends after the steps that are running; what is queued stays undone.

  private:
    friend class Actor;
    void post(Actor* actor);
    void post_at(Actor* actor, std::int64_t monotonic_ns);

    std::unique_ptr<Pool> pool_;
};

}  // namespace parallax
