// Journal: what happened, kept in files that survive the program and a power cut.
//
//     auto journal = PX_TRY(Journal::open(folder, {}));
//     journal->offer(RecordKind::crash, text);                   // never waits
//     const auto number = PX_TRY(journal->append(kind, text));   // is kept when this returns
//
// A thread of its own writes what has gathered since it last did, in one go, and so shares the
// price of a write and of an fdatasync among many records (group commit). Unless each record is
// synced, it lets records that nobody waits for gather for a millisecond, or to a quarter of its
// queue. Memory is bounded: two
// buffers of `queue_bytes`.
//
// What "kept" means says Sync: with `record`, on the disk; with `interval` and `none`, in the file,
// so that it survives this process, but not a power cut within the interval, or until the kernel
// writes it. Records are in the order of the calls. When the disk is full, append() and flush()
// fail and say so, what was written before stays, and once there is room records are kept again;
// the first one then says how many were lost.
//
// Threads: any may call anything, but for the destructor, which flushes and waits.
// Lifetime: payloads are borrowed until the call returns. One writer a folder, of all processes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/thread.h"
#include "parallax/result.h"
#include "trace/journal_files.h"
#include "trace/journal_format.h"

namespace parallax {

class Journal {
  public:
    enum class Sync : std::uint8_t { record, interval, none };
    struct Options {
        Sync sync = Sync::record;
        std::chrono::milliseconds interval{100};
        std::uint64_t segment_bytes = std::uint64_t{64} << 20U;
        std::uint64_t keep_bytes = 0;          // See JournalFiles.
        std::chrono::nanoseconds keep_age{0};  // The same.
        std::size_t queue_bytes = std::size_t{4} << 20U;
    };
    struct Stats {
        std::uint64_t records = 0;             // Written.
        std::uint64_t lost = 0;                // Could not be written.
        std::uint64_t overflow = 0;            // Offered when there was no room in the queue.
        std::uint64_t commits = 0;             // Writes that records shared.
        std::optional<Error> error = {};       // The last one, until a write succeeds.
        std::optional<Error> last_error = {};  // The last one there was.
    };

    static Result<std::unique_ptr<Journal>> open(const std::string& folder, const Options& options);
    Journal(JournalFiles files, const Options& options);  // Use open().
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;
    ~Journal();

    // Waits for room in the queue, but not until it is kept; its number.
    Result<std::uint64_t> put(RecordKind kind, std::string_view payload);
    // Waits until it is kept; its number. Waits for room in the queue, too.
    Result<std::uint64_t> append(RecordKind kind, std::string_view payload);
    // Does not wait; false, and counted, when the queue has no room.
    bool offer(RecordKind kind, std::string_view payload);
    // Until all that was offered is kept, and on the disk unless `none`. Fails when a write has
    // failed since the last flush.
    Result<> flush();

    Stats stats() const;
    const JournalFiles::Recovered& recovered() const { return recovered_; }

  private:
    struct Waiter {
        std::uint64_t sequence = 0;
        bool wants_sync = false;
        bool done = false;
        std::optional<Error> error = {};
    };
    struct Batch {
        std::unique_ptr<std::byte[]> bytes;
        std::size_t used = 0;
        std::uint64_t records = 0;
        std::uint64_t last = 0;
    };
    struct Outcome {
        std::uint64_t kept = 0;  // Records of the batch, from its first on.
        bool on_disk = true;     // As far as was asked for.
        std::optional<Error> error = {};
    };
    using Lock = std::unique_lock<std::mutex>;

    bool fits(std::size_t payload_bytes) const;
    Result<std::uint64_t> put_locked(Lock& lock, RecordKind kind, std::string_view payload,
                                     std::uint32_t sum);
    std::uint64_t enqueue(RecordKind kind, std::span<const std::byte> payload, std::uint32_t sum);
    void wake();
    Result<> wait_for(Lock& lock, Waiter& waiter);

    // On the thread.
    void run();
    bool has_work() const;
    void await_work(Lock& lock);
    void gather(Lock& lock);
    bool enough() const;
    void admit_overflow();
    Outcome commit(bool wants_sync);
    Result<> tell_lost();
    Result<> sync_if_due(bool wants_sync);
    void settle(const Outcome& outcome, const std::vector<Waiter*>& served);

    const Options options_;
    JournalFiles files_;  // The thread's.
    const JournalFiles::Recovered recovered_;
    const std::uint32_t salt_;

    mutable std::mutex mutex_;  // Guards the next ones.
    std::condition_variable work_;
    std::condition_variable settled_;
    Batch front_;
    std::uint64_t next_ = 1;  // The number of the next record.
    std::vector<Waiter*> waiters_;
    std::uint64_t overflow_untold_ = 0;
    bool idle_ = false;       // The thread waits.
    bool gathering_ = false;  // It waits for more to write at once.
    bool stopping_ = false;
    Stats stats_;
    std::optional<Error> flush_error_;  // For the next flush().

    // The thread's, which changes the batch under the lock only.
    Batch back_;
    std::uint64_t lost_untold_ = 0;
    std::uint64_t lost_last_ = 0;  // Number of the last one that was lost.
    std::string lost_why_;
    std::int64_t synced_ns_ = 0;
    bool unsynced_ = false;
    Thread thread_;
};

}  // namespace parallax
