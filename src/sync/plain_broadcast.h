// PlainBroadcast: Broadcast with a mutex and condition variables, and its yardstick in tests.
//
// Contract: as in broadcast.h; the publisher and all subscribers wait for each other's mutex.
#pragma once

#include <algorithm>
#include <bit>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "sync/broadcast.h"

namespace parallax {

template <class T>
class PlainBroadcast {
  public:
    static constexpr std::size_t kMostBlocking = Broadcast<T>::kMostBlocking;

    class Subscriber {
      public:
        Subscriber(Subscriber&& other) noexcept
            : from_(std::exchange(other.from_, nullptr)), next_(other.next_), lag_(other.lag_) {}
        Subscriber& operator=(Subscriber&&) = delete;
        ~Subscriber() {
            if (from_ != nullptr && lag_ == Lag::block) from_->leave(next_);
        }
        Popped<Heard<T>> try_receive() {
            const std::scoped_lock lock(from_->mutex_);
            return from_->take(*this);
        }
        Popped<Heard<T>> receive() {
            std::unique_lock lock(from_->mutex_);
            from_->news_.wait(lock, [&] { return from_->closed_ || next_ != from_->published_; });
            return from_->take(*this);
        }
        std::uint64_t behind() const {
            const std::scoped_lock lock(from_->mutex_);
            return from_->published_ - next_;
        }

      private:
        friend class PlainBroadcast;
        Subscriber(PlainBroadcast& from, std::uint64_t next, Lag lag)
            : from_(&from), next_(next), lag_(lag) {}
        PlainBroadcast* from_;
        std::uint64_t next_;
        Lag lag_;
    };

    explicit PlainBroadcast(std::size_t capacity)
        : ring_(std::bit_ceil(std::max<std::size_t>(capacity, 2))) {}

    QueueAnswer publish(const T& value) {
        std::unique_lock lock(mutex_);
        if (closed_) return QueueAnswer::closed;
        room_.wait(lock, [&] {
            return std::ranges::all_of(
                blocking_, [&](std::uint64_t next) { return published_ - next < ring_.size(); });
        });
        ring_[published_++ % ring_.size()] = value;
        news_.notify_all();
        return QueueAnswer::ok;
    }
    void close() {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        news_.notify_all();
    }
    std::optional<Subscriber> subscribe(Lag lag) {
        const std::scoped_lock lock(mutex_);
        if (lag == Lag::block) {
            if (blocking_.size() == kMostBlocking) return std::nullopt;
            blocking_.push_back(published_);
        }
        return Subscriber(*this, published_, lag);
    }
    std::size_t capacity() const { return ring_.size(); }

  private:
    Popped<Heard<T>> take(Subscriber& by) {
        if (by.next_ == published_) {
            return std::unexpected(closed_ ? QueueAnswer::closed : QueueAnswer::empty);
        }
        const std::uint64_t oldest = published_ - std::min<std::uint64_t>(published_, ring_.size());
        const std::uint64_t at = std::max(by.next_, oldest);
        const Heard<T> heard{ring_[at % ring_.size()], at - by.next_};
        if (by.lag_ == Lag::block) {
            *std::ranges::find(blocking_, by.next_) = at + 1;
            room_.notify_all();
        }
        by.next_ = at + 1;
        return heard;
    }
    void leave(std::uint64_t next) {
        const std::scoped_lock lock(mutex_);
        blocking_.erase(std::ranges::find(blocking_, next));
        room_.notify_all();
    }

    mutable std::mutex mutex_;
    std::condition_variable news_;
    std::condition_variable room_;
    std::vector<T> ring_;
    std::uint64_t published_ = 0;
    bool closed_ = false;
    std::vector<std::uint64_t> blocking_;  // What each reads next.
};

}  // namespace parallax
