#include "sync/done.h"

#include <memory>
#include <thread>

#include <doctest/doctest.h>

#include "support/stepped.h"
#include "sync/plain_done.h"

namespace parallax {
namespace {

using testing::explore;
using testing::Explored;
using testing::kNoStepping;
using testing::Round;
using testing::Stepped;

// Each answer lies on a stack that is gone at once, as in calls from one thread to another.
TEST_CASE_TEMPLATE("done: the answer is there when the wait ends, however often it is asked", Told,
                   Done, PlainDone) {
    constexpr int kRounds = 20'000;
    std::atomic<Told*> asked{nullptr};
    std::atomic<int*> place{nullptr};
    std::jthread other([&] {
        for (int n = 0; n < kRounds; ++n) {
            Told* done = nullptr;
            while ((done = asked.exchange(nullptr)) == nullptr) std::this_thread::yield();
            *place.load() = n;
            done->tell();
        }
    });
    int wrong = 0;
    for (int n = 0; n < kRounds; ++n) {
        int answer = -1;
        Told done;
        place = &answer;
        asked = &done;
        done.wait();
        if (answer != n) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE_TEMPLATE("done: told before the wait begins, the wait is none", Told, Done, PlainDone) {
    Told done;
    done.tell();
    done.wait();
}

TEST_CASE("done: in every order of steps the wait ends, and sees what came before it" *
          doctest::skip(kNoStepping)) {
    const Explored all = explore({.switches = 4}, [](Round& round) {
        DoneOn<Stepped> done;
        testing::SteppedAtomic<int> answer{0};
        bool seen = false;
        round.thread([&] {
            answer.store(1, std::memory_order_relaxed);
            done.tell();
        });
        round.thread([&] {
            done.wait();
            seen = answer.load(std::memory_order_relaxed) == 1;
        });
        round.run();
        round.check(seen, "the answer was there");
    });
    CHECK(all.failure == "");
    CHECK(all.complete);
}

}  // namespace
}  // namespace parallax
