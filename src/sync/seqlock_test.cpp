#include "sync/seqlock.h"

#include <algorithm>
#include <thread>

#include <doctest/doctest.h>

#include "support/stepped.h"
#include "sync/plain_seqlock.h"

namespace parallax {
namespace {

using testing::explore;
using testing::Round;
using testing::Stepped;

struct Pose {  // Of no whole number of words.
    std::uint64_t frame = 0;
    std::array<std::uint32_t, 9> turned{};

    static Pose of(std::uint64_t n) {
        Pose pose{n, {}};
        pose.turned.fill(static_cast<std::uint32_t>(n));
        return pose;
    }
    bool whole() const {
        return std::ranges::all_of(
            turned, [&](std::uint32_t t) { return t == static_cast<std::uint32_t>(frame); });
    }
};

TEST_CASE_TEMPLATE("seqlock: before the first store there is no news", Lock, SeqLock<Pose>,
                   PlainSeqLock<Pose>) {
    Lock lock;
    CHECK_FALSE(lock.read());
    lock.store(Pose::of(3));
    REQUIRE(lock.read());
    CHECK(lock.read()->frame == 3);
    CHECK(Lock(Pose::of(4)).read()->whole());
}

TEST_CASE_TEMPLATE("seqlock: readers see whole values only, and never go back", Lock, SeqLock<Pose>,
                   PlainSeqLock<Pose>) {
    Lock lock(Pose::of(1));
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0};
    std::atomic<int> seen{0};
    const auto reader = [&] {
        std::uint64_t last = 0;
        while (!done) {
            const auto pose = lock.read();
            if (!pose) continue;
            if (!pose->whole() || pose->frame < last) ++wrong;
            last = pose->frame;
            ++seen;
        }
    };
    {
        std::jthread first(reader);
        std::jthread second(reader);
        for (std::uint64_t n = 2; n <= 100'000 || seen == 0; ++n) lock.store(Pose::of(n));
        done = true;
    }
    CHECK(wrong == 0);
    CHECK(seen > 0);
    CHECK(lock.read()->frame >= 100'000);
}

using Pair = std::array<std::uint64_t, 2>;

template <class M>
void one_writer_one_reader(Round& round) {
    SeqLock<Pair, M> lock(Pair{1, 1});
    round.thread([&] {
        lock.store({2, 2});
        lock.store({3, 3});
    });
    round.thread([&] {
        std::uint64_t last = 0;
        for (int i = 0; i < 2; ++i) {
            const auto pair = lock.read(2);
            if (!pair) continue;
            round.check((*pair)[0] == (*pair)[1], "the value is whole");
            round.check((*pair)[0] >= last, "the value is no older");
            last = (*pair)[0];
        }
    });
    round.run();
}

TEST_CASE("seqlock: in all orders of steps values are whole and in order" *
          doctest::skip(testing::kNoStepping)) {
    const auto all = explore({.switches = 4}, one_writer_one_reader<Stepped>);
    CHECK(all.failure == "");
    CHECK(all.complete);
}

// A writer dies between two words; its successor's value is whole, and until then there is no news.
TEST_CASE("seqlock: a writer that dies in the middle of a store leaves no news, not half of it") {
    SeqLock<Pair> lock(Pair{1, 1});
    struct Layout {
        std::atomic<std::uint64_t> version;
    };
    auto& version = *static_cast<Layout*>(static_cast<void*>(&lock));
    version.version.fetch_add(1);
    CHECK_FALSE(lock.read());
    lock.store({5, 5});
    REQUIRE(lock.read());
    CHECK((*lock.read())[1] == 5);
}

}  // namespace
}  // namespace parallax
