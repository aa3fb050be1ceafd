// CommitRecord: the one place where a stage says how far it has come; one writer, one store.
//
// A stage's progress is a set of positions: for each input how far it has consumed, finished and
// released, for each output channel how far it has published. They are written into the next of
// four rotating slots and made current by a single store of `seq`. Before the store a frame's work
// never happened; after it, all of it did. docs/protocol.md has the rules.
//
// A reader loads `seq`, copies, and loads `seq` again: it accepts when the writer advanced by at
// most two, since then the slot it read was not being overwritten. Otherwise it retries a few
// times and then reports "no news"; positions are monotone, so old news is only less room.
//
// RecordPage is the memory: plain words, so that it can lie in a page that two processes share.
// CommitRecord is one process's view on it: how many words it uses stands here and not in the
// page, since a reader must not take that from a writer it does not trust.
//
// Threads: commit() from one thread; everything else from any. Lifetime: a view must not outlive
// its page.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace parallax {

inline constexpr std::size_t kMaxInputs = 16;    // Of one stage.
inline constexpr std::size_t kMaxChannels = 64;  // Out of one stage, over all its pads.
inline constexpr std::size_t kInlineWords = 8;   // Of state that a successor goes on from.
inline constexpr std::size_t kCheckpoints = 4;   // Slots for more of it, in turn as the record's.

// All positions count entries since the stream began, and never go back.
struct Positions {
    std::array<std::uint64_t, kMaxInputs> consumed{};  // Copied out of the ring.
    std::array<std::uint64_t, kMaxInputs>
        done{};  // All that came of them is published: replay base.
    std::array<std::uint64_t, kMaxInputs> released{};  // Their bytes are not looked at any more.
    std::array<std::uint64_t, kMaxChannels> published{};
    std::array<std::uint64_t, kInlineWords> state{};
    std::uint64_t ended = 0;     // 1 once the last entry of every channel is out.
    std::uint64_t epoch = 0;     // Counts flushes.
    std::uint64_t sequence = 0;  // Of the next frame that the stage makes of nothing.
    bool operator==(const Positions&) const = default;
};

struct RecordPage {
    static constexpr std::size_t kWords = 3 * kMaxInputs + kMaxChannels + kInlineWords + 3;
    struct alignas(64) RecordSlot {
        std::array<std::atomic<std::uint64_t>, kWords> words{};
    };

    // The futex word as well: it changes with every commit.
    alignas(64) std::atomic<std::uint32_t> seq{0};
    std::array<RecordSlot, 4> slots;
};

class CommitRecord {
  public:
    // With a page of its own. Only the words of so many pads are written and read.
    CommitRecord(std::size_t inputs, std::size_t channels);
    // In a page that lives elsewhere.
    CommitRecord(RecordPage& page, std::size_t inputs, std::size_t channels);

    // Makes `now` current. Only the stage that owns the record calls it.
    void commit(const Positions& now);

    // The current word, or nothing when the writer was too fast: no news.
    std::optional<std::uint64_t> consumed(std::size_t input) const {
        return read(input_word(input));
    }
    std::optional<std::uint64_t> done(std::size_t input) const {
        return read(input_word(input) + kDone);
    }
    std::optional<std::uint64_t> released(std::size_t input) const {
        return read(input_word(input) + kReleased);
    }
    std::optional<std::uint64_t> published(std::size_t channel) const {
        return read(channel_word(channel));
    }
    // All words of one commit. For the successor of a dead stage, and for tests.
    std::optional<Positions> snapshot() const;

    std::uint32_t commits() const { return page_->seq.load(std::memory_order_acquire); }
    // Changes with every commit; for who sleeps until there is news.
    const std::atomic<std::uint32_t>& word() const { return page_->seq; }

  private:
    // Where the words lie. All that the neighbours of most stages look at, those of one input and
    // two channels, are one line: so a commit moves that and the one of `seq` between cores.
    static constexpr std::size_t kDone = 1;  // After the input's consumed.
    static constexpr std::size_t kReleased = 2;
    static constexpr std::size_t kFirstChannels = 2;
    static constexpr std::size_t kFirstPublished = 3;
    static constexpr std::size_t kEndedWord = 5;
    static constexpr std::size_t kEpochWord = 6;
    static constexpr std::size_t kSequenceWord = 7;
    static constexpr std::size_t kState = 8;
    static constexpr std::size_t kMoreInputs = kState + kInlineWords;
    static constexpr std::size_t kMorePublished = kMoreInputs + 3 * (kMaxInputs - 1);
    static_assert(kMorePublished + kMaxChannels - kFirstChannels == RecordPage::kWords);
    static constexpr std::size_t input_word(std::size_t input) {
        return input == 0 ? 0 : kMoreInputs + 3 * (input - 1);
    }
    static constexpr std::size_t channel_word(std::size_t channel) {
        return channel < kFirstChannels ? kFirstPublished + channel
                                        : kMorePublished + channel - kFirstChannels;
    }
    static constexpr int kTries = 16;

    std::optional<std::uint64_t> read(std::size_t word) const {
        for (int attempt = 0; attempt < kTries; ++attempt) {
            // Acquire pairs with the release store in commit(): the slot's words are there.
            const std::uint32_t before = page_->seq.load(std::memory_order_acquire);
            // Acquire keeps the second look at seq after this one.
            const std::uint64_t value =
                page_->slots[before & 3U].words[word].load(std::memory_order_acquire);
            if (page_->seq.load(std::memory_order_relaxed) - before <= 2) return value;
        }
        return std::nullopt;
    }

    std::unique_ptr<RecordPage> own_;
    RecordPage* page_;
    std::size_t inputs_;
    std::size_t channels_;
};

}  // namespace parallax
