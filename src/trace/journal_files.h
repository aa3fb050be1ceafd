// JournalFiles: the segments of a journal, for its one writer.
//
// Opening takes the lock, cuts what is torn at the end of the last segment, and finds the number
// to go on with. What has whole records after it is never cut. A write that fails leaves whole
// records only: what went out of the last one is taken back. After a failed fdatasync a new segment
// is begun, since the kernel forgets what it could not write and the next one would succeed
// (R. Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020).
//
// Threads: one at a time. Lifetime: the lock goes with it, also when the process dies.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "parallax/fd.h"
#include "parallax/result.h"
#include "trace/journal_segment.h"

namespace parallax {

class JournalFiles {
  public:
    struct Options {
        std::uint64_t segment_bytes = std::uint64_t{64} << 20U;
        // Of all segments together; 0: all are kept. The last one is kept always.
        std::uint64_t keep_bytes = 0;
        // Segments all of whose records are older go; 0: none does.
        std::chrono::nanoseconds keep_age{0};
        bool durable = true;  // New segments survive a power cut.
    };
    struct Recovered {
        std::uint64_t cut_bytes = 0;
        std::vector<JournalDamage> damages = {};  // Of the last segment.
    };

    // Makes the folder where there is none. Errc::io: another process writes it.
    static Result<JournalFiles> open(const std::string& folder, const Options& options);

    std::uint32_t salt() const { return salt_; }
    std::uint64_t next_sequence() const { return next_; }  // Of what is written next.
    const Recovered& recovered() const { return recovered_; }

    struct Written {
        std::uint64_t records = 0;  // Whole ones, from the first on.
        std::optional<Error> error = {};
    };
    // Whole records in order of their numbers, made with our salt.
    Written write(std::span<const std::byte> records);
    // To the disk, all that was written.
    Result<> sync();

  private:
    struct Segment {
        SegmentName name;
        std::int64_t created_ns = 0;
        std::uint64_t bytes = 0;
    };

    JournalFiles(UniqueFd folder, UniqueFd lock, const Options& options)
        : folder_(std::move(folder)), lock_(std::move(lock)), options_(options) {}

    Result<> recover(const std::string& path);
    Result<bool> recover_last(const std::string& path);
    Result<> begin_segment(std::uint64_t first);
    Result<> write_head(const SegmentName& name);
    void retire();
    static bool is_older(std::int64_t time_ns, std::chrono::nanoseconds age);
    Result<> write_out(std::span<const std::byte> records, Written& written);
    std::uint64_t room() const;
    bool needs_segment(const PeekedRecord& record) const;
    std::size_t fitting(std::span<const std::byte> records) const;
    Result<> put(std::span<const std::byte> records, Written& written);

    UniqueFd folder_;
    UniqueFd lock_;
    Options options_;
    std::uint32_t salt_ = 0;
    std::uint64_t next_ = 1;
    Recovered recovered_;
    std::vector<Segment> segments_;  // The last one is written to, while fd_ is there.
    UniqueFd fd_;
};

std::int64_t wall_clock_ns();  // Since 1970, UTC.

}  // namespace parallax
