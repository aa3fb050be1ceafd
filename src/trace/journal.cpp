#include "trace/journal.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/core.h>

#include "base/clock.h"

namespace parallax {
namespace {

// To wake the thread costs as much as a hundred records, and a write of 1 MiB a third less for each
// byte than one of 64 KiB.
constexpr std::chrono::milliseconds kGather{1};
constexpr std::size_t kEnoughBytes = std::size_t{1} << 20U;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
    return out;
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::string& folder, const Options& options) {
    auto files = PX_TRY(JournalFiles::open(folder, {.segment_bytes = options.segment_bytes,
                                                    .keep_bytes = options.keep_bytes,
                                                    .keep_age = options.keep_age,
                                                    .durable = options.sync != Sync::none}));
    auto journal = std::make_unique<Journal>(std::move(files), options);
    journal->thread_ = PX_TRY(Thread::start("plx:journal", [raw = journal.get()] { raw->run(); }));
    return journal;
}

Journal::Journal(JournalFiles files, const Options& options)
    : options_(options),
      files_(std::move(files)),
      recovered_(files_.recovered()),
      salt_(files_.salt()),
      next_(files_.next_sequence()) {
    // Its pages come into being as they are used.
    front_.bytes = std::make_unique_for_overwrite<std::byte[]>(options.queue_bytes);
    back_.bytes = std::make_unique_for_overwrite<std::byte[]>(options.queue_bytes);
}

Journal::~Journal() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        work_.notify_one();
    }
    thread_.join();
}

// --- Whoever has something to say.

bool Journal::fits(std::size_t payload_bytes) const {
    return record_bytes(payload_bytes) <= options_.queue_bytes - front_.used;
}

std::uint64_t Journal::enqueue(RecordKind kind, std::span<const std::byte> payload,
                               std::uint32_t sum) {
    const JournalRecord record{
        .sequence = next_++, .time_ns = wall_clock_ns(), .kind = kind, .payload = payload};
    const std::size_t size = record_bytes(payload.size());
    write_record(record, sum, salt_, {front_.bytes.get() + front_.used, size});
    front_.used += size;
    ++front_.records;
    front_.last = record.sequence;
    return record.sequence;
}

// Waking costs far more than writing a record down: only a thread that sleeps is woken.
void Journal::wake() {
    if (gathering_ && waiters_.empty() && !enough()) return;
    if (std::exchange(idle_, false)) work_.notify_one();
}

bool Journal::offer(RecordKind kind, std::string_view payload) {
    const std::uint32_t sum = payload_sum(bytes_of(payload), salt_);
    const std::lock_guard lock(mutex_);
    if (payload.size() > kMostPayloadBytes || !fits(payload.size())) {
        ++stats_.overflow;
        ++overflow_untold_;
        return false;
    }
    enqueue(kind, bytes_of(payload), sum);
    wake();
    return true;
}

Result<std::uint64_t> Journal::put_locked(Lock& lock, RecordKind kind, std::string_view payload,
                                          std::uint32_t sum) {
    if (payload.size() > kMostPayloadBytes || record_bytes(payload.size()) > options_.queue_bytes) {
        return fail(Errc::invalid_argument,
                    fmt::format("a record of {} bytes is too large for the journal's queue",
                                payload.size()));
    }
    settled_.wait(lock, [&] { return fits(payload.size()); });
    return enqueue(kind, bytes_of(payload), sum);
}

Result<std::uint64_t> Journal::put(RecordKind kind, std::string_view payload) {
    const std::uint32_t sum = payload_sum(bytes_of(payload), salt_);
    Lock lock(mutex_);
    const std::uint64_t sequence = PX_TRY(put_locked(lock, kind, payload, sum));
    wake();
    return sequence;
}

Result<std::uint64_t> Journal::append(RecordKind kind, std::string_view payload) {
    const std::uint32_t sum = payload_sum(bytes_of(payload), salt_);
    Lock lock(mutex_);
    Waiter waiter{.sequence = PX_TRY(put_locked(lock, kind, payload, sum))};
    PX_TRY(wait_for(lock, waiter));
    return waiter.sequence;
}

Result<> Journal::flush() {
    Lock lock(mutex_);
    Waiter waiter{.sequence = next_ - 1, .wants_sync = true};
    return wait_for(lock, waiter);
}

Result<> Journal::wait_for(Lock& lock, Waiter& waiter) {
    waiters_.push_back(&waiter);
    wake();
    settled_.wait(lock, [&] { return waiter.done; });
    if (waiter.error) return Failure(*std::move(waiter.error));
    return {};
}

Journal::Stats Journal::stats() const {
    const std::lock_guard lock(mutex_);
    return stats_;
}

// --- The thread.

void Journal::run() {
    Lock lock(mutex_);
    for (bool stopping = false; !stopping || front_.used > 0;) {
        await_work(lock);
        gather(lock);
        admit_overflow();
        stopping = stopping_;
        bool wants_sync = stopping;
        for (const Waiter* waiter : waiters_) wants_sync = wants_sync || waiter->wants_sync;
        const std::vector<Waiter*> served = std::exchange(waiters_, {});
        std::swap(front_, back_);
        settled_.notify_all();  // Whoever waits for room finds it now.
        lock.unlock();
        const Outcome outcome = commit(wants_sync);
        lock.lock();
        settle(outcome, served);
        back_.used = 0;
        back_.records = 0;
    }
}

bool Journal::has_work() const {
    return front_.used > 0 || !waiters_.empty() || overflow_untold_ > 0 || stopping_;
}

void Journal::await_work(Lock& lock) {
    while (!has_work()) {
        idle_ = true;
        const auto woken = [&] { return !idle_ || stopping_; };
        if (!unsynced_ || options_.sync != Sync::interval) {
            work_.wait(lock, woken);
            continue;
        }
        const std::int64_t due = synced_ns_ + std::chrono::nanoseconds(options_.interval).count();
        const std::chrono::nanoseconds patience(std::max<std::int64_t>(0, due - monotonic_ns()));
        if (!work_.wait_for(lock, patience, woken)) break;
    }
    idle_ = false;
}

bool Journal::enough() const {
    return front_.used >= std::min(kEnoughBytes, options_.queue_bytes / 4);
}

void Journal::gather(Lock& lock) {
    const auto no_more = [&] { return stopping_ || !waiters_.empty() || enough(); };
    if (options_.sync == Sync::record || front_.used == 0 || no_more()) return;
    gathering_ = idle_ = true;
    work_.wait_for(lock, kGather, no_more);
    gathering_ = idle_ = false;
}

// What was offered in vain is said where it would have been, as soon as that finds room.
void Journal::admit_overflow() {
    if (overflow_untold_ == 0) return;
    const std::string text =
        fmt::format("{{\"lost\":{},\"why\":\"the queue was full\"}}", overflow_untold_);
    if (!fits(text.size())) return;
    enqueue(RecordKind::records_lost, bytes_of(text), payload_sum(bytes_of(text), salt_));
    overflow_untold_ = 0;
}

Journal::Outcome Journal::commit(bool wants_sync) {
    Outcome outcome;
    if (back_.used > 0 || (wants_sync && lost_untold_ > 0)) {
        Result<> told = tell_lost();
        if (told && back_.used > 0) {
            JournalFiles::Written written = files_.write({back_.bytes.get(), back_.used});
            outcome.kept = written.records;
            if (written.error) told = Failure(*std::move(written.error));
        }
        if (!told) outcome.error = std::move(told).error();
    }
    if (outcome.error && back_.used > 0) {
        lost_untold_ += back_.records - outcome.kept;
        lost_last_ = back_.last;
        lost_why_ = to_string(*outcome.error);
    }
    unsynced_ = unsynced_ || outcome.kept > 0;
    if (Result<> synced = sync_if_due(wants_sync); !synced) {
        outcome.on_disk = false;
        outcome.error = std::move(synced).error();
    }
    return outcome;
}

// Before anything else is written. It takes the number of the last one that was lost.
Result<> Journal::tell_lost() {
    if (lost_untold_ == 0) return {};
    const std::string text =
        fmt::format("{{\"lost\":{},\"why\":\"{}\"}}", lost_untold_, escaped(lost_why_));
    std::vector<std::byte> bytes(record_bytes(text.size()));
    const JournalRecord record{.sequence = lost_last_,
                               .time_ns = wall_clock_ns(),
                               .kind = RecordKind::records_lost,
                               .payload = bytes_of(text)};
    write_record(record, payload_sum(record.payload, salt_), salt_, bytes);
    JournalFiles::Written written = files_.write(bytes);
    if (written.error) return Failure(*std::move(written.error));
    lost_untold_ = 0;
    unsynced_ = true;
    return {};
}

Result<> Journal::sync_if_due(bool wants_sync) {
    if (!unsynced_ || options_.sync == Sync::none) return {};
    const std::int64_t due = synced_ns_ + std::chrono::nanoseconds(options_.interval).count();
    if (!wants_sync && options_.sync == Sync::interval && monotonic_ns() < due) return {};
    Result<> synced = files_.sync();
    synced_ns_ = monotonic_ns();
    unsynced_ = false;
    return synced;
}

void Journal::settle(const Outcome& outcome, const std::vector<Waiter*>& served) {
    stats_.records += outcome.kept;
    stats_.lost += back_.records - outcome.kept;
    ++stats_.commits;
    if (back_.records > 0 || outcome.error) stats_.error = outcome.error;
    if (outcome.error) stats_.last_error = outcome.error;
    if (outcome.error && !flush_error_) flush_error_ = outcome.error;
    const std::uint64_t kept_last = back_.last - (back_.records - outcome.kept);
    bool flushed = false;
    for (Waiter* waiter : served) {
        const bool kept = waiter->sequence <= kept_last && outcome.on_disk;
        if (waiter->wants_sync) {
            waiter->error = flush_error_;
            flushed = true;
        } else if (!kept) {
            waiter->error = outcome.error;
        }
        waiter->done = true;
    }
    if (flushed) flush_error_.reset();
    if (!served.empty()) settled_.notify_all();
}

}  // namespace parallax
