// QueueAnswer: what a queue says to who hands in or takes out. None of it is an error.
//
// Threads: plain values.
#pragma once

#include <cstdint>
#include <expected>

namespace parallax {

enum class QueueAnswer : std::uint8_t {
    ok,
    full,
    empty,
    closed,  // For who pushes: from now on. For who pops: and nothing is left.
    timed_out,
};

template <class T>
using Popped = std::expected<T, QueueAnswer>;

// Who hands in and takes out at the same time.
enum class Sides : std::uint8_t {
    spsc,  // One thread pushes, one pops.
    spmc,  // One pushes, many pop.
    mpmc,  // Many push, many pop.
};

}  // namespace parallax
