// Elements that misbehave in processes of their own: what it costs, and what is told.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <numeric>

#include <signal.h>
#include <sys/resource.h>

#include <doctest/doctest.h>

#include "isolate/opening.h"
#include "isolate/stage_process.h"
#include "support/isolated.h"
#include "support/stages.h"

PX_STAGE("stage") {
    parallax::Registry registry = parallax::testing::evil_registry();
    return parallax::run_stage_process({.sockets = std::move(start.fds),
                                        .registry = registry,
                                        .lock_down = [&start] { return start.lock_down.now(); }});
}

PX_STAGE("opening") {
    parallax::Registry registry = parallax::testing::evil_registry();
    return parallax::run_opening(std::move(start), registry);
}

namespace parallax {
namespace {

using testing::Isolated;
using Numbers = std::vector<std::uint64_t>;

constexpr std::uint64_t kFrames = 20;

std::string line_with(const std::string& mischief) {
    return "fakesrc num-buffers=20 sizetype=fixed sizemax=8192 ! evilfilter name=evil at=5 "
           "mischief=" +
           mischief + " isolate=process ! appsink name=out";
}

Numbers all_but(std::uint64_t missing) {
    Numbers numbers;
    for (std::uint64_t n = 0; n < kFrames; ++n) {
        if (n != missing) numbers.push_back(n);
    }
    return numbers;
}

SupervisorOptions quick() {
    SupervisorOptions options;
    options.restart.delay = std::chrono::milliseconds(1);
    return options;
}

TEST_CASE("isolated: a frame that kills its element three times is passed over, and told") {
    const std::pair<std::string, std::string> ways[] = {
        {"abort", "SIGABRT"},           {"segv", "SIGSEGV"},
        {"stack", "SIGSEGV"},           {"write-input", "SIGSEGV"},
        {"exit", "exited with code 3"}, {"syscall", "SIGSYS"}};
    for (const auto& [mischief, reason] : ways) {
        CAPTURE(mischief);
        Isolated run(line_with(mischief), quick());
        CHECK(run.run().empty());
        CHECK(run.sequences() == all_but(5));
        CHECK(run.report("evil").restarts == 3);
        CHECK(run.report("evil").poisoned == 1);
        CHECK_MESSAGE(run.was_said(reason), doctest::toString(run.said()));
        CHECK(run.was_said("passes over frame 5"));
    }
}

TEST_CASE("isolated: an element that hangs is ended at its deadline, awake or asleep") {
    for (const std::string mischief : {"hang", "sleep"}) {
        CAPTURE(mischief);
        SupervisorOptions options = quick();
        options.frame_deadline = std::chrono::milliseconds(300);
        Isolated run(line_with(mischief), options);
        CHECK(run.run().empty());
        CHECK(run.sequences() == all_but(5));
        CHECK(run.report("evil").poisoned == 1);
        CHECK(run.was_said("deadline"));
    }
}

TEST_CASE("isolated: an element that says it fails ends the run in order, as on a thread") {
    Isolated run(line_with("fail"), quick());
    const auto errors = run.run();
    REQUIRE(errors.size() == 1);
    CHECK(errors.front() == "evil: as it was told");
    CHECK(run.sequences().size() <= 5);
    CHECK(run.report("evil").restarts == 0);
}

TEST_CASE("isolated: what cannot be made ready is an error before anything flows") {
    for (const std::string mischief :
         {"crash-in-open", "crash-in-configure", "fail-in-configure"}) {
        CAPTURE(mischief);
        Isolated run(line_with(mischief), quick());
        const Result<> playing = run.play();
        REQUIRE_FALSE(playing);
        CHECK(to_string(playing.error()).size() > 5);
        CHECK(run.sequences().empty());
    }
}

TEST_CASE(
    "isolated: one that dies of its end again and again is given up, its frames are through") {
    Isolated run(line_with("crash-in-drain"), quick());
    const auto errors = run.run();
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().find("evil: its process ended: SIGABRT") == 0);
    CHECK(run.sequences() == all_but(kFrames));
}

TEST_CASE("isolated: with on-crash=drop only its branch ends") {
    SupervisorOptions options = quick();
    options.on_crash = SupervisorOptions::OnCrash::drop;
    Isolated run(
        "fakesrc num-buffers=20 ! tee name=t  t. ! queue ! evilfilter mischief=abort at=5 "
        "isolate=process ! fakesink name=bad  t. ! queue ! appsink name=out",
        options);
    CHECK(run.run().empty());
    CHECK(run.sequences() == all_but(kFrames));
    CHECK(run.report("bad").frames_in == 5);
    CHECK(run.was_said("its branch ends here"));
}

TEST_CASE("isolated: what an element prints cannot drive a terminal") {
    Isolated run(line_with("escape"), quick());
    CHECK(run.run().empty());
    CHECK(run.sequences() == all_but(kFrames));
    CHECK(run.was_said("?[2J? gone?fake: line"));
}

TEST_CASE("isolated: a flood of messages holds nothing up") {
    Isolated run(line_with("chatter"), quick());
    CHECK(run.run().empty());
    CHECK(run.sequences() == all_but(kFrames));
}

TEST_CASE("isolated: a frame that cannot be, right before the end, ends the run with its name") {
    for (const std::string rest : {"", "identity isolate=process ! "}) {
        CAPTURE(rest);
        Isolated run(
            "fakesrc num-buffers=20 sizetype=fixed sizemax=64 ! evilfilter name=evil "
            "mischief=lie-at-end isolate=process ! " +
                rest + "appsink name=out",
            quick());
        const auto errors = run.run();
        REQUIRE_FALSE(errors.empty());
        CHECK(errors.front().find("evil: ") == 0);
        CHECK(run.sequences() == all_but(kFrames));
    }
}

TEST_CASE("isolated: a kill from outside costs neither a frame nor a fault") {
    Isolated run(
        "fakesrc num-buffers=3000 sizetype=fixed sizemax=64 ! identity sleep-time=100 ! "
        "evilfilter name=evil isolate=process ! identity name=i isolate=process ! "
        "appsink name=out",
        quick());
    REQUIRE(run.play());
    int kills = 0;
    for (std::size_t seen = 0; seen < 2900 && !run.ended();) {
        (void)run.look(5'000'000);
        const std::size_t now = run.sequences().size();
        if (now < seen + 100) continue;
        seen = now;
        const auto pid = static_cast<pid_t>(run.report(kills % 2 == 0 ? "evil" : "i").pid);
        if (pid > 0 && ::kill(pid, SIGKILL) == 0) ++kills;
    }
    CHECK(run.finish().empty());
    Numbers all(3000);
    std::iota(all.begin(), all.end(), 0U);
    CHECK(run.sequences() == all);
    CHECK(kills >= 10);
    CHECK(run.report("evil").poisoned + run.report("i").poisoned == 0);
}

TEST_CASE("isolated: a live property reaches the process, and its successor") {
    Isolated run(
        "fakesrc num-buffers=-1 sizetype=fixed sizemax=64 ! identity sleep-time=1000 ! "
        "evilfilter name=evil isolate=process ! appsink name=out");
    REQUIRE(run.play());
    const auto wait_for = [&](auto met) {
        for (int tries = 0; tries < 2000 && !met(); ++tries) (void)run.look(5'000'000);
        return met();
    };
    REQUIRE(run.pipeline().set_property("evil", "knob", "7"));
    const auto odd = [&] {
        const auto times = run.times();
        return !times.empty() && times.back() == 6;  // fakesrc gives none: -1 + 7.
    };
    CHECK(wait_for(odd));
    ::kill(static_cast<pid_t>(run.report("evil").pid), SIGKILL);
    const std::size_t before = run.times().size();
    CHECK(wait_for([&] { return run.times().size() > before + 20; }));
    CHECK(odd());
    CHECK_FALSE(run.pipeline().set_property("evil", "knob", "many"));
    run.pipeline().stop();
    CHECK(run.finish().empty());
}

// The value with which a frame leaves is that of its turn, in whichever process that was: none
// falls back behind one that left before it.
TEST_CASE("isolated: live changes take effect once and for all, whoever is killed meanwhile") {
    Isolated run(
        "fakesrc num-buffers=-1 sizetype=fixed sizemax=64 ! identity sleep-time=200 ! "
        "evilfilter name=evil isolate=process ! appsink name=out",
        quick());
    REQUIRE(run.play());
    constexpr int kChanges = 40;
    std::size_t kills = 0;
    for (int change = 1; change <= kChanges; ++change) {
        const std::size_t before = run.sequences().size();
        REQUIRE(run.pipeline().set_property("evil", "knob", std::to_string(change)));
        const auto pid = static_cast<pid_t>(run.report("evil").pid);
        if (change % 2 == 0 && pid > 0 && ::kill(pid, SIGKILL) == 0) ++kills;
        while (run.sequences().size() < before + 5) (void)run.look(1'000'000);
    }
    const auto arrived = [&] { return run.times().back() == kChanges - 1; };
    for (int tries = 0; tries < 2000 && !arrived(); ++tries) (void)run.look(5'000'000);
    CHECK(arrived());
    run.pipeline().stop();
    CHECK(run.finish().empty());
    const Numbers got = run.sequences();
    for (std::size_t n = 0; n < got.size(); ++n) REQUIRE(got[n] == n);
    CHECK(std::ranges::is_sorted(run.times()));
    CHECK(kills >= 10);
    CHECK(run.report("evil").restarts >= 10);
}

TEST_CASE("isolated: a fixed property is taken by a successor, and no frame is lost") {
    Isolated run(
        "fakesrc num-buffers=-1 sizetype=fixed sizemax=64 ! identity sleep-time=500 ! "
        "evilfilter name=evil isolate=process ! appsink name=out");
    REQUIRE(run.play());
    while (run.sequences().size() < 50) (void)run.look(1'000'000);
    REQUIRE(run.pipeline().set_property("evil", "at", "1000000"));
    while (!run.was_said("makes room")) (void)run.listen();
    const std::size_t before = run.sequences().size();
    while (run.sequences().size() < before + 50) (void)run.look(1'000'000);
    run.pipeline().stop();
    CHECK(run.finish().empty());
    const Numbers got = run.sequences();
    for (std::size_t n = 0; n < got.size(); ++n) REQUIRE(got[n] == n);
    CHECK(run.report("evil").restarts == 1);
    CHECK(run.report("evil").poisoned == 0);
}

TEST_CASE(
    "isolated: where no process can be had any more, not even to end in order, the run ends") {
    Isolated run(
        "fakesrc num-buffers=-1 sizetype=fixed sizemax=64 ! identity sleep-time=500 ! "
        "identity name=i isolate=process ! appsink name=out",
        quick());
    REQUIRE(run.play());
    while (run.sequences().size() < 20) (void)run.look(1'000'000);
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const rlimit none{.rlim_cur = 3, .rlim_max = before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);  // What is open stays so.
    ::kill(static_cast<pid_t>(run.report("i").pid), SIGKILL);
    const auto errors = run.finish();
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE(errors.size() == 2);
    CHECK(errors.front().find("i: its process ended: no new process can be had") == 0);
    CHECK(errors.back().find("i: nor can its branch be ended in order") == 0);
    const Numbers got = run.sequences();
    for (std::size_t n = 0; n < got.size(); ++n) REQUIRE(got[n] == n);
}

TEST_CASE("isolated: pausing holds processes, and a stop drains them") {
    Isolated run(
        "fakesrc num-buffers=-1 sizetype=fixed sizemax=64 ! identity sleep-time=500 ! "
        "evilfilter isolate=process ! appsink name=out");
    REQUIRE(run.play());
    while (run.sequences().size() < 10) (void)run.look(1'000'000);
    run.pipeline().pause();
    (void)run.look(100'000'000);
    const std::size_t held = run.sequences().size();
    (void)run.look(100'000'000);
    CHECK(run.sequences().size() == held);
    REQUIRE(run.pipeline().play());
    while (run.sequences().size() < held + 10) (void)run.look(1'000'000);
    run.pipeline().stop();
    CHECK(run.finish().empty());
    const Numbers got = run.sequences();
    for (std::size_t n = 0; n < got.size(); ++n) REQUIRE(got[n] == n);
}

// Pids whose parent is `parent`, from /proc.
std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> all;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream stat(entry.path() / "stat");
        std::string text((std::istreambuf_iterator<char>(stat)), {});
        const std::size_t after = text.rfind(')');
        if (after == std::string::npos) continue;
        if (std::stoi(text.substr(after + 4)) == parent) all.push_back(std::stoi(name));
    }
    return all;
}

TEST_CASE("isolated: when the fork server itself is killed, stages are born of another") {
    Isolated run(
        "fakesrc num-buffers=2000 sizetype=fixed sizemax=64 ! identity sleep-time=100 ! "
        "evilfilter name=evil isolate=process ! identity isolate=process ! "
        "appsink name=out",
        quick());
    REQUIRE(run.play());
    for (std::size_t seen = 0; seen < 1500; seen += 500) {
        while (run.sequences().size() < seen + 200) (void)run.look(1'000'000);
        for (const pid_t zygote : children_of(::getpid())) ::kill(zygote, SIGKILL);
    }
    CHECK(run.finish().empty());
    Numbers all(2000);
    std::iota(all.begin(), all.end(), 0U);
    CHECK(run.sequences() == all);
}

TEST_CASE("isolated: nothing is left behind: no process, no descriptor") {
    const auto descriptors = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
    };
    const std::string line =
        "fakesrc num-buffers=50 sizetype=fixed sizemax=64 ! evilfilter mischief=abort at=9 "
        "isolate=process ! identity isolate=process ! appsink name=out";
    {
        Isolated(line, quick()).run();
    }
    const auto before = descriptors();
    for (int round = 0; round < 3; ++round) Isolated(line, quick()).run();
    CHECK(descriptors() == before);
    CHECK(children_of(::getpid()).empty());
}

TEST_CASE("isolated: how many descriptors are open does not grow with frames or deaths") {
    const auto descriptors = [] {
        return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
    };
    Isolated run(
        "fakesrc num-buffers=6000 sizetype=fixed sizemax=64 ! identity sleep-time=50 ! "
        "identity name=i isolate=process ! appsink name=out",
        quick());
    REQUIRE(run.play());
    while (run.sequences().size() < 100) (void)run.look(1'000'000);
    const auto early = descriptors();
    for (int kills = 0; kills < 10; ++kills) {
        const std::size_t now = run.sequences().size();
        ::kill(static_cast<pid_t>(run.report("i").pid), SIGKILL);
        while (run.sequences().size() < now + 100) (void)run.look(1'000'000);
    }
    for (int tries = 0; tries < 200 && descriptors() > early; ++tries) {
        (void)run.look(10'000'000);  // Former memory goes as it is released.
    }
    CHECK(descriptors() <= early);
    CHECK(run.finish().empty());
    CHECK(run.sequences().size() == 6000);
}

}  // namespace
}  // namespace parallax
