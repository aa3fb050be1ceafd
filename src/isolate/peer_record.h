// PeerRecord: the commit record of a stage in another process, mapped read-only.
//
// Threads: as CommitRecord's readers. Lifetime: the mapping ends with it, so nobody may sleep on
// its word or hold a Channel::End of it then.
#pragma once

#include "parallax/segment.h"
#include "sync/commit_record.h"

namespace parallax {

class PeerRecord {
  public:
    // Errc::corrupt when the descriptor is not a sealed memfd of that size.
    static Result<std::unique_ptr<PeerRecord>> map(UniqueFd fd, std::size_t inputs,
                                                   std::size_t channels);
    PeerRecord(CpuSegment page, std::size_t inputs, std::size_t channels);

    const CommitRecord& record() const { return record_; }

  private:
    CpuSegment page_;
    CommitRecord record_;
};

}  // namespace parallax
