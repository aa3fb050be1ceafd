// Flushes where stages are processes, and where those are killed in the middle of one.
#include <atomic>
#include <numeric>
#include <random>
#include <thread>

#include <signal.h>

#include <doctest/doctest.h>

#include "support/isolated.h"
#include "support/until.h"

namespace parallax {
namespace {

using testing::Isolated;
using std::chrono::operator""s;

struct Got {
    std::vector<std::int64_t> numbers;
    std::int64_t floor = 0;  // All below were pushed before the last flush.
    int stale = 0;           // Pulled although they were.
    std::uint64_t restarts = 0;
};

// Pushes numbers and flushes now and then, and pulls what comes; kills `victims` in turn.
Got push_and_flush(const std::string& line, std::int64_t frames,
                   const std::vector<std::string>& victims, unsigned seed) {
    Isolated run(line);
    auto& in = *run.pipeline().element<AppSrc>("in");
    auto& sink = *run.pipeline().element<AppSink>("pulled");
    REQUIRE(run.play());
    Got got;
    std::atomic<std::int64_t> floor = 0;
    std::atomic<bool> over = false;
    std::thread pusher([&] {
        std::minstd_rand dice(seed);
        for (std::int64_t i = 0; i < frames; ++i) {
            Meta meta;
            meta.pts_ns = i;
            if (in.push(std::as_bytes(std::span(&i, 1)), meta, 20s) != AppSrc::Push::taken) break;
            if (dice() % 25 != 0) continue;
            run.pipeline().flush();
            floor = i + 1;
        }
        in.end_of_stream();
    });
    std::thread puller([&] {
        for (;;) {
            const std::int64_t least = floor;
            const auto sample = sink.pull(20s);
            if (!sample) break;
            if (sample->meta.pts_ns < least) ++got.stale;
            got.numbers.push_back(sample->meta.pts_ns);
        }
        over = true;
    });
    std::minstd_rand dice(seed + 100);
    std::map<std::string, std::pair<std::int64_t, std::uint64_t>> last;  // Process, and frames.
    while (!run.ended()) {
        (void)run.look(1'000'000 + static_cast<std::int64_t>(dice() % 4'000'000));
        if (run.ended() || over || victims.empty()) continue;
        const std::string& victim = victims[dice() % victims.size()];
        const ElementReport now = run.report(victim);
        const std::uint64_t met = now.frames_in + now.dropped;
        auto& [killed, then] = last[victim];
        if (now.pid == 0 || now.pid == killed || met < then + 3) continue;
        killed = now.pid;
        then = met;
        ::kill(static_cast<pid_t>(now.pid), SIGKILL);
    }
    pusher.join();
    puller.join();
    for (const std::string& error : run.finish()) FAIL_CHECK(error);
    for (const std::string& victim : victims) got.restarts += run.report(victim).restarts;
    got.floor = floor;
    return got;
}

void check_all_after(const Got& got, std::int64_t frames, std::size_t times) {
    CHECK(got.stale == 0);
    std::vector<std::int64_t> wanted;
    for (std::int64_t i = got.floor; i < frames; ++i) wanted.insert(wanted.end(), times, i);
    std::vector<std::int64_t> last;
    std::ranges::copy_if(got.numbers, std::back_inserter(last),
                         [&](auto number) { return number >= got.floor; });
    if (times > 1) std::ranges::sort(last);  // Branches overtake each other.
    CHECK(last == wanted);
    if (times > 1) return;
    CHECK(std::ranges::adjacent_find(got.numbers, std::greater_equal<>()) == got.numbers.end());
}

const std::string kTwo =
    "appsrc name=in ! queue max-size-buffers=3 ! identity name=x isolate=process ! "
    "queue max-size-buffers=2 ! identity name=y isolate=process ! queue ! appsink name=pulled";
const std::string kBranches =
    "appsrc name=in ! tee name=t  t. ! queue ! identity name=x isolate=process ! "
    "funnel name=f ! identity ! appsink name=pulled  "
    "t. ! queue ! identity name=y isolate=process ! f.";

TEST_CASE("flush: goes through processes, and nothing of before comes out of them") {
    for (unsigned seed = 1; seed <= 2; ++seed) {
        check_all_after(push_and_flush(kTwo, 2000, {}, seed), 2000, 1);
        check_all_after(push_and_flush(kBranches, 2000, {}, seed), 2000, 2);
    }
}

TEST_CASE("flush: a process killed in the middle of it loses nothing of after it") {
    std::uint64_t restarts = 0;
    for (unsigned seed = 1; seed <= 3; ++seed) {
        CAPTURE(seed);
        for (const auto& [line, times] : {std::pair(kTwo, 1U), std::pair(kBranches, 2U)}) {
            const Got got = push_and_flush(line, 6000, {"x", "y"}, seed);
            check_all_after(got, 6000, times);
            restarts += got.restarts;
        }
    }
    CHECK(restarts >= 20);
}

// The number of a frame is its place, from 1 on; each time must be the sum of its number and of up
// to three before it, but of none before the flush.
TEST_CASE("flush: what follows from the last few frames begins anew, also where its process dies") {
    Isolated run(
        "appsrc name=in ! identity sleep-time=200 ! movingsum name=x frames=3 isolate=process ! "
        "queue ! appsink name=out");
    auto& in = *run.pipeline().element<AppSrc>("in");
    std::atomic<std::size_t> seen = 0;
    std::vector<std::uint64_t> last;
    int wrong = 0;
    run.pipeline().element<AppSink>("out")->on_frame([&](const AppSink::View& view) {
        ++seen;
        if (view.bytes.front() != std::byte{1}) return;  // Of the end.
        if ((view.meta.flags & frame_flag::discont) != 0) last.clear();
        last.push_back(view.meta.sequence + 1);
        if (last.size() > 4) last.erase(last.begin());
        const auto sum = std::accumulate(last.begin(), last.end(), std::uint64_t{0});
        if (view.meta.pts_ns != static_cast<std::int64_t>(sum)) ++wrong;
    });
    REQUIRE(run.play());
    std::int64_t killed = 0;
    for (int i = 0; i < 1000; ++i) {
        const std::byte frame{1};
        REQUIRE(in.push(std::span(&frame, 1), {}, 20s) == AppSrc::Push::taken);
        if (i % 50 == 49) run.pipeline().flush();
        const std::int64_t pid = run.report("x").pid;
        if (i % 20 != 0 || pid == 0 || std::exchange(killed, pid) == pid) continue;
        ::kill(static_cast<pid_t>(pid), SIGKILL);
    }
    in.end_of_stream();
    CHECK(run.finish().empty());
    CHECK(wrong == 0);
    CHECK(seen > 20);
    CHECK(run.report("x").restarts >= 3);
}

// How many frames that follow a gap the sink saw.
std::size_t gaps_of(const std::string& line, bool flush) {
    CAPTURE(line);
    Isolated run(line);
    std::atomic<std::size_t> seen = 0;
    std::atomic<std::size_t> gaps = 0;
    run.pipeline().element<AppSink>("out")->on_frame([&](const AppSink::View& view) {
        if ((view.meta.flags & frame_flag::discont) != 0) ++gaps;
        ++seen;
    });
    REQUIRE(run.play());
    until([&] { return seen >= 5; });
    if (flush) run.pipeline().flush();
    until([&] { return seen >= 200; });
    run.pipeline().stop();
    CHECK(run.finish().empty());
    return gaps;
}

TEST_CASE("flush: a source in a process is asked, and marks what it makes next") {
    const std::string line =
        "fakesrc sizetype=fixed sizemax=8 isolate=process ! "
        "identity isolate=process sleep-time=500 ! appsink name=out";
    CHECK(gaps_of(line, true) == 1);
    CHECK(gaps_of(line, false) == 0);
}

TEST_CASE("flush: an element in a process may ask for one") {
    CHECK(gaps_of("fakesrc sizetype=fixed sizemax=8 ! identity sleep-time=500 ! "
                  "evilfilter mischief=flush at=100 isolate=process ! appsink name=out",
                  false) == 1);
}

}  // namespace
}  // namespace parallax
