#include "isolate/crash_page.h"

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/sanitized.h"
#include "isolate/zygote.h"
#include "support/stages.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

constexpr std::size_t kPageBytes = 4096;

using Page = std::array<std::byte, kPageBytes>;

Page bytes_of(const CrashPage& page) {
    Page bytes{};
    REQUIRE(::pread(page.fd(), bytes.data(), bytes.size(), 0) == kPageBytes);
    return bytes;
}

void put(Page& page, std::size_t at, std::int32_t word) {
    std::memcpy(page.data() + at, &word, sizeof word);
}

// As a stage with a refused call leaves it.
Page written() {
    Page page = bytes_of(unwrap(CrashPage::create()));
    put(page, 4, 3);       // state
    put(page, 8, SIGSYS);  // signal
    put(page, 12, 1);      // code
    put(page, 16, 41);     // system call
    put(page, 20, 2);      // depth
    return page;
}

int overflow(int depth) {
    volatile char block[4096];  // NOLINT(*-avoid-c-arrays): volatile, so that it is really there
    block[0] = static_cast<char>(depth);
    return depth < 0 ? 0 : overflow(depth + 1) + block[0];
}

PX_STAGE("page.overflow") {
    if (!start.lock_down.now()) return 1;
    return overflow(0);
}

ChildExit exit_of(Zygote& zygote) {
    for (;;) {
        if (const auto exit = zygote.reaped()) return *exit;
        pollfd waiting{.fd = zygote.event_fd(), .events = POLLIN, .revents = 0};
        REQUIRE(::poll(&waiting, 1, 60'000) == 1);
    }
}

}  // namespace

TEST_CASE("crash page: a fresh one tells of no crash") {
    const CrashPage page = unwrap(CrashPage::create());
    CHECK_FALSE(unwrap(page.read()));
}

TEST_CASE("crash page: what was written comes out") {
    const auto record = unwrap(parse_crash_page(written()));
    REQUIRE(record);
    CHECK(record->signal == SIGSYS);
    CHECK(record->system_call == 41);
    CHECK(record->frames.size() == 2);
    CHECK(record->registers.size() == kCrashRegisters);
}

TEST_CASE("crash page: each word that cannot be true is refused") {
    struct Lie {
        std::size_t at;
        std::int32_t word;
    };
    for (const Lie lie :
         {Lie{0, 0}, Lie{4, 4}, Lie{4, -1}, Lie{8, SIGKILL}, Lie{8, 0}, Lie{8, 1 << 20}, Lie{12, 2},
          Lie{16, -1}, Lie{16, 1 << 30}, Lie{20, 65}, Lie{20, -1}}) {
        Page page = written();
        put(page, lie.at, lie.word);
        CAPTURE(lie.at);
        CAPTURE(lie.word);
        const auto record = parse_crash_page(page);
        REQUIRE_FALSE(record);
        CHECK(record.error().code == Errc::corrupt);
    }
    const Page page = written();
    CHECK_FALSE(parse_crash_page(std::span(page).first(100)));
    CHECK_FALSE(parse_crash_page({}));
}

TEST_CASE("crash page: a stage cannot resize it") {
    const CrashPage page = unwrap(CrashPage::create());
    CHECK(::ftruncate(page.fd(), 0) != 0);
    CHECK(::ftruncate(page.fd(), 1 << 20) != 0);
}

TEST_CASE("crash page: an overflown stack is reported from the handlers' own") {
    const auto zygote = unwrap(Zygote::start());
    const Child child = unwrap(zygote->spawn({.name = "o", .entry = "page.overflow"}, {}));
    const ChildExit exit = exit_of(*zygote);
    CHECK(signal_of(exit, child.crash_page) == SIGSEGV);
    const auto record = unwrap(child.crash_page.read());
    if (kThreadSanitized && !record) {
        MESSAGE("not tried: ThreadSanitizer's own shadow of the stack overflows first");
        return;
    }
    REQUIRE(record);
    CHECK(record->address != 0);
}

}  // namespace parallax
