// Books: what a Budget keeps account of, behind its lock.
//
// Threads: every member from any. Reached only through Budget.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/thread.h"
#include "memory/budget.h"

namespace parallax {

class Budget::Books {
  public:
    explicit Books(Options options);
    Books(const Books&) = delete;
    Books& operator=(const Books&) = delete;
    ~Books();

    Result<> start();

    Result<AccountId> open(const AccountOptions& options);
    Result<ReservationId> reserve(AccountId account, const Wish& wish);
    bool cancel(ReservationId reservation);
    std::size_t sweep();
    Result<BlockId> allocate(ReservationId reservation, std::uint64_t bytes);
    Result<BlockId> allocate(AccountId account, std::uint64_t bytes);
    Result<> pin(BlockId block);
    Result<> unpin(BlockId block);
    Result<> release(BlockId block);
    Result<LentBlock> lend(BlockId block);
    BudgetCounters counters() const;
    Result<BudgetCounters> counters(AccountId account) const;
    Result<> close();

  private:
    struct Account {
        std::string name;
        BudgetCounters counters;
    };
    struct Reservation {
        AccountId account;
        std::uint64_t left_bytes;
        std::int64_t ends_ns;
    };
    struct Block {
        AccountId account;
        std::uint64_t bytes;
        std::unique_ptr<BlockMemory> memory;
        std::uint64_t pins = 0;
        bool released = false;
    };
    using Reservations = std::map<ReservationId, Reservation>;
    using Blocks = std::map<BlockId, Block>;

    // Both the account's counters and those of all change by it.
    template <class Change>
    void count(AccountId account, Change change) {
        change(accounts_.at(account).counters);
        change(total_);
    }
    void charge(AccountId account, std::uint64_t bytes);
    Result<> fits(AccountId account, std::uint64_t bytes);
    Result<> ready(AccountId account, std::uint64_t bytes) const;
    void end(Reservations::iterator reservation, std::uint64_t BudgetCounters::* why);
    std::size_t sweep_locked();
    Result<BlockId> make(AccountId account, std::uint64_t bytes, std::uint64_t charged,
                         std::optional<ReservationId> reservation);
    Result<std::unique_ptr<BlockMemory>> memory(std::uint64_t bytes) const;
    void give_back(AccountId account, std::uint64_t charged,
                   std::optional<ReservationId> reservation);
    Result<Blocks::iterator> find(BlockId block);
    Block take(Blocks::iterator block);
    void free(Block block);
    Result<> leaks() const;
    std::int64_t now_ns() const;
    void keep_house();

    const Options options_;
    mutable std::mutex mutex_;
    std::condition_variable house_;  // The housekeeper has another time to wait for, or to end.
    std::map<AccountId, Account> accounts_;
    Reservations reservations_;
    std::set<std::pair<std::int64_t, ReservationId>> by_end_;
    Blocks blocks_;
    BudgetCounters total_;
    std::uint64_t last_id_ = 0;  // None is given twice, of whatever kind.
    bool closed_ = false;
    bool ending_ = false;
    Thread housekeeper_;
};

}  // namespace parallax
