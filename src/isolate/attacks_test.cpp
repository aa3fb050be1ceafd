// Every attack of tests/support/attacks.h is run in a sandboxed child of its own, where it must
// fail, between two control actions that must work; and, where that is safe, without a sandbox,
// where it must work.
#include "support/attacks.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/sanitized.h"
#include "isolate/zygote.h"
#include "support/spare.h"
#include "support/stages.h"
#include "support/until.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

using testing::Attack;
using testing::attacks;
using testing::Outside;

constexpr int kPatienceMs = 60'000;
constexpr std::size_t kInputBytes = 8192;

void say(int socket, std::string_view word) { (void)!::write(socket, word.data(), word.size()); }

// What a stage does all day: allocate, read its input, ask for the time.
bool control_action(int input) {
    const std::vector<int> block(100'000, 7);
    void* page = ::mmap(nullptr, kInputBytes, PROT_READ, MAP_SHARED, input, 0);
    timespec now{};
    const bool good = page != MAP_FAILED && static_cast<const char*>(page)[0] == 'p' &&
                      ::clock_gettime(CLOCK_MONOTONIC, &now) == 0 && block.back() == 7;
    if (page != MAP_FAILED) ::munmap(page, kInputBytes);
    return good;
}

PX_STAGE("attack") {
    const int socket = start.fds.at(0).get();
    const int input = start.fds.at(1).get();
    const auto number = std::stoul(start.entry.substr(start.entry.find(' ')));
    if (const auto done = start.lock_down.now(); !done) {
        say(socket, to_string(done.error()));
        return 1;
    }
    say(socket, control_action(input) ? "up" : "down");
    const bool worked = attacks().at(number).run({.input = input});
    say(socket, worked ? "worked" : "blocked");
    say(socket, control_action(input) ? "still up" : "down");
    return 0;
}

UniqueFd sealed_input() {
    UniqueFd fd(::memfd_create("input", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    const std::string bytes(kInputBytes, 'p');
    REQUIRE(::write(fd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    REQUIRE(::fcntl(fd.get(), F_ADD_SEALS,
                    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0);
    return fd;
}

// Every word the child said; an end without a word when it died.
std::vector<std::string> words_of(int socket) {
    std::vector<std::string> words;
    for (;;) {
        pollfd waiting{.fd = socket, .events = POLLIN, .revents = 0};
        std::array<char, 512> text{};
        if (::poll(&waiting, 1, kPatienceMs) != 1) {
            words.emplace_back("hangs");
            return words;
        }
        const ssize_t count = ::read(socket, text.data(), text.size());
        if (count <= 0) return words;
        words.emplace_back(text.data(), static_cast<std::size_t>(count));
    }
}

struct Verdict {
    bool from_spare = false;
    std::vector<std::string> words;
    ChildExit exit;
};

Verdict run(Zygote& zygote, std::size_t number, const SandboxPolicy& policy) {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    const UniqueFd input = sealed_input();
    const std::array fds{theirs.get(), input.get()};
    auto child = zygote.spawn(
        {.name = "attacker", .entry = "attack " + std::to_string(number), .policy = policy}, fds);
    REQUIRE_MESSAGE(child, to_string(child.error()));
    theirs = UniqueFd();
    Verdict verdict{.from_spare = child->from_spare, .words = words_of(ours.get()), .exit = {}};
    for (;;) {
        if (const auto exit = zygote.reaped()) {
            verdict.exit = *exit;
            return verdict;
        }
        pollfd waiting{.fd = zygote.event_fd(), .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&waiting, 1, kPatienceMs) == 1);
    }
}

// Blocked: it says so and goes on working, or the kernel killed it.
void check_blocked(const Attack& attack, const Verdict& verdict) {
    CAPTURE(std::string(attack.name));
    CAPTURE(verdict.exit.signal);
    REQUIRE_FALSE(verdict.words.empty());
    CHECK(verdict.words.front() == "up");
    if (verdict.words.size() == 1) {
        CHECK(verdict.exit.signal != 0);
        return;
    }
    CHECK(verdict.words.at(1) == "blocked");
    CHECK(verdict.words.back() == "still up");
    CHECK(verdict.exit.code == 0);
}

// The filter lets a sanitizer's own run-time ask for these (seccomp_rules.cpp).
bool open_to_sanitizers(const Attack& attack) {
    constexpr std::array<std::string_view, 4> open{"process: leave its cores",
                                                   "rights: outlive the parent",
                                                   "rights: be dumpable", "rights: be a subreaper"};
    if (!kSanitized || std::ranges::find(open, attack.name) == open.end()) return false;
    MESSAGE("not tried under a sanitizer, which needs the call itself: " << attack.name);
    return true;
}

// So that the next one is born the long way.
void kill_spare(const Zygote& zygote) {
    const pid_t spare = testing::spare_of(zygote);
    REQUIRE(::kill(spare, SIGKILL) == 0);
    until([&] { return ::kill(spare, 0) != 0; });
}

SandboxPolicy attackers_policy() {
    SandboxPolicy policy;
    policy.limits.memory_max_bytes = 64 << 20;
    policy.limits.pids_max = 64;
    return policy;
}

}  // namespace

TEST_CASE("attacks: each is blocked in the sandbox, and the stage's own work is not") {
    ::setenv("PARALLAX_TEST_SECRET", "of the supervisor", 1);  // NOLINT(concurrency-mt-unsafe)
    const auto zygote = unwrap(Zygote::start());
    REQUIRE(attacks().size() >= 75);
    for (std::size_t i = 0; i < attacks().size(); ++i) {
        if (open_to_sanitizers(attacks()[i])) continue;
        if (i > 0) kill_spare(*zygote);
        const Verdict verdict = run(*zygote, i, attackers_policy());
        CHECK_FALSE(verdict.from_spare);
        check_blocked(attacks()[i], verdict);
    }
    CHECK(zygote->alive());
}

TEST_CASE("attacks: each is blocked in a sandbox that stood before it was asked for") {
    ::setenv("PARALLAX_TEST_SECRET", "of the supervisor", 1);  // NOLINT(concurrency-mt-unsafe)
    const auto zygote = unwrap(Zygote::start());
    run(*zygote, 0, attackers_policy());
    for (std::size_t i = 0; i < attacks().size(); ++i) {
        if (open_to_sanitizers(attacks()[i])) continue;
        testing::spare_of(*zygote);
        const Verdict verdict = run(*zygote, i, attackers_policy());
        CHECK(verdict.from_spare);
        check_blocked(attacks()[i], verdict);
    }
    CHECK(zygote->alive());
}

TEST_CASE("attacks: without a sandbox those that can be tried work, so blocking them is news") {
    const auto zygote = unwrap(Zygote::start());
    SandboxPolicy off;
    off.preset = SandboxPreset::off;
    int tried = 0;
    for (std::size_t i = 0; i < attacks().size(); ++i) {
        const Attack& attack = attacks()[i];
        const bool can = attack.outside == Outside::works ||
                         (attack.outside == Outside::as_root && ::geteuid() == 0);
        if (!can) continue;
        ++tried;
        CAPTURE(std::string(attack.name));
        const Verdict verdict = run(*zygote, i, off);
        REQUIRE(verdict.words.size() >= 2);
        CHECK(verdict.words.at(1) == "worked");
    }
    CHECK(tried >= 45);
}

}  // namespace parallax
