// PlainSeqLock: SeqLock with a mutex, and its yardstick in tests.
//
// Contract: as in seqlock.h, in one process; readers wait for the writer and for each other.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

namespace parallax {

template <class T>
class PlainSeqLock {
  public:
    PlainSeqLock() = default;
    explicit PlainSeqLock(const T& value) { store(value); }

    void store(const T& value) {
        const std::scoped_lock lock(mutex_);
        value_ = value;
        version_ += 2;
    }
    std::optional<T> read(int /*tries*/ = 1) const {
        const std::scoped_lock lock(mutex_);
        return value_;
    }
    std::uint64_t version() const {
        const std::scoped_lock lock(mutex_);
        return version_;
    }

  private:
    mutable std::mutex mutex_;
    std::optional<T> value_;
    std::uint64_t version_ = 0;
};

}  // namespace parallax
