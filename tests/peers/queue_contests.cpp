#include "peers/queue_contests.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "peers/queues.h"

namespace parallax::peers {
namespace {

constexpr std::uint64_t kItems = 102'400;
constexpr std::size_t kBatch = 32;
constexpr std::size_t kFill = 512;  // Of the 1024 places.

// A short wait on the core; seldom a turn for whoever else is there, who would take it for long.
void relax(unsigned& round) { Machine::relax(++round % 4096 == 0 ? 64 : 0); }

// Two threads, each on a processor of its own; both begin at once. Wall time of it all. What both
// look at over and over they must not find on the stack of one of them, beside what that one
// writes.
template <class First, class Second>
double side_by_side(First first, Second second) {
    std::atomic<int> ready{0};
    const auto meet = [&] {
        ready.fetch_add(1);
        for (unsigned round = 0; ready.load() != 2;) relax(round);
    };
    std::int64_t begun = 0;
    {
        const std::jthread other([&] {
            pin(1);
            meet();
            second();
        });
        pin(0);
        meet();
        begun = monotonic_ns();
        first();
    }
    const std::int64_t ended = monotonic_ns();
    unpin();
    return static_cast<double>(ended - begun);
}

void check(bool right) {
    if (!right) std::abort();
}

template <class Queue, class T>
void push_waiting(Queue& queue, const T& item) {
    for (unsigned round = 0; !queue.push(item);) relax(round);
}
template <class Queue, class T>
void pop_waiting(Queue& queue, T& to) {
    for (unsigned round = 0; !queue.pop(to);) relax(round);
}

// One pushes, one pops.
template <class Queue, class T>
double handed_over() {
    const auto queue = std::make_unique<Queue>();
    const double ns = side_by_side(
        [&] {
            Queue& own = *queue;
            for (std::uint64_t n = 1; n <= kItems; ++n) push_waiting(own, T::of(n));
        },
        [&] {
            Queue& own = *queue;
            T item{};
            for (std::uint64_t n = 1; n <= kItems; ++n) {
                pop_waiting(own, item);
                check(item.number() == n);
            }
        });
    return ns / kItems;
}

// The same, 32 at once.
template <class Queue, class T>
double handed_over_in_batches() {
    constexpr std::uint64_t kMany = 4 * kItems;
    static_assert(kMany % kBatch == 0);
    const auto queue = std::make_unique<Queue>();
    const double ns = side_by_side(
        [&] {
            Queue& own = *queue;
            std::array<T, kBatch> items;
            for (std::uint64_t n = 1; n <= kMany; n += kBatch) {
                for (std::size_t i = 0; i < kBatch; ++i) items[i] = T::of(n + i);
                std::span<T> rest(items);
                for (unsigned round = 0; !rest.empty();) {
                    const std::size_t done = own.push_some(rest);
                    rest = rest.subspan(done);
                    if (done == 0) relax(round);
                }
            }
        },
        [&] {
            Queue& own = *queue;
            std::array<T, kBatch> items;
            unsigned round = 0;
            for (std::uint64_t n = 1; n <= kMany;) {
                const std::size_t got = own.pop_some(items);
                for (std::size_t i = 0; i < got; ++i) check(items[i].number() == n++);
                if (got == 0) relax(round);
            }
        });
    return ns / kMany;
}

// One item there by one queue and back by another.
template <class Queue, class T>
double round_trip() {
    constexpr std::uint64_t kTrips = kItems / 10;
    const auto there = std::make_unique<Queue>();
    const auto back = std::make_unique<Queue>();
    const double ns = side_by_side(
        [&] {
            Queue& to = *there;
            Queue& from = *back;
            T item{};
            for (std::uint64_t n = 1; n <= kTrips; ++n) {
                push_waiting(to, T::of(n));
                pop_waiting(from, item);
                check(item.number() == n);
            }
        },
        [&] {
            Queue& from = *there;
            Queue& to = *back;
            T item{};
            for (std::uint64_t n = 1; n <= kTrips; ++n) {
                pop_waiting(from, item);
                push_waiting(to, item);
            }
        });
    return ns / kTrips;
}

// Two threads that both push one and pop one, over and over, on the same queue: what contention
// costs, where two processors is all there is. (C. Yang and J. Mellor-Crummey, "A Wait-free Queue
// as Fast as Fetch-and-Add", 2016, measure such pairs.) A pair.
template <class Queue, class T>
double pairs() {
    constexpr std::uint64_t kPairs = kItems / 2;
    const auto queue = std::make_unique<Queue>();
    std::array<std::uint64_t, 2> sums{};
    const auto both = [&](std::uint64_t& told) {
        Queue& own = *queue;
        T item{};
        std::uint64_t sum = 0;
        for (std::uint64_t n = 1; n <= kPairs; ++n) {
            push_waiting(own, T::of(n));
            pop_waiting(own, item);
            sum += item.number();
        }
        told = sum;
    };
    const double ns = side_by_side([&] { both(sums[0]); }, [&] { both(sums[1]); });
    check(sums[0] + sums[1] == kPairs * (kPairs + 1));
    return ns / kPairs;
}

// Half full and empty again by one thread: the work alone. CPU time.
template <class Queue, class T>
double alone() {
    const auto queue = std::make_unique<Queue>();
    T item{};
    std::uint64_t sum = 0;
    const std::int64_t begun = thread_cpu_ns();
    for (std::uint64_t n = 0; n < kItems; n += kFill) {
        for (std::uint64_t i = 1; i <= kFill; ++i) check(queue->push(T::of(n + i)));
        for (std::uint64_t i = 1; i <= kFill; ++i) {
            check(queue->pop(item));
            sum += item.number();
        }
    }
    const std::int64_t ended = thread_cpu_ns();
    constexpr std::uint64_t kDone = (kItems + kFill - 1) / kFill * kFill;
    check(sum == kDone * (kDone + 1) / 2);
    return static_cast<double>(ended - begun) / kDone;
}

enum class Way { alone, over, batches, trip, pairs };

template <class Queue, class T, Way way>
double run() {
    if constexpr (way == Way::alone) return alone<Queue, T>();
    if constexpr (way == Way::over) return handed_over<Queue, T>();
    if constexpr (way == Way::batches) return handed_over_in_batches<Queue, T>();
    if constexpr (way == Way::trip) return round_trip<Queue, T>();
    if constexpr (way == Way::pairs) return pairs<Queue, T>();
}

// Those that may have many threads on each side; `spsc`: told that there is one.
template <class T, Way way, bool spsc>
void add_shared(std::vector<Contender>& all) {
    const auto add = [&](const char* name, std::function<double()> run, Role role = Role::peer) {
        all.push_back({name, std::move(run), role});
    };
    add("ours, mpmc", run<OurMpmc<T>, T, way>, Role::aside);
    add("ours, plain", run<OurPlain<T>, T, way>, Role::aside);
    add("a Vyukov ring", run<Vyukov<T>, T, way>);
#ifdef PEERS_BOOST
    add("boost::lockfree::queue", run<BoostMpmc<T>, T, way>);
#endif
#ifdef PEERS_MOODYCAMEL
    if constexpr (spsc) {
        add("moodycamel::ConcurrentQueue, tokens", run<MoodycamelTokens<T>, T, way>);
    } else {
        add("moodycamel::ConcurrentQueue", run<Moodycamel<T>, T, way>);
    }
#endif
#ifdef PEERS_ATOMIC_QUEUE
    add("atomic_queue", run<AtomicQueue<T, spsc>, T, way>);
#endif
#ifdef PEERS_TBB
    add("oneTBB concurrent_bounded_queue", run<Tbb<T>, T, way>);
#endif
}

template <class T, Way way>
std::vector<Contender> for_one_each() {
    std::vector<Contender> all{{"ours, spsc", run<OurSpsc<T>, T, way>}};
#ifdef PEERS_BOOST
    all.push_back({"boost::lockfree::spsc_queue", run<BoostSpsc<T>, T, way>});
#endif
#ifdef PEERS_READERWRITER
    all.push_back({"moodycamel::ReaderWriterQueue", run<ReaderWriter<T>, T, way>});
#endif
    add_shared<T, way, true>(all);
    return all;
}

template <class T, Way way>
std::vector<Contender> for_many() {
    std::vector<Contender> all;
    add_shared<T, way, false>(all);
    all[0].role = Role::peer;
    return all;
}

template <class T>
std::vector<Contender> with_batches() {
    std::vector<Contender> all{{"ours, spsc", run<OurSpsc<T>, T, Way::batches>}};
    all.push_back({"ours, mpmc", run<OurMpmc<T>, T, Way::batches>, Role::aside});
#ifdef PEERS_BOOST
    all.push_back({"boost::lockfree::spsc_queue", run<BoostSpsc<T>, T, Way::batches>});
#endif
#ifdef PEERS_MOODYCAMEL
    all.push_back(
        {"moodycamel::ConcurrentQueue, tokens", run<MoodycamelTokens<T>, T, Way::batches>});
#endif
    return all;
}

template <std::size_t kBytes>
void hold_of(Contest& contest) {
    using T = Item<kBytes>;
    const std::vector<Limit> best{{.times = 1}};
    const std::string size = std::to_string(kBytes) + " bytes, ";
    const std::string one = size + "one pushes, one pops; ";
    contest.hold(one + "an item, wall", for_one_each<T, Way::over>(), best);
    contest.hold(one + "an item of 32 at once, wall", with_batches<T>(), best);
    contest.hold(one + "there and back, wall", for_one_each<T, Way::trip>(), best);
    contest.hold(one + "an item, one thread does both, CPU", for_one_each<T, Way::alone>(), best);
    const std::string many = size + "any may push and pop; ";
    contest.hold(many + "an item, one pushes, one pops, wall", for_many<T, Way::over>(), best);
    contest.hold(many + "two that push one and pop one, a pair, wall", for_many<T, Way::pairs>(),
                 best);
    contest.hold(many + "there and back, wall", for_many<T, Way::trip>(), best);
    contest.hold(many + "an item, one thread does both, CPU", for_many<T, Way::alone>(), best);
}

}  // namespace

void hold_queues(Contest& contest) {
    if (processors() < 2) {
        contest.not_shown("queues between two threads", "there is one processor");
        return;
    }
    hold_of<8>(contest);
    hold_of<64>(contest);
}

}  // namespace parallax::peers
