// PlainQueue: RingQueue with a mutex and condition variables, and its yardstick in tests.
//
// Contract: as in ring_queue.h, for any number of threads on both sides.
#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "sync/queue_answer.h"

namespace parallax {

template <class T>
class PlainQueue {
  public:
    explicit PlainQueue(std::size_t capacity)
        : capacity_(std::bit_ceil(std::max<std::size_t>(capacity, 1))) {}

    QueueAnswer try_push(T&& item) { return push_until(item, Clock::time_point::min()); }
    QueueAnswer push(T&& item) { return push_until(item, std::nullopt); }
    QueueAnswer push_for(T&& item, std::chrono::nanoseconds most) {
        const QueueAnswer answer = push_until(item, Clock::now() + most);
        return answer == QueueAnswer::full ? QueueAnswer::timed_out : answer;
    }

    Popped<T> try_pop() { return pop_until(Clock::time_point::min()); }
    Popped<T> pop() { return pop_until(std::nullopt); }
    Popped<T> pop_for(std::chrono::nanoseconds most) {
        Popped<T> item = pop_until(Clock::now() + most);
        if (!item && item.error() == QueueAnswer::empty) {
            return std::unexpected(QueueAnswer::timed_out);
        }
        return item;
    }

    std::size_t try_push_some(std::span<T> items) {
        const std::scoped_lock lock(mutex_);
        return put_some(items);
    }
    std::size_t push_all(std::span<T> items) {
        std::unique_lock lock(mutex_);
        std::size_t done = put_some(items);
        while (done < items.size() && !closed_) {
            room_.wait(lock);
            done += put_some(items.subspan(done));
        }
        return done;
    }
    std::size_t try_pop_some(std::span<T> to) {
        const std::scoped_lock lock(mutex_);
        return take_some(to);
    }
    std::size_t pop_some(std::span<T> to) {
        std::unique_lock lock(mutex_);
        items_.wait(lock, [&] { return closed_ || !queue_.empty() || to.empty(); });
        return take_some(to);
    }

    void close() {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        items_.notify_all();
        room_.notify_all();
    }
    bool closed() const {
        const std::scoped_lock lock(mutex_);
        return closed_;
    }
    std::size_t capacity() const { return capacity_; }
    std::size_t size() const {
        const std::scoped_lock lock(mutex_);
        return queue_.size();
    }

  private:
    using Clock = std::chrono::steady_clock;
    using Until = std::optional<Clock::time_point>;

    template <class Ready>
    static void wait(std::unique_lock<std::mutex>& lock, std::condition_variable& event,
                     const Until& until, Ready ready) {
        if (!until) {
            event.wait(lock, ready);
        } else if (*until != Clock::time_point::min()) {
            event.wait_until(lock, *until, ready);
        }
    }

    QueueAnswer push_until(T& item, const Until& until) {
        std::unique_lock lock(mutex_);
        wait(lock, room_, until, [&] { return closed_ || queue_.size() < capacity_; });
        if (closed_) return QueueAnswer::closed;
        if (queue_.size() == capacity_) return QueueAnswer::full;
        queue_.push_back(std::move(item));
        items_.notify_one();
        return QueueAnswer::ok;
    }

    Popped<T> pop_until(const Until& until) {
        std::unique_lock lock(mutex_);
        wait(lock, items_, until, [&] { return closed_ || !queue_.empty(); });
        if (queue_.empty()) {
            return std::unexpected(closed_ ? QueueAnswer::closed : QueueAnswer::empty);
        }
        Popped<T> item(std::move(queue_.front()));
        queue_.pop_front();
        room_.notify_one();
        return item;
    }

    std::size_t put_some(std::span<T> items) {
        if (closed_) return 0;
        const std::size_t count = std::min(items.size(), capacity_ - queue_.size());
        for (T& item : items.first(count)) queue_.push_back(std::move(item));
        if (count != 0) items_.notify_all();
        return count;
    }
    std::size_t take_some(std::span<T> to) {
        const std::size_t count = std::min(to.size(), queue_.size());
        for (T& item : to.first(count)) {
            item = std::move(queue_.front());
            queue_.pop_front();
        }
        if (count != 0) room_.notify_all();
        return count;
    }

    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable items_;
    std::condition_variable room_;
    std::deque<T> queue_;
    bool closed_ = false;
};

}  // namespace parallax
