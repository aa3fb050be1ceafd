// Stepped: a Machine whose every step a scheduler chooses, so that few steps are tried in all
// orders.
//
//     const Explored all = explore({.switches = 3}, [](Round& round) {
//         EventCountOn<Stepped> event;                       // Shared by the round's threads.
//         round.thread([&] { ... });
//         round.thread([&] { ... });
//         round.run();                                       // Until all have ended.
//         round.check(sum == 2, "both items came");
//     });
//     CHECK(all.failure == "");
//
// Threads are fibers of the calling thread. Before each operation on an atomic the scheduler
// decides who goes on. All rounds with at most so many unforced switches are tried, one after the
// other (Musuvathi and Qadeer, "Iterative context bounding", 2007), or so many rounds by chance.
//
// What is modelled: x86-TSO. A store that is not sequentially consistent may be delayed in its
// thread's store buffer, in order; light barriers do not empty it, heavy ones empty everybody's.
// Not modelled: loads out of order, as on ARM; that is for ThreadSanitizer and for reading.
//
// Sleeping is modelled too: a wait ends by a wake, by its time (the clock then jumps), or not at
// all, which is the failure "stuck".
#pragma once

#include <atomic>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <ucontext.h>

namespace parallax::testing {

// ThreadSanitizer follows threads and not fibers; there these tests are skipped.
#if defined(__SANITIZE_THREAD__)
inline constexpr bool kNoStepping = true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
inline constexpr bool kNoStepping = true;
#else
inline constexpr bool kNoStepping = false;
#endif
#else
inline constexpr bool kNoStepping = false;
#endif

struct ExploreOptions {
    int switches = 2;                     // At most, where nobody must: also delays of a store.
    std::uint64_t most_rounds = 400'000;  // Then it stops, incomplete.
    std::uint64_t by_chance = 0;          // If not 0: so many rounds, each switching at random.
    bool asymmetric = true;               // Light barriers are free, heavy ones reach all.
    bool delays = true;                   // Stores may be delayed.
};

struct Explored {
    std::uint64_t rounds = 0;
    bool complete = false;  // All within the bound were tried.
    std::string failure;    // Of the first round that failed, with how to get there.
};

class Round {
  public:
    using Word = std::uint64_t;

    // --- For tests.
    void thread(std::function<void()> body);
    void run();
    void check(bool holds, const char* what) {
        if (!holds) fail(what);
    }

    // --- For Stepped; outside of fibers all of these do nothing.
    static Round*& current();
    bool inside() const { return running_ >= 0; }
    void step();
    void spin();  // Somebody else must go on first.
    bool delay(void* at, std::size_t bytes, Word value);
    bool delayed(const void* at, Word& value) const;
    void drain_own();
    void drain_all();
    bool wait(const void* at, std::function<bool()> unchanged, std::optional<std::int64_t> until);
    int wake(const void* at, int most);

    std::int64_t now_ns = 1'000'000;
    ExploreOptions options;

  private:
    friend Explored explore(const ExploreOptions&, const std::function<void(Round&)>&);

    struct Store {
        void* at;
        std::size_t bytes;
        Word value;
    };
    struct Fiber {
        ucontext_t context{};
        std::unique_ptr<char[]> stack;
        std::function<void()> body;
        std::deque<Store> stores;
        const void* sleeps_on = nullptr;
        std::optional<std::int64_t> until;
        std::uint64_t lets_go_first = 0;  // A bit for each fiber.
        bool woken = false;
        bool ended = false;
    };
    struct Choice {
        std::uint32_t taken;
        std::uint32_t of;
    };
    enum class Act : std::uint8_t { go_on, write, time };
    struct Option {
        Act act;
        int fiber;
    };

    static void enter();
    std::uint32_t choose(std::size_t of, bool forced);
    std::vector<Option> choices() const;
    std::uint64_t able() const;
    void moved(int fiber);
    void reschedule();
    void to(int fiber);
    void write_one(Fiber& fiber);
    void drain(Fiber& fiber);
    void fail(std::string what);
    bool next();  // The next of all rounds; false when there is none.

    std::vector<std::unique_ptr<Fiber>> fibers_;
    ucontext_t outside_{};
    int running_ = -1;
    std::vector<Choice> trail_;
    std::size_t at_ = 0;
    int switched_ = 0;
    std::uint64_t steps_ = 0;
    std::mt19937_64 random_;
    std::string failure_;
};

Explored explore(const ExploreOptions& options, const std::function<void(Round&)>& round);

template <class T>
class SteppedAtomic {
    static_assert(sizeof(T) <= sizeof(std::uint64_t));

  public:
    SteppedAtomic() = default;
    SteppedAtomic(T value)
        : value_(value) {}  // NOLINT(google-explicit-constructor): as std::atomic
    SteppedAtomic(const SteppedAtomic&) = delete;
    SteppedAtomic& operator=(const SteppedAtomic&) = delete;

    T load(std::memory_order = std::memory_order_seq_cst) const {
        Round* round = before();
        std::uint64_t word = 0;
        if (round == nullptr || !round->delayed(&value_, word)) return value_;
        T value;
        std::memcpy(&value, &word, sizeof value);
        return value;
    }
    void store(T value, std::memory_order order = std::memory_order_seq_cst) {
        Round* round = before();
        std::uint64_t word = 0;
        std::memcpy(&word, &value, sizeof value);
        if (round != nullptr && order != std::memory_order_seq_cst &&
            round->delay(&value_, sizeof value, word)) {
            return;
        }
        if (round != nullptr) round->drain_own();
        value_ = value;
    }
    T exchange(T value, std::memory_order = std::memory_order_seq_cst) {
        return change([&](T) { return value; });
    }
    T fetch_add(T more, std::memory_order = std::memory_order_seq_cst) {
        return change([&](T was) { return static_cast<T>(was + more); });
    }
    T fetch_sub(T less, std::memory_order = std::memory_order_seq_cst) {
        return change([&](T was) { return static_cast<T>(was - less); });
    }
    T fetch_or(T bits, std::memory_order = std::memory_order_seq_cst) {
        return change([&](T was) { return static_cast<T>(was | bits); });
    }
    bool compare_exchange_strong(T& expected, T value,
                                 std::memory_order = std::memory_order_seq_cst,
                                 std::memory_order = std::memory_order_seq_cst) {
        const T was = change([&](T now) { return now == expected ? value : now; });
        const bool same = was == expected;
        expected = was;
        return same;
    }
    bool compare_exchange_weak(T& expected, T value,
                               std::memory_order order = std::memory_order_seq_cst,
                               std::memory_order other = std::memory_order_seq_cst) {
        return compare_exchange_strong(expected, value, order, other);
    }

    const T& peek() const { return value_; }

  private:
    static Round* before() {
        Round* round = Round::current();
        if (round == nullptr || !round->inside()) return nullptr;
        round->step();
        return round;
    }
    template <class F>
    T change(F f) {
        Round* round = before();
        if (round != nullptr) round->drain_own();  // Locked instructions do.
        const T was = value_;
        value_ = f(was);
        return was;
    }

    T value_{};
};

struct Stepped {
    template <class T>
    using Atomic = SteppedAtomic<T>;

    static bool asymmetric() {
        return Round::current() != nullptr && Round::current()->options.asymmetric;
    }
    static void light(bool asymmetric) {
        if (Round* round = inside(); round != nullptr && !asymmetric) round->drain_own();
    }
    static void heavy(bool asymmetric) {
        Round* round = inside();
        if (round == nullptr) return;
        round->step();
        asymmetric ? round->drain_all() : round->drain_own();
    }
    static bool wait_low(const Atomic<std::uint64_t>& word, std::uint32_t seen,
                         std::optional<std::int64_t> until) {
        Round* round = inside();
        if (round == nullptr) return false;
        const auto unchanged = [&] { return static_cast<std::uint32_t>(word.peek()) == seen; };
        return round->wait(&word, unchanged, until);
    }
    static int wake_low(const Atomic<std::uint64_t>& word, int most) {
        Round* round = inside();
        return round == nullptr ? 0 : round->wake(&word, most);
    }
    static std::int64_t now_ns() { return Round::current() ? Round::current()->now_ns : 0; }
    static void relax(unsigned /*round*/) {
        if (Round* round = inside()) round->spin();
    }
    static std::int64_t spin_ns() { return 0; }

  private:
    static Round* inside() {
        Round* round = Round::current();
        return round != nullptr && round->inside() ? round : nullptr;
    }
};

}  // namespace parallax::testing
