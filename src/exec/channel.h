// Channel: a bounded ring of frame references and events from one stage to one other.
//
// The ring holds what crosses: where the bytes are, and their Meta. Who is how far stands in the
// two stages' commit records, not here: an entry is visible once its producer's record says
// published, and its bytes are reusable once the consumer's record says released. So a stage that
// dies leaves nothing half done, and the same rules hold when the two live in two processes.
//
// A pad that feeds several stages has one channel to each, all naming the same slot: depth and
// leakiness differ by branch, and a slot is free when every channel has let go of it.
//
// Threads: the producer's members from the producer's thread, the consumer's from the consumer's;
// counters() from any. Lifetime: outlives both stages' runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "exec/frame.h"
#include "parallax/event.h"
#include "sync/commit_record.h"

namespace parallax {

// What a full channel does: hold the producer back, drop the new frame, or drop the oldest unread.
enum class Leaky : std::uint8_t { no, upstream, downstream };

struct Entry {
    MemoryView bytes = {};  // Empty for an event.
    Meta meta = {};
    std::optional<Event> event = {};
};

class Channel {
  public:
    struct Options {
        std::uint32_t capacity = 4;  // Entries, counted until they are consumed.
        Leaky leaky = Leaky::no;
    };
    struct End {  // One side: the record and which of its words is ours.
        const CommitRecord* record = nullptr;
        std::size_t word = 0;
    };
    struct Counters {
        std::uint64_t dropped = 0;
        std::uint32_t depth = 0;
        std::uint32_t high_water = 0;
    };

    Channel(const Options& options, End producer, End consumer);

    // --- The producer's side.
    // Lets go of what the consumer released; true when that was anything.
    bool reclaim();
    // Writes the next entry, which the consumer sees once the producer commits published(). False
    // when the channel is full, and then nothing happened. A leaky channel drops frames instead.
    bool try_put(const Entry& entry, const Payload& payload);
    // Moves the slots of all entries still held to `slots`; for who takes both stages down.
    void bequeath(std::vector<Slot>& slots);
    std::uint64_t published() const { return published_; }

    // --- The consumer's side.
    bool readable(std::uint64_t at);
    // The entry at `at`, copied out, or nothing yet; `at` moves past it, and past dropped ones.
    std::optional<Entry> take(std::uint64_t& at);

    Counters counters() const;
    std::uint32_t capacity() const { return options_.capacity; }

  private:
    struct Hold {
        std::uint64_t position;
        Payload payload;
    };
    bool room_for_frame();
    bool drop_oldest();
    bool storage_free();
    void note_depth();
    Entry& stored(std::uint64_t position) { return ring_[position & mask_]; }

    const Options options_;
    const End producer_;
    const End consumer_;
    const std::uint64_t mask_;
    std::vector<Entry> ring_;

    // The producer's.
    std::uint64_t published_ = 0;
    std::uint64_t consumed_seen_ = 0;
    std::deque<Hold> holds_;  // By position, ascending.
    bool discont_ = false;    // The next frame follows a dropped one.

    // The consumer's.
    std::uint64_t published_seen_ = 0;

    // Drop-oldest. The consumer says what it began to copy and what it has copied, the producer
    // which is the oldest it still offers. `begun_` and `oldest_` are sequentially consistent, and
    // each side looks again after it spoke: so an entry is either taken or dropped, never both.
    alignas(64) std::atomic<std::uint64_t> oldest_{0};
    alignas(64) std::atomic<std::uint64_t> begun_{0};
    std::atomic<std::uint64_t> copied_{0};

    alignas(64) std::atomic<std::uint64_t> dropped_by_producer_{0};
    std::atomic<std::uint32_t> depth_{0};
    std::atomic<std::uint32_t> high_water_{0};
    alignas(64) std::atomic<std::uint64_t> dropped_by_consumer_{0};
};

}  // namespace parallax
