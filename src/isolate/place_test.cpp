// Where an isolated stage's process runs: what the kernel says of all its threads, whatever the
// element tries, and after its process was killed.
#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/sanitized.h"
#include "exec/group_threads.h"
#include "isolate/cgroup.h"
#include "support/isolated.h"
#include "support/spare.h"
#include "support/stages.h"
#include "support/until.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

using testing::Isolated;
using Groups = std::vector<ResourceGroup::Options>;
using Policy = ResourceGroup::Policy;

struct Seen {
    std::string name = {};
    std::string cores = {};
    pid_t thread = 0;
};

// What the kernel says of each thread of a process.
std::vector<Seen> threads_of(std::int64_t process) {
    std::vector<Seen> threads;
    std::error_code gone;
    const std::string folder = "/proc/" + std::to_string(process) + "/task";
    for (const auto& entry : std::filesystem::directory_iterator(folder, gone)) {
        Seen seen{.thread = std::stoi(entry.path().filename().string())};
        std::ifstream comm(entry.path() / "comm");
        std::getline(comm, seen.name);
        std::ifstream status(entry.path() / "status");
        for (std::string line; std::getline(status, line);) {
            constexpr std::string_view kKey = "Cpus_allowed_list:\t";
            if (line.starts_with(kKey)) seen.cores = line.substr(kKey.size());
        }
        threads.push_back(seen);
    }
    return threads;
}

Seen thread_called(std::int64_t process, const std::string& name) {
    for (const Seen& seen : threads_of(process)) {
        if (seen.name == name) return seen;
    }
    FAIL("no thread called " << name);
    return {};
}

std::set<std::string> names_of(const std::vector<Seen>& threads) {
    std::set<std::string> names;
    for (const Seen& seen : threads) names.insert(seen.name);
    return names;
}

void check_all_on(std::int64_t process, const std::string& cores) {
    const std::vector<Seen> threads = threads_of(process);
    // The process's first, the stage's, and the element's own.
    REQUIRE(threads.size() >= 5);
    CHECK(names_of(threads).contains("plx:held:0"));
    for (const std::string own : {"own:0", "own:1", "own:2"})
        CHECK(names_of(threads).contains(own));
    for (const Seen& seen : threads) {
        CAPTURE(seen.name);
        CHECK(seen.cores == cores);
    }
}

SupervisorOptions quick() {
    SupervisorOptions options;
    options.restart.delay = std::chrono::milliseconds(1);
    return options;
}

const std::string kSource =
    "fakesrc num-buffers=-1 sizetype=fixed sizemax=64 ! "
    "identity sleep-time=500 ! ";

void play_until(Isolated& run, std::size_t frames) {
    while (run.sequences().size() < frames) (void)run.look(1'000'000);
}

// Another process takes over from that of x.
void kill_and_go_on(Isolated& run) {
    const ElementReport before = run.report("x");
    REQUIRE(::kill(static_cast<pid_t>(before.pid), SIGKILL) == 0);
    while (run.report("x").restarts == before.restarts) (void)run.listen();
    play_until(run, run.sequences().size() + 20);
    CHECK(run.report("x").pid != before.pid);
}

void end(Isolated& run) {
    run.pipeline().stop();
    CHECK(run.finish().empty());
    CHECK(run.report("x").poisoned == 0);
}

void check_never_left(const Isolated& run) {
    if (kSanitized) return;
    CHECK(run.was_said("x: left 0 times"));
    for (const std::string& said : run.said()) {
        CHECK((said.find("left ") == std::string::npos || said == "x: left 0 times"));
    }
}

TEST_CASE("places: all threads of a process keep to its group's cores, also the element's own") {
    for (const int core : allowed_cores()) {
        Isolated run(kSource + "thready name=x isolate=process group=held ! appsink name=out",
                     quick(), {}, {{.name = "held", .cores = {core}}});
        REQUIRE(run.play());
        play_until(run, 10);
        check_all_on(run.report("x").pid, std::to_string(core));
        for (int kills = 0; kills < 4; ++kills) {  // Born the long way, and from a spare.
            kill_and_go_on(run);
            check_all_on(run.report("x").pid, std::to_string(core));
        }
        end(run);
        check_never_left(run);
        CHECK(run.was_said("a cgroup does not hold them") == CgroupPlaces::find().cpuset.empty());
    }
}

TEST_CASE("places: without cores in its group a process has all that the program has") {
    Isolated run(kSource + "thready name=x isolate=process ! appsink name=out", quick());
    REQUIRE(run.play());
    play_until(run, 10);
    const Seen first = threads_of(::getpid()).front();
    for (const Seen& seen : threads_of(run.report("x").pid)) CHECK(seen.cores == first.cores);
    run.pipeline().stop();
    CHECK(run.finish().empty());
    CHECK_FALSE(run.was_said("cgroup"));
}

TEST_CASE("places: a core that is not allowed is refused before anything starts") {
    const Groups groups{{.name = "held", .cores = {allowed_cores().front(), 4000}}};
    const auto error = ResourceGroup::check(groups.front());
    REQUIRE_FALSE(error);
    CHECK(error.error().code == Errc::lacking);
    Isolated run(kSource + "thready name=x isolate=process group=held ! appsink name=out", quick(),
                 {}, groups);
    const Result<> playing = run.play();
    REQUIRE_FALSE(playing);
    CHECK(playing.error().code == Errc::lacking);
    CHECK(playing.error().message == error.error().message);
    CHECK(playing.error().hint == error.error().hint);
    CHECK(run.report("x").pid == 0);
}

// Of a process with a stage on each of two cores.
void check_apart(std::int64_t process, const std::string& first, const std::string& second) {
    const std::string both = threads_of(::getpid()).front().cores;
    CHECK(thread_called(process, "plx:one:0").cores == first);
    CHECK(thread_called(process, "plx:two:0").cores == second);
    for (const Seen& seen : threads_of(process)) {
        CAPTURE(seen.name);
        // Who starts a thread hands its cores on: the stage's thread, or the process's first.
        CHECK((seen.cores == first || seen.cores == second || seen.cores == both));
        if (seen.thread == process || seen.name == "own:0") CHECK(seen.cores == both);
    }
}

TEST_CASE("places: of several groups in a process each stage has its own cores, the process all") {
    const std::vector<int> allowed = allowed_cores();
    if (allowed.size() != 2) {
        MESSAGE("skipped: it needs two cores, and no more, to tell what is whose");
        return;
    }
    Isolated run(kSource +
                     "thready name=x isolate=g group=one ! queue ! identity ! "
                     "thready name=y isolate=g group=two ! appsink name=out",
                 quick(), {},
                 {{.name = "one", .cores = {allowed[0]}}, {.name = "two", .cores = {allowed[1]}}});
    REQUIRE(run.play());
    play_until(run, 10);
    for (int kills = 0; kills < 3; ++kills) {
        if (kills > 0) kill_and_go_on(run);
        CHECK(run.report("x").pid == run.report("y").pid);
        check_apart(run.report("x").pid, std::to_string(allowed[0]), std::to_string(allowed[1]));
    }
    end(run);
}

// Policy, priority and nice value of a thread, as the kernel has them.
using Policies = std::array<int, 3>;

Policies policy_in(std::int64_t process, const std::string& name) {
    const pid_t thread = thread_called(process, name).thread;
    sched_param parameters{};
    REQUIRE(::sched_getparam(thread, &parameters) == 0);
    return {::sched_getscheduler(thread), parameters.sched_priority,
            ::getpriority(PRIO_PROCESS, static_cast<id_t>(thread))};
}

bool permitted(const ResourceGroup::Options& group) {
    const auto possible = ResourceGroup::create(group);
    if (possible) return true;
    CHECK(possible.error().code == Errc::permission);
    MESSAGE("skipped: this machine does not permit it");
    return false;
}

void check_policy(const ResourceGroup::Options& group, Policies wanted) {
    CAPTURE(static_cast<int>(group.policy));
    // Where the group says none, the nice value is the one that this program was started with.
    if (group.nice == 0) wanted[2] = ::getpriority(PRIO_PROCESS, 0);
    if (!permitted(group)) return;
    // The kernel lets no deadline thread start another.
    const bool deadline = group.policy == Policy::deadline;
    const std::string element = deadline ? "identity" : "thready";
    Isolated run(kSource + element + " name=x isolate=process group=p ! appsink name=out", quick(),
                 {}, {group});
    REQUIRE(run.play());
    play_until(run, 10);
    for (int kills = 0; kills < 3; ++kills) {
        if (kills > 0) kill_and_go_on(run);
        CHECK(policy_in(run.report("x").pid, "plx:p:0") == wanted);
        // Threads that the element starts elsewhere are its own affair.
        if (!deadline) CHECK(policy_in(run.report("x").pid, "own:0")[0] == SCHED_OTHER);
    }
    end(run);
}

TEST_CASE("places: a stage's thread has its group's policy, which its process could not give it") {
    using std::chrono::milliseconds;
    constexpr int kDeadline = 6;
    const std::vector<int> last{allowed_cores().back()};
    ResourceGroup::Options group{.name = "p", .threads = 1};
    group.nice = 7;
    group.policy = Policy::batch;
    check_policy(group, {SCHED_BATCH, 0, 7});
    group = {.name = "p", .threads = 1, .nice = -2};
    check_policy(group, {SCHED_OTHER, 0, -2});
    group = {.name = "p", .threads = 1, .policy = Policy::fifo, .priority = 3};
    check_policy(group, {SCHED_FIFO, 3, 0});
    group = {.name = "p", .threads = 1, .cores = last, .policy = Policy::rr, .priority = 9};
    check_policy(group, {SCHED_RR, 9, 0});
    group = {.name = "p", .threads = 1, .policy = Policy::deadline};
    group.runtime = milliseconds(2);
    group.period = milliseconds(50);
    check_policy(group, {kDeadline, 0, 0});
}

// --- By the fork server alone.

PX_STAGE("place.leave") {
    const auto leave = [] {
        cpu_set_t all;
        CPU_ZERO(&all);
        for (std::size_t core = 0; core < CPU_SETSIZE; ++core) CPU_SET(core, &all);
        cpu_set_t after;
        CPU_ZERO(&after);
        const bool refused = ::sched_setaffinity(0, sizeof all, &all) != 0;
        (void)::sched_getaffinity(0, sizeof after, &after);
        return std::pair{refused, CPU_COUNT(&after)};
    };
    // A plugin's constructor runs before lock-down.
    const auto [refused_early, early] = leave();
    if (!start.lock_down.now()) return 1;
    const auto [refused, late] = leave();
    return 10 * std::max(early, late) + (refused ? 1 : 0) + (refused_early ? 2 : 0);
}

PX_STAGE("place.wait") {
    if (!start.lock_down.now()) return 1;
    return ::poll(nullptr, 0, -1);
}

ChildExit exit_of(Zygote& zygote) {
    for (;;) {
        if (const auto exit = zygote.reaped()) return *exit;
        pollfd waiting{.fd = zygote.event_fd(), .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&waiting, 1, 60'000) == 1);
    }
}

SpawnOptions leaving() {
    SpawnOptions options{.name = "p", .entry = "place.leave"};
    options.cores = {allowed_cores().back()};
    return options;
}

TEST_CASE("places: neither filter lets a process set its cores") {
    const auto zygote = unwrap(Zygote::start());
    for (int birth = 0; birth < 3; ++birth) {  // The first the long way.
        if (birth > 0) testing::spare_of(*zygote);
        const Child child = unwrap(zygote->spawn(leaving(), {}));
        CHECK(child.from_spare == (birth > 0));
        CHECK(child.cores_held == !CgroupPlaces::find().cpuset.empty());
        const int code = exit_of(*zygote).code;
        if (!kSanitized) CHECK(code == 13);  // One core; refused, both times.
    }
}

TEST_CASE("places: a cgroup holds a process on its cores where no filter does") {
    SandboxPolicy given;
    given.allow = {"sched_setaffinity"};
    SandboxPolicy off;
    off.preset = SandboxPreset::off;
    const auto zygote = unwrap(Zygote::start());
    SpawnOptions options = leaving();
    for (const SandboxPolicy& policy : {given, off}) {
        options.policy = policy;
        const Child child = unwrap(zygote->spawn(options, {}));
        const int code = exit_of(*zygote).code;
        if (child.cores_held) CHECK(code / 10 == 1);
    }
}

TEST_CASE("places: no cpuset stays behind") {
    const CgroupPlaces places = CgroupPlaces::find();
    if (places.cpuset.empty()) {
        MESSAGE("no cgroup can hold cores here: nothing to leave");
        return;
    }
    const auto zygote = unwrap(Zygote::start());
    const int core = allowed_cores().back();
    const Child child =
        unwrap(zygote->spawn({.name = "p", .entry = "place.wait", .cores = {core}}, {}));
    const std::string folder = places.cpuset + "/" + cgroup_name(zygote->pid(), child.id);
    std::string cores;
    std::ifstream(folder + "/cpuset.cpus") >> cores;
    CHECK(cores == std::to_string(core));
    REQUIRE(::kill(child.pid, SIGKILL) == 0);
    (void)exit_of(*zygote);
    struct stat status{};
    CHECK(::stat(folder.c_str(), &status) != 0);
}

}  // namespace
}  // namespace parallax
