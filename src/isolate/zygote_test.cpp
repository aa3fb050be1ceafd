#include "isolate/zygote.h"

#include <array>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "isolate/seccomp_rules.h"
#include "support/spare.h"
#include "support/stages.h"
#include "support/until.h"

namespace parallax {
namespace {

constexpr int kPatienceMs = 30'000;

struct Pair {
    UniqueFd ours;
    UniqueFd theirs;
};

Pair make_pair_of_sockets() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::string read_once(int fd) {
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    std::array<char, 4096> text{};
    if (::poll(&waiting, 1, kPatienceMs) != 1) return "nothing came";
    const ssize_t count = ::read(fd, text.data(), text.size());
    return count > 0 ? std::string(text.data(), static_cast<std::size_t>(count)) : "";
}

void say(const StageStart& start, const std::string& text) {
    (void)!::write(start.fds.at(0).get(), text.data(), text.size());
}

ChildExit exit_of(Zygote& zygote) {
    for (;;) {
        if (const auto exit = zygote.reaped()) return *exit;
        pollfd waiting{.fd = zygote.event_fd(), .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&waiting, 1, kPatienceMs) == 1);
    }
}

std::unique_ptr<Zygote> started() {
    auto zygote = Zygote::start();
    REQUIRE_MESSAGE(zygote, zygote.error().message);
    return std::move(*zygote);
}

Child spawned(Zygote& zygote, const SpawnOptions& options, int fd) {
    auto child = zygote.spawn(options, {&fd, 1});
    REQUIRE_MESSAGE(child, to_string(child.error()));
    return std::move(*child);
}

bool dies(int pidfd) {
    pollfd dead{.fd = pidfd, .events = POLLIN, .revents = 0};
    return ::poll(&dead, 1, kPatienceMs) == 1;
}

UniqueFd pidfd_of(pid_t pid) {
    return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

void check_record(int signal, const CrashPage& page) {
    const auto record = page.read();
    REQUIRE(record);
    REQUIRE(record->has_value());
    CHECK((*record)->signal == signal);
    CHECK((*record)->frames.size() > 1);
    if (signal == SIGSYS) CHECK(syscall_name((*record)->system_call) == "getpgid");
    if (signal == SIGSEGV) CHECK((*record)->address == 0);
}

void check_killed(const ChildExit& exit, const Child& child) {
    CHECK(exit.id == child.id);
    CHECK(exit.signal == SIGKILL);
}

// A whole supervisor, in a process of its own: the stage says it is there, then who there is.
[[noreturn]] void supervise_until_killed(int socket) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // Nor does it outlive a test that failed.
    const auto zygote = Zygote::start();
    if (!zygote) ::_exit(1);
    const auto child = (*zygote)->spawn({.name = "w", .entry = "zygote.wait"}, {&socket, 1});
    if (!child) ::_exit(1);
    const std::array<pid_t, 2> pids{(*zygote)->pid(), child->pid};
    if (::write(socket, pids.data(), sizeof pids) != sizeof pids) ::_exit(1);
    for (;;) ::pause();
}

PX_STAGE("zygote.hello") {
    if (const auto done = start.lock_down.now(); !done) {
        say(start, to_string(done.error()));
        return 1;
    }
    say(start, "pid " + std::to_string(::getpid()) + " uid " + std::to_string(::getuid()) + " " +
                   start.name + " " + start.entry);
    return 7;
}

PX_STAGE("zygote.wait") {
    if (!start.lock_down.now()) return 1;
    say(start, "ready");
    std::array<char, 1> byte{};
    return ::read(start.fds.at(0).get(), byte.data(), 1) == 0 ? 0 : 3;
}

PX_STAGE("zygote.die") {
    if (!start.lock_down.now()) return 1;
    const int signal = std::stoi(start.entry.substr(start.entry.find(' ')));
    if (signal == SIGSEGV) *static_cast<volatile int*>(nullptr) = 1;  // NOLINT: on purpose
    if (signal == SIGILL) __builtin_trap();
    if (signal == SIGABRT) std::abort();
    if (signal == SIGSYS) ::syscall(SYS_getpgid, 0);
    return 9;
}

PX_STAGE("zygote.print") {
    (void)!::write(2, "to stderr\n", 10);
    return 0;
}

}  // namespace

TEST_CASE("zygote: a child is process 1 of its own namespace and ends with its own code") {
    const auto zygote = started();
    Pair pair = make_pair_of_sockets();
    const Child child =
        spawned(*zygote, {.name = "e0", .entry = "zygote.hello more"}, pair.theirs.get());
    pair.theirs = UniqueFd();
    CHECK(read_once(pair.ours.get()) == "pid 1 uid 1000 e0 zygote.hello more");
    CHECK(child.missing_layers.empty());
    const ChildExit exit = exit_of(*zygote);
    CHECK(exit.id == child.id);
    CHECK(exit.pid == child.pid);
    CHECK(exit.code == 7);
    CHECK(exit.signal == 0);
    CHECK_FALSE(zygote->reaped());
    CHECK(read_once(pair.ours.get()) == "");  // No other process holds its end.
}

TEST_CASE("zygote: the next child is born from a spare, and one that died is not missed") {
    const auto zygote = started();
    for (const bool from_spare : {false, true, false, true}) {
        Pair pair = make_pair_of_sockets();
        const pid_t spare = from_spare ? testing::spare_of(*zygote) : 0;
        const Child child =
            spawned(*zygote, {.name = "e", .entry = "zygote.hello"}, pair.theirs.get());
        CHECK(child.from_spare == from_spare);
        if (from_spare) CHECK(child.pid == spare);
        pair.theirs = UniqueFd();
        CHECK(read_once(pair.ours.get()) == "pid 1 uid 1000 e zygote.hello");
        CHECK(exit_of(*zygote).code == 7);
        CHECK(read_once(pair.ours.get()) == "");
        if (!from_spare) continue;
        const pid_t next = testing::spare_of(*zygote);
        REQUIRE(::kill(next, SIGKILL) == 0);
        until([&] { return ::kill(next, 0) != 0; });
    }
    CHECK_FALSE(zygote->reaped());  // Nobody asked for a spare, so its end is no news.
}

TEST_CASE("zygote: who is granted something of the file system is not born from a spare") {
    const auto zygote = started();
    CHECK(spawned(*zygote, {.name = "e", .entry = "zygote.print"}, 2).from_spare == false);
    CHECK(exit_of(*zygote).code == 0);
    testing::spare_of(*zygote);
    SpawnOptions options{.name = "g", .entry = "zygote.print", .policy = {}};
    options.policy.grants.read_paths.emplace_back("/etc/passwd");
    CHECK_FALSE(spawned(*zygote, options, 2).from_spare);
    options.policy = {};
    options.policy.preset = SandboxPreset::off;
    CHECK_FALSE(spawned(*zygote, options, 2).from_spare);
    options.policy = {};
    CHECK(spawned(*zygote, options, 2).from_spare);
}

TEST_CASE("zygote: what a child died of is told apart, with the refused call's number") {
    const auto zygote = started();
    for (const int signal : {SIGSEGV, SIGILL, SIGABRT, SIGSYS}) {
        CAPTURE(signal);
        Pair pair = make_pair_of_sockets();
        const Child child =
            spawned(*zygote, {.name = "d", .entry = "zygote.die " + std::to_string(signal)},
                    pair.theirs.get());
        const ChildExit exit = exit_of(*zygote);
        CHECK(exit.signal != 0);
        CHECK(signal_of(exit, child.crash_page) == signal);
        check_record(signal, child.crash_page);
    }
}

TEST_CASE("zygote: what a child prints arrives, without a terminal in between") {
    const auto zygote = started();
    Pair pair = make_pair_of_sockets();
    const Child child = spawned(*zygote, {.name = "p", .entry = "zygote.print"}, pair.theirs.get());
    CHECK(read_once(child.stderr_read.get()) == "to stderr\n");
    CHECK(exit_of(*zygote).code == 0);
}

TEST_CASE("zygote: children die with their fork server, and each death is told once") {
    const auto zygote = started();
    std::vector<Child> children;
    std::vector<Pair> pairs;
    for (int i = 0; i < 3; ++i) {
        pairs.push_back(make_pair_of_sockets());
        children.push_back(
            spawned(*zygote, {.name = "w", .entry = "zygote.wait"}, pairs.back().theirs.get()));
        CHECK(read_once(pairs.back().ours.get()) == "ready");
    }
    CHECK(zygote->alive());
    REQUIRE(::kill(zygote->pid(), SIGKILL) == 0);
    for (const Child& child : children) CHECK(dies(child.pidfd.get()));
    for (const Child& child : children) check_killed(exit_of(*zygote), child);
    CHECK_FALSE(zygote->reaped());
    CHECK_FALSE(zygote->alive());
    const auto late = zygote->spawn({.name = "late", .entry = "zygote.hello"}, {});
    REQUIRE_FALSE(late);
    CHECK(late.error().code == Errc::peer_died);
}

TEST_CASE("zygote: a killed supervisor takes its fork server and children along") {
    Pair pair = make_pair_of_sockets();
    const pid_t supervisor = ::fork();
    if (supervisor == 0) supervise_until_killed(pair.theirs.get());
    pair.theirs = UniqueFd();
    // The stage's word and the supervisor's, in either order.
    std::string told = read_once(pair.ours.get());
    const std::string other = read_once(pair.ours.get());
    if (told == "ready") told = other;
    std::array<pid_t, 2> pids{};
    REQUIRE(told.size() == sizeof pids);
    std::memcpy(pids.data(), told.data(), sizeof pids);
    const UniqueFd server = pidfd_of(pids[0]);
    const UniqueFd child = pidfd_of(pids[1]);
    REQUIRE((server && child));
    REQUIRE(::kill(supervisor, SIGKILL) == 0);
    ::waitpid(supervisor, nullptr, 0);
    CHECK(dies(server.get()));
    CHECK(dies(child.get()));
    CHECK(read_once(pair.ours.get()) == "");  // Nobody holds the stage's socket.
}

TEST_CASE("zygote: children end when their supervisor lets go") {
    auto zygote = started();
    Pair pair = make_pair_of_sockets();
    const Child child = spawned(*zygote, {.name = "w", .entry = "zygote.wait"}, pair.theirs.get());
    CHECK(read_once(pair.ours.get()) == "ready");
    zygote.reset();
    CHECK(dies(child.pidfd.get()));
}

TEST_CASE("zygote: a grant that does not exist is an error that says so") {
    const auto zygote = started();
    SpawnOptions options{.name = "g", .entry = "zygote.hello", .policy = {}};
    options.policy.grants.read_paths.emplace_back("/no/such/file");
    const auto child = zygote->spawn(options, {});
    REQUIRE_FALSE(child);
    CHECK(child.error().code == Errc::not_found);
    CHECK(child.error().message.find("/no/such/file") != std::string::npos);
    CHECK(zygote->alive());
}

}  // namespace parallax
