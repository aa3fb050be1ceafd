// philox4x32: random numbers that are a function of a counter and a key, with no state between.
//
// J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel Random Numbers: As Easy as 1, 2,
// 3", SC 2011: Philox4x32 with 10 rounds. A pixel's numbers depend on its own coordinates only, so
// frames can be drawn in any order and cut into any slices.
// Threads: pure functions of plain values.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

namespace parallax::sim {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

constexpr PhiloxCounter philox4x32(PhiloxCounter c, PhiloxKey key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t{0xD2511F53U} * c[0];
        const std::uint64_t b = std::uint64_t{0xCD9E8D57U} * c[2];
        c = {static_cast<std::uint32_t>(b >> 32) ^ c[1] ^ key[0], static_cast<std::uint32_t>(b),
             static_cast<std::uint32_t>(a >> 32) ^ c[3] ^ key[1], static_cast<std::uint32_t>(a)};
        key[0] += 0x9E3779B9U;
        key[1] += 0xBB67AE85U;
    }
    return c;
}

constexpr PhiloxKey philox_key(std::uint64_t seed) {
    return {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
}

// In the open interval 0 … 1, symmetric: never 0 and never 1.
constexpr float uniform(std::uint32_t bits) {
    return (static_cast<float>(bits >> 9) + 0.5F) * 0x1p-23F;
}

// Two independent standard normals of two uniforms: G. E. P. Box, M. E. Muller, 1958.
inline std::array<float, 2> normals(std::uint32_t first, std::uint32_t second) {
    const float radius = std::sqrt(-2.0F * std::log(uniform(first)));
    const float angle = 2.0F * std::numbers::pi_v<float> * uniform(second);
    return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace parallax::sim
