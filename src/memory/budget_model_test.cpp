// Random calls of a Budget against a model that is too simple to be wrong, and from many threads
// at once against memory that is really counted.
#include <algorithm>
#include <atomic>
#include <barrier>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "memory/budget.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

using std::chrono::nanoseconds;
constexpr std::uint64_t kPage = Budget::kPage;
constexpr std::uint64_t kPages = 20;  // In all; the accounts have 8, 12 and 16.

// Everything in pages, nothing incremental: what is charged is added up anew for each question.
struct Model {
    struct Reservation {
        int account;
        std::uint64_t left;
        std::int64_t ends;
    };
    struct Block {
        int account;
        std::uint64_t pages;
        int pins = 0;
        bool released = false;
    };
    std::map<ReservationId, Reservation> reservations = {};
    std::map<BlockId, Block> blocks = {};
    std::int64_t now = 1;

    static std::uint64_t quota(int account) { return 8U + 4U * static_cast<unsigned>(account); }
    std::uint64_t charged(int account) const {
        std::uint64_t pages = 0;
        for (const auto& [id, r] : reservations)
            pages += account < 0 || r.account == account ? r.left : 0;
        for (const auto& [id, b] : blocks)
            pages += account < 0 || b.account == account ? b.pages : 0;
        return pages;
    }
    bool fits(int account, std::uint64_t pages) {
        sweep();
        return charged(account) + pages <= quota(account) && charged(-1) + pages <= kPages;
    }
    void sweep() {
        std::erase_if(reservations, [&](const auto& each) { return each.second.ends <= now; });
    }
    void bury(BlockId id) {
        const Block& block = blocks.at(id);
        if (block.released && block.pins == 0) blocks.erase(id);
    }
};

class Twins {
  public:
    explicit Twins(unsigned seed) : random_(seed) {
        budget_ = unwrap(Budget::create({.bytes = kPages * kPage,
                                         .source = heap_source(),
                                         .housekeeper = false,
                                         .now_ns = [this] { return model_.now; }}));
        for (int i = 0; i < 3; ++i) {
            accounts_.push_back(unwrap(
                budget_->open({.name = std::to_string(i), .bytes = Model::quota(i) * kPage})));
        }
    }

    // One random call of both; false when they differ.
    bool step() {
        switch (below(9)) {
            case 0:
                return reserve();
            case 1:
                return allocate_reserved();
            case 2:
                return allocate();
            case 3:
                return cancel();
            case 4:
                return pin();
            case 5:
            case 6:
                return unpin();
            case 7:
                return release();
            default:
                model_.now += below(4);
                if (below(3) != 0) return true;
                budget_->sweep();
                model_.sweep();
                return true;
        }
    }

    bool alike() {
        for (int i = 0; i < 3; ++i) {
            const auto counters =
                unwrap(budget_->counters(accounts_.at(static_cast<std::size_t>(i))));
            if (!alike(counters, i) ||
                counters.reserved_bytes + counters.allocated_bytes > counters.limit_bytes) {
                return false;
            }
        }
        return alike(budget_->counters(), -1);
    }

  private:
    bool alike(const BudgetCounters& counters, int account) const {
        BudgetCounters wanted;
        for (const auto& [id, r] : model_.reservations) {
            if (account >= 0 && r.account != account) continue;
            ++wanted.reservations;
            wanted.reserved_bytes += r.left * kPage;
        }
        for (const auto& [id, b] : model_.blocks) {
            if (account >= 0 && b.account != account) continue;
            ++wanted.blocks;
            wanted.allocated_bytes += b.pages * kPage;
            wanted.pins += static_cast<unsigned>(b.pins);
            if (b.pins != 0) wanted.pinned_bytes += b.pages * kPage;
        }
        return counters.reservations == wanted.reservations &&
               counters.reserved_bytes == wanted.reserved_bytes &&
               counters.blocks == wanted.blocks &&
               counters.allocated_bytes == wanted.allocated_bytes && counters.pins == wanted.pins &&
               counters.pinned_bytes == wanted.pinned_bytes;
    }

    bool reserve() {
        const int account = below(3);
        const auto pages = static_cast<std::uint64_t>(1 + below(6));
        const int ttl = 1 + below(20);
        const bool fits = model_.fits(account, pages);
        // Any number of bytes in the last page.
        const auto got = budget_->reserve(
            accounts_.at(static_cast<std::size_t>(account)),
            {.bytes = pages * kPage - static_cast<unsigned>(below(4096)), .ttl = nanoseconds(ttl)});
        if (got) model_.reservations[*got] = {account, pages, model_.now + ttl};
        if (got) reserved_.push_back(*got);
        return got.has_value() == fits;
    }
    bool allocate_reserved() {
        if (reserved_.empty()) return true;
        const ReservationId id = any(reserved_);
        const auto pages = static_cast<std::uint64_t>(1 + below(4));
        const auto got = budget_->allocate(id, pages * kPage);
        const auto found = model_.reservations.find(id);
        const bool known = found != model_.reservations.end();
        if (known && found->second.ends <= model_.now) {
            model_.reservations.erase(found);
            return !got;
        }
        const bool enough = known && found->second.left >= pages;
        if (got.has_value() != enough) return false;
        if (!enough) return true;
        found->second.left -= pages;
        add(*got, {found->second.account, pages});
        if (found->second.left == 0) model_.reservations.erase(found);
        return true;
    }
    bool allocate() {
        const int account = below(3);
        const auto pages = static_cast<std::uint64_t>(1 + below(4));
        const bool fits = model_.fits(account, pages);
        const auto got =
            budget_->allocate(accounts_.at(static_cast<std::size_t>(account)), pages * kPage);
        if (got) add(*got, {account, pages});
        return got.has_value() == fits;
    }
    bool cancel() {
        if (reserved_.empty()) return true;
        const ReservationId id = any(reserved_);
        model_.sweep();
        return budget_->cancel(id) == (model_.reservations.erase(id) == 1);
    }
    bool pin() {
        if (made_.empty()) return true;
        const BlockId id = any(made_);
        const auto found = model_.blocks.find(id);
        const bool may = found != model_.blocks.end() && !found->second.released;
        if (may) ++found->second.pins;
        return budget_->pin(id).has_value() == may;
    }
    bool unpin() {
        if (made_.empty()) return true;
        const BlockId id = any(made_);
        const auto found = model_.blocks.find(id);
        const bool may = found != model_.blocks.end() && found->second.pins != 0;
        if (budget_->lend(id).has_value() != may) return false;
        if (may) --found->second.pins;
        if (may) model_.bury(id);
        return budget_->unpin(id).has_value() == may;
    }
    bool release() {
        if (made_.empty()) return true;
        const BlockId id = any(made_);
        const auto found = model_.blocks.find(id);
        const bool may = found != model_.blocks.end() && !found->second.released;
        if (may) found->second.released = true;
        if (may) model_.bury(id);
        return budget_->release(id).has_value() == may;
    }

    void add(BlockId id, Model::Block block) {
        model_.blocks[id] = block;
        made_.push_back(id);
    }
    int below(int end) { return static_cast<int>(random_() % static_cast<unsigned>(end)); }
    // Mostly of the latest, and now and then one that ended long ago.
    template <class Id>
    Id any(const std::vector<Id>& ids) {
        const int most = static_cast<int>(ids.size());
        const int back = below(below(8) == 0 ? most : std::min(most, 8));
        return ids.at(ids.size() - 1 - static_cast<std::size_t>(back));
    }

    std::mt19937 random_;
    Model model_;
    std::unique_ptr<Budget> budget_;
    std::vector<AccountId> accounts_;
    std::vector<ReservationId> reserved_;
    std::vector<BlockId> made_;
};

TEST_CASE("budget model: in random orders of calls each answer and all counters are the model's") {
    for (unsigned seed = 0; seed < 200; ++seed) {
        CAPTURE(seed);
        Twins twins(seed);
        for (int step = 0; step < 500; ++step) {
            CAPTURE(step);
            REQUIRE(twins.step());
            REQUIRE(twins.alike());
        }
    }
}

// What exists, and the most that ever did.
struct Counted {
    std::atomic<std::int64_t> now{0};
    std::atomic<std::int64_t> most{0};
    void add(std::int64_t bytes) {
        const std::int64_t sum = now += bytes;
        std::int64_t seen = most;
        while (sum > seen && !most.compare_exchange_weak(seen, sum)) {
        }
    }
};
class CountedMemory final : public BlockMemory {
  public:
    CountedMemory(Counted& counted, std::size_t bytes)
        : counted_(counted), bytes_(static_cast<std::int64_t>(bytes)) {
        counted_.add(bytes_);
    }
    CountedMemory(const CountedMemory&) = delete;
    CountedMemory& operator=(const CountedMemory&) = delete;
    ~CountedMemory() override { counted_.now -= bytes_; }
    MemoryViewMut bytes() override { return {}; }
    bool zero_copy() const override { return false; }

  private:
    Counted& counted_;
    std::int64_t bytes_;
};

TEST_CASE("budget model: many threads at once never get more than there is, and nothing is left") {
    Counted counted;
    const auto budget = unwrap(
        Budget::create({.bytes = kPages * kPage,
                        .source = [&](std::size_t bytes) -> Result<std::unique_ptr<BlockMemory>> {
                            return std::make_unique<CountedMemory>(counted, bytes);
                        }}));
    std::vector<AccountId> accounts;
    for (const char* name : {"a", "b", "c"}) {
        accounts.push_back(unwrap(budget->open({.name = name, .bytes = 12 * kPage})));
    }
    std::atomic<bool> stop{false};
    std::atomic<int> over{0};
    std::atomic<int> made{0};
    std::atomic<int> wrong{0};
    std::barrier all_have_some(4);
    const auto work = [&](unsigned seed) {
        std::mt19937 random(seed);
        // However the threads take turns after this, they had memory at one time.
        const auto first = budget->allocate(accounts.at(seed % 3U), 2 * kPage);
        all_have_some.arrive_and_wait();
        if (!first || !budget->release(*first)) ++wrong;
        for (int n = 0; n < 4000; ++n) {
            const AccountId account = accounts.at(random() % 3U);
            const std::uint64_t pages = 1 + random() % 4U;
            Result<BlockId> block = fail(Errc::not_found, "");
            if (n % 2 == 0) {
                block = budget->allocate(account, pages * kPage);
            } else {
                // Some come too late: the housekeeper is at work.
                const auto plan = budget->reserve(
                    account, {.bytes = pages * kPage, .ttl = nanoseconds(random() % 200'000U + 1)});
                if (!plan) continue;
                block = budget->allocate(*plan, kPage);
                if (n % 3 == 0) static_cast<void>(budget->cancel(*plan));
            }
            if (!block) continue;
            ++made;
            // Released while pinned or pinned while released: it ends once.
            const bool pinned = budget->pin(*block).has_value();
            if (!budget->release(*block)) ++wrong;
            if (!pinned || !budget->unpin(*block)) ++wrong;
        }
    };
    {
        std::jthread watcher([&] {
            while (!stop) {
                const BudgetCounters now = budget->counters();
                if (now.reserved_bytes + now.allocated_bytes > now.limit_bytes) ++over;
            }
        });
        std::vector<std::jthread> threads;
        for (unsigned t = 0; t < 4; ++t) threads.emplace_back(work, t);
        threads.clear();
        stop = true;
    }
    CHECK(over == 0);
    CHECK(wrong == 0);
    CHECK(made > 1000);
    CHECK(counted.most <= static_cast<std::int64_t>(kPages * kPage));
    CHECK(counted.most >= static_cast<std::int64_t>(8 * kPage));
    CHECK(counted.now == 0);
    CHECK(budget->counters().most_bytes <= kPages * kPage);
    // What was neither used up nor given back ends by itself.
    while (budget->counters().reservations != 0) std::this_thread::yield();
    const BudgetCounters end = budget->counters();
    CHECK(end.reserved == end.cancelled + end.used_up + end.expired);
    CHECK(end.allocated == end.released);
    CHECK(end.reserved_bytes + end.allocated_bytes + end.pinned_bytes == 0);
    CHECK(budget->close());
}

}  // namespace
}  // namespace parallax
