#include "exec/poller.h"

#include <array>
#include <cstdio>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/actors.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

struct Pipe {
    UniqueFd read;
    UniqueFd write;
    Pipe() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        read = UniqueFd(ends[0]);
        write = UniqueFd(ends[1]);
    }
    void put() const { REQUIRE(::write(write.get(), "x", 1) == 1); }
    void fill() const {
        const std::array<char, 4096> junk{};
        while (::write(write.get(), junk.data(), junk.size()) > 0) {
        }
    }
    void empty() const {
        std::array<char, 4096> junk{};
        while (::read(read.get(), junk.data(), junk.size()) > 0) {
        }
    }
};

struct Rig {
    std::unique_ptr<ResourceGroup> group = unwrap(ResourceGroup::create({.threads = 1}));
    std::unique_ptr<Poller> poller = unwrap(Poller::create());

    // Comes back when the poller has dealt with everything that was ready before.
    void settle() const {
        Pipe pipe;
        Steps steps(*group);
        pipe.put();
        poller->watch(pipe.read.get(), steps);
        REQUIRE(steps.made());
        while (!steps.idle()) std::this_thread::yield();
    }
};

TEST_CASE("poller: what can be read notifies, before or after it is watched") {
    const Rig rig;
    Pipe early;
    Pipe late;
    Steps steps(*rig.group);
    const StopAtEnd stop(*rig.group);
    early.put();
    rig.poller->watch(early.read.get(), steps);
    REQUIRE(steps.made());
    rig.poller->watch(late.read.get(), steps);
    rig.settle();
    CHECK(steps.count() == 1);
    late.put();
    CHECK(steps.made());
}

TEST_CASE("poller: one watch notifies once") {
    const Rig rig;
    Pipe pipe;
    Steps steps(*rig.group);
    const StopAtEnd stop(*rig.group);
    rig.poller->watch(pipe.read.get(), steps);
    pipe.put();
    REQUIRE(steps.made());
    pipe.put();
    rig.settle();
    CHECK(steps.count() == 1);
    rig.poller->watch(pipe.read.get(), steps);
    CHECK(steps.made());
}

TEST_CASE("poller: a full pipe notifies its writer once there is room") {
    const Rig rig;
    Pipe pipe;
    Steps steps(*rig.group);
    const StopAtEnd stop(*rig.group);
    pipe.fill();
    rig.poller->watch(pipe.write.get(), steps);
    rig.settle();
    CHECK(steps.count() == 0);
    pipe.empty();
    CHECK(steps.made());
}

TEST_CASE("poller: the other side hanging up is news") {
    const Rig rig;
    Pipe pipe;
    Steps steps(*rig.group);
    const StopAtEnd stop(*rig.group);
    rig.poller->watch(pipe.read.get(), steps);
    pipe.write = UniqueFd();
    CHECK(steps.made());
}

TEST_CASE("poller: what cannot be waited for is ready at once") {
    const Rig rig;
    Steps steps(*rig.group);
    const StopAtEnd stop(*rig.group);
    const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    REQUIRE(file);
    rig.poller->watch(file.get(), steps);
    CHECK(steps.made());
    rig.poller->watch(-1, steps);
    CHECK(steps.made());
}

TEST_CASE("poller: a forgotten actor hears nothing more, and others still do") {
    const Rig rig;
    Pipe first;
    Pipe second;
    Steps forgotten(*rig.group);
    Steps kept(*rig.group);
    const StopAtEnd stop(*rig.group);
    rig.poller->watch(first.read.get(), forgotten);
    rig.poller->watch(second.read.get(), kept);
    rig.poller->forget(forgotten);
    first.put();
    second.put();
    CHECK(kept.made());
    rig.settle();
    CHECK(forgotten.count() == 0);
    rig.poller->watch(first.read.get(), forgotten);  // And it may come back.
    CHECK(forgotten.made());
}

// The poller kept the actor's address in the kernel: readiness that came while a stage was being
// taken down called into freed memory.
TEST_CASE("poller: after forget() the actor may be destroyed, whatever comes meanwhile") {
    const Rig rig;
    const StopAtEnd stop(*rig.group);
    for (int round = 0; round < 500; ++round) {
        Pipe pipe;
        Steps steps(*rig.group);
        rig.poller->watch(pipe.read.get(), steps);
        const std::jthread writer([&] { pipe.put(); });
        rig.poller->forget(steps);
        while (!steps.idle()) std::this_thread::yield();
        CHECK(steps.count() <= 1);
    }
}

}  // namespace
}  // namespace parallax
