#include "memory/budget.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/clock.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::uint64_t kPage = Budget::kPage;

// A leak in a test is an error, also where nobody calls close().
Budget::Options leak_free(std::uint64_t bytes) {
    return {.bytes = bytes, .housekeeper = false, .on_leak = [](const Error& error) {
                FAIL_CHECK(error.message);
            }};
}

// Memory that is only counted, and the most of it that there ever was at once.
class Ledger {
  public:
    MemorySource source() {
        return [this](std::size_t bytes) -> Result<std::unique_ptr<BlockMemory>> {
            if (fail_) return fail(Errc::system, "no memory");
            return std::make_unique<Entry>(*this, bytes);
        };
    }
    void fail_from_now_on(bool fails) { fail_ = fails; }
    std::int64_t now_bytes() const { return now_; }
    std::int64_t most_bytes() const { return most_; }

  private:
    class Entry final : public BlockMemory {
      public:
        Entry(Ledger& ledger, std::size_t bytes)
            : ledger_(ledger),
              bytes_(static_cast<std::int64_t>((bytes + kPage - 1) / kPage * kPage)) {
            const std::int64_t now = ledger_.now_ += bytes_;
            std::int64_t most = ledger_.most_;
            while (now > most && !ledger_.most_.compare_exchange_weak(most, now)) {
            }
        }
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        ~Entry() override { ledger_.now_ -= bytes_; }
        MemoryViewMut bytes() override { return {}; }
        bool zero_copy() const override { return false; }

      private:
        Ledger& ledger_;
        std::int64_t bytes_;
    };
    std::atomic<std::int64_t> now_{0};
    std::atomic<std::int64_t> most_{0};
    std::atomic<bool> fail_{false};
};

template <class T>
Errc code_of(const Result<T>& result) {
    REQUIRE_FALSE(result);
    return result.error().code;
}

// What a stage is handed has no way to pin, to release or to reach who could.
template <class T>
concept HasAuthority = requires(T block) { block.pin(); } || requires(T block) { block.unpin(); } ||
                       requires(T block) { block.release(); };
static_assert(!HasAuthority<LentBlock>);
static_assert(!std::is_default_constructible_v<LentBlock>);
static_assert(!std::is_constructible_v<LentBlock, MemoryViewMut, bool>);

TEST_CASE("budget: reserve, allocate, pin, lend, unpin, release, and nothing is left") {
    const auto budget = unwrap(Budget::create(leak_free(10 * kPage)));
    const AccountId fusion = unwrap(budget->open({.name = "fusion", .bytes = 4 * kPage}));
    const ReservationId plan =
        unwrap(budget->reserve(fusion, {.bytes = 3 * kPage, .ttl = milliseconds(100'000)}));
    CHECK(budget->counters().reserved_bytes == 3 * kPage);
    const BlockId block = unwrap(budget->allocate(plan, kPage + 1));
    CHECK(budget->counters().reserved_bytes == kPage);
    CHECK(budget->counters().allocated_bytes == 2 * kPage);
    CHECK(code_of(budget->lend(block)) == Errc::invalid_argument);
    REQUIRE(budget->pin(block));
    const LentBlock lent = unwrap(budget->lend(block));
    REQUIRE(lent.bytes().size() == kPage + 1);
    CHECK(lent.zero_copy());
    std::ranges::fill(lent.bytes(), std::byte{7});
    CHECK(code_of(budget->close()) == Errc::quota_exceeded);
    REQUIRE(budget->unpin(block));
    REQUIRE(budget->release(block));
    CHECK(budget->cancel(plan));
    CHECK(budget->close());
    const BudgetCounters end = budget->counters();
    CHECK(end.most_bytes == 3 * kPage);
    CHECK(end.reserved == 1);
    CHECK(end.cancelled == 1);
    CHECK(end.released == 1);
    CHECK(end.zero_copy == 1);
    CHECK(end == [&] {
        BudgetCounters account = unwrap(budget->counters(fusion));
        account.limit_bytes = 10 * kPage;
        return account;
    }());
}

TEST_CASE("budget: a reservation is charged at once, and an allocation from it meets no quota") {
    const auto budget = unwrap(Budget::create(leak_free(4 * kPage)));
    const AccountId a = unwrap(budget->open({.name = "a", .bytes = 3 * kPage}));
    const AccountId b = unwrap(budget->open({.name = "b", .bytes = 3 * kPage}));
    const ReservationId plan =
        unwrap(budget->reserve(a, {.bytes = 3 * kPage, .ttl = milliseconds(100'000)}));
    CHECK(code_of(budget->allocate(a, 1)) == Errc::quota_exceeded);  // Of the account.
    const BlockId one = unwrap(budget->allocate(b, kPage));
    CHECK(code_of(budget->allocate(b, 1)) == Errc::quota_exceeded);  // Of all.
    const BlockId two = unwrap(budget->allocate(plan, kPage));
    const BlockId rest = unwrap(budget->allocate(plan, 2 * kPage));
    CHECK(code_of(budget->allocate(plan, 1)) == Errc::not_found);  // Used up: it has ended.
    CHECK_FALSE(budget->cancel(plan));
    CHECK(budget->counters().used_up == 1);
    CHECK(budget->counters().refused == 2);
    for (const BlockId block : {one, two, rest}) CHECK(budget->release(block));
}

TEST_CASE("budget: a released block that is pinned ends with its last pin, and takes no new one") {
    Ledger ledger;
    Budget::Options options = leak_free(kPage);
    options.source = ledger.source();
    const auto budget = unwrap(Budget::create(std::move(options)));
    const AccountId account = unwrap(budget->open({.name = "a", .bytes = kPage}));
    const BlockId block = unwrap(budget->allocate(account, kPage));
    REQUIRE(budget->pin(block));
    REQUIRE(budget->pin(block));
    REQUIRE(budget->release(block));
    CHECK(code_of(budget->release(block)) == Errc::not_found);
    CHECK(code_of(budget->pin(block)) == Errc::not_found);
    REQUIRE(budget->unpin(block));
    CHECK(ledger.now_bytes() == static_cast<std::int64_t>(kPage));
    CHECK(code_of(budget->allocate(account, 1)) == Errc::quota_exceeded);
    REQUIRE(budget->unpin(block));
    CHECK(ledger.now_bytes() == 0);
    CHECK(code_of(budget->unpin(block)) == Errc::not_found);
    CHECK(code_of(budget->lend(block)) == Errc::not_found);
}

TEST_CASE("budget: a reservation ends at its time, to the nanosecond, whether swept or not") {
    std::int64_t now = 1000;
    Budget::Options options = leak_free(2 * kPage);
    options.now_ns = [&] { return now; };
    const auto budget = unwrap(Budget::create(std::move(options)));
    const AccountId account = unwrap(budget->open({.name = "a", .bytes = 2 * kPage}));
    const auto reserve = [&] {
        return unwrap(budget->reserve(account, {.bytes = 2 * kPage, .ttl = nanoseconds(10)}));
    };
    const ReservationId swept = reserve();
    now = 1009;
    CHECK(budget->sweep() == 0);
    CHECK(code_of(budget->allocate(account, 1)) == Errc::quota_exceeded);
    now = 1010;
    CHECK(budget->sweep() == 1);
    CHECK(code_of(budget->allocate(swept, 1)) == Errc::not_found);
    const ReservationId late = reserve();
    now = 1020;
    CHECK(code_of(budget->allocate(late, 1)) == Errc::timed_out);
    CHECK_FALSE(budget->cancel(late));
    static_cast<void>(reserve());
    now = 1030;  // Nobody sweeps: what is over does not stand in the way all the same.
    const BlockId block = unwrap(budget->allocate(account, 2 * kPage));
    CHECK(budget->counters().expired == 3);
    CHECK(budget->release(block));
    now = std::numeric_limits<std::int64_t>::max() - 5;
    const ReservationId forever = reserve();  // Its end does not wrap around.
    CHECK(budget->sweep() == 0);
    CHECK(budget->cancel(forever));
}

TEST_CASE("budget: the housekeeper ends reservations by itself, the earliest first") {
    Budget::Options options = leak_free(8 * kPage);
    options.housekeeper = true;
    const auto budget = unwrap(Budget::create(std::move(options)));
    const AccountId account = unwrap(budget->open({.name = "a", .bytes = 8 * kPage}));
    const ReservationId long_one =
        unwrap(budget->reserve(account, {.bytes = kPage, .ttl = std::chrono::hours(1)}));
    REQUIRE(budget->reserve(account, {.bytes = kPage, .ttl = milliseconds(2)}));
    const std::int64_t give_up_ns = monotonic_ns() + 60'000'000'000;
    while (budget->counters().expired == 0 && monotonic_ns() < give_up_ns) {
        std::this_thread::yield();
    }
    CHECK(budget->counters().expired == 1);
    CHECK(budget->counters().reservations == 1);
    CHECK(budget->cancel(long_one));
}

TEST_CASE("budget: where a source fails, nothing stays charged, and the reservation lives on") {
    Ledger ledger;
    Budget::Options options = leak_free(4 * kPage);
    options.source = ledger.source();
    const auto budget = unwrap(Budget::create(std::move(options)));
    const AccountId account = unwrap(budget->open({.name = "a", .bytes = 4 * kPage}));
    const ReservationId plan =
        unwrap(budget->reserve(account, {.bytes = 2 * kPage, .ttl = std::chrono::hours(1)}));
    ledger.fail_from_now_on(true);
    CHECK(code_of(budget->allocate(plan, 2 * kPage)) == Errc::system);
    CHECK(code_of(budget->allocate(account, kPage)) == Errc::system);
    CHECK(budget->counters().failed == 2);
    CHECK(budget->counters().reserved_bytes == 2 * kPage);
    CHECK(budget->counters().allocated_bytes == 0);
    ledger.fail_from_now_on(false);
    const BlockId block = unwrap(budget->allocate(plan, 2 * kPage));
    CHECK(budget->release(block));
}

TEST_CASE("budget: a fallback serves where the source fails, and is counted as a copy") {
    Budget::Options options = leak_free(kPage);
    options.source = [](std::size_t) -> Result<std::unique_ptr<BlockMemory>> {
        return fail(Errc::lacking, "no device memory");
    };
    options.fallback = heap_source();
    const auto budget = unwrap(Budget::create(std::move(options)));
    const AccountId account = unwrap(budget->open({.name = "a", .bytes = kPage}));
    const BlockId block = unwrap(budget->allocate(account, 100));
    REQUIRE(budget->pin(block));
    CHECK_FALSE(unwrap(budget->lend(block)).zero_copy());
    CHECK(unwrap(budget->lend(block)).bytes().size() == 100);
    CHECK(budget->counters().allocated == 1);
    CHECK(budget->counters().zero_copy == 0);
    CHECK(budget->unpin(block));
    CHECK(budget->release(block));
}

// Were it the other way round, somebody else could be granted what still stands there.
TEST_CASE("budget: memory goes before its charge does") {
    struct Asking final : BlockMemory {
        explicit Asking(std::move_only_function<void()> at_end) : at_end_(std::move(at_end)) {}
        Asking(const Asking&) = delete;
        Asking& operator=(const Asking&) = delete;
        ~Asking() override { at_end_(); }
        MemoryViewMut bytes() override { return {}; }
        bool zero_copy() const override { return true; }
        std::move_only_function<void()> at_end_;
    };
    const Budget* asked = nullptr;
    std::vector<std::uint64_t> charged;
    Budget::Options options = leak_free(kPage);
    options.source = [&](std::size_t) -> Result<std::unique_ptr<BlockMemory>> {
        return std::make_unique<Asking>(
            [&] { charged.push_back(asked->counters().allocated_bytes); });
    };
    const auto budget = unwrap(Budget::create(std::move(options)));
    asked = budget.get();
    const AccountId account = unwrap(budget->open({.name = "a", .bytes = kPage}));
    const BlockId released = unwrap(budget->allocate(account, kPage));
    REQUIRE(budget->release(released));
    const BlockId unpinned = unwrap(budget->allocate(account, kPage));
    REQUIRE(budget->pin(unpinned));
    REQUIRE(budget->release(unpinned));
    REQUIRE(budget->unpin(unpinned));
    CHECK(charged == std::vector<std::uint64_t>{kPage, kPage});
}

TEST_CASE("budget: what makes no sense is refused") {
    CHECK(code_of(Budget::create({.bytes = 0})) == Errc::invalid_argument);
    CHECK(code_of(Budget::create({.bytes = 1, .source = {}})) == Errc::invalid_argument);
    const auto budget = unwrap(Budget::create(leak_free(kPage)));
    const AccountId account = unwrap(budget->open({.name = "a", .bytes = kPage}));
    CHECK(code_of(budget->open({.name = "a", .bytes = kPage})) == Errc::invalid_argument);
    CHECK(code_of(budget->open({.name = "b"})) == Errc::invalid_argument);
    CHECK(code_of(budget->reserve(account, {.bytes = 1})) == Errc::invalid_argument);
    CHECK(code_of(budget->allocate(account, 0)) == Errc::invalid_argument);
    CHECK(code_of(budget->allocate(account, ~std::uint64_t{0})) == Errc::invalid_argument);
    CHECK(code_of(budget->allocate(AccountId{999}, 1)) == Errc::not_found);
    // An id of one kind is none of another.
    CHECK(code_of(budget->pin(BlockId{std::to_underlying(account)})) == Errc::not_found);
    CHECK(budget->close());
    CHECK(code_of(budget->allocate(account, 1)) == Errc::interrupted);
    CHECK(code_of(budget->open({.name = "c", .bytes = 1})) == Errc::interrupted);
}

TEST_CASE("budget: what is left at the end is told, by close and by the destructor") {
    std::string told;
    {
        const auto budget = unwrap(Budget::create(
            {.bytes = 8 * kPage, .on_leak = [&](const Error& e) { told = e.message; }}));
        const AccountId fast = unwrap(budget->open({.name = "fast", .bytes = 8 * kPage}));
        REQUIRE(budget->open({.name = "tidy", .bytes = kPage}));
        const BlockId block = unwrap(budget->allocate(fast, kPage));
        REQUIRE(budget->pin(block));
        REQUIRE(budget->reserve(fast, {.bytes = 2 * kPage, .ttl = std::chrono::hours(1)}));
        CHECK(budget->close().error().message ==
              "budget: not given back: fast: 1 blocks of 4096 bytes, 1 pins, "
              "1 reservations of 8192 bytes");
    }
    CHECK(told.starts_with("budget: not given back: fast: "));
}

}  // namespace
}  // namespace parallax
