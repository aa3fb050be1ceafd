#include "memory/budget.h"

#include <new>
#include <string>
#include <utility>

#include "memory/budget_books.h"

namespace parallax {
namespace {

class SegmentMemory final : public BlockMemory {
  public:
    explicit SegmentMemory(CpuSegment segment, MemoryViewMut bytes)
        : segment_(std::move(segment)), bytes_(bytes) {}
    MemoryViewMut bytes() override { return bytes_; }
    bool zero_copy() const override { return true; }

  private:
    CpuSegment segment_;
    MemoryViewMut bytes_;
};

class HeapMemory final : public BlockMemory {
  public:
    HeapMemory(std::unique_ptr<std::byte[]> memory, std::size_t bytes)
        : memory_(std::move(memory)), bytes_(bytes) {}
    MemoryViewMut bytes() override { return {memory_.get(), bytes_}; }
    bool zero_copy() const override { return false; }

  private:
    std::unique_ptr<std::byte[]> memory_;
    std::size_t bytes_;
};

}  // namespace

MemorySource segment_source() {
    return [](std::size_t bytes) -> Result<std::unique_ptr<BlockMemory>> {
        CpuSegment segment = PX_TRY(CpuSegment::create({.size_bytes = bytes, .name = "budget"}));
        const MemoryViewMut view = PX_TRY(segment.view_mut()).first(bytes);
        return std::make_unique<SegmentMemory>(std::move(segment), view);
    };
}

MemorySource heap_source() {
    return [](std::size_t bytes) -> Result<std::unique_ptr<BlockMemory>> {
        std::unique_ptr<std::byte[]> memory(::new (std::nothrow) std::byte[bytes]);
        if (!memory) {
            return fail(Errc::system, "no memory for " + std::to_string(bytes) + " bytes");
        }
        return std::make_unique<HeapMemory>(std::move(memory), bytes);
    };
}

Result<std::unique_ptr<Budget>> Budget::create(Options options) {
    auto books = std::make_unique<Books>(std::move(options));
    PX_TRY(books->start());
    return std::make_unique<Budget>(std::move(books));
}
Budget::Budget(std::unique_ptr<Books> books) : books_(std::move(books)) {}
Budget::~Budget() = default;

Result<AccountId> Budget::open(const AccountOptions& options) { return books_->open(options); }
Result<ReservationId> Budget::reserve(AccountId account, const Wish& wish) {
    return books_->reserve(account, wish);
}
bool Budget::cancel(ReservationId reservation) { return books_->cancel(reservation); }
std::size_t Budget::sweep() { return books_->sweep(); }
Result<BlockId> Budget::allocate(ReservationId reservation, std::uint64_t bytes) {
    return books_->allocate(reservation, bytes);
}
Result<BlockId> Budget::allocate(AccountId account, std::uint64_t bytes) {
    return books_->allocate(account, bytes);
}
Result<> Budget::pin(BlockId block) { return books_->pin(block); }
Result<> Budget::unpin(BlockId block) { return books_->unpin(block); }
Result<> Budget::release(BlockId block) { return books_->release(block); }
Result<LentBlock> Budget::lend(BlockId block) { return books_->lend(block); }
BudgetCounters Budget::counters() const { return books_->counters(); }
Result<BudgetCounters> Budget::counters(AccountId account) const {
    return books_->counters(account);
}
Result<> Budget::close() { return books_->close(); }

}  // namespace parallax
