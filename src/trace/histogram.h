// Histogram: counts of durations in buckets that grow by an eighth of a power of two.
//
// A quantile is off by at most 12.5 %. Recording is one relaxed add; nothing is ever allocated.
// The bucket scheme is that of HDR histograms (Gil Tene, hdrhistogram.org).
//
// Threads: record() from one thread; quantiles from any, slightly stale.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace parallax {

class Histogram {
  public:
    void record(std::uint64_t value) {
        bump(buckets_[bucket_of(value)], 1);
        bump(count_, 1);
        bump(sum_, value);
        if (value > max_.load(std::memory_order_relaxed)) {
            max_.store(value, std::memory_order_relaxed);
        }
    }

    // Of another histogram, which may be written meanwhile, and by who is not trusted.
    void add_all_of(const Histogram& other) {
        for (std::size_t b = 0; b < kBuckets; ++b) {
            bump(buckets_[b], other.buckets_[b].load(std::memory_order_relaxed));
        }
        bump(count_, other.count());
        bump(sum_, other.sum());
        max_.store(std::max(max(), other.max()), std::memory_order_relaxed);
    }
    void clear() {
        for (auto& bucket : buckets_) bucket.store(0, std::memory_order_relaxed);
        count_.store(0, std::memory_order_relaxed);
        sum_.store(0, std::memory_order_relaxed);
        max_.store(0, std::memory_order_relaxed);
    }

    std::uint64_t count() const { return count_.load(std::memory_order_relaxed); }
    std::uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }
    std::uint64_t max() const { return max_.load(std::memory_order_relaxed); }

    // The upper edge of the bucket in which the `fraction` (0 … 1) of all values is reached.
    std::uint64_t quantile(double fraction) const {
        const auto total = static_cast<double>(count());
        double seen = 0;
        for (std::size_t b = 0; b < kBuckets; ++b) {
            seen += static_cast<double>(buckets_[b].load(std::memory_order_relaxed));
            if (seen > 0 && seen >= fraction * total) return std::min(upper_edge(b), max());
        }
        return max();
    }

    // How many values are below each power of two, 2^first to 2^(first + many − 1); exact.
    template <std::size_t many>
    std::array<std::uint64_t, many> below_powers(std::size_t first) const {
        std::array<std::uint64_t, many> counts{};
        std::uint64_t seen = 0;
        std::size_t b = 0;
        for (std::size_t n = 0; n < many; ++n) {
            const std::size_t end = bucket_of(std::uint64_t{1} << (first + n));
            for (; b < end; ++b) seen += buckets_[b].load(std::memory_order_relaxed);
            counts[n] = seen;
        }
        return counts;
    }

  private:
    static constexpr std::size_t kSub = 8;  // Buckets per power of two.
    static constexpr std::size_t kBuckets = 62 * kSub;

    static void bump(std::atomic<std::uint64_t>& word, std::uint64_t by) {
        word.store(word.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    static std::size_t bucket_of(std::uint64_t value) {
        if (value < kSub) return static_cast<std::size_t>(value);
        const auto power = static_cast<std::size_t>(std::bit_width(value)) - 1;  // ≥ 3
        const auto sub = static_cast<std::size_t>(value >> (power - 3U)) & (kSub - 1);
        return std::min(kBuckets - 1, (power - 2) * kSub + sub);
    }
    static std::uint64_t upper_edge(std::size_t bucket) {
        if (bucket < kSub) return bucket;
        const std::size_t power = bucket / kSub + 2;
        return ((std::uint64_t{bucket % kSub} + kSub + 1) << (power - 3U)) - 1;
    }

    std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
    std::atomic<std::uint64_t> count_{0};
    std::atomic<std::uint64_t> sum_{0};
    std::atomic<std::uint64_t> max_{0};
};

}  // namespace parallax
