#include "parallax/pool.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "memory/pressure.h"

namespace parallax {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kBuckets = 48;  // One per power of two.

std::size_t bucket_of(std::size_t bytes) {
    return std::min<std::size_t>(kBuckets - 1,
                                 static_cast<std::size_t>(std::bit_width(bytes | 1U)) - 1);
}

}  // namespace

class BufferPool::Shelf {
  public:
    struct Idle {
        Buffer::Memory memory;
        std::size_t capacity_bytes;
    };

    explicit Shelf(const Options& options)
        : keep_bytes_(options.keep_bytes),
          pressure_limit_(options.pressure_limit),
          look_every_ns_(options.look_every.count()),
          gauge_(options.pressure_file) {}

    // A buffer that is idle and large enough, or one with no memory.
    Idle take(std::size_t size_bytes) {
        const std::lock_guard lock(mutex_);
        ++stats_.requests;
        for (std::size_t b = bucket_of(size_bytes); b < kBuckets; ++b) {
            auto& bucket = buckets_[b];
            const auto fits = std::ranges::find_if(
                bucket, [&](const Idle& idle) { return idle.capacity_bytes >= size_bytes; });
            if (fits == bucket.end()) continue;
            Idle found = std::move(*fits);
            bucket.erase(fits);
            ++stats_.hits;
            --stats_.idle_buffers;
            stats_.idle_bytes -= found.capacity_bytes;
            return found;
        }
        return {nullptr, 0};
    }

    void put(Idle idle) {
        const std::int64_t now_ns = monotonic_ns();
        bool look = false;
        {
            const std::lock_guard lock(mutex_);
            if (stats_.idle_bytes + idle.capacity_bytes > keep_bytes_) return;
            ++stats_.idle_buffers;
            stats_.idle_bytes += idle.capacity_bytes;
            buckets_[bucket_of(idle.capacity_bytes)].push_back(std::move(idle));
            look = now_ns >= next_look_ns_;
            if (look) next_look_ns_ = now_ns + look_every_ns_;
        }
        if (look) relieve(now_ns);
    }

    void trim() {
        Buckets freed;  // Freed outside of the lock.
        const std::lock_guard lock(mutex_);
        take_all(freed);
    }

    bool relieve(std::int64_t now_ns) {
        {
            const std::lock_guard look(gauge_mutex_);
            const std::optional<double> share = gauge_.stalled_share(now_ns);
            if (!share || *share <= pressure_limit_) return false;
        }
        Buckets freed;
        const std::lock_guard lock(mutex_);
        if (stats_.idle_buffers == 0) return false;
        ++stats_.relieved;
        take_all(freed);
        return true;
    }

    Stats stats() const {
        const std::lock_guard lock(mutex_);
        return stats_;
    }

  private:
    using Buckets = std::array<std::vector<Idle>, kBuckets>;

    // The caller holds the lock; what it frees it frees after that.
    void take_all(Buckets& freed) {
        std::swap(buckets_, freed);
        stats_.idle_buffers = 0;
        stats_.idle_bytes = 0;
    }

    const std::size_t keep_bytes_;
    const double pressure_limit_;
    const std::int64_t look_every_ns_;
    mutable std::mutex mutex_;
    Buckets buckets_;
    Stats stats_;
    std::int64_t next_look_ns_ = 0;
    std::mutex gauge_mutex_;
    PressureGauge gauge_;
};

BufferPool::BufferPool() : BufferPool(Options{}) {}
BufferPool::BufferPool(const Options& options) : shelf_(std::make_shared<Shelf>(options)) {}

BufferPool::Buffer BufferPool::get(std::size_t size_bytes) {
    Shelf::Idle idle = shelf_->take(size_bytes);
    if (!idle.memory) {
        idle.capacity_bytes =
            (std::max<std::size_t>(size_bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
        idle.memory.reset(
            static_cast<std::byte*>(std::aligned_alloc(kAlignment, idle.capacity_bytes)));
        PX_CHECK(idle.memory != nullptr);  // Out of memory: nothing sensible can go on.
    }
    return {shelf_, std::move(idle.memory), idle.capacity_bytes, size_bytes};
}

void BufferPool::trim() { shelf_->trim(); }
bool BufferPool::relieve() { return shelf_->relieve(monotonic_ns()); }
BufferPool::Stats BufferPool::stats() const { return shelf_->stats(); }

void BufferPool::Buffer::Free::operator()(std::byte* p) const { std::free(p); }

void BufferPool::Buffer::go_home() {
    if (!memory_) return;
    if (const auto home = home_.lock()) home->put({std::move(memory_), capacity_bytes_});
}

BufferPool::Buffer& BufferPool::Buffer::operator=(Buffer&& other) noexcept {
    if (this == &other) return *this;
    go_home();
    home_ = std::move(other.home_);
    memory_ = std::move(other.memory_);
    capacity_bytes_ = other.capacity_bytes_;
    size_bytes_ = other.size_bytes_;
    return *this;
}

BufferPool::Buffer::~Buffer() { go_home(); }

}  // namespace parallax
