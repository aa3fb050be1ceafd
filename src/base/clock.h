// monotonic_ns: time that only goes forward, for measuring and for waiting.
//
// Threads: any.
#pragma once

#include <cstdint>

namespace parallax {

// CLOCK_MONOTONIC: one time base for all processes of a machine. About 20 ns by the vDSO.
std::int64_t monotonic_ns();

// CPU time of the calling thread.
std::int64_t thread_cpu_ns();

}  // namespace parallax
