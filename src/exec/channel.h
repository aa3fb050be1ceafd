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
// Either end may be another process, whose words are then checked: positions that go back are no
// news, and one that claims what cannot be is a violation, told once. When a process dies, the
// other end goes on with its successor: continue_with() for a consumer's, continue_from() for a
// producer's, whose published entries are read to their end first.
//
// Threads: the producer's members from the producer's thread, the consumer's from the consumer's;
// counters() from any. Lifetime: outlives both stages' runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exec/entry.h"
#include "exec/frame.h"
#include "sync/commit_record.h"

namespace parallax {

// What a full channel does: hold the producer back, drop the new frame, or drop the oldest unread.
enum class Leaky : std::uint8_t { no, upstream, downstream };

class Channel {
  public:
    struct Options {
        std::uint32_t capacity = 4;  // Entries, counted until they are consumed.
        Leaky leaky = Leaky::no;
        std::uint32_t held = 0;  // Entries until they are released, where those are more.
        // A place is written anew only once its entry is released: who goes on after this producer
        // reads there where frames that are still held were borrowed from.
        bool keep_held = false;
    };
    struct End {  // One side: the record and which of its words is ours.
        const CommitRecord* record = nullptr;
        std::size_t word = 0;
    };
    struct Counters {
        std::uint64_t dropped = 0;
        std::uint32_t depth = 0;  // Entries, now; where both ends are in this process.
        std::uint32_t high_water = 0;
    };

    // Places that a ring for such a channel needs.
    static std::uint64_t places(std::uint32_t capacity, std::uint32_t held = 0);

    Channel(const Options& options, End producer, End consumer);
    // In a ring of places(capacity, held), which another process sees as well.
    Channel(const Options& options, End producer, End consumer, std::unique_ptr<Ring> ring);

    // Called at most once, by either end's thread, when the other side told what cannot be. No
    // more is read from it until it has a successor.
    void on_violation(std::move_only_function<void(Error)> tell) { tell_ = std::move(tell); }

    // The same for what the reader found in an entry that checked out. False where nobody watches
    // the other side, which then is believed.
    bool accuse(Error error);

    // --- The producer's side.
    // Lets go of what the consumer released; true when that was anything.
    bool reclaim();
    // Writes the next entry, which the consumer sees once the producer commits published(). False
    // when the channel is full, and then nothing happened. A leaky channel drops frames instead.
    // An entry that cannot be told to the other side is a failure.
    Result<bool> try_put(const Entry& entry, const Payload& payload);
    // Moves the slots of all entries still held to `slots`; for who takes both stages down.
    void bequeath(std::vector<Slot>& slots);
    std::uint64_t published() const { return published_; }
    // The consumer died; another one goes on from its record.
    void continue_with(End consumer);
    // This producer goes on where another one ended: with the position that is next, and with
    // what the reader still holds of frames that were borrowed.
    void resume_at(std::uint64_t position);
    void hold(std::uint64_t position, Payload payload) {
        holds_.push_back({position, std::move(payload)});
    }

    // --- The consumer's side.
    bool readable(std::uint64_t at);
    // The entry at `at`, copied out, or nothing yet; `at` moves past it, and past dropped ones.
    std::optional<Entry> take(std::uint64_t& at);
    // Before anything is read: the producer's record is seen there.
    void read_from(End producer) { producer_ = producer; }
    // The producer died. Its entries up to `first` are read from where they are, those after it
    // from the successor's ring.
    void continue_from(std::uint64_t first, End producer, std::unique_ptr<Ring> ring);
    // What lies before this position is not looked at any more. True when a ring of a producer
    // that is gone has been let go of by that.
    bool forget_before(std::uint64_t position);

    Counters counters() const;
    std::uint32_t capacity() const { return options_.capacity; }

  private:
    struct Hold {
        std::uint64_t position;
        Payload payload;
    };
    struct Former {  // A producer that is gone, and where its entries end.
        std::uint64_t until;
        std::unique_ptr<Ring> ring;
    };
    bool room_for_frame();
    bool drop_oldest();
    bool storage_free();
    void note_depth();
    void look_consumed();
    std::optional<Entry> stored(std::uint64_t position);
    void violated(Error error);

    const Options options_;
    const std::uint64_t mask_;

    // The producer's.
    End consumer_;
    std::uint64_t published_ = 0;
    std::uint64_t consumed_seen_ = 0;
    std::uint64_t done_seen_ = 0;
    std::uint64_t released_seen_ = 0;
    std::deque<Hold> holds_;           // By position, ascending.
    std::deque<std::uint64_t> marks_;  // Positions of events that are not consumed yet.
    bool discont_ = false;             // The next frame follows a dropped one.

    // Written by the producer, read by the consumer; the consumer alone changes which it is.
    std::unique_ptr<Ring> ring_;

    // The consumer's.
    End producer_;
    std::uint64_t published_seen_ = 0;
    std::uint32_t commits_seen_ = 0;
    std::deque<Former> formers_;

    std::move_only_function<void(Error)> tell_;
    std::atomic<bool> violated_{false};

    // Drop-oldest. The consumer says what it began to copy and what it has copied, the producer
    // which is the oldest it still offers. `begun_` and `oldest_` are sequentially consistent, and
    // each side looks again after it spoke: so an entry is either taken or dropped, never both.
    alignas(64) std::atomic<std::uint64_t> oldest_{0};
    alignas(64) std::atomic<std::uint64_t> begun_{0};
    std::atomic<std::uint64_t> copied_{0};

    alignas(64) std::atomic<std::uint64_t> dropped_by_producer_{0};
    std::atomic<std::uint64_t> put_{0};  // As published_, for counters().
    std::atomic<std::uint32_t> high_water_{0};
    alignas(64) std::atomic<std::uint64_t> dropped_by_consumer_{0};
    std::atomic<std::uint64_t> taken_{0};  // Where it reads next, for counters().
};

}  // namespace parallax
