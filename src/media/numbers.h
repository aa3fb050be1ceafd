// Exact arithmetic beside 64-bit values: products and sums that must not wrap.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <limits>
#include <numeric>
#include <optional>

namespace parallax {

__extension__ using Int128 = __int128;

inline constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();

constexpr bool fits_int64(Int128 x) { return x >= kInt64Min && x <= kInt64Max; }

// The nearest multiple of step (> 0) that is not above x, and the one not below.
constexpr Int128 multiple_down(Int128 x, Int128 step) {
    const Int128 rest = x % step;
    return x - rest - (rest < 0 ? step : 0);
}
constexpr Int128 multiple_up(Int128 x, Int128 step) { return -multiple_down(-x, step); }

// Of two positive 64-bit numbers; may need 126 bits.
constexpr Int128 lcm128(std::int64_t a, std::int64_t b) { return Int128{a / std::gcd(a, b)} * b; }

}  // namespace parallax
