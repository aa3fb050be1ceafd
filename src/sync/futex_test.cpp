#include "sync/futex.h"

#include <ctime>
#include <thread>

#include <sys/mman.h>

#include <doctest/doctest.h>

namespace parallax {
namespace {

using Word = std::atomic<std::uint32_t>;

std::int64_t now_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

TEST_CASE("futex: who waits for several words goes on when any of them changes") {
    std::array<Word, 3> words{};
    std::thread waker([&] {
        words[1].store(1);
        futex_wake(words[1], 1);
    });
    while (words[1].load() == 0) {
        FutexSet set;
        for (const Word& word : words) CHECK(set.add(word, 0));
        set.wait(std::nullopt);
    }
    waker.join();
    CHECK(words[1].load() == 1);
}

TEST_CASE("futex: a word that differs already is not waited for") {
    Word word{5};
    FutexSet one;
    one.add(word, 4);
    one.wait(std::nullopt);
    Word other{0};
    FutexSet two;
    two.add(other, 0);
    two.add(word, 4);
    two.wait(std::nullopt);
}

TEST_CASE("futex: waiting ends at the time given") {
    const Word first{0};
    const Word second{0};
    for (int words = 1; words <= 2; ++words) {
        FutexSet set;
        set.add(first, 0);
        if (words == 2) set.add(second, 0);
        const std::int64_t until = now_ns() + 3'000'000;
        // For no reason at all it may end before; then it is asked again.
        while (now_ns() < until) set.wait(until);
    }
    CHECK(first.load() == 0);
}

TEST_CASE("futex: a set takes no more words than the kernel does") {
    Word word{0};
    FutexSet set;
    for (std::size_t i = 0; i < FutexSet::kMost; ++i) CHECK(set.add(word, 0));
    CHECK_FALSE(set.add(word, 0));
}

TEST_CASE("futex: a waiter and a waker that may only read the word find each other") {
    void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(page != MAP_FAILED);
    const Word& word = *static_cast<const Word*>(page);
    std::atomic<bool> woken{false};
    std::thread waiter([&] {
        FutexSet set;
        set.add(word, 0);
        set.add(word, 0);
        set.wait(now_ns() + 60'000'000'000);
        woken = true;
    });
    while (!woken) {
        futex_wake(word, 1);
        std::this_thread::yield();
    }
    waiter.join();
    ::munmap(page, 4096);
}

}  // namespace
}  // namespace parallax
