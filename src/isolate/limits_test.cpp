// Limits hold, by cgroup where one can be made, else by rlimit; and what this machine lacks is
// known.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <ctime>

#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/sanitized.h"
#include "isolate/cgroup.h"
#include "isolate/zygote.h"
#include "support/stages.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

// Touches 256 MiB; says how it fared by its exit code.
PX_STAGE("limits.memory") {
    if (!start.lock_down.now()) return 1;
    constexpr std::size_t bytes = std::size_t{256} << 20;
    void* block =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return 12;
    auto* pages = static_cast<volatile char*>(block);
    for (std::size_t i = 0; i < bytes; i += 4096) pages[i] = 1;
    return 0;
}

// Burns CPU for half a second of real time; its code is the share it got, in per cent.
PX_STAGE("limits.cpu") {
    if (!start.lock_down.now()) return 1;
    const auto now = [](clockid_t clock) {
        timespec time{};
        ::clock_gettime(clock, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
    };
    const double begin = now(CLOCK_MONOTONIC);
    const double used = now(CLOCK_PROCESS_CPUTIME_ID);
    while (now(CLOCK_MONOTONIC) - begin < 0.6) {
    }
    return static_cast<int>(100 * (now(CLOCK_PROCESS_CPUTIME_ID) - used) / 0.6);
}

// Until it is killed.
PX_STAGE("limits.wait") {
    if (!start.lock_down.now()) return 1;
    return ::poll(nullptr, 0, -1);
}

ChildExit run(const std::string& entry, const SandboxLimits& limits) {
    const auto zygote = unwrap(Zygote::start());
    SpawnOptions options{.name = "l", .entry = entry, .policy = {}};
    options.policy.limits = limits;
    const Child child = unwrap(zygote->spawn(options, {}));
    for (;;) {
        if (const auto exit = zygote->reaped()) return *exit;
        pollfd waiting{.fd = zygote->event_fd(), .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&waiting, 1, 60'000) == 1);
    }
}

}  // namespace

TEST_CASE("limits: memory-max holds, and its victim is told from another") {
    const ChildExit free = run("limits.memory", {});
    CHECK(free.code == 0);
    CHECK_FALSE(free.out_of_memory);
    const ChildExit held = run("limits.memory", {.memory_max_bytes = 32 << 20});
    if (!CgroupPlaces::find().memory.empty()) {
        CHECK(held.signal == SIGKILL);
        CHECK(held.out_of_memory);
    } else if (!kSanitized) {
        CHECK(held.code == 12);
    }
}

TEST_CASE("limits: cpu-quota holds where a cgroup can hold it, else it is refused by name") {
    const SandboxLimits fifth{.cpu_quota = 0.2};
    if (!CgroupPlaces::find().cpu.empty()) {
        CHECK(run("limits.cpu", fifth).code < 45);
        return;
    }
    const auto zygote = unwrap(Zygote::start());
    SpawnOptions options{.name = "l", .entry = "limits.cpu", .policy = {.limits = fifth}};
    const auto child = zygote->spawn(options, {});
    REQUIRE_FALSE(child);
    CHECK(child.error().code == Errc::lacking);
    CHECK(child.error().message.find("cpu-quota") != std::string::npos);
    options.policy.layers = SandboxLayers::best_effort;
    CHECK(unwrap(zygote->spawn(options, {})).missing_layers ==
          std::vector<std::string>{"cpu-quota"});
}

TEST_CASE("limits: no cgroup stays behind") {
    const CgroupPlaces places = CgroupPlaces::find();
    if (places.memory.empty()) {
        MESSAGE("no cgroup can be made here: nothing to leave");
        return;
    }
    const auto zygote = unwrap(Zygote::start());
    SpawnOptions options{.name = "l", .entry = "limits.wait", .policy = {}};
    options.policy.limits.memory_max_bytes = 64 << 20;
    const Child child = unwrap(zygote->spawn(options, {}));
    struct stat status{};
    const std::string folder = places.memory + "/" + cgroup_name(zygote->pid(), child.id);
    CHECK(::stat(folder.c_str(), &status) == 0);
    REQUIRE(::kill(child.pid, SIGKILL) == 0);
    while (!zygote->reaped()) {
        pollfd waiting{.fd = zygote->event_fd(), .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&waiting, 1, 60'000) == 1);
    }
    CHECK(::stat(folder.c_str(), &status) != 0);
}

TEST_CASE("limits: a fork server that was killed leaves no cgroup to its successor") {
    const CgroupPlaces places = CgroupPlaces::find();
    if (places.memory.empty()) return;
    std::string folder;
    {
        const auto zygote = unwrap(Zygote::start());
        SpawnOptions options{.name = "l", .entry = "limits.wait", .policy = {}};
        options.policy.limits.memory_max_bytes = 64 << 20;
        const Child child = unwrap(zygote->spawn(options, {}));
        folder = places.memory + "/" + cgroup_name(zygote->pid(), child.id);
        REQUIRE(::kill(zygote->pid(), SIGKILL) == 0);
        pollfd dead{.fd = child.pidfd.get(), .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&dead, 1, 60'000) == 1);
    }
    const auto successor = unwrap(Zygote::start());
    CHECK(unwrap(successor->spawn({.name = "l", .entry = "limits.wait"}, {})).pid > 0);
    struct stat status{};
    CHECK(::stat(folder.c_str(), &status) != 0);
}

}  // namespace parallax
