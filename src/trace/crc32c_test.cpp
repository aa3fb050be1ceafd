#include "trace/crc32c.h"

#include <array>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace parallax {
namespace {

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

TEST_CASE("crc32c: the sums are those of RFC 3720, appendix B.4") {
    std::vector<std::byte> rising(32);
    std::vector<std::byte> falling(32);
    for (std::size_t i = 0; i < 32; ++i) {
        rising[i] = static_cast<std::byte>(i);
        falling[i] = static_cast<std::byte>(31 - i);
    }
    const auto both = [](const std::vector<std::byte>& bytes, std::uint32_t wanted) {
        CHECK(crc32c(bytes) == wanted);
        CHECK(crc32c_by_tables(bytes) == wanted);
    };
    both(std::vector(32, std::byte{0}), 0x8A9136AAU);
    both(std::vector(32, std::byte{0xFF}), 0x62A8AB43U);
    both(rising, 0x46DD794EU);
    both(falling, 0x113FDB5CU);
    both(bytes_of("123456789"), 0xE3069283U);
    both({}, 0);
}

// Of 240 and of 1536 bytes on, three blocks are summed at once.
TEST_CASE("crc32c: instruction and tables agree at every length and alignment, in any pieces") {
    std::vector<std::byte> bytes(4000);
    std::uint32_t state = 7;
    for (std::byte& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<std::byte>(state >> 24U);
    }
    for (std::size_t from = 0; from < 9; ++from) {
        for (std::size_t size = 0; size < 3900; size += size < 600 ? 1 : 37) {
            const std::span<const std::byte> part = std::span(bytes).subspan(from, size);
            const std::uint32_t whole = crc32c(part);
            CHECK(whole == crc32c_by_tables(part));
            for (const std::size_t cut : {size / 3, size / 2, size}) {
                CHECK(crc32c(part.subspan(cut), crc32c(part.first(cut))) == whole);
            }
        }
    }
}

}  // namespace
}  // namespace parallax
