// SegmentReader: the records of one segment, in order, also while it is being written.
//
// The end of a segment is where no whole record stands and none follows: what is torn there is
// either being written now, or was when its writer died, and is no damage. Damage is what has whole
// records after it, and, once nobody writes to the segment any more, whatever is left at its end.
//
// Threads: one at a time. Lifetime: what next() gives is good until the next call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parallax/fd.h"
#include "parallax/result.h"
#include "trace/journal_format.h"

namespace parallax {

struct JournalDamage {
    std::string segment;  // Name of the file.
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::string what;  // "a record's payload is damaged"
};

class SegmentReader {
  public:
    static Result<SegmentReader> open(const std::string& folder, const SegmentName& name);

    // The next record; nothing at the end, for now. `complete`: nobody writes to it any more.
    Result<std::optional<JournalRecord>> next(bool complete);

    const SegmentName& name() const { return name_; }
    // Behind the last whole record so far, and what stood behind that at the last end.
    std::uint64_t end_bytes() const { return offset_; }
    std::uint64_t torn_bytes() const { return torn_bytes_; }
    // What was found since the last call.
    std::vector<JournalDamage> take_damages() { return std::exchange(damages_, {}); }

  private:
    SegmentReader(UniqueFd fd, const SegmentName& name) : fd_(std::move(fd)), name_(name) {}

    Result<bool> read_head(bool complete);
    Result<ParsedRecord> parse_here();
    Result<bool> step_over(const ParsedRecord& bad, bool complete);
    Result<std::optional<std::uint64_t>> find_head(std::uint64_t from) const;
    Result<std::span<const std::byte>> fetch(std::size_t bytes);
    Result<std::uint64_t> size_bytes() const;
    Result<bool> at_end(std::uint64_t torn_bytes, bool complete);
    void damaged(std::uint64_t offset, std::uint64_t bytes, std::string what);

    UniqueFd fd_;
    SegmentName name_;
    std::uint64_t offset_ = 0;  // Of what is read next.
    std::uint64_t torn_bytes_ = 0;
    std::uint64_t next_sequence_ = 0;
    std::vector<std::byte> buffer_;
    std::uint64_t buffer_offset_ = 0;
    std::vector<JournalDamage> damages_;
};

// Its writer holds a lock on this file; what stands in it means nothing.
inline std::string lock_path(const std::string& folder) { return folder + "/lock"; }

// The segments of a folder, oldest first. Other files are none of ours.
Result<std::vector<SegmentName>> list_segments(const std::string& folder);

}  // namespace parallax
