// Budget: the one authority over memory: who may have how much of it, since when, and until when.
//
//     const auto budget = PX_TRY(Budget::create({.bytes = 1U << 30U}));
//     const AccountId fusion = PX_TRY(budget->open({.name = "fusion", .bytes = 256U << 20U}));
//     const ReservationId plan = PX_TRY(budget->reserve(fusion, {.bytes = bytes, .ttl = 100ms}));
//     const BlockId out = PX_TRY(budget->allocate(plan, bytes));     // Cannot meet a full quota.
//     PX_TRY(budget->pin(out));
//     stage.work(PX_TRY(budget->lend(out)));                         // Sees bytes and nothing
//     else. PX_TRY(budget->unpin(out)); PX_TRY(budget->release(out)); PX_TRY(budget->close()); //
//     An error if anything is left.
//
// Whoever holds the Budget decides; code of stages is handed LentBlocks, which can neither pin nor
// release, and tools/tidy.py keeps the header out of elements. What is charged is bytes in whole
// pages, from the moment of the reservation: quotas of accounts and the whole are never exceeded,
// not even for a moment, and neither is what the sources of memory were asked for.
//
// Units: bytes; times of the monotonic clock. Threads: every member from any. Blocks: for a lock,
// and while a source makes memory, which is done without the lock.
// Errors: Errc::quota_exceeded, retrying later may succeed; Errc::not_found, an id that has ended,
// since none is given twice; Errc::timed_out, a reservation came too late; Errc::interrupted after
// close(); Errc::invalid_argument; what a source says.
// Lifetime: outlives what it lent; frees all memory at its end, leaks included.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "parallax/result.h"
#include "parallax/segment.h"

namespace parallax {

enum class AccountId : std::uint64_t {};
enum class ReservationId : std::uint64_t {};
enum class BlockId : std::uint64_t {};

// Memory of one block, as a source made it.
class BlockMemory {
  public:
    virtual ~BlockMemory() = default;
    virtual MemoryViewMut bytes() = 0;
    // Whether others, a device or a process, can have it without a copy.
    virtual bool zero_copy() const = 0;
};
// Called without locks, from any thread.
using MemorySource = std::function<Result<std::unique_ptr<BlockMemory>>(std::size_t bytes)>;
MemorySource segment_source();  // memfds: zero-copy. One descriptor each.
MemorySource heap_source();     // Others must copy.

// What a stage gets to see of a block, for as long as that is pinned.
class LentBlock {
  public:
    MemoryViewMut bytes() const { return bytes_; }
    bool zero_copy() const { return zero_copy_; }

  private:
    friend class Budget;
    LentBlock(MemoryViewMut bytes, bool zero_copy) : bytes_(bytes), zero_copy_(zero_copy) {}
    MemoryViewMut bytes_;
    bool zero_copy_;
};

// Of an account, or of all. Bytes are of whole pages.
struct BudgetCounters {
    std::uint64_t limit_bytes = 0;
    // Now.
    std::uint64_t reserved_bytes = 0;  // And not allocated yet.
    std::uint64_t allocated_bytes = 0;
    std::uint64_t pinned_bytes = 0;
    std::uint64_t reservations = 0;
    std::uint64_t blocks = 0;
    std::uint64_t pins = 0;
    // Since the beginning.
    std::uint64_t most_bytes = 0;  // Reserved and allocated at one time.
    std::uint64_t reserved = 0;
    std::uint64_t cancelled = 0;  // Reservations given back,
    std::uint64_t used_up = 0;    // turned into blocks to the last byte,
    std::uint64_t expired = 0;    // and come too late.
    std::uint64_t allocated = 0;
    std::uint64_t released = 0;
    std::uint64_t zero_copy = 0;  // Of those allocated.
    std::uint64_t refused = 0;    // For want of quota.
    std::uint64_t failed = 0;     // For want of memory.
    bool operator==(const BudgetCounters&) const = default;
};

class Budget {
    class Books;

  public:
    struct Options {
        std::uint64_t bytes = 0;  // Of all accounts together.
        MemorySource source = segment_source();
        MemorySource fallback = {};  // Asked where the source fails, if given.
        // A thread, plx:budget, that ends reservations at their time. Without it sweep() does.
        bool housekeeper = true;
        std::function<std::int64_t()> now_ns = {};  // The monotonic clock if not given.
        // Told by the destructor of what close() would have said.
        std::function<void(const Error&)> on_leak = {};
    };
    struct AccountOptions {
        std::string name = {};
        std::uint64_t bytes = 0;  // Quotas may add up to more than there is.
    };
    struct Wish {
        std::uint64_t bytes = 0;
        std::chrono::nanoseconds ttl{0};
    };
    static constexpr std::uint64_t kPage = 4096;

    static Result<std::unique_ptr<Budget>> create(Options options);
    explicit Budget(std::unique_ptr<Books> books);  // Use create().
    ~Budget();

    Result<AccountId> open(const AccountOptions& options);

    // Sets bytes aside until they are allocated, given back, or the time is over.
    Result<ReservationId> reserve(AccountId account, const Wish& wish);
    // Gives back what is left of it. False when it had ended.
    bool cancel(ReservationId reservation);
    // Ends those whose time is over; how many. Done on demand before anything is refused, too.
    std::size_t sweep();

    // Out of what the reservation holds, as often as that lasts; at its last byte it ends.
    Result<BlockId> allocate(ReservationId reservation, std::uint64_t bytes);
    Result<BlockId> allocate(AccountId account, std::uint64_t bytes);

    // Pins count. A block that is released while it is pinned ends with its last pin; until then
    // it takes no new ones.
    Result<> pin(BlockId block);
    Result<> unpin(BlockId block);
    Result<> release(BlockId block);
    Result<LentBlock> lend(BlockId block);  // Only of a pinned one.

    BudgetCounters counters() const;
    Result<BudgetCounters> counters(AccountId account) const;

    // Takes nothing more. An error that names each account with blocks or reservations left; asked
    // again, of what is left by then.
    Result<> close();

  private:
    std::unique_ptr<Books> books_;
};

}  // namespace parallax
