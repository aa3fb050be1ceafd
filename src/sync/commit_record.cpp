#include "sync/commit_record.h"

#include "base/check.h"

namespace parallax {

CommitRecord::CommitRecord(std::size_t inputs, std::size_t channels)
    : inputs_(inputs), channels_(channels) {
    PX_CHECK(inputs <= kMaxInputs && channels <= kMaxChannels);
}

void CommitRecord::commit(const Positions& now) {
    const std::uint32_t next = seq_.load(std::memory_order_relaxed) + 1;
    auto& words = slots_[next & 3U].words;
    // Release, so that who sees a word of this lap also sees that seq_ had moved on before it.
    const auto put = [&](std::size_t word, std::uint64_t value) {
        words[word].store(value, std::memory_order_release);
    };
    for (std::size_t i = 0; i < inputs_; ++i) {
        put(i, now.consumed[i]);
        put(kMaxInputs + i, now.released[i]);
    }
    for (std::size_t c = 0; c < channels_; ++c) put(2 * kMaxInputs + c, now.published[c]);
    put(kEpochWord, now.epoch);
    seq_.store(next, std::memory_order_release);
}

std::optional<Positions> CommitRecord::snapshot() const {
    for (int attempt = 0; attempt < kTries; ++attempt) {
        const std::uint32_t before = seq_.load(std::memory_order_acquire);
        const auto& words = slots_[before & 3U].words;
        const auto get = [&](std::size_t word) {
            return words[word].load(std::memory_order_acquire);
        };
        Positions found;
        for (std::size_t i = 0; i < inputs_; ++i) {
            found.consumed[i] = get(i);
            found.released[i] = get(kMaxInputs + i);
        }
        for (std::size_t c = 0; c < channels_; ++c) {
            found.published[c] = get(2 * kMaxInputs + c);
        }
        found.epoch = get(kEpochWord);
        if (seq_.load(std::memory_order_relaxed) - before <= 2) return found;
    }
    return std::nullopt;
}

}  // namespace parallax
