#include "base/hash.h"

#include <algorithm>
#include <set>
#include <vector>

#include <doctest/doctest.h>

#include "base/clock.h"
#include "base/id.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

std::vector<std::byte> pattern(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 131 + (i >> 8));
    return bytes;
}

TEST_CASE("hash: the published values of XXH3 for no bytes") {
    CHECK(hash64(std::string_view()) == 0x2d06800538d394c2U);
    CHECK(to_string(hash128({})) == "99aa06d3014798d86001c324468d497f");
}

TEST_CASE("hash: pieces of any size hash like the whole") {
    for (const std::size_t size : {0U, 1U, 16U, 17U, 128U, 240U, 241U, 1024U, 10'000U}) {
        const auto bytes = pattern(size);
        for (const std::size_t piece : {1U, 7U, 256U, 9999U}) {
            Hasher hasher;
            for (std::size_t at = 0; at < size; at += piece) {
                hasher.update(std::span(bytes).subspan(at, std::min(piece, size - at)));
            }
            CHECK(hasher.digest64() == hash64(bytes));
            CHECK(hasher.digest128() == hash128(bytes));
        }
    }
}

TEST_CASE("hash: one changed bit anywhere changes the hash") {
    auto bytes = pattern(600);
    const Hash128 before = hash128(bytes);
    for (std::byte& byte : bytes) {
        byte ^= std::byte{1};
        CHECK(hash128(bytes) != before);
        byte ^= std::byte{1};
    }
    CHECK(hash128(bytes) == before);
}

TEST_CASE("id: random names are 32 hexadecimal digits and do not repeat") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const std::string id = unwrap(random_id());
        CHECK(id.size() == 32);
        CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
        CHECK(seen.insert(id).second);
    }
}

TEST_CASE("id: a source counts from 1; 0 names nothing") {
    IdSource<struct Tag> source;
    CHECK_FALSE(Id<struct Tag>());
    CHECK(source.next().value == 1);
    CHECK(source.next().value == 2);
}

TEST_CASE("clock: time does not go back") {
    std::int64_t last = monotonic_ns();
    for (int i = 0; i < 1000; ++i) {
        const std::int64_t now = monotonic_ns();
        CHECK(now >= last);
        last = now;
    }
}

}  // namespace
}  // namespace parallax
