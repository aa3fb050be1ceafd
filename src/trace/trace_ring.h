// TraceRing: what a stage did lately, written by its thread and read by whoever draws the trace.
//
// A ring of fixed size that overwrites its oldest events: writing never waits, allocates or fails,
// and nobody else writes a word of it, so that it may lie in memory that a sandboxed process
// shares. A reader that is overtaken learns by how much. All words are atomic and written in
// release order: who sees a word of an event also sees that the place before it was given up (a
// seqlock by number, after H.-J. Boehm, "Can Seqlocks Get Along With Programming Language Memory
// Models?", 2012).
//
// Threads: write() and the like one at a time; take() of one TraceReader at a time. Lifetime: plain
// memory; zeros are an empty ring.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace parallax {

struct TraceEvent {
    enum class Kind : std::uint32_t {
        call,   // Of an element: from start_ns on for duration_ns.
        taken,  // The next call has the frame at that position of an input of the stage,
        given,  // and the last one has put one there into an output.
    };
    std::int64_t start_ns = 0;     // Monotonic.
    std::int64_t duration_ns = 0;  // Of a call.
    std::uint64_t position = 0;    // Of a frame in its link; of a call, how manieth it was.
    Kind kind = Kind::call;
    std::uint32_t number = 0;  // Of the element in its stage, of the input, or of the output.
    std::uint32_t thread = 0;  // By the kernel's number.
};

class TraceRing {
  public:
    static constexpr std::uint64_t kPlaces = 16384;

    void write(const TraceEvent& event) {
        const std::uint64_t at = written_.load(std::memory_order_relaxed);
        Place& place = places_[at % kPlaces];
        const auto put = [&](std::size_t word, std::uint64_t value) {
            // Release: pairs with take(); not before the count of the event that was here.
            place[word].store(value, std::memory_order_release);
        };
        put(0, static_cast<std::uint64_t>(event.start_ns));
        put(1, static_cast<std::uint64_t>(event.duration_ns));
        put(2, event.position);
        put(3, std::uint64_t{event.number} << 32U | static_cast<std::uint32_t>(event.kind));
        put(4, event.thread);
        written_.store(at + 1, std::memory_order_release);
    }

  private:
    friend class TraceReader;
    using Place = std::array<std::atomic<std::uint64_t>, 5>;

    std::atomic<std::uint64_t> written_{0};
    std::array<Place, kPlaces> places_{};
};

// The ring may be written by who is not trusted: an event may hold anything, and there are at most
// kPlaces of them in one call.
class TraceReader {
  public:
    explicit TraceReader(const TraceRing& ring) : ring_(&ring) {}

    // Appends what is new; returns how many events were overwritten before they could be read.
    std::uint64_t take(std::vector<TraceEvent>& events) {
        const std::uint64_t end = ring_->written_.load(std::memory_order_acquire);
        if (end < next_) next_ = end;  // Only a liar counts backwards.
        std::uint64_t lost = 0;
        if (end - next_ > TraceRing::kPlaces) {
            lost = end - next_ - TraceRing::kPlaces;
            next_ = end - TraceRing::kPlaces;
        }
        const std::size_t first = events.size();
        for (std::uint64_t at = next_; at < end; ++at) events.push_back(read(at));
        // What was overwritten meanwhile, that which is being overwritten now included.
        const std::uint64_t now = ring_->written_.load(std::memory_order_acquire);
        const std::uint64_t whole = now < TraceRing::kPlaces ? 0 : now - TraceRing::kPlaces + 1;
        const std::uint64_t torn = whole > next_ ? std::min(whole, end) - next_ : 0;
        const auto from = events.begin() + static_cast<std::ptrdiff_t>(first);
        events.erase(from, from + static_cast<std::ptrdiff_t>(torn));
        next_ = end;
        return lost + torn;
    }

  private:
    TraceEvent read(std::uint64_t at) const {
        const auto& place = ring_->places_[at % TraceRing::kPlaces];
        const auto word = [&](std::size_t w) { return place[w].load(std::memory_order_acquire); };
        const std::uint64_t what = word(3);
        return {.start_ns = static_cast<std::int64_t>(word(0)),
                .duration_ns = static_cast<std::int64_t>(word(1)),
                .position = word(2),
                .kind = static_cast<TraceEvent::Kind>(static_cast<std::uint32_t>(what)),
                .number = static_cast<std::uint32_t>(what >> 32U),
                .thread = static_cast<std::uint32_t>(word(4))};
    }

    const TraceRing* ring_;
    std::uint64_t next_ = 0;
};

}  // namespace parallax
