#include "parallax/pool.h"

#include <array>
#include <fstream>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/temp_folder.h"

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

TEST_CASE(
    "pool: 1 MB, 64 KB, 1 MB, one after the other, are one buffer, and the pool stays as it was") {
    constexpr std::size_t kLarge = 1U << 20U;
    constexpr std::size_t kSmall = 64U << 10U;
    BufferPool pool;
    const auto used = [&](std::size_t bytes) {
        const auto buffer = pool.get(bytes);
        CHECK(buffer.bytes().size() == bytes);
        return buffer.bytes().data();
    };
    const std::byte* first = used(kLarge);
    for (int round = 0; round < 100; ++round) {
        used(kSmall);
        REQUIRE(used(kLarge) == first);
        REQUIRE(pool.stats().idle_buffers == 1);
        REQUIRE(pool.stats().idle_bytes == kLarge);
    }
    CHECK(pool.stats().requests == 201);
    CHECK(pool.stats().hits == 200);
    CHECK(pool.stats().hit_rate() == doctest::Approx(200.0 / 201));
}

TEST_CASE("pool: a large request that finds only smaller buffers leaves them all") {
    BufferPool pool;
    {
        std::vector<BufferPool::Buffer> small;
        for (int i = 0; i < 8; ++i) small.push_back(pool.get(64U << 10U));
    }
    const auto large = pool.get(1U << 20U);
    CHECK(pool.stats().idle_buffers == 8);
    CHECK(pool.stats().hits == 0);
    for (int i = 0; i < 8; ++i) CHECK(pool.get(64U << 10U).capacity_bytes() == 64U << 10U);
}

TEST_CASE("pool: of several that fit the one that came back first is taken") {
    BufferPool pool;
    std::array<const std::byte*, 3> came{};
    {
        auto a = pool.get(3000), b = pool.get(2500), c = pool.get(2100);
        came = {a.bytes().data(), b.bytes().data(), c.bytes().data()};
        {
            const auto back = std::move(a);
        }
        {
            const auto back = std::move(b);
        }
        {
            const auto back = std::move(c);
        }
    }
    const auto one = pool.get(2200);
    const auto two = pool.get(2200);
    const auto three = pool.get(2050);
    CHECK(one.bytes().data() == came[0]);
    CHECK(two.bytes().data() == came[1]);
    CHECK(three.bytes().data() == came[2]);
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

// A kernel that tells of memory pressure what it is told to.
class Pressure {
  public:
    Pressure() { stalled(0); }
    const std::string& file() const { return file_; }
    void stalled(std::uint64_t total_us) {
        std::ofstream(file_) << "some avg10=0.00 avg60=0.00 avg300=0.00 total=" << total_us
                             << "\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
    }

  private:
    TempFolder folder_;
    std::string file_ = folder_.file("memory");
};
constexpr std::uint64_t kAnHourUs = 3'600'000'000;  // More than any test takes.

TEST_CASE("pool: what is idle is given back while the machine is short of memory, and only then") {
    Pressure pressure;
    BufferPool pool({.pressure_file = pressure.file(), .look_every = std::chrono::hours(1)});
    const auto leave_one = [&] { const auto buffer = pool.get(4096); };
    leave_one();  // The first look tells nothing.
    CHECK(pool.stats().idle_buffers == 1);
    CHECK_FALSE(pool.relieve());  // Nobody stood still.
    pressure.stalled(kAnHourUs);
    CHECK(pool.relieve());
    CHECK(pool.stats().idle_buffers == 0);
    CHECK(pool.stats().idle_bytes == 0);
    CHECK(pool.stats().relieved == 1);
    leave_one();
    CHECK_FALSE(pool.relieve());  // It is over.
    CHECK(pool.stats().idle_buffers == 1);
    pressure.stalled(2 * kAnHourUs);
    const auto lent = pool.get(4096);
    CHECK_FALSE(pool.relieve());  // What is out on loan stays there.
    CHECK(lent.bytes().size() == 4096);
}

TEST_CASE("pool: a buffer that comes back looks, but not more often than told") {
    Pressure pressure;
    BufferPool often({.pressure_file = pressure.file(), .look_every = {}});
    BufferPool seldom({.pressure_file = pressure.file(), .look_every = std::chrono::hours(1)});
    for (BufferPool* pool : {&often, &seldom}) const auto buffer = pool->get(4096);
    pressure.stalled(kAnHourUs);
    for (BufferPool* pool : {&often, &seldom}) const auto buffer = pool->get(4096);
    CHECK(often.stats().relieved == 1);
    CHECK(often.stats().idle_buffers == 0);
    CHECK(seldom.stats().relieved == 0);
    CHECK(seldom.stats().idle_buffers == 1);
}

TEST_CASE("pool: a kernel that tells nothing of pressure, or nonsense, relieves nobody") {
    const TempFolder folder;
    for (const char* text : {"", "some", "some avg10=1 total=", "full total=9", "some total=x\n"}) {
        CAPTURE(std::string(text));
        std::ofstream(folder.file("memory")) << text;
        BufferPool pool({.pressure_file = folder.file("memory"), .look_every = {}});
        for (int i = 0; i < 3; ++i) const auto buffer = pool.get(100);
        CHECK_FALSE(pool.relieve());
        CHECK(pool.stats().idle_buffers == 1);
    }
    BufferPool pool({.pressure_file = folder.file("none")});
    CHECK_FALSE(pool.relieve());
}

TEST_CASE("pool: whatever threads ask for, nobody gets another's bytes, and the bound is kept") {
    constexpr std::size_t kKeep = 1U << 20U;
    Pressure pressure;
    BufferPool pool({.keep_bytes = kKeep, .pressure_file = pressure.file(), .look_every = {}});
    std::vector<std::thread> threads;
    std::array<bool, 4> sound{true, true, true, true};
    for (unsigned t = 0; t < 4; ++t) {
        threads.emplace_back([&pool, &sound, t] {
            std::minstd_rand random(t + 1);
            std::vector<BufferPool::Buffer> held;
            const auto mark = static_cast<std::byte>(t + 1);
            for (int i = 0; i < 2000; ++i) {
                held.push_back(pool.get(1 + random() % 100'000));
                held.back().bytes().front() = held.back().bytes().back() = mark;
                if (held.size() < 5) continue;
                const auto& leaves = held[random() % held.size()];
                sound.at(t) =
                    sound.at(t) && leaves.bytes().front() == mark && leaves.bytes().back() == mark;
                std::swap(held[random() % held.size()], held.back());
                sound.at(t) = sound.at(t) && held.back().bytes().front() == mark;
                held.pop_back();
            }
        });
    }
    for (std::thread& each : threads) each.join();
    CHECK(sound == std::array{true, true, true, true});
    const auto stats = pool.stats();
    CHECK(stats.requests == 8000);
    CHECK(stats.idle_bytes <= kKeep);
    CHECK(stats.hit_rate() > 0.5);
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
