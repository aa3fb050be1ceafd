#include "exec/parallel.h"

#include <array>
#include <atomic>
#include <vector>

#include <doctest/doctest.h>

namespace parallax {
namespace {

TEST_CASE("parallel: every slice is done once, on any number of threads") {
    for (const int threads : {0, 1, 2, 5, 16, 99}) {
        Parallel parallel({.name = "test", .threads = threads});
        CHECK(parallel.threads() <= kMaxParallelThreads);
        for (const int count : {0, 1, 2, 3, 64, 1000}) {
            std::vector<std::atomic<int>> done(static_cast<std::size_t>(count));
            parallel.run(count, [&](int i) { ++done[static_cast<std::size_t>(i)]; });
            int wrong = 0;
            for (const auto& times : done) wrong += times != 1;
            CHECK(wrong == 0);
        }
    }
}

// A helper that wakes up late must not join the next job with the body of the last.
TEST_CASE("parallel: jobs in quick succession never mix") {
    Parallel parallel({.name = "test", .threads = 4});
    for (int job = 0; job < 20'000; ++job) {
        std::array<std::atomic<int>, 3> done{};
        parallel.run(3, [&](int i) { done[static_cast<std::size_t>(i)] += job + 1; });
        for (const auto& value : done) REQUIRE(value == job + 1);
    }
}

TEST_CASE("parallel: the time of helpers is told once") {
    Parallel parallel({.name = "test", .threads = 2});
    std::atomic<std::uint64_t> sum = 0;
    for (int job = 0; job < 200; ++job) {
        parallel.run(64, [&](int i) {
            for (std::uint64_t k = 0; k < 2000; ++k) sum += k * static_cast<std::uint64_t>(i);
        });
    }
    CHECK(parallel.take_helper_cpu_ns() > 0);
    CHECK(parallel.take_helper_cpu_ns() == 0);
}

}  // namespace
}  // namespace parallax
