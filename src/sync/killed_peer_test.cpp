// What may lie in memory that processes share, while one of them is killed at any instant. Rings
// of entries, arenas and whole stages have tests of their own in exec and isolate.
#include <csignal>
#include <memory>
#include <new>
#include <random>
#include <thread>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "sync/commit_record.h"
#include "sync/event_count.h"
#include "sync/seqlock.h"

namespace parallax {
namespace {

constexpr int kLives = 40;

template <class T>
class InSharedMemory {
  public:
    InSharedMemory() {
        void* pages =
            ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        REQUIRE(pages != MAP_FAILED);
        it_ = ::new (pages) T;
    }
    InSharedMemory(const InSharedMemory&) = delete;
    InSharedMemory& operator=(const InSharedMemory&) = delete;
    ~InSharedMemory() { ::munmap(it_, sizeof(T)); }
    T* operator->() const { return it_; }
    T& operator*() const { return *it_; }

  private:
    T* it_;
};

// Does something over and over in a process of its own, until it is killed.
class Child {
  public:
    template <class Work>
    explicit Child(Work work) : pid_(::fork()) {
        REQUIRE(pid_ >= 0);
        while (pid_ == 0) work();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() { kill(); }
    void kill() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = 0;
    }

  private:
    pid_t pid_;
};

// At any instant of its work, also before it has begun.
void kill_some_time(Child& child, std::minstd_rand& random) {
    for (unsigned turns = static_cast<unsigned>(random()) % 3'000'000; turns > 0; --turns) {
        asm volatile("");
    }
    child.kill();
}

Positions all(std::uint64_t value) {
    Positions positions;
    positions.consumed.fill(value);
    positions.done.fill(value);
    positions.released.fill(value);
    positions.published.fill(value);
    positions.state.fill(value);
    positions.epoch = value;
    positions.sequence = value;
    return positions;
}

TEST_CASE("commit record: a stage killed at any instant has committed all of a frame or nothing") {
    std::minstd_rand random(1);
    const InSharedMemory<RecordPage> page;
    const CommitRecord seen(*page, kMaxInputs, kMaxChannels);
    std::uint64_t last = 0;
    for (int life = 0; life < kLives; ++life) {
        CommitRecord record(*page, kMaxInputs, kMaxChannels);
        std::uint64_t next = last;
        Child stage([&] { record.commit(all(++next)); });
        kill_some_time(stage, random);
        // Nobody writes any more: there is an answer at once, and it is whole.
        const auto found = seen.snapshot();
        REQUIRE(found);
        REQUIRE(*found == all(found->epoch));
        REQUIRE(found->epoch >= last);
        REQUIRE(seen.published(3) == found->epoch);
        last = found->epoch;
    }
    CHECK(last > 0);
}

struct Pose {
    std::array<std::uint64_t, 24> words{};
};

TEST_CASE("seqlock: a writer killed at any instant leaves a whole value or none, never a mixture") {
    std::minstd_rand random(2);
    const InSharedMemory<SeqLock<Pose>> lock;
    int in_the_middle = 0;
    std::uint64_t last = 0;
    for (int life = 0; life < kLives; ++life) {
        std::uint64_t next = last;
        Child writer([&] {
            Pose pose;
            pose.words.fill(++next);
            lock->store(pose);
        });
        kill_some_time(writer, random);
        if (const auto pose = lock->read()) {
            for (const std::uint64_t word : pose->words) REQUIRE(word == pose->words[0]);
            REQUIRE(pose->words[0] >= last);
            last = pose->words[0];
        } else {
            ++in_the_middle;
        }
        // The successor makes it good.
        Pose anew;
        anew.words.fill(last += 1'000'000'000);
        lock->store(anew);
        REQUIRE(lock->read());
        REQUIRE(lock->read()->words[5] == last);
    }
    INFO("killed in the middle: ", in_the_middle);
    CHECK(last > 0);
}

struct Turns {
    EventCount event{Scope::machine};
    std::atomic<std::uint32_t> asked{0};
    std::atomic<std::uint32_t> answered{0};
};

// One lives and answers; others wait for what never comes, and are killed at it.
TEST_CASE("event count: who lives is woken, wherever others were killed while they waited") {
    std::minstd_rand random(3);
    const InSharedMemory<Turns> turns;
    const auto wait_while = [&](auto still, std::int64_t for_ns) {
        const std::int64_t until = monotonic_ns() + for_ns;
        while (still() && monotonic_ns() < until) {
            const auto key = turns->event.prepare();
            if (!still()) return turns->event.cancel(key);
            turns->event.wait(key, until);
        }
    };
    Child answering([&] {
        const auto idle = [&] { return turns->asked.load() == turns->answered.load(); };
        wait_while(idle, 1'000'000'000);
        if (idle()) return;
        turns->answered = turns->asked.load();
        turns->event.notify_all();
    });
    bool all_answered = true;
    for (int life = 0; life < kLives && all_answered; ++life) {
        Child waiting([&] { wait_while([] { return true; }, 20'000); });
        Child asleep([&] { wait_while([] { return true; }, 1'000'000'000'000); });
        kill_some_time(waiting, random);
        asleep.kill();
        for (int n = 0; n < 5; ++n) {
            ++turns->asked;
            turns->event.notify_one();  // Nobody else is left whom it could wake.
            const auto open = [&] { return turns->answered.load() != turns->asked.load(); };
            // Sooner than the other one would look by itself.
            wait_while(open, 800'000'000);
            all_answered = all_answered && !open();
        }
    }
    CHECK(all_answered);
}

}  // namespace
}  // namespace parallax
