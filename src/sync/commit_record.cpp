#include "sync/commit_record.h"

#include "base/check.h"
#include "sync/machine.h"

namespace parallax {

CommitRecord::CommitRecord(std::size_t inputs, std::size_t channels)
    : own_(std::make_unique<RecordPage>()),
      page_(own_.get()),
      inputs_(inputs),
      channels_(channels) {
    PX_CHECK(inputs <= kMaxInputs && channels <= kMaxChannels);
}

CommitRecord::CommitRecord(RecordPage& page, std::size_t inputs, std::size_t channels)
    : page_(&page), inputs_(inputs), channels_(channels) {
    PX_CHECK(inputs <= kMaxInputs && channels <= kMaxChannels);
}

void CommitRecord::commit(const Positions& now) {
    const std::uint32_t next = page_->seq.load(std::memory_order_relaxed) + 1;
    auto& words = page_->slots[next & 3U].words;
    // Readers have that line: it comes beside what was written before and is still on its way.
    Machine::fetch_for_writing(words.data());
    // Release, so that who sees a word of this lap also sees that seq had moved on before it.
    const auto put = [&](std::size_t word, std::uint64_t value) {
        words[word].store(value, std::memory_order_release);
    };
    for (std::size_t i = 0; i < inputs_; ++i) {
        put(input_word(i), now.consumed[i]);
        put(input_word(i) + kDone, now.done[i]);
        put(input_word(i) + kReleased, now.released[i]);
    }
    for (std::size_t c = 0; c < channels_; ++c) put(channel_word(c), now.published[c]);
    for (std::size_t w = 0; w < kInlineWords; ++w) put(kState + w, now.state[w]);
    put(kEndedWord, now.ended);
    put(kEpochWord, now.epoch);
    put(kSequenceWord, now.sequence);
    page_->seq.store(next, std::memory_order_release);
}

std::optional<Positions> CommitRecord::snapshot() const {
    for (int attempt = 0; attempt < kTries; ++attempt) {
        const std::uint32_t before = page_->seq.load(std::memory_order_acquire);
        const auto& words = page_->slots[before & 3U].words;
        const auto get = [&](std::size_t word) {
            return words[word].load(std::memory_order_acquire);
        };
        Positions found;
        for (std::size_t i = 0; i < inputs_; ++i) {
            found.consumed[i] = get(input_word(i));
            found.done[i] = get(input_word(i) + kDone);
            found.released[i] = get(input_word(i) + kReleased);
        }
        for (std::size_t c = 0; c < channels_; ++c) found.published[c] = get(channel_word(c));
        for (std::size_t w = 0; w < kInlineWords; ++w) found.state[w] = get(kState + w);
        found.ended = get(kEndedWord);
        found.epoch = get(kEpochWord);
        found.sequence = get(kSequenceWord);
        if (page_->seq.load(std::memory_order_relaxed) - before <= 2) return found;
    }
    return std::nullopt;
}

}  // namespace parallax
