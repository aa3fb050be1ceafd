#include "base/thread.h"

#include <array>
#include <atomic>
#include <string>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/sanitized.h"

namespace parallax {
namespace {

TEST_CASE("thread: runs its body under its name, and join waits for the end") {
    std::string name;
    auto thread = Thread::start("plx:a-name-that-is-long", [&] {
        std::array<char, 16> own{};
        ::pthread_getname_np(::pthread_self(), own.data(), own.size());
        name = own.data();
    });
    REQUIRE(thread);
    CHECK(thread->running());
    thread->join();
    CHECK_FALSE(thread->running());
    CHECK(name == "plx:a-name-that");
}

TEST_CASE("thread: the destructor waits, also for one that was moved") {
    std::atomic<int> done = 0;
    {
        Thread kept;
        auto thread = Thread::start("plx:moved", [&] { ++done; });
        REQUIRE(thread);
        kept = *std::move(thread);
    }
    CHECK(done == 1);
}

TEST_CASE("thread: one that cannot be had is an error and no exception") {
    if (kSanitized) {
        MESSAGE("not tried: without address space the sanitizer itself gives up");
        return;
    }
    // In a child, since what is given up does not come back: no address space for a stack, which is
    // too large to be one that a former thread left.
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        const rlimit none{.rlim_cur = 1, .rlim_max = 1};
        ::setrlimit(RLIMIT_AS, &none);
        pthread_attr_t large;
        ::pthread_attr_init(&large);
        ::pthread_attr_setstacksize(&large, std::size_t{1} << 30);
        ::pthread_setattr_default_np(&large);
        const auto thread = Thread::start("plx:none", [] {});
        ::_exit(!thread && thread.error().message.find("plx:none") != std::string::npos ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace parallax
