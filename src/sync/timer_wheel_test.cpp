#include "sync/timer_wheel.h"

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "sync/plain_timers.h"

namespace parallax {
namespace {

constexpr std::int64_t kMs = 1'000'000;
using Wheel = TimerWheel<int>;
using Plain = PlainTimers<int>;

// Which values fired, in order.
template <class Timers>
std::vector<int> fired_by(Timers& timers, std::int64_t now_ns) {
    std::vector<int> all;
    timers.advance(now_ns, [&](int& value, const Fired&) { all.push_back(value); });
    return all;
}

TEST_CASE_TEMPLATE("timers: fire in order, each once, none early", Timers, Wheel, Plain) {
    Timers timers({});
    timers.set(30 * kMs, 30);
    timers.set(10 * kMs + 1, 11);
    timers.set(10 * kMs, 10);
    CHECK(timers.size() == 3);
    CHECK(fired_by(timers, 10 * kMs - 1).empty());
    CHECK(fired_by(timers, 10 * kMs) == std::vector{10});
    CHECK(fired_by(timers, 11 * kMs - 1).empty());
    CHECK(fired_by(timers, 100 * kMs) == std::vector{11, 30});
    CHECK(timers.size() == 0);
    CHECK_FALSE(timers.next_ns());
}

TEST_CASE_TEMPLATE("timers: a time in the past is the next tick's", Timers, Wheel, Plain) {
    Timers timers({.start_ns = 1'000 * kMs});
    fired_by(timers, 1'500 * kMs);
    timers.set(0, 1);
    CHECK(fired_by(timers, 1'500 * kMs).empty());
    CHECK(fired_by(timers, 1'501 * kMs) == std::vector{1});
}

TEST_CASE_TEMPLATE("timers: time that goes back is no news", Timers, Wheel, Plain) {
    Timers timers({.start_ns = 100 * kMs});
    fired_by(timers, 200 * kMs);
    timers.set(210 * kMs, 1);
    CHECK(fired_by(timers, 0).empty());
    CHECK(fired_by(timers, 150 * kMs).empty());
    CHECK(fired_by(timers, 210 * kMs) == std::vector{1});
}

TEST_CASE_TEMPLATE("timers: a cancelled timer gives its value back and never fires", Timers, Wheel,
                   Plain) {
    Timers timers({});
    const Timer timer = timers.set(5 * kMs, 7);
    CHECK(timers.cancel(timer) == 7);
    CHECK_FALSE(timers.cancel(timer));
    CHECK_FALSE(timers.move(timer, 1));
    const Timer second = timers.set(5 * kMs, 8);
    CHECK_FALSE(timers.live(timer));
    CHECK_FALSE(timers.cancel(timer));
    CHECK(timers.live(second));
    CHECK(fired_by(timers, 9 * kMs) == std::vector{8});
    CHECK_FALSE(timers.cancel(second));
    CHECK_FALSE(timers.cancel({}));
}

TEST_CASE_TEMPLATE("timers: a repeating one does not drift, and tells of periods it missed", Timers,
                   Wheel, Plain) {
    Timers timers({});
    const std::int64_t period = 16'666'667;  // No whole number of ticks.
    timers.repeat(period, period, 1);
    std::uint64_t times = 0;
    std::int64_t due = 0;
    std::int64_t now = 0;
    while (now < 10'000 * kMs) {
        now += now < 5'000 * kMs ? kMs : 333 * kMs;
        timers.advance(now, [&](int&, const Fired& fired) {
            times += fired.times;
            due = fired.due_ns;
            CHECK(due <= now);
        });
    }
    CHECK(due == static_cast<std::int64_t>(times) * period);
    CHECK(times == static_cast<std::uint64_t>(now / period));
}

TEST_CASE_TEMPLATE("timers: who is called may set, move and cancel timers, its own too", Timers,
                   Wheel, Plain) {
    Timers timers({});
    std::map<int, Timer> by_value;
    by_value[1] = timers.repeat(kMs, kMs, 1);
    by_value[2] = timers.set(2 * kMs, 2);
    by_value[3] = timers.set(2 * kMs, 3);
    by_value[4] = timers.repeat(2 * kMs, kMs, 4);
    std::vector<int> all;
    const auto fire = [&](int& value, const Fired&) {
        all.push_back(value);
        if (value == 1) timers.cancel(by_value[1]);
        if (value == 2) timers.cancel(by_value[3]);
        if (value == 3) timers.cancel(by_value[2]);
        if (value == 4) timers.move(by_value[4], 10 * kMs);
        // Many, so that what the wheel keeps them in moves.
        if (value == 1) {
            for (int i = 0; i < 1'000; ++i) timers.set(0, 100);
        }
    };
    timers.advance(kMs, fire);
    CHECK(all == std::vector{1});
    timers.advance(2 * kMs, fire);
    CHECK(std::ranges::count(all, 100) == 1'000);
    CHECK(std::ranges::count(all, 2) + std::ranges::count(all, 3) == 1);
    CHECK(std::ranges::count(all, 4) == 1);
    timers.advance(9 * kMs, fire);
    CHECK(std::ranges::count(all, 4) == 1);
    timers.advance(10 * kMs, fire);
    CHECK(std::ranges::count(all, 4) == 2);
}

TEST_CASE("timers: one that sets itself anew for now cannot hold the wheel up") {
    Wheel wheel({});
    int fired = 0;
    const auto fire = [&](int&, const Fired&) {
        ++fired;
        wheel.set(0, 1);
    };
    wheel.set(0, 1);
    wheel.advance(100 * kMs, fire);
    CHECK(fired == 100);
    CHECK(wheel.size() == 1);
}

// Far beyond the last wheel too: 2^32 ticks are 49 days of milliseconds.
TEST_CASE_TEMPLATE("timers: a jump over idle time fires what is due at its time, in few steps",
                   Timers, Wheel, Plain) {
    Timers timers({});
    const std::int64_t day = 86'400'000 * kMs;
    std::vector<int> wanted;
    for (int n = 1; n <= 300; ++n) {
        timers.set(n * day, n);
        wanted.push_back(n);
    }
    for (int n = 1; n <= 100; ++n) {
        CHECK(fired_by(timers, n * day - 1).empty());
        CHECK(fired_by(timers, n * day) == std::vector{n});
    }
    CHECK(fired_by(timers, 400 * day) == std::vector(wanted.begin() + 100, wanted.end()));
}

// next_ns() may be early, when timers go to a finer wheel, but never late, and following it is
// cheap.
TEST_CASE("timers: who sleeps until next_ns() misses nothing and wakes seldom") {
    Wheel wheel({});
    std::mt19937 random(3);
    std::map<std::int64_t, int> due;
    for (int n = 0; n < 200; ++n) {
        const std::int64_t at = static_cast<std::int64_t>(random() % 50'000'000U) * kMs;
        wheel.set(at, static_cast<int>(at / kMs));
        ++due[std::max(at, kMs)];
    }
    int wakes = 0;
    while (const auto next = wheel.next_ns()) {
        ++wakes;
        REQUIRE(*next <= due.begin()->first);
        wheel.advance(*next, [&](int& value, const Fired&) {
            CHECK(std::max<std::int64_t>(value * kMs, kMs) == due.begin()->first);
            if (--due.begin()->second == 0) due.erase(due.begin());
        });
    }
    CHECK(due.empty());
    CHECK(wakes <= 200 * 4);
}

// The law: whatever is done, the wheel and the sorted map fire the same at the same steps.
TEST_CASE("timers: the wheel does what a sorted map does, whatever is asked") {
    for (unsigned seed = 1; seed <= 30; ++seed) {
        std::mt19937_64 random(seed);
        const std::int64_t tick = seed % 3 == 0 ? 1 : kMs;
        Wheel wheel({.tick_ns = tick, .start_ns = 77});
        Plain plain({.tick_ns = tick, .start_ns = 77});
        std::vector<std::pair<Timer, Timer>> timers;
        std::int64_t now = 77;
        const auto some_time = [&] {
            const unsigned bits = static_cast<unsigned>(random() % 40);
            return static_cast<std::int64_t>(random() % (std::uint64_t{1} << bits)) * tick;
        };
        for (int step = 0; step < 3'000; ++step) {
            const int what = static_cast<int>(random() % 10);
            const std::int64_t due = now + some_time() - 5 * tick;
            if (what < 5) {
                const std::int64_t period = what == 0 ? 1 + some_time() : 0;
                timers.emplace_back(
                    period ? wheel.repeat(due, period, step) : wheel.set(due, step),
                    period ? plain.repeat(due, period, step) : plain.set(due, step));
            } else if (what < 8 && !timers.empty()) {
                const auto& [a, b] = timers[random() % timers.size()];
                REQUIRE(wheel.live(a) == plain.live(b));
                if (what == 5) REQUIRE(wheel.move(a, due) == plain.move(b, due));
                if (what != 5) REQUIRE(wheel.cancel(a) == plain.cancel(b));
            } else {
                now += some_time() / 4;
                // Ordered by time; within a tick by value, since there no order is promised.
                std::vector<std::pair<int, std::uint64_t>> left;
                std::vector<std::pair<int, std::uint64_t>> right;
                wheel.advance(now, [&](int& v, const Fired& f) { left.push_back({v, f.times}); });
                plain.advance(now, [&](int& v, const Fired& f) { right.push_back({v, f.times}); });
                std::ranges::sort(left);
                std::ranges::sort(right);
                REQUIRE(left == right);
            }
            REQUIRE(wheel.size() == plain.size());
            if (wheel.size() == 0) continue;
            const std::int64_t first = wheel.first_ns().value();
            const std::int64_t turn = std::int64_t{1} << 24U;
            REQUIRE(first <= plain.first_ns().value());
            REQUIRE((first == plain.first_ns() || (first - 77) / tick % turn == 0));
        }
    }
}

TEST_CASE("timers: a million at once fire in order, and memory is used anew") {
    Wheel wheel({});
    std::mt19937 random(5);
    for (int round = 0; round < 2; ++round) {
        const std::int64_t base = round * 100'000 * kMs;
        std::vector<Timer> timers;
        for (int n = 0; n < 1'000'000; ++n) {
            const int at = 1 + static_cast<int>(random() % 60'000U);
            timers.push_back(wheel.set(base + at * kMs, at));
        }
        for (std::size_t n = 0; n < timers.size(); n += 2) REQUIRE(wheel.cancel(timers[n]));
        CHECK(wheel.size() == 500'000);
        int last = 0;
        int backwards = 0;
        const std::size_t fired = wheel.advance(base + 60'000 * kMs, [&](int& at, const Fired&) {
            if (at < last) ++backwards;
            last = at;
        });
        CHECK(fired == 500'000);
        CHECK(backwards == 0);
        wheel.advance(base + 100'000 * kMs, [](int&, const Fired&) {});
    }
}

}  // namespace
}  // namespace parallax
