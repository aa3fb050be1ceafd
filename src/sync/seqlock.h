// SeqLock: a small value that one thread writes and any number read, none waiting for another.
//
// A reader copies and looks whether the writer came by meanwhile; if so it tries again, and after
// some tries says "no news". Readers write nothing, so they may have the memory read-only.
//
// Threads: store() from one thread; read() from any. Blocks: nothing. Order: a reader never sees an
// older value than one that it saw before. May lie in memory that processes share; a writer that
// dies inside store() leaves "no news" for ever, until its successor calls store().
// Source: Boehm, "Can Seqlocks Get Along With Programming Language Memory Models?", 2012; with
// release and acquire on each word instead of fences, which ThreadSanitizer does not know.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

#include "sync/machine.h"

namespace parallax {

template <class T, class M = Machine>
    requires std::is_trivially_copyable_v<T>
class SeqLock {
  public:
    static constexpr int kTries = 64;

    SeqLock() = default;
    explicit SeqLock(const T& value) { store(value); }

    void store(const T& value) {
        Words words{};
        std::memcpy(words.data(), &value, sizeof value);
        // From odd, when who wrote before us died in the middle, to the next odd one.
        const std::uint64_t odd = version_.load(std::memory_order_relaxed) | 1U;
        version_.store(odd, std::memory_order_relaxed);
        for (std::size_t i = 0; i < kWords; ++i) {
            // Release: who sees the word sees the odd version, too.
            words_[i].store(words[i], std::memory_order_release);
        }
        // Release pairs with the first load in read().
        version_.store(odd + 1, std::memory_order_release);
    }

    // Nothing when the writer was always in between, or before the first store().
    std::optional<T> read(int tries = kTries) const {
        for (int attempt = 0; attempt < tries; ++attempt) {
            const std::uint64_t before = version_.load(std::memory_order_acquire);
            if (before == 0) return std::nullopt;
            if ((before & 1U) == 0) {
                Words words;
                // Acquire keeps the second look at the version after these.
                for (std::size_t i = 0; i < kWords; ++i) {
                    words[i] = words_[i].load(std::memory_order_acquire);
                }
                if (version_.load(std::memory_order_relaxed) == before) return value_of(words);
            }
            M::relax(0);
        }
        return std::nullopt;
    }

    // Changes with every store().
    std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

  private:
    static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;
    using Words = std::array<std::uint64_t, kWords>;

    static T value_of(const Words& words) {
        std::array<std::byte, sizeof(T)> bytes;
        std::memcpy(bytes.data(), words.data(), sizeof(T));
        return std::bit_cast<T>(bytes);
    }

    typename M::template Atomic<std::uint64_t> version_{0};
    std::array<typename M::template Atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace parallax
