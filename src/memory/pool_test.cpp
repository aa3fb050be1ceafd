#include "parallax/pool.h"

#include <optional>

#include <doctest/doctest.h>

namespace parallax {
namespace {

TEST_CASE("pool: 1 MB, 64 KB, 1 MB reuses the first buffer and keeps the second") {
    BufferPool pool;
    const std::byte* first = nullptr;
    {
        const auto big = pool.get(1U << 20U);
        first = big.bytes().data();
    }
    {
        const auto big_again = pool.get(1U << 20U);
        const auto small = pool.get(64U << 10U);
        CHECK(big_again.bytes().data() == first);
    }
    CHECK(pool.stats().idle_buffers == 2);
    const auto small = pool.get(64U << 10U);
    const auto big = pool.get(1U << 20U);
    CHECK(big.bytes().data() == first);
    CHECK(small.bytes().size() == 64U << 10U);
    CHECK(pool.stats().idle_buffers == 0);
}

TEST_CASE("pool: a larger idle buffer serves a smaller request") {
    BufferPool pool;
    {
        const auto big = pool.get(1U << 20U);
    }
    const auto small = pool.get(100);
    CHECK(small.capacity_bytes() == 1U << 20U);
    CHECK(pool.stats().hits == 1);
}

TEST_CASE("pool: a buffer of the same bucket that is too small stays where it is") {
    BufferPool pool;
    {
        const auto a = pool.get(1100);
    }
    const auto b = pool.get(2000);
    CHECK(b.capacity_bytes() >= 2000);
    CHECK(pool.stats().idle_buffers == 1);
}

TEST_CASE("pool: keeps no more than its bound, and nothing after trim") {
    BufferPool pool({.keep_bytes = 4096});
    {
        const auto a = pool.get(4096), b = pool.get(4096);
    }
    CHECK(pool.stats().idle_bytes == 4096);
    pool.trim();
    CHECK(pool.stats().idle_bytes == 0);
}

TEST_CASE("pool: a buffer outlives its pool") {
    std::optional<BufferPool> pool(std::in_place);
    const auto buffer = pool->get(128);
    pool.reset();
    buffer.bytes()[127] = std::byte{1};
    CHECK(buffer.bytes()[127] == std::byte{1});
}

}  // namespace
}  // namespace parallax
