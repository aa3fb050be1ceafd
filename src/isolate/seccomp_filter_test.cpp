// Every rule of every filter is put to the kernel both ways: with arguments that fit, and with each
// bit that it looks at turned over. What the kernel answers must be what the rules say.
#include "isolate/seccomp_filter.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <set>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/sanitized.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

using Arguments = std::array<std::uint64_t, 6>;

struct Trial {
    int number = 0;
    Arguments arguments{};
};

// What the kernel did, or what the rules say it does.
enum class Outcome : int { untried, allowed, trapped, killed, error };  // error + errno

int outcome(Outcome kind, int error = 0) { return static_cast<int>(kind) + error; }

bool fits(const ArgumentRule& rule, std::uint64_t value) {
    const std::uint64_t seen = rule.wide ? value : value & 0xffff'ffff;
    switch (rule.test) {
        case ArgumentTest::equal:
            return seen == rule.value;
        case ArgumentTest::not_equal:
            return value != rule.value;
        case ArgumentTest::masked_equal:
            break;
    }
    return (value & rule.mask) == rule.value;
}

// The rules' own words, read a second time, without BPF.
int told(const std::vector<SyscallRule>& rules, const Trial& trial) {
    for (const SyscallRule& rule : rules) {
        if (rule.number != trial.number) continue;
        const bool all = std::ranges::all_of(rule.arguments, [&](const ArgumentRule& argument) {
            return fits(argument, trial.arguments.at(argument.index));
        });
        if (!all) continue;
        if (rule.action == SyscallAction::allow) return outcome(Outcome::allowed);
        if (rule.action == SyscallAction::kill) return outcome(Outcome::killed);
        return outcome(Outcome::error, rule.error);
    }
    return outcome(Outcome::trapped);
}

// Below ours lies a filter that answers this instead of making the call; ours wins where it
// refuses.
constexpr int kMarker = 4000;
volatile std::sig_atomic_t g_trapped = 0;

void install_marker() {
    const auto number = static_cast<unsigned>(offsetof(seccomp_data, nr));
    std::array<sock_filter, 6> code{{
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, number},
        {BPF_JMP | BPF_JEQ | BPF_K, 3, 0, SYS_rt_sigreturn},
        {BPF_JMP | BPF_JEQ | BPF_K, 2, 0, SYS_exit_group},
        {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, SYS_seccomp},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | kMarker},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    }};
    const sock_fprog program{code.size(), code.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) ::_exit(1);
}

long call(const Trial& t) {
    const Arguments& a = t.arguments;
    return ::syscall(t.number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

[[noreturn]] void try_all(const SeccompFilter& filter, const std::vector<Trial>& trials,
                          int* results) {
    struct sigaction action{};
    action.sa_handler = [](int) { g_trapped = 1; };
    ::sigaction(SIGSYS, &action, nullptr);
    install_marker();
    if (!filter.install()) ::_exit(1);
    for (const Trial& trial : trials) {
        g_trapped = 0;
        errno = 0;
        const long rc = call(trial);
        const int error = errno;
        *results++ = g_trapped != 0                 ? outcome(Outcome::trapped)
                     : rc == -1 && error == kMarker ? outcome(Outcome::allowed)
                     : rc == -1                     ? outcome(Outcome::error, error)
                                                    : outcome(Outcome::untried);
    }
    ::_exit(0);
}

// The outcomes of all trials; a child that is killed stops there.
std::vector<int> put_to_kernel(const SeccompFilter& filter, const std::vector<Trial>& trials) {
    const std::size_t bytes = trials.size() * sizeof(int);
    void* shared =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(shared != MAP_FAILED);
    auto* results = static_cast<int*>(shared);
    const pid_t child = ::fork();
    if (child == 0) try_all(filter, trials, results);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    std::vector<int> all(results, results + trials.size());
    ::munmap(shared, bytes);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
        *std::ranges::find(all, outcome(Outcome::untried)) = outcome(Outcome::killed);
    } else if (!kSanitized) {  // Its run-times look on at _exit, under a filter that lets nothing.
        CHECK(status == 0);
    }
    return all;
}

Arguments fitting(const SyscallRule& rule) {
    Arguments arguments{};
    for (const ArgumentRule& argument : rule.arguments) {
        const bool differs = argument.test == ArgumentTest::not_equal;
        arguments.at(argument.index) = differs ? argument.value + 8 : argument.value;
    }
    return arguments;
}

// Each bit that the rule looks at, turned over.
void add_turned(const SyscallRule& rule, std::vector<Trial>& trials) {
    for (const ArgumentRule& argument : rule.arguments) {
        for (int bit = 0; bit < 64; ++bit) {
            const std::uint64_t one = std::uint64_t{1} << bit;
            if (argument.test == ArgumentTest::masked_equal && (argument.mask & one) == 0) continue;
            Trial trial{rule.number, fitting(rule)};
            trial.arguments.at(argument.index) ^= one;
            trials.push_back(trial);
        }
    }
}

// Those that the trying child itself lives by. That they work is seen by its being able to answer.
bool lives_by(int number) { return number == SYS_rt_sigreturn || number == SYS_exit_group; }

// uretprobe and uprobe: the kernel asks no filter, since its own trampolines make these calls.
bool unfiltered(int number) { return number == 335 || number == 336; }

struct Trials {
    std::vector<Trial> harmless;
    std::vector<Trial> deadly;  // One child each.
};

Trials trials_of(const std::vector<SyscallRule>& rules) {
    Trials trials;
    std::vector<Trial> all;
    std::set<int> named;
    for (const SyscallRule& rule : rules) {
        named.insert(rule.number);
        all.push_back({rule.number, fitting(rule)});
        add_turned(rule, all);
    }
    // And every call that no rule names.
    for (int number = 0; number < 520; ++number) {
        if (!named.contains(number) && !unfiltered(number)) all.push_back({number, {}});
    }
    for (const Trial& trial : all) {
        const int expected = told(rules, trial);
        // The marker lets seccomp() through, to have ours installed above it.
        const bool marked = trial.number != SYS_seccomp || expected != outcome(Outcome::allowed);
        if (lives_by(trial.number) || !marked) continue;
        const bool kills = expected == outcome(Outcome::killed);
        (kills ? trials.deadly : trials.harmless).push_back(trial);
    }
    return trials;
}

void check_filter(const SandboxPolicy& policy, FilterPhase phase) {
    const auto rules = unwrap(syscall_rules(policy, phase));
    const SeccompFilter filter = unwrap(SeccompFilter::compile(rules));
    const Trials trials = trials_of(rules);
    const std::vector<int> answers = put_to_kernel(filter, trials.harmless);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const Trial& trial = trials.harmless[i];
        CAPTURE(syscall_name(trial.number));
        CAPTURE(trial.arguments[0]);
        CAPTURE(trial.arguments[1]);
        CAPTURE(trial.arguments[2]);
        REQUIRE(answers[i] == told(rules, trial));
    }
    for (const Trial& trial : trials.deadly) {
        CAPTURE(syscall_name(trial.number));
        CHECK(put_to_kernel(filter, {trial}).front() == outcome(Outcome::killed));
    }
}

SandboxPolicy of(SandboxPreset preset) { return {.preset = preset}; }

SandboxPolicy granting(SandboxGrants grants) { return {.grants = std::move(grants)}; }

}  // namespace

TEST_CASE("seccomp: every rule of minimal-compute, both ways") {
    check_filter(of(SandboxPreset::minimal_compute), FilterPhase::final);
}
TEST_CASE("seccomp: every rule of with-network, both ways") {
    check_filter(of(SandboxPreset::with_network), FilterPhase::final);
}
TEST_CASE("seccomp: every rule of with-filesystem, both ways") {
    check_filter(of(SandboxPreset::with_filesystem), FilterPhase::final);
}
TEST_CASE("seccomp: every rule of the start-up filter, both ways") {
    check_filter(of(SandboxPreset::minimal_compute), FilterPhase::start_up);
}
TEST_CASE("seccomp: every rule that a grant brings, both ways") {
    check_filter(granting({.read_paths = {"/a"}}), FilterPhase::final);
    check_filter(granting({.device_paths = {"/dev/video0"}}), FilterPhase::final);
    check_filter(granting({.endpoints = {"unix:/run/s"}}), FilterPhase::final);
}
TEST_CASE("seccomp: every rule of a custom policy, both ways") {
    SandboxPolicy policy = of(SandboxPreset::custom);
    policy.allow = {"mincore", "futex_waitv"};
    policy.deny = {"getrandom", "mprotect"};
    check_filter(policy, FilterPhase::final);
}

TEST_CASE("seccomp: a mode with the set-user-id bit is no mode to make a file with") {
    const auto rules =
        unwrap(syscall_rules(of(SandboxPreset::with_filesystem), FilterPhase::final));
    const auto openat = unwrap(syscall_number("openat"));
    CHECK(told(rules, {openat, {0, 0, 0, 0644}}) == outcome(Outcome::allowed));
    CHECK(told(rules, {openat, {0, 0, 0, 04755}}) == outcome(Outcome::trapped));
}

TEST_CASE("seccomp: an unknown name is refused with the nearest one") {
    const auto number = syscall_number("futx");
    REQUIRE_FALSE(number);
    CHECK(number.error().hint == "did you mean futex?");
    CHECK(unwrap(syscall_number("mseal")) == 462);
    CHECK(syscall_name(449) == "futex_waitv");
    CHECK(syscall_name(999) == "system call 999");
}

TEST_CASE("seccomp: bytes that are no filter are refused") {
    const std::vector<std::byte> odd(9);
    CHECK_FALSE(SeccompFilter::from_bytes(odd));
    CHECK_FALSE(SeccompFilter::from_bytes({}));
}

}  // namespace parallax
