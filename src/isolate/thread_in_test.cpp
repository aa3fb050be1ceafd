#include "isolate/thread_in.h"

#include <array>
#include <limits>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/stages.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

std::uint64_t number(pid_t thread) { return static_cast<std::uint64_t>(thread); }

// Says what it is called in its own namespace, and waits.
PX_STAGE("thread_in.wait") {
    if (!start.lock_down.now()) return 1;
    pid_t mine = 0;
    std::thread([&] {
        mine = ::gettid();
        (void)!::write(start.fds.at(0).get(), &mine, sizeof mine);
        ::poll(nullptr, 0, -1);
    }).join();
    return 0;
}

TEST_CASE("thread in: a thread of our own is found, one that has ended is not") {
    pid_t other = 0;
    std::thread([&] {
        other = ::gettid();
        CHECK(thread_in(::getpid(), number(other)) == other);
    }).join();
    CHECK(thread_in(::getpid(), number(::gettid())) == ::gettid());
}

TEST_CASE("thread in: a number that the process has not is nobody's, whoever else has it") {
    const auto self = ::getpid();
    CHECK(thread_in(self, 0) == 0);
    CHECK(thread_in(self, number(::getppid())) == 0);
    CHECK(thread_in(self, std::numeric_limits<std::uint64_t>::max()) == 0);
    for (const pid_t nobody : {0, -1, std::numeric_limits<pid_t>::max()}) {
        CHECK(thread_in(nobody, number(self)) == 0);
    }
}

TEST_CASE("thread in: what a process calls its thread is not what we call it") {
    const auto zygote = unwrap(Zygote::start());
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    const UniqueFd ours(ends[0]);
    const UniqueFd theirs(ends[1]);
    const int fd = theirs.get();
    const Child child = unwrap(zygote->spawn({.name = "t", .entry = "thread_in.wait"}, {&fd, 1}));
    pid_t inner = 0;
    REQUIRE(::read(ours.get(), &inner, sizeof inner) == sizeof inner);
    const pid_t thread = thread_in(child.pid, number(inner));
    CHECK(thread > 0);
    CHECK(thread != child.pid);
    CHECK(thread_in(child.pid, 1) == child.pid);
    CHECK(thread_in(child.pid, number(thread)) == (thread == inner ? thread : 0));
}

}  // namespace
}  // namespace parallax
