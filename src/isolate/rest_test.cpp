// Formats that change while elements run in processes of their own: these go on, and know what they
// knew.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <utility>

#include <signal.h>

#include <doctest/doctest.h>

#include "support/isolated.h"
#include "support/run_line.h"
#include "support/temp_folder.h"
#include "support/until.h"

namespace parallax {
namespace {

using testing::Isolated;

struct Got {
    std::vector<std::byte> bytes;
    std::vector<std::int64_t> times;
    std::set<std::int64_t> pids;
    std::uint64_t frames_in = 0;
    std::vector<std::string> errors;
};

enum class Meanwhile : std::uint8_t { nothing, change, change_and_kill };

// Plays a line with an element x and a capsfilter f, which is given other caps again and again.
Got play(const std::string& line, const std::vector<std::string>& caps, Meanwhile meanwhile) {
    Isolated run(line);
    Got got;
    std::atomic<std::size_t> seen = 0;
    run.pipeline().element<AppSink>("out")->on_frame([&](const AppSink::View& view) {
        ++seen;
        got.times.push_back(view.meta.pts_ns);
        got.bytes.insert(got.bytes.end(), view.bytes.begin(), view.bytes.end());
    });
    REQUIRE(run.play());
    std::size_t changes = 0;
    while (!run.ended()) {
        (void)run.look(2'000'000);
        if (run.ended()) break;
        const std::int64_t pid = run.report("x").pid;
        if (pid != 0) got.pids.insert(pid);
        if (meanwhile == Meanwhile::nothing || seen < 15 * (changes + 1)) continue;
        if (changes < caps.size()) {
            REQUIRE(run.pipeline().set_property("f", "caps", caps[changes]));
        }
        if (++changes > 2 && changes < 9 && meanwhile == Meanwhile::change_and_kill) {
            (void)::kill(static_cast<pid_t>(pid), SIGKILL);
        }
    }
    got.errors = run.finish();
    got.frames_in = run.report("x").frames_in;
    return got;
}

// A film whose pieces end in the middle of frames.
std::string film(const TempFolder& folder) {
    const std::string path = folder.file("film.y4m");
    const LineRun ran = run_line(
        "videotestsrc num-buffers=150 pattern=ball ! video/x-raw,format=I420,width=64,height=48 ! "
        "y4menc ! filesink location=" +
        path);
    CHECK(ran.error.empty());
    return path;
}

const std::vector<std::string> kSizes = {
    "video/x-raw,width=128,height=96", "video/x-raw,width=32,height=32",
    "video/x-raw,width=64,height=48", "video/x-raw,width=96,height=48"};

TEST_CASE(
    "rest: a decoder in a process goes on in the middle of a frame, formats change behind it") {
    const TempFolder folder;
    const std::string path = film(folder);
    const auto line = [&](const std::string& isolate) {
        return "filesrc location=" + path + " blocksize=1000 ! y4mdec name=x isolate=" + isolate +
               " ! tee name=t  t. ! queue ! identity sleep-time=400 ! appsink name=out  "
               "t. ! queue ! videoscale ! capsfilter name=f caps=video/x-raw,width=64,height=48 ! "
               "fakesink";
    };
    const Got plain = play(line("no"), {}, Meanwhile::nothing);
    const Got changed = play(line("process"), kSizes, Meanwhile::change);
    CHECK(plain.times.size() == 150);
    for (const std::string& error : changed.errors) FAIL_CHECK(error);
    CHECK(changed.times == plain.times);
    CHECK(changed.bytes == plain.bytes);
    CHECK(changed.pids.size() == 1);  // Its process is the same one all along.
    CHECK(changed.frames_in == plain.frames_in);
}

TEST_CASE("rest: elements that remember go on, in one process and in two") {
    const std::string beside =
        "  videotestsrc num-buffers=300 ! capsfilter name=f caps=video/x-raw,width=64,height=48 ! "
        "identity sleep-time=300 ! fakesink";
    for (const std::string isolate : {"process", "together"}) {
        CAPTURE(isolate);
        const auto line = [&](const std::string& where) {
            return "fakesrc num-buffers=300 sizetype=fixed sizemax=8 ! identity sleep-time=400 ! "
                   "movingsum name=x frames=9 isolate=" +
                   where + " ! queue ! identity isolate=" + where + " ! appsink name=out" + beside;
        };
        const Got plain = play(line("no"), {}, Meanwhile::nothing);
        const Got changed = play(line(isolate), kSizes, Meanwhile::change);
        for (const std::string& error : changed.errors) FAIL_CHECK(error);
        CHECK(plain.times.size() > 200);
        CHECK(changed.times == plain.times);
        CHECK(changed.bytes == plain.bytes);
        CHECK(changed.pids.size() == 1);
    }
}

TEST_CASE("rest: who is killed before or after a change is followed by another, nothing is lost") {
    const auto line = [](const std::string& isolate) {
        return "audiotestsrc num-buffers=300 samplesperbuffer=64 wave=white-noise ! "
               "audio/x-raw,format=F32LE,rate=48000,channels=1 ! identity sleep-time=400 ! "
               "audioresample name=x isolate=" +
               isolate +
               " ! audio/x-raw,rate=44100 ! appsink name=out  videotestsrc num-buffers=300 ! "
               "capsfilter name=f caps=video/x-raw,width=64,height=48 ! identity sleep-time=300 ! "
               "fakesink isolate=" +
               isolate;
    };
    const Got plain = play(line("no"), {}, Meanwhile::nothing);
    for (int round = 0; round < 3; ++round) {
        const Got changed = play(line("process"), kSizes, Meanwhile::change_and_kill);
        for (const std::string& error : changed.errors) FAIL_CHECK(error);
        CHECK(changed.pids.size() > 1);
        CHECK(changed.times == plain.times);
        CHECK(changed.bytes == plain.bytes);
    }
}

TEST_CASE("rest: no process can write what others made, in its first life or a later one") {
    const Got got = play(
        "fakesrc num-buffers=200 sizetype=fixed sizemax=64 isolate=process ! identity "
        "sleep-time=400 isolate=process ! tee name=t  t. ! queue ! appsink name=out  t. ! queue ! "
        "prying name=x isolate=process  videotestsrc num-buffers=300 ! capsfilter name=f "
        "caps=video/x-raw,width=64,height=48 ! identity sleep-time=300 ! prying isolate=process",
        kSizes, Meanwhile::change);
    for (const std::string& error : got.errors) FAIL_CHECK(error);
    CHECK(got.frames_in == 200);
    CHECK(got.pids.size() == 1);
}

// A sound that is counted by `a`, which forgets, handed on by `b`, and a picture beside it.
std::string two_beside_picture(const std::string& b, const std::string& isolate) {
    return "fakesrc num-buffers=200 ! identity sleep-time=400 ! forgetful name=a isolate=" +
           isolate + " ! queue ! evilfilter name=b isolate=" + isolate + " mischief=" + b +
           " ! appsink name=out  videotestsrc num-buffers=200 ! capsfilter name=f "
           "caps=video/x-raw,width=64,height=48 ! evilfilter name=c isolate=process "
           "mischief=slow-to-rest ! identity sleep-time=300 ! fakesink";
}

void change_once(Isolated& run) {
    REQUIRE(run.play());
    while (run.times().size() < 15) (void)run.look(2'000'000);
    REQUIRE(run.pipeline().set_property("f", "caps", kSizes[0]));
}

TEST_CASE("rest: one that dies at rest while others are slow to is followed by another, and told") {
    for (const std::string isolate : {"process", "together"}) {
        CAPTURE(isolate);
        Isolated run(two_beside_picture("crash-while-resting", isolate));
        change_once(run);
        for (const std::string& error : run.finish()) FAIL_CHECK(error);
        CHECK(run.times().size() == 200);
        CHECK(run.report("b").restarts == 1);
        CHECK(run.was_said("SIGABRT; it is started again"));
    }
}

TEST_CASE("rest: one that is killed at rest is told of") {
    Isolated run(two_beside_picture("none", "process"));
    change_once(run);
    const auto pid = static_cast<pid_t>(run.report("a").pid);
    const std::string threads = "/proc/" + std::to_string(pid) + "/task";
    std::thread killer([&] {  // Once its stage has ended.
        const auto left = [&] {
            std::error_code gone;
            const std::filesystem::directory_iterator each(threads, gone);
            return gone ? 0 : std::distance(each, std::filesystem::directory_iterator());
        };
        until([&] { return left() <= 1; });
        (void)::kill(pid, SIGKILL);
    });
    for (const std::string& error : run.finish()) FAIL_CHECK(error);
    killer.join();
    CHECK(run.times().size() == 200);
    CHECK(run.report("a").restarts == 1);
    CHECK(run.was_said("SIGKILL; it is started again"));
}

TEST_CASE("rest: one that crashes of its new formats is followed by another") {
    Isolated run(
        "videotestsrc num-buffers=200 ! capsfilter name=f caps=video/x-raw,width=64,height=48 ! "
        "evilfilter name=x isolate=process mischief=crash-when-configured-again ! "
        "identity sleep-time=300 ! appsink name=out");
    change_once(run);
    for (const std::string& error : run.finish()) FAIL_CHECK(error);
    CHECK(run.times().size() == 200);
    CHECK(run.report("x").restarts == 1);
}

TEST_CASE("rest: a pause between the stages' end and their next life holds processes, too") {
    Isolated run(
        "fakesrc num-buffers=2000 isolate=process ! identity sleep-time=500 isolate=process ! "
        "fakesink name=x isolate=process  videotestsrc num-buffers=200 ! capsfilter name=f "
        "caps=video/x-raw,width=64,height=48 ! identity sleep-time=300 ! appsink name=out");
    change_once(run);
    const auto frames = [&] { return run.report("x").frames_in; };
    std::uint64_t before = frames();
    auto since = std::chrono::steady_clock::now();
    until([&] {  // All have come to their end, which nobody has looked at yet.
        const auto now = std::chrono::steady_clock::now();
        if (std::exchange(before, frames()) != before) since = now;
        return now - since > std::chrono::milliseconds(100);
    });
    run.pipeline().pause();
    for (int looks = 0; looks < 50; ++looks) (void)run.look(2'000'000);
    CHECK(frames() == before);
    REQUIRE(run.play());
    for (const std::string& error : run.finish()) FAIL_CHECK(error);
    CHECK(frames() == 2000);
}

}  // namespace
}  // namespace parallax
