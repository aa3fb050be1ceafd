#include "sync/virtual_time.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>

namespace parallax {
namespace {

using Time = VirtualTime<std::uint64_t>;

constexpr int kWorkers = 4;
constexpr std::int64_t kAhead = 7;
constexpr std::int64_t kEnd = 1500;

std::uint64_t mixed(std::uint64_t value) {
    value = (value ^ (value >> 31U)) * 0x9E3779B97F4A7C15U;
    return value ^ (value >> 29U);
}

struct Taken {
    std::int64_t at_ns;
    int from;
    std::uint64_t body;
    bool operator==(const Taken&) const = default;
};
using Log = std::vector<Taken>;

// What a worker does with an event: its state mixes all that it saw, in that order, and decides
// to whom it sends the next, and for when. So any change of order changes all that follows. Times
// are multiples of five, so that many events are of one time, and ties must be broken.
template <class Send>
void react(std::uint64_t& state, const Taken& event, int self, Send send) {
    state = mixed(state * 31 + event.body * 7 +
                  static_cast<std::uint64_t>(event.at_ns * 8 + event.from));
    const int to = static_cast<int>(state % kWorkers);
    const std::int64_t least = event.at_ns + (to == self ? 1 : kAhead);
    const auto more = static_cast<std::int64_t>(state / 16 % 20);
    send(Time::Route{.from = self, .to = to, .at_ns = (least + more + 4) / 5 * 5}, state);
}

// So many events are under way at any time: each one causes one.
template <class Send>
void begin(Send send) {
    for (int n = 0; n < 5 * kWorkers; ++n) {
        const int self = n % kWorkers;
        send(Time::Route{.from = self, .to = self, .at_ns = n / 8 * 5},
             static_cast<std::uint64_t>(n));
    }
}

// By threads that are held up at random.
std::vector<Log> simulated(unsigned disturbance, std::atomic<int>& failures) {
    Time time({.workers = kWorkers, .look_ahead_ns = kAhead, .end_ns = kEnd});
    begin([&](const Time::Route& route, std::uint64_t body) {
        if (!time.send(route, body)) ++failures;
    });
    std::vector<Log> logs(kWorkers);
    std::vector<std::jthread> threads;
    for (int self = 0; self < kWorkers; ++self) {
        threads.emplace_back([&, self] {
            std::mt19937 random(disturbance * kWorkers + static_cast<unsigned>(self));
            Log& log = logs.at(static_cast<std::size_t>(self));
            std::uint64_t state = 0;
            std::int64_t before = 0;
            while (const auto event = time.next(self)) {
                if (event->at_ns < before || time.clock_ns(self) != event->at_ns) ++failures;
                // What bounds every clock, seen from here while others move.
                if (time.global_ns() > event->at_ns) ++failures;
                before = event->at_ns;
                log.push_back({event->at_ns, event->from, event->body});
                react(state, log.back(), self, [&](const Time::Route& route, std::uint64_t body) {
                    if (!time.send(route, body)) ++failures;
                });
                if (random() % 16U == 0) std::this_thread::yield();
            }
        });
    }
    threads.clear();
    return logs;
}

// The same by one loop that has all events in one list and looks for the least each time.
std::vector<Log> reference() {
    struct Pending {
        std::int64_t at_ns;
        int from;
        std::uint64_t count;
        int to;
        std::uint64_t body;
    };
    std::vector<Pending> pending;
    std::vector<std::uint64_t> sent(kWorkers);
    std::vector<std::uint64_t> states(kWorkers);
    std::vector<Log> logs(kWorkers);
    const auto send = [&](const Time::Route& route, std::uint64_t body) {
        pending.push_back({route.at_ns, route.from, sent.at(static_cast<std::size_t>(route.from))++,
                           route.to, body});
    };
    begin(send);
    for (;;) {
        const auto first =
            std::ranges::min_element(pending, [](const Pending& a, const Pending& b) {
                return std::tie(a.at_ns, a.from, a.count) < std::tie(b.at_ns, b.from, b.count);
            });
        if (first == pending.end() || first->at_ns >= kEnd) return logs;
        const Pending event = *first;
        pending.erase(first);
        const auto to = static_cast<std::size_t>(event.to);
        logs.at(to).push_back({event.at_ns, event.from, event.body});
        react(states.at(to), logs.at(to).back(), event.to, send);
    }
}

TEST_CASE("virtual time: every run is the same run, and the one of a single loop") {
    const std::vector<Log> wanted = reference();
    std::size_t events = 0;
    for (const Log& log : wanted) events += log.size();
    CHECK(events > 1000);
    std::atomic<int> failures{0};
    for (unsigned disturbance = 0; disturbance < 6; ++disturbance) {
        CAPTURE(disturbance);
        const std::vector<Log> got = simulated(disturbance, failures);
        for (std::size_t i = 0; i < got.size(); ++i) CHECK((got[i] == wanted[i]));
    }
    CHECK(failures == 0);
}

TEST_CASE(
    "virtual time: a worker goes no further than the least of the others and the look-ahead") {
    Time time({.workers = 2, .look_ahead_ns = 10, .end_ns = 1000});
    REQUIRE(time.send({0, 0, 9}, 1));
    REQUIRE(time.send({0, 0, 10}, 2));
    const auto first = time.next(0);
    REQUIRE(first);
    CHECK(first->body == 1);
    CHECK(time.clock_ns(0) == 9);
    CHECK(time.global_ns() == 0);
    // The second must wait: worker 1 may still send for 10.
    std::atomic<bool> came{false};
    std::optional<Time::Event> second;
    std::jthread waiter([&] {
        second = time.next(0);
        came = true;
    });
    while (time.clock_ns(0) != 10) std::this_thread::yield();
    CHECK_FALSE(came);
    REQUIRE(time.send({1, 0, 10}, 3));  // And does; but 0 goes before 1.
    time.leave(1);
    waiter.join();
    REQUIRE(second);
    CHECK(second->body == 2);
    const auto third = time.next(0);
    REQUIRE(third);
    CHECK(third->from == 1);
    CHECK_FALSE(time.next(0));
    CHECK_FALSE(time.next(0));
}

TEST_CASE("virtual time: who sends too early is told where it stands") {
    Time time({.workers = 2, .look_ahead_ns = 10, .end_ns = 1000});
    time.leave(1);
    REQUIRE(time.send({0, 0, 50}, 1));
    REQUIRE(time.next(0));
    const auto early = time.send({0, 1, 59}, 2);
    REQUIRE_FALSE(early);
    CHECK(early.error().message == "worker 0 is at 50 ns and cannot send for 59 ns");
    CHECK(time.send({0, 1, 60}, 2));
    CHECK_FALSE(time.send({0, 0, 49}, 2));
    CHECK(time.send({0, 0, 50}, 2));
    CHECK_FALSE(time.send({0, 0, -1}, 2));
}

TEST_CASE(
    "virtual time: workers without events come to the end, and what lies there is not taken") {
    Time time({.workers = 3, .look_ahead_ns = 1, .end_ns = 500});
    REQUIRE(time.send({0, 0, 499}, 1));
    REQUIRE(time.send({0, 0, 500}, 2));
    std::atomic<int> taken{0};
    {
        std::vector<std::jthread> workers;
        for (int i = 0; i < 3; ++i) {
            workers.emplace_back([&, i] {
                while (time.next(i)) ++taken;
            });
        }
    }
    CHECK(taken == 1);
}

TEST_CASE("virtual time: stop ends all waits") {
    Time time({.workers = 2, .look_ahead_ns = 10, .end_ns = 1000});
    std::jthread waiter([&] { CHECK_FALSE(time.next(0)); });
    while (time.clock_ns(0) != 10) std::this_thread::yield();
    time.stop();
    waiter.join();
    CHECK_FALSE(time.next(1));
}

}  // namespace
}  // namespace parallax
