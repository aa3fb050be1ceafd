// Starting a sandboxed stage, beside what starts sandboxes elsewhere. Not a PX_BENCH: only the way
// to "ready" is on the clock, not the death of the one before. `bench --spawn ROUNDS`; tools/bench
// prints it. Budget: 1.5 ms to ready, and half of what bwrap needs.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/group_threads.h"
#include "isolate/isolation_bench.h"
#include "isolate/zygote.h"
#include "support/stages.h"

namespace parallax {
namespace {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

// Locks itself down, says so, and ends.
PX_STAGE("bench.ready") {
    if (!start.lock_down.now()) return 1;
    return ::write(start.fds.at(0).get(), "r", 1) == 1 ? 0 : 1;
}

double first_byte_us(int fd, Clock::time_point begin) {
    char ready = 0;
    if (::read(fd, &ready, 1) != 1) std::abort();
    return Microseconds(Clock::now() - begin).count();
}

// From the wish to the first word of a stage that is locked down.
double spawn_us(Zygote& zygote, SandboxPreset preset, std::vector<int> cores = {}) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) std::abort();
    const UniqueFd ours(ends[0]);
    const UniqueFd theirs(ends[1]);
    const int fd = theirs.get();
    const auto begin = Clock::now();
    const auto child = zygote.spawn({.name = "bench",
                                     .entry = "bench.ready",
                                     .policy = {.preset = preset},
                                     .cores = std::move(cores)},
                                    {&fd, 1});
    if (!child) std::abort();
    const double took = first_byte_us(ours.get(), begin);
    while (!zygote.reaped()) {
        pollfd waiting{.fd = zygote.event_fd(), .events = POLLIN, .revents = 0};
        ::poll(&waiting, 1, -1);
    }
    return took;
}

// From the wish to the first byte that the program prints.
double program_us(std::vector<std::string> words) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), 1);
    pid_t pid = 0;
    const auto begin = Clock::now();
    if (::posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), environ) != 0) {
        std::abort();
    }
    theirs = UniqueFd();
    const double took = first_byte_us(ours.get(), begin);
    ::posix_spawn_file_actions_destroy(&actions);
    ::waitpid(pid, nullptr, 0);
    return took;
}

void print(const char* name, std::vector<double>& all) {
    std::ranges::sort(all);
    std::printf("{\"name\":\"%s\",\"p10_us\":%.0f,\"p50_us\":%.0f,\"p95_us\":%.0f}\n", name,
                all[all.size() / 10], all[all.size() / 2], all[all.size() * 95 / 100]);
}

}  // namespace

int spawn_bench(int rounds) {
    auto zygote = Zygote::start();
    if (!zygote) return 1;
    const std::vector<std::string> echo{"/bin/echo", "r"};
    std::vector<std::string> bwrap{"/usr/bin/bwrap", "--unshare-all", "--ro-bind", "/", "/"};
    bwrap.insert(bwrap.end(), echo.begin(), echo.end());
    const bool has_bwrap = ::access(bwrap[0].c_str(), X_OK) == 0;
    const std::vector<int> core{allowed_cores().back()};
    std::array<std::vector<double>, 5> took;
    // Interleaved, so that a busy minute hits all alike.
    for (int i = 0; i < rounds; ++i) {
        took[0].push_back(spawn_us(**zygote, SandboxPreset::minimal_compute));
        took[1].push_back(spawn_us(**zygote, SandboxPreset::off));
        took[2].push_back(program_us(echo));
        if (has_bwrap) took[3].push_back(program_us(bwrap));
        took[4].push_back(spawn_us(**zygote, SandboxPreset::minimal_compute, core));
    }
    print("sandboxed stage", took[0]);
    print("sandboxed stage on one core", took[4]);
    print("stage without a sandbox", took[1]);
    print("echo", took[2]);
    if (has_bwrap) print("bwrap --unshare-all echo", took[3]);
    return 0;
}

}  // namespace parallax
