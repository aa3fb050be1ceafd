#include "memory/budget_books.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/check.h"
#include "base/clock.h"

namespace parallax {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 60U;

std::uint64_t in_pages(std::uint64_t bytes) {
    return (bytes + Budget::kPage - 1) / Budget::kPage * Budget::kPage;
}

Result<> sensible(std::uint64_t bytes) {
    if (bytes > 0 && bytes <= kMostBytes) return {};
    return fail(Errc::invalid_argument, "budget: 1 byte to 2^60, not " + std::to_string(bytes));
}

Failure ended(const char* what) {
    return fail(Errc::not_found, std::string("budget: this ") + what + " has ended, or never was");
}

}  // namespace

Budget::Books::Books(Options options) : options_(std::move(options)) {
    total_.limit_bytes = options_.bytes;
}

Budget::Books::~Books() {
    {
        const std::scoped_lock lock(mutex_);
        ending_ = true;
    }
    house_.notify_all();
    housekeeper_.join();
    const Result<> left = leaks();
    if (!left && options_.on_leak) options_.on_leak(left.error());
}

Result<> Budget::Books::start() {
    PX_TRY(sensible(options_.bytes));
    if (!options_.source) return fail(Errc::invalid_argument, "budget: no source of memory");
    if (!options_.housekeeper) return {};
    housekeeper_ = PX_TRY(Thread::start("plx:budget", [this] { keep_house(); }));
    return {};
}

std::int64_t Budget::Books::now_ns() const {
    return options_.now_ns ? options_.now_ns() : monotonic_ns();
}

Result<AccountId> Budget::Books::open(const AccountOptions& options) {
    PX_TRY(sensible(options.bytes));
    const std::scoped_lock lock(mutex_);
    if (closed_) return fail(Errc::interrupted, "budget: closed");
    for (const auto& [id, account] : accounts_) {
        if (account.name != options.name) continue;
        return fail(Errc::invalid_argument,
                    "budget: there is an account called " + options.name + " already");
    }
    const AccountId id{++last_id_};
    Account& account = accounts_[id];
    account.name = options.name;
    account.counters.limit_bytes = options.bytes;
    return id;
}

// --- Reservations.

Result<ReservationId> Budget::Books::reserve(AccountId account, const Wish& wish) {
    const std::scoped_lock lock(mutex_);
    PX_TRY(ready(account, wish.bytes));
    if (wish.ttl.count() <= 0) {
        return fail(Errc::invalid_argument, "budget: a reservation needs time to live");
    }
    const std::uint64_t bytes = in_pages(wish.bytes);
    PX_TRY(fits(account, bytes));
    count(account, [&](BudgetCounters& c) {
        c.reserved_bytes += bytes;
        ++c.reservations;
        ++c.reserved;
        c.most_bytes = std::max(c.most_bytes, c.reserved_bytes + c.allocated_bytes);
    });
    const std::int64_t now = now_ns();
    const std::int64_t most = std::numeric_limits<std::int64_t>::max() - now;
    const std::int64_t ends_ns = now + std::min<std::int64_t>(wish.ttl.count(), most);
    const ReservationId id{++last_id_};
    reservations_.emplace(id, Reservation{account, bytes, ends_ns});
    const auto [place, added] = by_end_.emplace(ends_ns, id);
    if (place == by_end_.begin()) house_.notify_one();  // Earlier than what it waits for.
    return id;
}

bool Budget::Books::cancel(ReservationId reservation) {
    const std::scoped_lock lock(mutex_);
    sweep_locked();
    const auto found = reservations_.find(reservation);
    if (found == reservations_.end()) return false;
    end(found, &BudgetCounters::cancelled);
    return true;
}

std::size_t Budget::Books::sweep() {
    const std::scoped_lock lock(mutex_);
    return sweep_locked();
}

std::size_t Budget::Books::sweep_locked() {
    std::size_t swept = 0;
    const std::int64_t now = now_ns();
    for (; !by_end_.empty() && by_end_.begin()->first <= now; ++swept) {
        end(reservations_.find(by_end_.begin()->second), &BudgetCounters::expired);
    }
    return swept;
}

void Budget::Books::end(Reservations::iterator reservation, std::uint64_t BudgetCounters::* why) {
    const auto [account, left_bytes, ends_ns] = reservation->second;
    count(account, [&, left = left_bytes](BudgetCounters& c) {
        c.reserved_bytes -= left;
        --c.reservations;
        ++(c.*why);
    });
    by_end_.erase({ends_ns, reservation->first});
    reservations_.erase(reservation);
}

void Budget::Books::keep_house() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
        sweep_locked();
        if (by_end_.empty()) {
            house_.wait(lock);
            continue;
        }
        // Reservations may be timed by another clock, which then tells how long to sleep.
        const std::int64_t left_ns = by_end_.begin()->first - now_ns();
        house_.wait_for(lock, std::chrono::nanoseconds(std::max<std::int64_t>(left_ns, 0)));
    }
}

// --- Blocks.

// Whether an account may be asked at all.
Result<> Budget::Books::ready(AccountId account, std::uint64_t bytes) const {
    if (closed_) return fail(Errc::interrupted, "budget: closed");
    PX_TRY(sensible(bytes));
    if (!accounts_.contains(account)) return fail(Errc::not_found, "budget: no such account");
    return {};
}

// Of the account and of all; reservations whose time is over do not stand in the way.
Result<> Budget::Books::fits(AccountId account, std::uint64_t bytes) {
    sweep_locked();
    const Account& asked = accounts_.at(account);
    const auto free_in = [](const BudgetCounters& c) {
        return c.limit_bytes - std::min(c.limit_bytes, c.reserved_bytes + c.allocated_bytes);
    };
    const std::uint64_t free_bytes = std::min(free_in(asked.counters), free_in(total_));
    if (bytes <= free_bytes) return {};
    count(account, [](BudgetCounters& c) { ++c.refused; });
    return fail(Errc::quota_exceeded, "budget: " + std::to_string(bytes) + " bytes for " +
                                          asked.name + ", " + std::to_string(free_bytes) +
                                          " are free");
}

Result<BlockId> Budget::Books::allocate(ReservationId reservation, std::uint64_t bytes) {
    AccountId account{};
    const std::uint64_t charged = in_pages(bytes);
    {
        const std::scoped_lock lock(mutex_);
        if (closed_) return fail(Errc::interrupted, "budget: closed");
        PX_TRY(sensible(bytes));
        const auto found = reservations_.find(reservation);
        if (found == reservations_.end()) return ended("reservation");
        if (found->second.ends_ns <= now_ns()) {
            end(found, &BudgetCounters::expired);
            return fail(Errc::timed_out, "budget: the time of this reservation is over");
        }
        account = found->second.account;
        std::uint64_t& left = found->second.left_bytes;
        if (charged > left) {
            count(account, [](BudgetCounters& c) { ++c.refused; });
            return fail(Errc::quota_exceeded, "budget: " + std::to_string(charged) +
                                                  " bytes, and the reservation has " +
                                                  std::to_string(left) + " left");
        }
        left -= charged;
        count(account, [&](BudgetCounters& c) {
            c.reserved_bytes -= charged;
            c.allocated_bytes += charged;
        });
    }
    return make(account, bytes, charged, reservation);
}

Result<BlockId> Budget::Books::allocate(AccountId account, std::uint64_t bytes) {
    const std::uint64_t charged = in_pages(bytes);
    {
        const std::scoped_lock lock(mutex_);
        PX_TRY(ready(account, bytes));
        PX_TRY(fits(account, charged));
        count(account, [&](BudgetCounters& c) {
            c.allocated_bytes += charged;
            c.most_bytes = std::max(c.most_bytes, c.reserved_bytes + c.allocated_bytes);
        });
    }
    return make(account, bytes, charged, std::nullopt);
}

// What is charged already; without the lock while the memory is made.
Result<BlockId> Budget::Books::make(AccountId account, std::uint64_t bytes, std::uint64_t charged,
                                    std::optional<ReservationId> reservation) {
    Result<std::unique_ptr<BlockMemory>> made = memory(bytes);
    const std::scoped_lock lock(mutex_);
    if (made && closed_) made = fail(Errc::interrupted, "budget: closed");  // And freed.
    if (!made) {
        count(account, [](BudgetCounters& c) { ++c.failed; });
        give_back(account, charged, reservation);
        return Failure(std::move(made).error());
    }
    const bool zero_copy = (*made)->zero_copy();
    count(account, [&](BudgetCounters& c) {
        ++c.blocks;
        ++c.allocated;
        if (zero_copy) ++c.zero_copy;
    });
    const auto found = reservation ? reservations_.find(*reservation) : reservations_.end();
    if (found != reservations_.end() && found->second.left_bytes == 0) {
        end(found, &BudgetCounters::used_up);
    }
    const BlockId id{++last_id_};
    blocks_.emplace(id, Block{account, charged, *std::move(made)});
    return id;
}

Result<std::unique_ptr<BlockMemory>> Budget::Books::memory(std::uint64_t bytes) const {
    Result<std::unique_ptr<BlockMemory>> made = options_.source(bytes);
    if (!made && options_.fallback) made = options_.fallback(bytes);
    return made;
}

void Budget::Books::give_back(AccountId account, std::uint64_t charged,
                              std::optional<ReservationId> reservation) {
    count(account, [&](BudgetCounters& c) { c.allocated_bytes -= charged; });
    const auto found = reservation ? reservations_.find(*reservation) : reservations_.end();
    if (found == reservations_.end()) return;  // It ended meanwhile, or there was none.
    found->second.left_bytes += charged;
    count(account, [&](BudgetCounters& c) { c.reserved_bytes += charged; });
}

Result<Budget::Books::Blocks::iterator> Budget::Books::find(BlockId block) {
    const auto found = blocks_.find(block);
    if (found == blocks_.end()) return ended("block");
    return found;
}

Result<> Budget::Books::pin(BlockId block) {
    const std::scoped_lock lock(mutex_);
    const auto found = PX_TRY(find(block));
    if (found->second.released) return ended("block");
    const bool first = found->second.pins++ == 0;
    count(found->second.account, [&](BudgetCounters& c) {
        ++c.pins;
        if (first) c.pinned_bytes += found->second.bytes;
    });
    return {};
}

Result<> Budget::Books::unpin(BlockId block) {
    std::optional<Block> gone;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = PX_TRY(find(block));
        if (found->second.pins == 0) {
            return fail(Errc::invalid_argument, "budget: this block is not pinned");
        }
        const bool last = --found->second.pins == 0;
        count(found->second.account, [&](BudgetCounters& c) {
            --c.pins;
            if (last) c.pinned_bytes -= found->second.bytes;
        });
        if (last && found->second.released) gone = take(found);
    }
    if (gone) free(*std::move(gone));
    return {};
}

Result<> Budget::Books::release(BlockId block) {
    std::optional<Block> gone;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = PX_TRY(find(block));
        if (std::exchange(found->second.released, true)) return ended("block");
        if (found->second.pins == 0) gone = take(found);
    }
    if (gone) free(*std::move(gone));
    return {};
}

Budget::Books::Block Budget::Books::take(Blocks::iterator block) {
    Block taken = std::move(block->second);
    blocks_.erase(block);
    return taken;
}

// The memory goes before its charge does: at no moment is there more than was granted.
void Budget::Books::free(Block block) {
    block.memory.reset();
    const std::scoped_lock lock(mutex_);
    count(block.account, [&](BudgetCounters& c) {
        c.allocated_bytes -= block.bytes;
        --c.blocks;
        ++c.released;
    });
}

Result<LentBlock> Budget::Books::lend(BlockId block) {
    const std::scoped_lock lock(mutex_);
    const auto found = PX_TRY(find(block));
    if (found->second.pins == 0) {
        return fail(Errc::invalid_argument, "budget: a block is lent only while it is pinned");
    }
    BlockMemory& memory = *found->second.memory;
    return LentBlock(memory.bytes(), memory.zero_copy());
}

// --- Accounts.

BudgetCounters Budget::Books::counters() const {
    const std::scoped_lock lock(mutex_);
    return total_;
}

Result<BudgetCounters> Budget::Books::counters(AccountId account) const {
    const std::scoped_lock lock(mutex_);
    const auto found = accounts_.find(account);
    if (found == accounts_.end()) return fail(Errc::not_found, "budget: no such account");
    return found->second.counters;
}

Result<> Budget::Books::close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    sweep_locked();
    return leaks();
}

Result<> Budget::Books::leaks() const {
    std::string text;
    for (const auto& [id, account] : accounts_) {
        const BudgetCounters& c = account.counters;
        if (c.blocks == 0 && c.reservations == 0) continue;
        text += (text.empty() ? "" : "; ") + account.name + ": " + std::to_string(c.blocks) +
                " blocks of " + std::to_string(c.allocated_bytes) + " bytes, " +
                std::to_string(c.pins) + " pins, " + std::to_string(c.reservations) +
                " reservations of " + std::to_string(c.reserved_bytes) + " bytes";
    }
    if (text.empty()) return {};
    return fail(Errc::quota_exceeded, "budget: not given back: " + text);
}

}  // namespace parallax
