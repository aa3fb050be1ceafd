// JournalReader: the records of a journal in order, also while another process writes it.
//
//     JournalReader reader = PX_TRY(JournalReader::open(folder));
//     while (const auto record = PX_TRY(reader.next())) use(*record);
//
// Any number may read at once, and none is seen by the writer. What is damaged is passed over and
// told; what is torn at the very end is not there yet. Who reads slower than segments are deleted
// goes on with the oldest that is left, and learns how many records that cost.
//
// Threads: one at a time. Lifetime: what next() gives is good until the next call.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parallax/fd.h"
#include "parallax/result.h"
#include "trace/journal_segment.h"

namespace parallax {

class JournalReader {
  public:
    // A folder without segments is a journal that has not begun.
    static Result<JournalReader> open(std::string folder);

    // The next record; nothing where there is none yet: ask again later.
    Result<std::optional<JournalRecord>> next();

    // To be called before the first next() by who wants to wait().
    Result<> follow();
    // Until something may have been written, or that long.
    Result<> wait(std::chrono::milliseconds patience);

    // Is it being written, by any process?
    static Result<bool> has_writer(const std::string& folder);

    // So far.
    const std::vector<JournalDamage>& damages() const { return damages_; }  // The first thousand.
    std::uint64_t damage_count() const { return damage_count_; }
    // Records that are not where they should be, and of which no record says that they were lost.
    std::uint64_t missing() const { return missing_; }
    // Records that could not be written, as the journal itself says.
    std::uint64_t lost() const { return lost_; }
    // Behind the last whole record.
    std::uint64_t torn_bytes() const { return segment_ ? segment_->torn_bytes() : 0; }
    std::optional<std::uint64_t> first_sequence() const { return first_; }
    std::uint64_t next_sequence() const { return next_; }

  private:
    explicit JournalReader(std::string folder) : folder_(std::move(folder)) {}

    Result<bool> advance();
    Result<std::optional<JournalRecord>> next_here(bool complete);
    bool counts(const JournalRecord& record);

    std::string folder_;
    std::optional<SegmentReader> segment_;
    UniqueFd news_;  // inotify
    std::uint64_t next_ = 1;
    std::optional<std::uint64_t> first_;
    std::uint64_t missing_ = 0;
    std::uint64_t lost_ = 0;
    std::vector<JournalDamage> damages_;
    std::uint64_t damage_count_ = 0;
};

}  // namespace parallax
