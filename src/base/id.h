// Id<Tag>: a number that names one thing of one kind and cannot be taken for another kind.
//
//     using ArenaId = Id<struct ArenaTag>;
//
// Threads: an Id is a plain value; an IdSource may be shared by threads.
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <string>

#include "parallax/result.h"

namespace parallax {

template <class Tag>
struct Id {
    std::uint64_t value = 0;  // 0 names nothing.
    explicit operator bool() const { return value != 0; }
    auto operator<=>(const Id&) const = default;
};

// Hands out 1, 2, 3 …
template <class Tag>
class IdSource {
  public:
    Id<Tag> next() {
        // Relaxed: only the number must be unique, nothing else is published by it.
        return {last_.fetch_add(1, std::memory_order_relaxed) + 1};
    }

  private:
    std::atomic<std::uint64_t> last_ = 0;
};

// 128 random bits as 32 hexadecimal digits: the name of a run, unique across machines.
Result<std::string> random_id();

}  // namespace parallax
