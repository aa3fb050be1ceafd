// Elements of one isolate=GROUP share a process, wherever in the graph they are: what that saves,
// and that who does not crash is not blamed for who does.
#include <algorithm>
#include <numeric>

#include <signal.h>

#include <doctest/doctest.h>

#include "support/isolated.h"

namespace parallax {
namespace {

using testing::Isolated;
using Numbers = std::vector<std::uint64_t>;

SupervisorOptions quick() {
    SupervisorOptions options;
    options.restart.delay = std::chrono::milliseconds(1);
    return options;
}

Numbers up_to(std::uint64_t count) {
    Numbers numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

Numbers all_but(std::uint64_t missing, std::uint64_t count) {
    Numbers numbers = up_to(count);
    std::erase(numbers, missing);
    return numbers;
}

// Two that share, with a third between them that does not, so that they cannot be one stage.
std::string two_of_a_group(int frames, const std::string& mischief, const std::string& source) {
    return source + " num-buffers=" + std::to_string(frames) +
           " sizetype=fixed sizemax=4096 ! identity name=calm isolate=g ! queue ! identity ! "
           "evilfilter name=evil isolate=g at=5 mischief=" +
           mischief + " ! appsink name=out";
}

TEST_CASE("isolated: elements of a group share one process, also where others lie between") {
    Isolated run(two_of_a_group(200, "none", "fakesrc"));
    REQUIRE(run.play());
    CHECK(run.report("calm").pid == run.report("evil").pid);
    CHECK(run.report("calm").pid != run.report("identity0").pid);
    CHECK(run.finish().empty());
    CHECK(run.sequences() == up_to(200));
}

TEST_CASE("isolated: a whole graph that is one stage runs in one process, and ends once") {
    Isolated run("fakesrc num-buffers=5 isolate=g ! fakesink name=end isolate=g");
    CHECK(run.run().empty());
    CHECK(run.report("end").frames_in == 5);
    CHECK(run.report("end").restarts == 0);
}

TEST_CASE("isolated: of two in a process, only the one that crashes is blamed") {
    for (const std::string mischief : {"abort", "segv", "stack", "syscall", "exit"}) {
        CAPTURE(mischief);
        Isolated run(two_of_a_group(300, mischief, "fakesrc"), quick());
        CHECK(run.run().empty());
        CHECK(run.sequences() == all_but(5, 300));
        CHECK(run.report("evil").poisoned == 1);
        CHECK(run.report("calm").poisoned == 0);
        CHECK(run.report("evil").restarts == 3);
        CHECK(run.report("calm").restarts == 3);
        CHECK(run.was_said("calm: another stage of its process died"));
        CHECK(run.was_said("evil: passes over frame 5"));
    }
}

TEST_CASE("isolated: of two in a process, only the one that hangs is blamed") {
    SupervisorOptions options = quick();
    options.frame_deadline = std::chrono::milliseconds(300);
    Isolated run(two_of_a_group(300, "sleep", "fakesrc"), options);
    CHECK(run.run().empty());
    CHECK(run.sequences() == all_but(5, 300));
    CHECK(run.report("evil").poisoned == 1);
    CHECK(run.report("calm").poisoned == 0);
}

TEST_CASE("isolated: a shared process that is killed costs none of its stages a frame") {
    Isolated run(
        "fakesrc num-buffers=2000 sizetype=fixed sizemax=64 ! identity sleep-time=100 ! "
        "identity name=a isolate=g ! queue ! evilfilter name=b isolate=g ! identity ! "
        "tee name=t  t. ! queue ! identity name=c isolate=g ! fakesink name=side  "
        "t. ! queue ! appsink name=out",
        quick());
    REQUIRE(run.play());
    std::uint64_t kills = 0;
    for (std::size_t seen = 0; seen < 1900 && !run.ended();) {
        (void)run.look(5'000'000);
        const std::size_t now = run.sequences().size();
        if (now < seen + 100) continue;
        seen = now;
        kills += ::kill(static_cast<pid_t>(run.report("a").pid), SIGKILL) == 0 ? 1 : 0;
    }
    CHECK(run.finish().empty());
    CHECK(run.sequences() == up_to(2000));
    CHECK(run.report("side").frames_in == 2000);
    CHECK(kills >= 10);
    CHECK(run.report("a").restarts >= 10);
    CHECK(run.report("b").poisoned + run.report("a").poisoned + run.report("c").poisoned == 0);
}

TEST_CASE("isolated: one of a group that is given up leaves the process to the others") {
    SupervisorOptions options = quick();
    options.on_crash = SupervisorOptions::OnCrash::drop;
    Isolated run(
        "fakesrc num-buffers=300 ! identity sleep-time=100 ! tee name=t  "
        "t. ! queue ! evilfilter name=evil mischief=abort at=5 isolate=g ! fakesink name=bad  "
        "t. ! queue ! identity name=calm isolate=g ! appsink name=out",
        options);
    CHECK(run.run().empty());
    CHECK(run.report("bad").frames_in == 5);
    CHECK(run.sequences() == up_to(300));
    CHECK(run.report("calm").pid != run.report("evil").pid);
}

TEST_CASE("isolated: a fixed property of one in a group replaces the process of all") {
    Isolated run(
        "fakesrc num-buffers=-1 sizetype=fixed sizemax=64 ! identity sleep-time=500 ! "
        "identity name=calm isolate=g ! queue ! identity ! evilfilter name=evil isolate=g ! "
        "appsink name=out");
    REQUIRE(run.play());
    while (run.sequences().size() < 50) (void)run.look(1'000'000);
    REQUIRE(run.pipeline().set_property("evil", "at", "1000000"));
    while (run.report("calm").restarts == 0) (void)run.listen();
    const std::size_t before = run.sequences().size();
    while (run.sequences().size() < before + 50) (void)run.look(1'000'000);
    run.pipeline().stop();
    CHECK(run.finish().empty());
    CHECK(run.sequences() == up_to(run.sequences().size()));
    CHECK(run.report("evil").restarts == run.report("calm").restarts);
}

TEST_CASE("isolated: who shares a process cannot ask for different sandboxes") {
    Isolated run(
        "fakesrc num-buffers=5 ! identity name=a isolate=g sandbox=minimal-compute ! queue ! "
        "identity name=b isolate=g sandbox=with-network ! appsink name=out");
    const Result<> playing = run.play();
    REQUIRE_FALSE(playing);
    CHECK(to_string(playing.error()).find("a and b share a process") != std::string::npos);
}

}  // namespace
}  // namespace parallax
