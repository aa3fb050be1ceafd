// CommitRecord: the one place where a stage says how far it has come; one writer, one store.
//
// A stage's progress is a set of positions: for each input how far it has consumed and released,
// for each output channel how far it has published. They are written into the next of four
// rotating slots and made current by a single store of `seq`. Before the store a frame's work
// never happened; after it, all of it did. docs/protocol.md has the rules.
//
// A reader loads `seq`, copies, and loads `seq` again: it accepts when the writer advanced by at
// most two, since then the slot it read was not being overwritten. Otherwise it retries a few
// times and then reports "no news"; positions are monotone, so old news is only less room.
//
// Threads: commit() from one thread; everything else from any. Lifetime: plain memory, laid out so
// that it can live in a shared page (no pointers).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace parallax {

inline constexpr std::size_t kMaxInputs = 16;    // Of one stage.
inline constexpr std::size_t kMaxChannels = 64;  // Out of one stage, over all its pads.

// All positions count entries since the stream began, and never go back.
struct Positions {
    std::array<std::uint64_t, kMaxInputs> consumed{};
    std::array<std::uint64_t, kMaxInputs> released{};
    std::array<std::uint64_t, kMaxChannels> published{};
    std::uint64_t epoch = 0;  // Counts flushes.
};

class CommitRecord {
  public:
    // Only the words of so many pads are written and read.
    CommitRecord(std::size_t inputs, std::size_t channels);

    // Makes `now` current. Only the stage that owns the record calls it.
    void commit(const Positions& now);

    // The current word, or nothing when the writer was too fast: no news.
    std::optional<std::uint64_t> consumed(std::size_t input) const { return read(input); }
    std::optional<std::uint64_t> released(std::size_t input) const {
        return read(kMaxInputs + input);
    }
    std::optional<std::uint64_t> published(std::size_t channel) const {
        return read(2 * kMaxInputs + channel);
    }
    // All words of one commit. For the successor of a dead stage, and for tests.
    std::optional<Positions> snapshot() const;

    std::uint32_t commits() const { return seq_.load(std::memory_order_acquire); }

  private:
    static constexpr std::size_t kWords = 2 * kMaxInputs + kMaxChannels + 1;
    static constexpr std::size_t kEpochWord = kWords - 1;
    static constexpr int kTries = 16;

    struct alignas(64) RecordSlot {
        std::array<std::atomic<std::uint64_t>, kWords> words{};
    };

    std::optional<std::uint64_t> read(std::size_t word) const {
        for (int attempt = 0; attempt < kTries; ++attempt) {
            // Acquire pairs with the release store in commit(): the slot's words are there.
            const std::uint32_t before = seq_.load(std::memory_order_acquire);
            // Acquire keeps the second look at seq_ after this one.
            const std::uint64_t value =
                slots_[before & 3U].words[word].load(std::memory_order_acquire);
            if (seq_.load(std::memory_order_relaxed) - before <= 2) return value;
        }
        return std::nullopt;
    }

    alignas(64) std::atomic<std::uint32_t> seq_{0};
    std::array<RecordSlot, 4> slots_;
    const std::size_t inputs_;
    const std::size_t channels_;
};

}  // namespace parallax
