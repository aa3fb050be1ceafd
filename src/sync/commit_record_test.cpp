#include "sync/commit_record.h"

#include <thread>

#include <doctest/doctest.h>

namespace parallax {
namespace {

TEST_CASE("commit record: nothing has happened before the first commit") {
    const CommitRecord record(1, 1);
    CHECK(record.consumed(0) == 0U);
    CHECK(record.published(0) == 0U);
}

// One writer commits sets whose words all agree; whatever a reader gets must agree too, and must
// never go back.
TEST_CASE("commit record: a reader sees whole commits only, in order") {
    CommitRecord record(2, 3);
    std::atomic<bool> done{false};
    std::jthread writer([&] {
        Positions now;
        for (std::uint64_t n = 1; n <= 200'000; ++n) {
            now.consumed.fill(n);
            now.released.fill(n);
            now.published.fill(n);
            now.epoch = n;
            record.commit(now);
        }
        done = true;
    });
    std::uint64_t last = 0;
    std::uint64_t torn = 0;
    std::uint64_t backwards = 0;
    while (!done) {
        const auto seen = record.snapshot();
        if (!seen) continue;
        for (int i = 0; i < 2; ++i) {
            const auto at = static_cast<std::size_t>(i);
            if (seen->consumed[at] != seen->epoch || seen->released[at] != seen->epoch) ++torn;
        }
        for (int c = 0; c < 3; ++c) {
            if (seen->published[static_cast<std::size_t>(c)] != seen->epoch) ++torn;
        }
        if (seen->epoch < last) ++backwards;
        last = seen->epoch;
        const auto word = record.published(2);
        if (word && *word < last) ++backwards;
    }
    CHECK(torn == 0);
    CHECK(backwards == 0);
    writer.join();
    CHECK(record.snapshot()->epoch == 200'000);
    CHECK(record.commits() == 200'000);
}

}  // namespace
}  // namespace parallax
