// Where a resource group's threads run, under what names and policies, and that nothing else does.
#include <array>
#include <atomic>
#include <fstream>
#include <mutex>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/clock.h"
#include "exec/group_threads.h"
#include "parallax/group.h"
#include "support/actors.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

using Policy = ResourceGroup::Policy;

// What the kernel says of a thread, whatever we believe.
struct Place {
    std::string name;
    std::string cores;
    auto operator<=>(const Place&) const = default;
};

Place place_of(pid_t thread) {
    const std::string folder = "/proc/self/task/" + std::to_string(thread);
    Place place;
    std::ifstream comm(folder + "/comm");
    std::getline(comm, place.name);
    std::ifstream status(folder + "/status");
    for (std::string line; std::getline(status, line);) {
        constexpr std::string_view kKey = "Cpus_allowed_list:\t";
        if (line.starts_with(kKey)) place.cores = line.substr(kKey.size());
    }
    return place;
}

// Which threads did the work of one group.
class Seen {
  public:
    void here() {
        const pid_t thread = ::gettid();
        const std::scoped_lock lock(mutex_);
        threads_.insert(thread);
        ++count_;
    }
    const std::set<pid_t>& threads() const { return threads_; }
    int count() const { return count_; }

  private:
    std::mutex mutex_;
    std::set<pid_t> threads_;
    int count_ = 0;
};

void burn(std::uint32_t turns) {
    volatile std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < turns; ++i) sum = sum + i;
}

// Groups of different sizes on different cores, loaded at once by tasks from outside and from each
// other, tasks that spawn tasks, calls in place, and actors; then the kernel is asked.
TEST_CASE("group isolation: under mixed load no task runs on a thread of another group") {
    const std::vector<int> allowed = allowed_cores();
    struct Member {
        std::string name;
        int core = 0;
        int threads = 0;
        std::unique_ptr<ResourceGroup> group = {};
        Seen seen = {};
    };
    std::array<Member, 4> members;
    for (std::size_t i = 0; i < members.size(); ++i) {
        Member& member = members.at(i);
        member.name = "mix" + std::to_string(i);
        member.core = allowed[i % allowed.size()];
        member.threads = static_cast<int>(i) + 1;
        member.group =
            unwrap(ResourceGroup::create({.name = member.name,
                                          .threads = member.threads,
                                          .cores = {member.core},
                                          .most_tasks = 64,
                                          .when_full = ResourceGroup::WhenFull::refuse}));
    }
    const auto spawn = [](Member& to, std::uint32_t turns, Member* next) {
        return to.group->spawn([&to, turns, next] {
            to.seen.here();
            burn(turns);
            if (!to.group->run([&to] { to.seen.here(); })) to.seen.here();
            // From group to group, refused or not.
            if (next != nullptr) {
                static_cast<void>(next->group->spawn([next] { next->seen.here(); }));
            }
        });
    };
    std::atomic<bool> stop{false};
    {
        std::vector<std::unique_ptr<Steps>> actors;
        for (Member& member : members) {
            actors.push_back(std::make_unique<Steps>(*member.group, [&] {
                member.seen.here();
                burn(200);
                return !stop;
            }));
            actors.back()->notify();
        }
        std::vector<std::jthread> callers;
        for (unsigned t = 0; t < 3; ++t) {
            callers.emplace_back([&, t] {
                std::mt19937 random(t);
                for (int n = 0; n < 3000; ++n) {
                    Member& to = members.at(random() % members.size());
                    if (n % 7 == 0) {
                        static_cast<void>(to.group->run([&to] { to.seen.here(); }));
                    } else {
                        Member& next = members.at(random() % members.size());
                        const auto turns = static_cast<std::uint32_t>(random() % 2000U);
                        static_cast<void>(spawn(to, turns, &next));
                    }
                }
            });
        }
        callers.clear();  // Joined.
        stop = true;
        for (const auto& actor : actors) {
            while (!actor->idle()) std::this_thread::yield();
        }
        for (Member& member : members) {
            while (member.group->active_tasks() != 0) std::this_thread::yield();
        }
        std::set<pid_t> all;
        for (Member& member : members) {
            CAPTURE(member.name);
            CHECK(member.seen.count() > 500);
            CHECK(static_cast<int>(member.seen.threads().size()) <= member.threads);
            for (const pid_t thread : member.seen.threads()) {
                CHECK(all.insert(thread).second);  // Of no group before.
                const Place place = place_of(thread);
                CHECK(place.name.starts_with("plx:" + member.name + ":"));
                CHECK(place.cores == std::to_string(member.core));
                cpu_set_t mask;
                REQUIRE(::sched_getaffinity(thread, sizeof mask, &mask) == 0);
                CHECK(CPU_COUNT(&mask) == 1);
                CHECK(CPU_ISSET(member.core, &mask));
            }
        }
        CHECK_FALSE(all.contains(::gettid()));
        for (Member& member : members) member.group->stop();
    }
}

TEST_CASE("group place: threads wrap around the cores") {
    const std::vector<int> allowed = allowed_cores();
    const auto group =
        unwrap(ResourceGroup::create({.name = "wrap", .threads = 5, .cores = allowed}));
    Seen seen;
    std::atomic<int> inside{0};
    for (int n = 0; n < 5; ++n) {
        REQUIRE(group->spawn([&] {
            seen.here();
            ++inside;
            while (inside < 5) std::this_thread::yield();  // Each on a thread of its own.
        }));
    }
    while (group->active_tasks() != 0) std::this_thread::yield();
    REQUIRE(seen.threads().size() == 5);
    for (const pid_t thread : seen.threads()) {
        const Place place = place_of(thread);
        const auto number = static_cast<std::size_t>(place.name.back() - '0');
        CHECK(place.cores == std::to_string(allowed[number % allowed.size()]));
    }
}

TEST_CASE("group place: a long name keeps the thread's number") {
    CHECK(group_thread_name("isp", 3) == "plx:isp:3");
    CHECK(group_thread_name("a-name-that-is-long", 12) == "plx:a-name-t:12");
    CHECK(group_thread_name("", 255) == "plx::255");
}

TEST_CASE("group place: what makes no sense of a policy is refused before anything is made") {
    const auto refused = [](ResourceGroup::Options options) {
        const Result<> answer = ResourceGroup::check(options);
        return !answer && answer.error().code == Errc::invalid_argument;
    };
    using std::chrono::microseconds;
    CHECK(refused({.policy = Policy::fifo}));
    CHECK(refused({.policy = Policy::rr, .priority = 100}));
    CHECK(refused({.policy = Policy::deadline, .runtime = microseconds(0)}));
    CHECK(refused(
        {.policy = Policy::deadline, .runtime = microseconds(3), .period = microseconds(2)}));
    CHECK(refused({.policy = Policy::deadline, .period = std::chrono::seconds(5)}));
    CHECK(refused({.cores = {0}, .policy = Policy::deadline}));
    CHECK(refused({.cores = {0}, .near = "eth0"}));
    CHECK(refused({.most_tasks = 0}));
}

struct Running {
    int policy = -1;
    int priority = -1;
    int nice = 99;
};

Running running() {
    sched_param parameters{};
    ::sched_getparam(0, &parameters);
    return {.policy = ::sched_getscheduler(0),
            .priority = parameters.sched_priority,
            .nice = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()))};
}

// A group, or nothing where the machine does not permit it.
std::unique_ptr<ResourceGroup> permitted(const ResourceGroup::Options& options) {
    auto group = ResourceGroup::create(options);
    if (group) return *std::move(group);
    CHECK(group.error().code == Errc::permission);
    MESSAGE("skipped: this machine does not permit " << options.name);
    return nullptr;
}

TEST_CASE("group place: threads run under the policy and nice value that were asked for") {
    const auto batch =
        unwrap(ResourceGroup::create({.threads = 1, .policy = Policy::batch, .nice = 5}));
    const Running plain = unwrap(batch->run(running));
    CHECK(plain.policy == SCHED_BATCH);
    CHECK(plain.nice == 5);
    if (const auto group =
            permitted({.name = "fifo", .threads = 1, .policy = Policy::fifo, .priority = 3})) {
        const Running fifo = unwrap(group->run(running));
        CHECK(fifo.policy == SCHED_FIFO);
        CHECK(fifo.priority == 3);
    }
    if (const auto group =
            permitted({.name = "rr", .threads = 1, .policy = Policy::rr, .priority = 99})) {
        CHECK(unwrap(group->run(running)).policy == SCHED_RR);
    }
    if (const auto group = permitted({.name = "deadline",
                                      .threads = 1,
                                      .policy = Policy::deadline,
                                      .runtime = std::chrono::milliseconds(1),
                                      .period = std::chrono::milliseconds(20)})) {
        constexpr int kDeadline = 6;
        CHECK(unwrap(group->run(running)).policy == kDeadline);
    }
}

// Without it, a thread of middle priority could keep the normal one from what the urgent one waits
// for; all threads are raised, since the task waits behind others.
TEST_CASE("group place: who waits in real time lends its priority to who it waits for") {
    const auto urgent =
        permitted({.name = "urgent", .threads = 1, .policy = Policy::fifo, .priority = 7});
    const auto middle =
        permitted({.name = "middle", .threads = 1, .policy = Policy::rr, .priority = 4});
    if (!urgent || !middle) return;
    const auto worker =
        unwrap(ResourceGroup::create({.threads = 2, .policy = Policy::batch, .nice = 3}));
    const auto asked_by = [&](ResourceGroup& group) {
        return unwrap(group.run([&] { return worker->run(running); }));
    };
    const Running raised = asked_by(*urgent);
    CHECK(raised.policy == SCHED_FIFO);
    CHECK(raised.priority == 7);
    const Running back = unwrap(worker->run(running));
    CHECK(back.policy == SCHED_BATCH);
    CHECK(back.nice == 3);
    CHECK(asked_by(*middle).priority == 4);
    // Who has more keeps it.
    CHECK(unwrap(middle->run([&] { return urgent->run(running); })).priority == 7);
    // Of two that wait, the higher holds, until it has its answer.
    Running both;
    Running one;
    std::atomic<bool> second_waits{false};
    std::jthread first([&] {
        CHECK(middle->run([&] {
            return worker->run([&] {
                while (!second_waits) std::this_thread::yield();
                both = running();
            });
        }));
    });
    CHECK(urgent->run([&] { return worker->run([&] { second_waits = true; }); }));
    first.join();
    one = unwrap(worker->run(running));
    CHECK((both.priority == 7 || both.priority == 4));  // As it went; never less.
    CHECK(one.policy == SCHED_BATCH);
}

}  // namespace
}  // namespace parallax
