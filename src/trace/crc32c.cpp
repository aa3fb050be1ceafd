#include "trace/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace parallax {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78U;  // Reflected.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

// Eight bytes a step: M. E. Kounavis and F. L. Berry, "A Systematic Approach to Building High
// Performance Software-Based CRC Generators", 2005 ("slicing by 8").
constexpr Tables make_tables() {
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t sum = byte;
        for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? kPolynomial : 0U);
        tables[0][byte] = sum;
    }
    for (std::size_t table = 1; table < tables.size(); ++table) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t sum = tables[table - 1][byte];
            tables[table][byte] = (sum >> 8U) ^ tables[0][sum & 0xFFU];
        }
    }
    return tables;
}

constexpr Tables kTables = make_tables();

std::uint64_t eight_at(const std::byte* at) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, sizeof word);
    return word;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::span<const std::byte> bytes,
                                                               std::uint32_t before) {
    std::uint64_t sum = ~before;
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; at += 8, left -= 8) sum = _mm_crc32_u64(sum, eight_at(at));
    auto rest = static_cast<std::uint32_t>(sum);
    for (; left > 0; ++at, --left) rest = _mm_crc32_u8(rest, std::to_integer<std::uint8_t>(*at));
    return ~rest;
}
#endif

}  // namespace

std::uint32_t crc32c_by_tables(std::span<const std::byte> bytes, std::uint32_t before) {
    std::uint32_t sum = ~before;
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; at += 8, left -= 8) {
        const std::uint64_t word = eight_at(at) ^ sum;
        sum = 0;
        for (std::size_t i = 0; i < 8; ++i) sum ^= kTables[7 - i][(word >> (8 * i)) & 0xFFU];
    }
    for (; left > 0; ++at, --left) {
        sum = (sum >> 8U) ^ kTables[0][(sum ^ std::to_integer<std::uint32_t>(*at)) & 0xFFU];
    }
    return ~sum;
}

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before) {
#if defined(__x86_64__)
    // Asked each time: it is a load and a test, where a variable would need a guard.
    if (__builtin_cpu_supports("sse4.2")) return by_instruction(bytes, before);
#endif
    return crc32c_by_tables(bytes, before);
}

}  // namespace parallax
