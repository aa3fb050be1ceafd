#include "trace/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#include <wmmintrin.h>
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
    if (left >= 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, at, sizeof word);
        rest = _mm_crc32_u32(rest, word);
        at += 4;
        left -= 4;
    }
    for (; left > 0; ++at, --left) rest = _mm_crc32_u8(rest, std::to_integer<std::uint8_t>(*at));
    return ~rest;
}

// x^power modulo the polynomial, reflected: what a sum is multiplied by to stand before zeros.
constexpr std::uint32_t power_of_x(unsigned power) {
    std::uint32_t value = 0x80000000U;  // 1.
    for (; power > 0; --power) value = (value >> 1U) ^ ((value & 1U) != 0 ? kPolynomial : 0U);
    return value;
}

// The instruction takes three cycles and one can begin in each, so three blocks are summed at once
// and put together: a sum before n more bytes is that sum times x^8n. The instruction itself
// multiplies by x^32, and a product of reflected words stands one place too low. From: V. Gopal et
// al., "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction", Intel, 2011.
template <std::size_t kBlock>
__attribute__((target("sse4.2,pclmul"))) std::uint32_t of_three_blocks(const std::byte* at,
                                                                       std::uint32_t sum) {
    std::uint64_t first = sum;
    std::uint64_t second = 0;
    std::uint64_t third = 0;
    for (std::size_t i = 0; i < kBlock; i += 8) {
        first = _mm_crc32_u64(first, eight_at(at + i));
        second = _mm_crc32_u64(second, eight_at(at + kBlock + i));
        third = _mm_crc32_u64(third, eight_at(at + 2 * kBlock + i));
    }
    constexpr std::int64_t kOverTwo = power_of_x(16 * kBlock - 33);
    constexpr std::int64_t kOverOne = power_of_x(8 * kBlock - 33);
    const __m128i factors = _mm_set_epi64x(kOverOne, kOverTwo);
    const auto word = [](std::uint64_t value) {
        return _mm_cvtsi64_si128(static_cast<std::int64_t>(value));
    };
    const __m128i product = _mm_xor_si128(_mm_clmulepi64_si128(word(first), factors, 0x00),
                                          _mm_clmulepi64_si128(word(second), factors, 0x10));
    const auto joined = static_cast<std::uint64_t>(_mm_cvtsi128_si64(product));
    return static_cast<std::uint32_t>(_mm_crc32_u64(0, joined) ^ third);
}

std::uint32_t by_three(std::span<const std::byte> bytes, std::uint32_t before) {
    constexpr std::size_t kLong = 512;
    constexpr std::size_t kShort = 80;  // Three go into a record of 256 bytes.
    std::uint32_t sum = ~before;
    while (bytes.size() >= 3 * kLong) {
        sum = of_three_blocks<kLong>(bytes.data(), sum);
        bytes = bytes.subspan(3 * kLong);
    }
    while (bytes.size() >= 3 * kShort) {
        sum = of_three_blocks<kShort>(bytes.data(), sum);
        bytes = bytes.subspan(3 * kShort);
    }
    return by_instruction(bytes, ~sum);
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
    if (__builtin_cpu_supports("sse4.2")) {
        return __builtin_cpu_supports("pclmul") ? by_three(bytes, before)
                                                : by_instruction(bytes, before);
    }
#endif
    return crc32c_by_tables(bytes, before);
}

}  // namespace parallax
