// until: waits for something that another thread will bring about, and gives up after a while.
//
//     until([&] { return sink.taken == 3; });
//
// Threads: what `happened` looks at is atomic or guarded.
#pragma once

#include <chrono>
#include <thread>

#include <doctest/doctest.h>

namespace parallax {

template <class Happened>
void until(Happened happened, std::chrono::seconds patience = std::chrono::seconds(20)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!happened()) {
        if (std::chrono::steady_clock::now() > end) FAIL("it did not happen");
        std::this_thread::yield();
    }
}

}  // namespace parallax
