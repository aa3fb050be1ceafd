// RingQueue: a bounded queue between threads; WorkQueue of sync/sync.h is this one or PlainQueue.
//
//     WorkQueue<Job, Sides::mpmc> jobs(256);
//     jobs.push(std::move(job));                       // Waits for room; ok or closed.
//     while (auto job = jobs.pop()) run(*job);         // Until closed, and all is popped.
//
// Who may call: push… and pop… from as many threads as `Sides` says, the rest from any.
// Blocks: push, push_for, push_all, pop, pop_for and pop_some; they spin while waits are short and
// sleep otherwise (Patience). close() waits for a push that is under way. try_… wait for no room
// and no item, only for a thread that is in the middle of the same cell.
// Order: first in, first out; of several producers each one's items keep their order.
// Answers are exact: nothing that was taken is lost or comes twice; what was not taken (full,
// closed, timed out) is still the caller's, unmoved. What popping did not find was not there.
// On close: pushes are refused, those that wait too; pops go on until all is popped, then say so.
// Lifetime: outlives its callers; what is left in it is destroyed with it.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "sync/event_count.h"
#include "sync/mpmc_ring.h"
#include "sync/patience.h"
#include "sync/queue_answer.h"
#include "sync/spsc_ring.h"

namespace parallax {

template <class T, Sides sides = Sides::mpmc, class M = Machine>
class RingQueue {
  public:
    // Rounded up to a power of two; at least 1.
    explicit RingQueue(std::size_t capacity) : ring_(capacity) {}

    QueueAnswer try_push(T&& item) {
        const QueueAnswer answer = ring_.try_push(item);
        if (answer == QueueAnswer::ok) items_.notify_one();
        return answer;
    }
    QueueAnswer push(T&& item) { return push_until(item, std::nullopt); }
    QueueAnswer push_for(T&& item, std::chrono::nanoseconds most) {
        return push_until(item, after_ns<M>(most.count()));
    }

    Popped<T> try_pop() {
        Popped<T> item = ring_.try_pop();
        if (item) room_.notify_one();
        return item;
    }
    Popped<T> pop() { return pop_until(std::nullopt); }
    Popped<T> pop_for(std::chrono::nanoseconds most) {
        return pop_until(after_ns<M>(most.count()));
    }

    // The first ones, as many as there is room for; how many.
    std::size_t try_push_some(std::span<T> items) {
        const std::size_t count = ring_.try_push_some(items);
        if (count != 0) items_.notify(static_cast<std::uint32_t>(count));
        return count;
    }
    // All, in turns with others; fewer only when the queue was closed.
    std::size_t push_all(std::span<T> items) {
        std::size_t done = 0;
        const auto attempt = [&] {
            done += try_push_some(items.subspan(done));
            return done == items.size() || ring_.closed();
        };
        if (!attempt()) wait_for_room_.await(room_, std::nullopt, attempt);
        return done;
    }

    std::size_t try_pop_some(std::span<T> to) {
        const std::size_t count = ring_.try_pop_some(to);
        if (count != 0) room_.notify(static_cast<std::uint32_t>(count));
        return count;
    }
    // Waits for the first; 0 when the queue is closed and drained.
    std::size_t pop_some(std::span<T> to) {
        if (to.empty()) return 0;
        std::size_t count = 0;
        const auto attempt = [&] {
            // Closed is asked first: what came before it is found by the second.
            const bool closed = ring_.closed();
            count = try_pop_some(to);
            return count != 0 || closed;
        };
        if (!attempt()) wait_for_item_.await(items_, std::nullopt, attempt);
        return count;
    }

    void close() {
        ring_.close();
        items_.notify_all();
        room_.notify_all();
    }
    bool closed() const { return ring_.closed(); }
    std::size_t capacity() const { return ring_.capacity(); }
    std::size_t size() const { return ring_.size(); }

  private:
    using Ring = std::conditional_t<sides == Sides::spsc, SpscRing<T, M>, MpmcRing<T, M>>;

    QueueAnswer push_until(T& item, std::optional<std::int64_t> until_ns) {
        QueueAnswer answer = try_push(std::move(item));
        if (answer != QueueAnswer::full) return answer;
        const auto attempt = [&] {
            answer = try_push(std::move(item));
            return answer != QueueAnswer::full;
        };
        return wait_for_room_.await(room_, until_ns, attempt) ? answer : QueueAnswer::timed_out;
    }

    Popped<T> pop_until(std::optional<std::int64_t> until_ns) {
        Popped<T> item = try_pop();
        if (item || item.error() != QueueAnswer::empty) return item;
        const auto attempt = [&] {
            item = try_pop();
            return item || item.error() != QueueAnswer::empty;
        };
        if (wait_for_item_.await(items_, until_ns, attempt)) return item;
        return std::unexpected(QueueAnswer::timed_out);
    }

    Ring ring_;
    EventCountOn<M> items_;
    EventCountOn<M> room_;
    Patience<M> wait_for_item_;
    Patience<M> wait_for_room_;
};

}  // namespace parallax
