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

std::uint64_t Channel::places(std::uint32_t capacity, std::uint32_t held) {
    return ring_size(std::max(capacity, held));
}

Channel::Channel(const Options& options, End producer, End consumer)
    : Channel(options, producer, consumer,
              std::make_unique<LocalRing>(places(options.capacity, options.held))) {}

Channel::Channel(const Options& options, End producer, End consumer, std::unique_ptr<Ring> ring)
    : options_(options),
      mask_(places(options.capacity, options.held) - 1),
      consumer_(consumer),
      ring_(std::move(ring)),
      producer_(producer) {
    PX_CHECK(options.capacity >= 1);
}

void Channel::violated(Error error) {
    if (violated_.exchange(true)) return;
    if (tell_) tell_(std::move(error));
}

bool Channel::accuse(Error error) {
    if (!tell_) return false;
    violated(std::move(error));
    return true;
}

void Channel::continue_with(End consumer) {
    consumer_ = consumer;
    violated_ = false;
}

void Channel::resume_at(std::uint64_t position) {
    published_ = position;
    put_.store(position, std::memory_order_relaxed);
    consumed_seen_ = 0;
    done_seen_ = 0;
    released_seen_ = 0;
}

void Channel::continue_from(std::uint64_t first, End producer, std::unique_ptr<Ring> ring) {
    formers_.push_back({first, std::exchange(ring_, std::move(ring))});
    producer_ = producer;
    published_seen_ = first;
    violated_ = false;
}

bool Channel::forget_before(std::uint64_t position) {
    bool any = false;
    while (!formers_.empty() && formers_.front().until <= position) {
        formers_.pop_front();
        any = true;
    }
    return any;
}

bool Channel::reclaim() {
    const auto released = consumer_.record->released(consumer_.word);
    if (!released || *released <= released_seen_) return false;  // No news: only less room.
    if (*released > published_) {
        violated({Errc::corrupt, "it claims to have released entry " + std::to_string(*released) +
                                     " of " + std::to_string(published_)});
        return false;
    }
    released_seen_ = *released;
    bool any = false;
    while (!holds_.empty() && holds_.front().position < *released) {
        holds_.pop_front();
        any = true;
    }
    return any;
}

void Channel::look_consumed() {
    const auto consumed = consumer_.record->consumed(consumer_.word);
    if (!consumed || *consumed <= consumed_seen_) return;
    if (*consumed > published_) {
        violated({Errc::corrupt, "it claims to have consumed entry " + std::to_string(*consumed) +
                                     " of " + std::to_string(published_)});
        return;
    }
    consumed_seen_ = *consumed;
}

void Channel::bequeath(std::vector<Slot>& slots) {
    for (Hold& hold : holds_) {
        if (Slot slot = hold.payload.take_slot()) slots.push_back(std::move(slot));
    }
}

// The storage of the entry one lap ago must be done with or dropped, and not be under copy. That
// it was consumed is not enough: a successor of the consumer reads again what was not done.
bool Channel::storage_free() {
    if (published_ <= mask_) return true;
    const std::uint64_t lap_ago = published_ - mask_ - 1;
    if (lap_ago < done_seen_) return true;
    const CommitRecord& record = *consumer_.record;
    const auto passed =
        options_.keep_held ? record.released(consumer_.word) : record.done(consumer_.word);
    const std::uint64_t done = passed.value_or(0);
    if (done <= published_) done_seen_ = std::max(done_seen_, done);
    if (lap_ago < done_seen_) return true;
    if (options_.leaky != Leaky::downstream) return false;
    if (lap_ago < copied_.load(std::memory_order_acquire)) return true;
    return lap_ago < oldest_.load(std::memory_order_relaxed) &&
           lap_ago >= begun_.load(std::memory_order_seq_cst);
}

bool Channel::drop_oldest() {
    const std::uint64_t oldest =
        std::max(oldest_.load(std::memory_order_relaxed), begun_.load(std::memory_order_seq_cst));
    if (oldest >= published_ || std::ranges::find(marks_, oldest) != marks_.end()) return false;
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
    look_consumed();
    return published_ - consumed_seen_ < options_.capacity;
}

Result<bool> Channel::try_put(const Entry& entry, const Payload& payload) {
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
    if (is_frame && discont_) {
        Entry marked = entry;
        marked.meta.flags |= frame_flag::discont;
        PX_TRY(ring_->put(published_, marked));
        discont_ = false;
    } else {
        PX_TRY(ring_->put(published_, entry));
    }
    if (!is_frame) {
        while (!marks_.empty() && marks_.front() < consumed_seen_) marks_.pop_front();
        marks_.push_back(published_);
    }
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
        look_consumed();
        high_water_.store(std::max(record, std::min(depth(), options_.capacity)),
                          std::memory_order_relaxed);
    }
    put_.store(published_, std::memory_order_relaxed);
}

bool Channel::readable(std::uint64_t at) {
    if (at < published_seen_) return true;
    if (violated_.load(std::memory_order_relaxed)) return false;
    if (const std::uint32_t commits = producer_.record->commits(); commits != commits_seen_) {
        commits_seen_ = commits;
        ring_->fetch(at);  // Beside what it says, and not after it.
    }
    const auto published = producer_.record->published(producer_.word);
    if (!published || *published <= published_seen_) return false;
    // Where the oldest are dropped, the producer goes on while we look, and `at` is left behind.
    if (options_.leaky != Leaky::downstream && *published > at + mask_ + 1) {
        violated({Errc::corrupt, "it claims to have published entry " + std::to_string(*published) +
                                     ", and there is room up to " +
                                     std::to_string(at + mask_ + 1)});
        return false;
    }
    published_seen_ = *published;
    return at < published_seen_;
}

// Nothing where it does not check out; then nothing more comes from this producer.
std::optional<Entry> Channel::stored(std::uint64_t position) {
    const auto former =
        std::ranges::find_if(formers_, [&](const Former& each) { return position < each.until; });
    Ring& ring = former == formers_.end() ? *ring_ : *former->ring;
    Result<Entry> entry = ring.get(position);
    if (entry) return *std::move(entry);
    violated(std::move(entry).error());
    return std::nullopt;
}

std::optional<Entry> Channel::take(std::uint64_t& at) {
    if (options_.leaky != Leaky::downstream) {
        if (!readable(at)) return std::nullopt;
        std::optional<Entry> entry = stored(at);
        if (entry) taken_.store(++at, std::memory_order_relaxed);
        return entry;
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
        std::optional<Entry> entry = stored(at);
        copied_.store(at + 1, std::memory_order_release);  // Pairs with storage_free().
        if (entry) taken_.store(++at, std::memory_order_relaxed);
        return entry;
    }
}

Channel::Counters Channel::counters() const {
    const std::uint64_t put = put_.load(std::memory_order_relaxed);
    const std::uint64_t gone =
        std::max(taken_.load(std::memory_order_relaxed), oldest_.load(std::memory_order_relaxed));
    // An entry may be taken between the two looks.
    const std::uint64_t depth =
        std::min<std::uint64_t>(put > gone ? put - gone : 0, options_.capacity);
    return {.dropped = dropped_by_producer_.load(std::memory_order_relaxed) +
                       dropped_by_consumer_.load(std::memory_order_relaxed),
            .depth = static_cast<std::uint32_t>(depth),
            .high_water = high_water_.load(std::memory_order_relaxed)};
}

}  // namespace parallax
