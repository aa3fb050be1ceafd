#include "exec/channel.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace parallax {
namespace {

// Events take room in the ring but not in the capacity, so the ring is a little larger.
std::uint64_t ring_size(std::uint32_t capacity) {
    return std::bit_ceil(std::uint64_t{capacity} * 2 + 8);
}

}  // namespace

Channel::Channel(const Options& options, End producer, End consumer)
    : options_(options),
      producer_(producer),
      consumer_(consumer),
      mask_(ring_size(options.capacity) - 1),
      ring_(mask_ + 1) {
    PX_CHECK(options.capacity >= 1);
}

bool Channel::reclaim() {
    const auto released = consumer_.record->released(consumer_.word);
    if (!released) return false;  // No news: only less room.
    bool any = false;
    while (!holds_.empty() && holds_.front().position < *released) {
        holds_.pop_front();
        any = true;
    }
    return any;
}

void Channel::bequeath(std::vector<Slot>& slots) {
    for (Hold& hold : holds_) {
        if (Slot slot = hold.payload.take_slot()) slots.push_back(std::move(slot));
    }
}

// The storage of the entry one lap ago must have been consumed or dropped, and not be under copy.
bool Channel::storage_free() {
    if (published_ <= mask_) return true;
    const std::uint64_t lap_ago = published_ - mask_ - 1;
    if (lap_ago < consumed_seen_) return true;
    consumed_seen_ = consumer_.record->consumed(consumer_.word).value_or(consumed_seen_);
    if (lap_ago < consumed_seen_) return true;
    if (options_.leaky != Leaky::downstream) return false;
    if (lap_ago < copied_.load(std::memory_order_acquire)) return true;
    return lap_ago < oldest_.load(std::memory_order_relaxed) &&
           lap_ago >= begun_.load(std::memory_order_seq_cst);
}

bool Channel::drop_oldest() {
    const std::uint64_t oldest =
        std::max(oldest_.load(std::memory_order_relaxed), begun_.load(std::memory_order_seq_cst));
    if (oldest >= published_ || stored(oldest).event) return false;
    oldest_.store(oldest + 1, std::memory_order_seq_cst);
    // Begun meanwhile: the consumer has it or will see it gone; its release will tell.
    if (begun_.load(std::memory_order_seq_cst) > oldest) return true;
    const auto hold = std::ranges::find(holds_, oldest, &Hold::position);
    if (hold != holds_.end()) holds_.erase(hold);
    return true;
}

// Whether one more frame fits, after dropping what leakiness allows.
bool Channel::room_for_frame() {
    if (options_.leaky == Leaky::downstream) {
        const std::uint64_t oldest = std::max(oldest_.load(std::memory_order_relaxed),
                                              begun_.load(std::memory_order_relaxed));
        return published_ - oldest < options_.capacity || drop_oldest();
    }
    if (published_ - consumed_seen_ < options_.capacity) return true;
    consumed_seen_ = consumer_.record->consumed(consumer_.word).value_or(consumed_seen_);
    return published_ - consumed_seen_ < options_.capacity;
}

bool Channel::try_put(const Entry& entry, const Payload& payload) {
    const bool is_frame = !entry.event;
    if (is_frame) {
        if (!room_for_frame() || !storage_free()) {
            if (options_.leaky == Leaky::no) return false;
            dropped_by_producer_.fetch_add(1, std::memory_order_relaxed);
            discont_ = true;
            return true;
        }
    } else if (!storage_free()) {
        return false;
    }
    Entry& place = stored(published_);
    place = entry;
    if (is_frame && std::exchange(discont_, false)) place.meta.flags |= frame_flag::discont;
    holds_.push_back({published_, payload});
    ++published_;
    note_depth();
    return true;
}

// The consumer's position is read anew only where the depth would be a record; it is stale else.
void Channel::note_depth() {
    const auto depth = [&] {
        const std::uint64_t oldest =
            std::max(consumed_seen_, oldest_.load(std::memory_order_relaxed));
        return static_cast<std::uint32_t>(published_ - oldest);
    };
    const std::uint32_t record = high_water_.load(std::memory_order_relaxed);
    if (depth() > record) {
        consumed_seen_ = consumer_.record->consumed(consumer_.word).value_or(consumed_seen_);
        high_water_.store(std::max(record, std::min(depth(), options_.capacity)),
                          std::memory_order_relaxed);
    }
    depth_.store(depth(), std::memory_order_relaxed);
}

bool Channel::readable(std::uint64_t at) {
    if (at < published_seen_) return true;
    published_seen_ = producer_.record->published(producer_.word).value_or(published_seen_);
    return at < published_seen_;
}

std::optional<Entry> Channel::take(std::uint64_t& at) {
    if (options_.leaky != Leaky::downstream) {
        if (!readable(at)) return std::nullopt;
        return stored(at++);
    }
    for (;;) {
        const std::uint64_t oldest = oldest_.load(std::memory_order_seq_cst);
        if (at < oldest) {
            dropped_by_consumer_.fetch_add(oldest - at, std::memory_order_relaxed);
            at = oldest;
        }
        if (!readable(at)) return std::nullopt;
        begun_.store(at + 1, std::memory_order_seq_cst);
        if (oldest_.load(std::memory_order_seq_cst) > at)
            continue;  // Dropped as we reached for it.
        Entry entry = stored(at);
        copied_.store(at + 1, std::memory_order_release);  // Pairs with storage_free().
        ++at;
        return entry;
    }
}

Channel::Counters Channel::counters() const {
    return {.dropped = dropped_by_producer_.load(std::memory_order_relaxed) +
                       dropped_by_consumer_.load(std::memory_order_relaxed),
            .depth = depth_.load(std::memory_order_relaxed),
            .high_water = high_water_.load(std::memory_order_relaxed)};
}

}  // namespace parallax
