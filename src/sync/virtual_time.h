// VirtualTime: several workers simulate together, and each run is the same run.
//
//     VirtualTime<Shot> time({.workers = 3, .look_ahead_ns = 1'000, .end_ns = 1'000'000});
//     PX_TRY(time.send({.from = 0, .to = 0, .at_ns = 0}, first));
//     // On the thread of worker 1:
//     while (auto event = time.next(1)) {
//         work(event->body);
//         PX_TRY(time.send({.from = 1, .to = 2, .at_ns = event->at_ns + 5'000}, shot));
//     }
//
// Each worker has a clock, and takes its events in the order of their times. What it sends to
// others comes at least the look-ahead after its clock, so nothing can come before the least of the
// others' clocks plus the look-ahead: up to there, and no further, a worker's clock goes, and what
// lies before it is certain. Events of one time follow their senders' numbers, then the order of
// sending; so what a worker sees depends on nothing but what was sent.
//
// Who may call: next() of a worker and send() from it on that worker's thread, first events before
// any begins; the rest from anywhere. Blocks: next(), until it is certain what comes next; if a
// worker calls it no more, the others stop a look-ahead after its clock, unless it leaves.
// On close: stop() ends all waits; next() says nothing at the end, which its worker then has left.
// Cost: one lock, and as many waits as there are look-aheads in the distance; for simulations, not
// for frames. Lifetime: outlives its workers' calls.
// Source: Chandy and Misra, "Distributed simulation: a case study in design and verification of
// distributed programs", 1979, with one shared minimum in place of null messages; Jefferson,
// "Virtual time", 1985, for the global virtual time.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/check.h"
#include "parallax/result.h"

namespace parallax {

template <class T>
class VirtualTime {
  public:
    struct Options {
        int workers = 1;
        std::int64_t look_ahead_ns = 1;  // At least 1.
        std::int64_t end_ns = 0;         // What comes then or later is not taken.
    };
    struct Route {
        int from = 0;
        int to = 0;
        std::int64_t at_ns = 0;
    };
    struct Event {
        std::int64_t at_ns;
        int from;
        T body;
    };

    explicit VirtualTime(const Options& options)
        : options_(options), workers_(static_cast<std::size_t>(options.workers)) {
        PX_CHECK(options.workers >= 1 && options.look_ahead_ns >= 1);
        PX_CHECK(options.end_ns < kNever - options.look_ahead_ns);
    }
    VirtualTime(const VirtualTime&) = delete;
    VirtualTime& operator=(const VirtualTime&) = delete;

    // Errc::invalid_argument: earlier than the sender may, which is its clock for itself, and that
    // and the look-ahead for others.
    Result<> send(const Route& route, T body) {
        const std::scoped_lock lock(mutex_);
        Worker& from = worker(route.from);
        const std::int64_t ahead_ns = route.from == route.to ? 0 : options_.look_ahead_ns;
        if (route.at_ns < 0 || route.at_ns - ahead_ns < from.clock_ns) {
            return fail(Errc::invalid_argument, "worker " + std::to_string(route.from) + " is at " +
                                                    std::to_string(from.clock_ns) +
                                                    " ns and cannot send for " +
                                                    std::to_string(route.at_ns) + " ns");
        }
        worker(route.to).events.insert({{route.at_ns, route.from, from.sent++}, std::move(body)});
        return {};
    }

    // The worker's next event, to whose time its clock then goes; nothing at the end.
    std::optional<Event> next(int number) {
        std::unique_lock lock(mutex_);
        Worker& mine = worker(number);
        for (;;) {
            const std::int64_t first_ns = mine.events.empty() ? kNever : mine.first().at_ns();
            const std::int64_t wanted_ns = std::min(first_ns, options_.end_ns);
            const std::int64_t certain_ns = least_but(number) + options_.look_ahead_ns;
            const bool over = stopped_ || (wanted_ns == options_.end_ns && certain_ns >= wanted_ns);
            if (over) {
                set_clock(mine, kNever - options_.look_ahead_ns);
                return std::nullopt;
            }
            // At that very time another one may still send something that goes before.
            set_clock(mine, std::min(wanted_ns, certain_ns));
            if (wanted_ns < certain_ns) return mine.take();
            moved_.wait(lock, [&] {
                return stopped_ || least_but(number) + options_.look_ahead_ns > certain_ns;
            });
        }
    }

    // This worker sends and takes no more; the others need not wait for it.
    void leave(int number) {
        const std::scoped_lock lock(mutex_);
        set_clock(worker(number), kNever - options_.look_ahead_ns);
    }
    void stop() {
        const std::scoped_lock lock(mutex_);
        stopped_ = true;
        moved_.notify_all();
    }

    std::int64_t clock_ns(int number) const {
        const std::scoped_lock lock(mutex_);
        return workers_.at(static_cast<std::size_t>(number)).clock_ns;
    }
    // Global virtual time: the least of all clocks. Nothing before it can happen any more.
    std::int64_t global_ns() const {
        const std::scoped_lock lock(mutex_);
        return least_but(-1);
    }

  private:
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

    struct Pending {
        std::tuple<std::int64_t, int, std::uint64_t> order;  // Time, sender, its count.
        mutable T body;                                      // Taken out with its element.
        std::int64_t at_ns() const { return std::get<0>(order); }
        bool operator<(const Pending& other) const { return order < other.order; }
    };
    struct Worker {
        std::int64_t clock_ns = 0;
        std::uint64_t sent = 0;
        std::set<Pending> events;

        const Pending& first() const { return *events.begin(); }
        Event take() {
            const auto node = events.extract(events.begin());
            return {node.value().at_ns(), std::get<1>(node.value().order),
                    std::move(node.value().body)};
        }
    };

    Worker& worker(int number) { return workers_.at(static_cast<std::size_t>(number)); }
    std::int64_t least_but(int number) const {
        std::int64_t least = kNever - options_.look_ahead_ns;
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            if (static_cast<int>(i) != number) least = std::min(least, workers_[i].clock_ns);
        }
        return least;
    }
    void set_clock(Worker& mine, std::int64_t to_ns) {
        if (to_ns <= mine.clock_ns) return;
        mine.clock_ns = to_ns;
        moved_.notify_all();
    }

    const Options options_;
    mutable std::mutex mutex_;
    std::condition_variable moved_;  // Some clock.
    std::vector<Worker> workers_;
    bool stopped_ = false;
};

}  // namespace parallax
