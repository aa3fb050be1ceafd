#include "sync/broadcast.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "support/stepped.h"
#include "sync/plain_broadcast.h"

namespace parallax {
namespace {

using testing::explore;
using testing::Round;
using testing::Stepped;

struct Sample {  // Of no whole number of words.
    std::uint64_t n = 0;
    std::uint64_t again = 0;
    std::uint32_t once_more = 0;

    static Sample of(std::uint64_t n) { return {n, n, static_cast<std::uint32_t>(n)}; }
    bool whole() const { return again == n && once_more == static_cast<std::uint32_t>(n); }
};

using Own = Broadcast<Sample>;
using Plain = PlainBroadcast<Sample>;

TEST_CASE_TEMPLATE("broadcast: each subscriber hears all since it joined, in order", Kind, Own,
                   Plain) {
    Kind samples(8);
    CHECK(samples.publish(Sample::of(0)) == QueueAnswer::ok);
    auto early = samples.subscribe(Lag::drop_oldest);
    CHECK(early->try_receive().error() == QueueAnswer::empty);
    samples.publish(Sample::of(1));
    auto late = samples.subscribe(Lag::block);
    samples.publish(Sample::of(2));
    CHECK(early->behind() == 2);
    CHECK(early->receive()->value.n == 1);
    CHECK(early->receive()->value.n == 2);
    CHECK(late->receive()->value.n == 2);
    samples.publish(Sample::of(3));
    samples.close();
    CHECK(samples.publish(Sample::of(4)) == QueueAnswer::closed);
    CHECK(early->receive()->value.n == 3);
    CHECK(early->receive().error() == QueueAnswer::closed);
    CHECK(late->receive()->value.n == 3);
    CHECK(late->try_receive().error() == QueueAnswer::closed);
}

TEST_CASE_TEMPLATE("broadcast: who drops is told how many it lost, exactly", Kind, Own, Plain) {
    for (std::uint64_t published = 1; published < 40; ++published) {
        Kind samples(8);
        auto slow = samples.subscribe(Lag::drop_oldest);
        for (std::uint64_t n = 0; n < published; ++n) samples.publish(Sample::of(n));
        samples.close();
        std::uint64_t next = 0;
        std::uint64_t received = 0;
        while (const auto heard = slow->receive()) {
            next += heard->lost;
            CHECK(heard->value.n == next++);
            ++received;
        }
        CHECK(next == published);
        CHECK(received >= std::min<std::uint64_t>(published, 7));
    }
}

TEST_CASE_TEMPLATE("broadcast: so many may block, and who leaves makes room for another", Kind, Own,
                   Plain) {
    Kind samples(2);
    {
        std::vector<typename Kind::Subscriber> all;
        for (std::size_t i = 0; i < Kind::kMostBlocking; ++i) {
            all.push_back(*samples.subscribe(Lag::block));
        }
        CHECK_FALSE(samples.subscribe(Lag::block));
        CHECK(samples.subscribe(Lag::drop_oldest));
    }
    CHECK(samples.subscribe(Lag::block));
    // Nobody is left that blocks.
    for (std::uint64_t n = 0; n < 10; ++n) CHECK(samples.publish(Sample::of(n)) == QueueAnswer::ok);
}

TEST_CASE_TEMPLATE("broadcast: those that block hear all, those that drop know what they missed",
                   Kind, Own, Plain) {
    constexpr std::uint64_t kCount = 20'000;
    for (const std::size_t capacity : {2U, 64U}) {
        Kind samples(capacity);
        std::atomic<int> wrong{0};
        const auto listen = [&](typename Kind::Subscriber subscriber, bool may_lose) {
            std::uint64_t next = 0;
            while (const auto heard = subscriber.receive()) {
                next += heard->lost;
                if (!heard->value.whole() || heard->value.n != next++) ++wrong;
                if (!may_lose && heard->lost != 0) ++wrong;
            }
            if (next != kCount) ++wrong;
        };
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 2; ++i) {
                threads.emplace_back(listen, *samples.subscribe(Lag::block), false);
                threads.emplace_back(listen, *samples.subscribe(Lag::drop_oldest), true);
            }
            // One that comes and goes all the time.
            threads.emplace_back([&] {
                while (true) {
                    auto guest = samples.subscribe(Lag::block);
                    const auto first = guest->receive();
                    if (!first) return;
                    const auto second = guest->receive();
                    if (second && second->value.n != first->value.n + 1) ++wrong;
                }
            });
            for (std::uint64_t n = 0; n < kCount; ++n) samples.publish(Sample::of(n));
            samples.close();
        }
        CHECK(wrong == 0);
    }
}

using Pair = std::array<std::uint64_t, 2>;

// A publisher, one that blocks and joins in the middle, and one that drops.
template <class M>
void published_and_heard(Round& round) {
    Broadcast<Pair, M> pairs(2);
    auto drops = pairs.subscribe(Lag::drop_oldest);
    round.thread([&] {
        for (std::uint64_t n = 0; n < 3; ++n) pairs.publish({n, n});
        pairs.close();
    });
    round.thread([&] {
        std::uint64_t next = 0;
        while (const auto heard = drops->receive()) {
            next += heard->lost;
            round.check(heard->value == Pair{next, next}, "what is heard is whole and in order");
            ++next;
        }
        round.check(next == 3, "what was lost is counted");
    });
    round.thread([&] {
        auto blocks = pairs.subscribe(Lag::block);
        std::uint64_t next = 4;
        while (const auto heard = blocks->receive()) {
            if (next == 4) next = heard->value[0];
            round.check(heard->lost == 0 && heard->value == Pair{next, next}, "nothing is lost");
            ++next;
        }
        round.check(next >= 3, "it heard the last");
    });
    round.run();
}

TEST_CASE("broadcast: in all orders of steps all is heard or counted, and all come to an end" *
          doctest::skip(testing::kNoStepping)) {
    const auto all = explore({.switches = 2, .most_rounds = 40'000}, published_and_heard<Stepped>);
    CHECK(all.failure == "");
    const auto chance = explore({.by_chance = 4'000}, published_and_heard<Stepped>);
    CHECK(chance.failure == "");
    const auto fenced =
        explore({.by_chance = 4'000, .asymmetric = false}, published_and_heard<Stepped>);
    CHECK(fenced.failure == "");
}

// What the scheduler is worth: without barriers who joins or waits is overlooked.
struct NoHeavyBarrier : Stepped {
    static void heavy(bool) {}
};

TEST_CASE("broadcast: without its barriers an order is found that loses something" *
          doctest::skip(testing::kNoStepping)) {
    CHECK(explore({.by_chance = 20'000}, published_and_heard<NoHeavyBarrier>).failure != "");
}

}  // namespace
}  // namespace parallax
