// Broadcast: one publisher, many subscribers, each at its own position in the same ring.
//
//     Broadcast<Sample> samples(1024);
//     auto seen = samples.subscribe(Lag::drop_oldest);   // From what is published next on.
//     samples.publish(sample);
//     while (auto next = seen.receive()) use(next->value, next->lost);
//
// Who may call: publish() and close() from one thread; subscribe() from any; each Subscriber from
// one thread at a time. Blocks: publish() while a subscriber that blocks has not read what would be
// overwritten; receive() until there is news. A subscriber that drops costs the publisher nothing:
// the publisher does not know of it.
// Order: each subscriber sees what was published after it joined, in order. Who drops and lags by
// more than the ring is told with the next item how many it lost: exactly as many as are missing.
// On close: subscribers read what there is, then are told; publishing is refused.
// Leaving: by the Subscriber's destructor, at any time; a publisher that waits for it goes on.
// Lifetime: outlives its subscribers. T is copied while it may be overwritten, so it must be
// trivially copyable; of what is not, publish a number or a place.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "sync/event_count.h"
#include "sync/patience.h"
#include "sync/queue_answer.h"

namespace parallax {

enum class Lag : std::uint8_t {
    drop_oldest,  // Who is slow loses, and knows how much.
    block,        // Who is slow holds the publisher up.
};

template <class T>
struct Heard {
    T value;
    std::uint64_t lost = 0;  // Published, and overwritten before this one was read.
};

template <class T, class M = Machine>
    requires std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>
class Broadcast {
  public:
    static constexpr std::size_t kMostBlocking = 64;  // Subscribers that block, at a time.
    class Subscriber;

    // Rounded up to a power of two; at least 2.
    explicit Broadcast(std::size_t capacity)
        : capacity_(std::bit_ceil(std::max<std::size_t>(capacity, 2))),
          slots_(std::make_unique<Slot[]>(capacity_)),
          asymmetric_(M::asymmetric()) {
        for (auto& position : blocking_) position.store(kFree, std::memory_order_relaxed);
    }

    // ok or closed.
    QueueAnswer publish(const T& value) {
        if (closed_.load(std::memory_order_relaxed)) return QueueAnswer::closed;
        const std::uint64_t at = published_.load(std::memory_order_relaxed);
        // Pairs with heavy() in subscribe(): whoever reads an older count is counted here.
        M::light(asymmetric_);
        if (joined_.load(std::memory_order_acquire) != joined_seen_ || at >= limit_) wait_room(at);
        write(slots_[at & (capacity_ - 1)], at, value);
        published_.store(at + 1, std::memory_order_release);
        news_.notify_all();
        return QueueAnswer::ok;
    }

    void close() {
        closed_.store(true, std::memory_order_release);
        news_.notify_all();
    }

    // From what is published next on. Nothing when kMostBlocking block already.
    std::optional<Subscriber> subscribe(Lag lag) {
        if (lag == Lag::drop_oldest) {
            return Subscriber(*this, published_.load(std::memory_order_acquire), nullptr);
        }
        for (auto& position : blocking_) {
            std::uint64_t free = kFree;
            // At the past first, so that the publisher waits for us until we know where we are.
            const std::uint64_t from = published_.load(std::memory_order_acquire);
            if (!position.compare_exchange_strong(free, from)) continue;
            joined_.fetch_add(1);
            M::heavy(asymmetric_);
            // A publish that is under way did not know of us, and is the next one at most.
            const std::uint64_t now = published_.load(std::memory_order_acquire);
            position.store(now, std::memory_order_release);
            room_.notify_all();
            return Subscriber(*this, now, &position);
        }
        return std::nullopt;
    }

    std::size_t capacity() const { return capacity_; }

  private:
    static constexpr std::uint64_t kFree = std::numeric_limits<std::uint64_t>::max();
    static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;

    struct Slot {
        // Odd while it is written; else twice the number of what it holds, plus 2.
        typename M::template Atomic<std::uint64_t> version{0};
        std::array<typename M::template Atomic<std::uint64_t>, kWords> words{};
    };
    using Position = typename M::template Atomic<std::uint64_t>;

    static void write(Slot& slot, std::uint64_t at, const T& value) {
        std::array<std::uint64_t, kWords> words{};
        std::memcpy(words.data(), &value, sizeof value);
        slot.version.store(2 * at + 1, std::memory_order_relaxed);
        // Release: who sees a word sees the odd version, too.
        for (std::size_t i = 0; i < kWords; ++i) {
            slot.words[i].store(words[i], std::memory_order_release);
        }
        slot.version.store(2 * at + 2, std::memory_order_release);
    }

    // False when it is not there any more.
    bool read(std::uint64_t at, T& to) const {
        const Slot& slot = slots_[at & (capacity_ - 1)];
        if (slot.version.load(std::memory_order_acquire) != 2 * at + 2) return false;
        std::array<std::uint64_t, kWords> words;
        // Acquire keeps the second look at the version after these.
        for (std::size_t i = 0; i < kWords; ++i) {
            words[i] = slot.words[i].load(std::memory_order_acquire);
        }
        if (slot.version.load(std::memory_order_relaxed) != 2 * at + 2) return false;
        std::memcpy(static_cast<void*>(&to), words.data(), sizeof to);
        return true;
    }

    [[gnu::noinline]] void wait_room(std::uint64_t at) {
        const auto attempt = [&] {
            joined_seen_ = joined_.load(std::memory_order_acquire);
            std::uint64_t oldest = kFree - capacity_;
            for (const auto& position : blocking_) {
                oldest = std::min(oldest, position.load(std::memory_order_acquire));
            }
            limit_ = oldest + capacity_;
            return at < limit_;
        };
        if (!attempt()) wait_for_room_.await(room_, std::nullopt, attempt);
    }

    const std::size_t capacity_;
    const std::unique_ptr<Slot[]> slots_;
    const bool asymmetric_;
    typename M::template Atomic<bool> closed_{false};
    typename M::template Atomic<std::uint64_t> joined_{0};  // Blocking ones, in all.

    // The publisher's.
    alignas(64) Position published_{0};
    alignas(64) std::uint64_t joined_seen_ = 0;
    std::uint64_t limit_ = kFree;

    alignas(64) std::array<Position, kMostBlocking> blocking_;  // What each reads next.
    EventCountOn<M> news_;
    EventCountOn<M> room_;
    Patience<M> wait_for_news_;
    Patience<M> wait_for_room_;
};

template <class T, class M>
    requires std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>
class Broadcast<T, M>::Subscriber {
  public:
    Subscriber(Subscriber&& other) noexcept
        : from_(other.from_),
          next_(other.next_),
          lost_(other.lost_),
          position_(std::exchange(other.position_, nullptr)) {}
    Subscriber& operator=(Subscriber&&) = delete;
    ~Subscriber() {
        if (position_ == nullptr) return;
        position_->store(kFree, std::memory_order_release);
        from_->room_.notify_all();
    }

    // Empty when there is no news, closed when there will be none.
    Popped<Heard<T>> try_receive() {
        // Closed is asked first: what was published before is found by what follows.
        const bool closed = from_->closed_.load(std::memory_order_acquire);
        Heard<T> heard{};
        while (true) {
            const std::uint64_t published = from_->published_.load(std::memory_order_acquire);
            if (next_ == published) {
                return std::unexpected(closed ? QueueAnswer::closed : QueueAnswer::empty);
            }
            if (from_->read(next_, heard.value)) break;
            skip();
        }
        heard.lost = std::exchange(lost_, 0);
        ++next_;
        if (position_ != nullptr) {
            position_->store(next_, std::memory_order_release);
            from_->room_.notify_one();
        }
        return heard;
    }

    Popped<Heard<T>> receive() {
        Popped<Heard<T>> heard = try_receive();
        const auto attempt = [&] {
            heard = try_receive();
            return heard || heard.error() != QueueAnswer::empty;
        };
        if (!heard && heard.error() == QueueAnswer::empty) {
            from_->wait_for_news_.await(from_->news_, std::nullopt, attempt);
        }
        return heard;
    }

    // What would be lost if nothing more were read until then: published and not received.
    std::uint64_t behind() const {
        return from_->published_.load(std::memory_order_acquire) - next_;
    }

  private:
    friend class Broadcast;
    Subscriber(Broadcast& from, std::uint64_t next, Position* position)
        : from_(&from), next_(next), position_(position) {}

    // What we wanted is gone, so the ring is full of newer ones, and the publisher may be in the
    // middle of one more: the oldest that is whole is one place further.
    void skip() {
        const std::uint64_t published = from_->published_.load(std::memory_order_acquire);
        const std::uint64_t whole = from_->capacity_ - 1;
        const std::uint64_t oldest = published > whole ? published - whole : 0;
        const std::uint64_t to = std::max(oldest, next_ + 1);
        lost_ += to - next_;
        next_ = to;
    }

    Broadcast* from_;
    std::uint64_t next_;
    std::uint64_t lost_ = 0;
    Position* position_;
};

}  // namespace parallax
