// TaskScheduler: groups by name, which of them suits a task best, and how much each may take.
//
//     TaskScheduler scheduler;
//     PX_TRY(scheduler.add(std::move(isp), {.most_admitted = 64}));
//     PX_TRY(scheduler.add(std::move(gpu), {.kind = "gpu"}));
//     PX_TRY(scheduler.spawn({.kind = "gpu", .device = "gpu:0"}, [] { … }));
//
// Of the groups that suit, the least loaded takes it: active tasks for each thread, the first added
// of equals. Real-time groups take what needs them and nothing else.
//
// Threads: add() before all others; these from any. Blocks: run(), and spawn() as the group's does.
// Priority inheritance: as in ResourceGroup::run().
// Lifetime: outlives what it admitted; its end stops the groups and drops the tasks that waited.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parallax/group.h"

namespace parallax {

class TaskScheduler {
    struct Entry;

  public:
    struct Terms {
        std::string kind = "cpu";  // Of work: "cpu", "gpu", whatever needs name.
        // Tasks at a time that were admitted here; more are refused, or taken by another group.
        std::uint64_t most_admitted = UINT64_MAX;
    };
    struct Needs {
        std::string kind = "cpu";
        std::string device = {};  // If given, only a group near it.
        bool real_time = false;   // A group of policy fifo, rr or deadline.
        int threads = 1;          // At least.
    };
    // Leave to do one task in a group, given back by its end.
    class Admission {
      public:
        Admission(Admission&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
        Admission& operator=(Admission&&) = delete;
        ~Admission();
        ResourceGroup& group() const;

      private:
        friend class TaskScheduler;
        explicit Admission(Entry& entry) : entry_(&entry) {}
        Entry* entry_;
    };

    TaskScheduler();
    TaskScheduler(const TaskScheduler&) = delete;
    TaskScheduler& operator=(const TaskScheduler&) = delete;
    ~TaskScheduler();

    // Errc::invalid_argument: there is one of its name already.
    Result<> add(std::unique_ptr<ResourceGroup> group, const Terms& terms);
    ResourceGroup* find(std::string_view name) const;  // Null: there is none.

    // The least loaded of those that suit, full or not; null when none does. By the time that the
    // caller looks again, another one may be.
    ResourceGroup* best_group(const Needs& needs) const;
    // By the least loaded that suits and is not full. Errc::lacking: none suits.
    // Errc::quota_exceeded: all that do are full; retrying later may succeed.
    Result<Admission> admit(const Needs& needs);
    std::uint64_t admitted(std::string_view name) const;  // To that group, at this moment.

    // admit(), and the errors of ResourceGroup's. The admission lasts until the task has ended.
    template <class F>
        requires TaskBody<std::remove_cvref_t<F>>
    Result<> spawn(const Needs& needs, F&& body) {
        Result<Admission> admission = admit(needs);
        if (!admission) return Failure(std::move(admission).error());
        ResourceGroup& group = admission->group();
        return group.spawn([leave = *std::move(admission), own = std::forward<F>(body)]() mutable {
            return own();
        });
    }
    template <class F>
    ResourceGroup::Answer<F> run(const Needs& needs, F&& body) {
        Result<Admission> admission = admit(needs);
        if (!admission) return Failure(std::move(admission).error());
        return admission->group().run(std::forward<F>(body));
    }

  private:
    std::vector<Entry*> suiting(const Needs& needs) const;

    std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace parallax
