// What WorkQueue promises (sync/ring_queue.h), asked of the rings and of the plain queue alike.
#include <atomic>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "sync/plain_queue.h"
#include "sync/ring_queue.h"

namespace parallax {
namespace {

using std::chrono_literals::operator""us;
using std::chrono_literals::operator""h;

// Moves only, and what is lost or destroyed twice shows under ASan.
using Item = std::unique_ptr<std::uint64_t>;
Item item(std::uint64_t n) { return std::make_unique<std::uint64_t>(n); }

using Spsc = RingQueue<Item, Sides::spsc>;
using Spmc = RingQueue<Item, Sides::spmc>;
using Mpmc = RingQueue<Item, Sides::mpmc>;
using Plain = PlainQueue<Item>;

template <class Queue>
constexpr int kProducers = std::is_same_v<Queue, Spsc> || std::is_same_v<Queue, Spmc> ? 1 : 3;
template <class Queue>
constexpr int kConsumers = std::is_same_v<Queue, Spsc> ? 1 : 3;

TEST_CASE_TEMPLATE(
    "work queue: takes as many as it has room for, then says full and leaves the item", Queue, Spsc,
    Spmc, Mpmc, Plain) {
    for (const std::size_t asked : {0U, 1U, 2U, 3U, 8U, 1000U}) {
        Queue queue(asked);
        CHECK(queue.capacity() >= asked);
        for (std::uint64_t lap = 0; lap < 3; ++lap) {
            for (std::uint64_t n = 0; n < queue.capacity(); ++n) {
                REQUIRE(queue.try_push(item(n)) == QueueAnswer::ok);
            }
            Item more = item(7);
            CHECK(queue.try_push(std::move(more)) == QueueAnswer::full);
            CHECK(queue.push_for(std::move(more), 1us) == QueueAnswer::timed_out);
            REQUIRE(more != nullptr);
            CHECK(queue.size() == queue.capacity());
            for (std::uint64_t n = 0; n < queue.capacity(); ++n) CHECK(**queue.try_pop() == n);
            CHECK(queue.try_pop().error() == QueueAnswer::empty);
            CHECK(queue.pop_for(1us).error() == QueueAnswer::timed_out);
        }
    }
}

TEST_CASE_TEMPLATE("work queue: once closed it takes nothing, and gives what it has", Queue, Spsc,
                   Spmc, Mpmc, Plain) {
    Queue queue(4);
    CHECK(queue.push(item(1)) == QueueAnswer::ok);
    CHECK(queue.push(item(2)) == QueueAnswer::ok);
    CHECK_FALSE(queue.closed());
    queue.close();
    queue.close();
    CHECK(queue.closed());
    Item late = item(3);
    CHECK(queue.try_push(std::move(late)) == QueueAnswer::closed);
    CHECK(queue.push(std::move(late)) == QueueAnswer::closed);
    CHECK(queue.push_for(std::move(late), 1h) == QueueAnswer::closed);
    CHECK(queue.try_push_some({&late, 1}) == 0);
    CHECK(queue.push_all({&late, 1}) == 0);
    CHECK(late != nullptr);
    CHECK(**queue.pop() == 1);
    CHECK(**queue.pop_for(1h) == 2);
    CHECK(queue.pop().error() == QueueAnswer::closed);
    CHECK(queue.try_pop().error() == QueueAnswer::closed);
    CHECK(queue.pop_for(1h).error() == QueueAnswer::closed);
    std::vector<Item> room(2);
    CHECK(queue.pop_some(room) == 0);
}

TEST_CASE_TEMPLATE("work queue: batches are taken in part, in order", Queue, Spsc, Spmc, Mpmc,
                   Plain) {
    Queue queue(4);
    std::vector<Item> in;
    for (std::uint64_t n = 0; n < 6; ++n) in.push_back(item(n));
    CHECK(queue.try_push_some(in) == 4);
    CHECK(in[3] == nullptr);
    CHECK(in[4] != nullptr);
    std::vector<Item> out(3);
    CHECK(queue.try_pop_some(out) == 3);
    CHECK(*out[2] == 2);
    CHECK(queue.try_push_some(std::span(in).subspan(4)) == 2);
    CHECK(queue.pop_some(out) == 3);
    CHECK(*out[0] == 3);
    CHECK(*out[2] == 5);
    CHECK(queue.try_pop_some(out) == 0);
    CHECK(queue.try_push_some({}) == 0);
    CHECK(queue.pop_some({}) == 0);
}

TEST_CASE_TEMPLATE("work queue: closing wakes who waits for an item and who waits for room", Queue,
                   Spsc, Spmc, Mpmc, Plain) {
    for (int round = 0; round < 50; ++round) {
        Queue empty(2);
        Queue full(1);
        CHECK(full.try_push(item(0)) == QueueAnswer::ok);
        QueueAnswer popped = QueueAnswer::ok;
        QueueAnswer pushed = QueueAnswer::ok;
        {
            std::jthread popper([&] { popped = empty.pop().error(); });
            std::jthread pusher([&] { pushed = full.push(item(1)); });
            for (int i = 0; i < round % 5; ++i) std::this_thread::yield();
            empty.close();
            full.close();
        }
        CHECK(popped == QueueAnswer::closed);
        CHECK(pushed == QueueAnswer::closed);
        CHECK(full.size() == 1);
    }
}

// The number of the producer above, its count below.
std::uint64_t stamped(int producer, std::uint64_t n) {
    return (static_cast<std::uint64_t>(producer) << 32U) | n;
}

struct Tally {                                    // What one consumer saw.
    std::map<std::uint64_t, std::uint64_t> next;  // By producer.
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    bool in_order = true;

    void add(std::uint64_t value) {
        const std::uint64_t n = value & 0xffffffffU;
        std::uint64_t& expected = next[value >> 32U];
        if (n < expected) in_order = false;
        expected = n + 1;
        ++count;
        sum += value;
    }
};

enum class How { one, timed, some };

template <class Queue>
void push_many(Queue& queue, int producer, std::uint64_t count, How how) {
    for (std::uint64_t n = 0; n < count;) {
        if (how == How::one) {
            CHECK(queue.push(item(stamped(producer, n++))) == QueueAnswer::ok);
        } else if (how == How::timed) {
            Item next = item(stamped(producer, n));
            if (queue.push_for(std::move(next), 20us) == QueueAnswer::ok) ++n;
        } else {
            std::vector<Item> batch;
            for (; batch.size() < 7 && n < count; ++n) batch.push_back(item(stamped(producer, n)));
            CHECK(queue.push_all(batch) == batch.size());
        }
    }
}

template <class Queue>
void pop_all(Queue& queue, Tally& tally, How how) {
    std::vector<Item> batch(5);
    while (true) {
        if (how == How::some) {
            const std::size_t count = queue.pop_some(batch);
            if (count == 0) return;
            for (std::size_t i = 0; i < count; ++i) tally.add(*batch[i]);
            continue;
        }
        const auto popped = how == How::one ? queue.pop() : queue.pop_for(20us);
        if (popped) tally.add(**popped);
        if (!popped && popped.error() == QueueAnswer::closed) return;
    }
}

TEST_CASE_TEMPLATE(
    "work queue: nothing is lost, nothing comes twice, each producer's order is kept", Queue, Spsc,
    Spmc, Mpmc, Plain) {
    constexpr std::uint64_t kEach = 2'000;
    for (const How how : {How::one, How::timed, How::some}) {
        for (const std::size_t capacity : {1U, 4U, 64U}) {
            Queue queue(capacity);
            std::vector<Tally> tallies(kConsumers<Queue>);
            {
                std::vector<std::jthread> consumers;
                for (Tally& tally : tallies) {
                    consumers.emplace_back([&] { pop_all(queue, tally, how); });
                }
                std::vector<std::jthread> producers;
                for (int p = 0; p < kProducers<Queue>; ++p) {
                    producers.emplace_back([&, p] { push_many(queue, p, kEach, how); });
                }
                producers.clear();
                queue.close();
            }
            Tally all;
            for (const Tally& tally : tallies) {
                CHECK(tally.in_order);
                all.count += tally.count;
                all.sum += tally.sum;
            }
            std::uint64_t wanted = 0;
            for (int p = 0; p < kProducers<Queue>; ++p) {
                wanted += stamped(p, 0) * kEach + kEach * (kEach - 1) / 2;
            }
            CHECK(all.count == kEach * kProducers<Queue>);
            CHECK(all.sum == wanted);
        }
    }
}

// A third thread closes while pushes are under way: what was taken is popped, to the last item.
TEST_CASE_TEMPLATE("work queue: whatever it took before it was closed is given out", Queue, Spsc,
                   Spmc, Mpmc, Plain) {
    std::uint64_t lost = 0;
    for (int round = 0; round < 100; ++round) {
        Queue queue(round % 2 == 0 ? 2 : 256);
        std::atomic<std::uint64_t> taken{0};
        std::atomic<std::uint64_t> given{0};
        {
            std::vector<std::jthread> threads;
            for (int p = 0; p < kProducers<Queue>; ++p) {
                threads.emplace_back([&] {
                    while (queue.push(item(1)) == QueueAnswer::ok) ++taken;
                });
            }
            for (int c = 0; c < kConsumers<Queue>; ++c) {
                threads.emplace_back([&] {
                    while (queue.pop()) ++given;
                });
            }
            while (taken < static_cast<std::uint64_t>(round)) std::this_thread::yield();
            queue.close();
        }
        lost += taken - given;
    }
    CHECK(lost == 0);
}

TEST_CASE("work queue: what is left in it is destroyed with it") {
    struct Counted {
        explicit Counted(int* alive) : alive_(alive) { ++*alive_; }
        Counted(Counted&& other) noexcept : alive_(other.alive_) { ++*alive_; }
        ~Counted() { --*alive_; }
        int* alive_;
    };
    int alive = 0;
    {
        RingQueue<Counted, Sides::spsc> spsc(4);
        RingQueue<Counted, Sides::mpmc> mpmc(4);
        for (int i = 0; i < 6; ++i) {
            CHECK(spsc.try_push(Counted(&alive)) == (i < 4 ? QueueAnswer::ok : QueueAnswer::full));
            CHECK(mpmc.try_push(Counted(&alive)) == (i < 4 ? QueueAnswer::ok : QueueAnswer::full));
        }
        CHECK(spsc.try_pop());
        CHECK(alive == 7);
    }
    CHECK(alive == 0);
}

}  // namespace
}  // namespace parallax
