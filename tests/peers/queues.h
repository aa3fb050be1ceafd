// Queues of ours and of others, each as three calls: push, pop, and where it has them many at once.
//
// Each is used as its authors advise where that is known: moodycamel's with tokens, atomic_queue's
// told when there is one thread on each side.
//
// Threads: as the queue behind it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "peers/vyukov_ring.h"
#include "sync/plain_queue.h"
#include "sync/ring_queue.h"

#if __has_include(<boost/lockfree/spsc_queue.hpp>)
#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>
#define PEERS_BOOST
#endif
#if __has_include(<concurrentqueue/concurrentqueue.h>)
#include <concurrentqueue/concurrentqueue.h>
#define PEERS_MOODYCAMEL
#endif
#if __has_include(<readerwriterqueue/readerwriterqueue.h>)
#include <readerwriterqueue/readerwriterqueue.h>
#define PEERS_READERWRITER
#endif
#if __has_include(<atomic_queue/atomic_queue.h>)
#include <atomic_queue/atomic_queue.h>
#define PEERS_ATOMIC_QUEUE
#endif
#ifdef PEERS_TBB
#include <oneapi/tbb/concurrent_queue.h>
#endif

namespace parallax::peers {

constexpr std::size_t kPlaces = 1024;

// Words, so that none is torn unseen; the first is the item's number.
template <std::size_t kBytes>
struct Item {
    std::array<std::uint64_t, kBytes / 8> words{};
    std::uint64_t number() const { return words[0]; }
    static Item of(std::uint64_t number) {
        Item item;
        item.words.fill(number);
        return item;
    }
};
static_assert(sizeof(Item<64>) == 64);

template <class T, class Queue>
struct OurQueue {
    Queue queue{kPlaces};
    bool push(T item) { return queue.try_push(std::move(item)) == QueueAnswer::ok; }
    bool pop(T& to) {
        const auto item = queue.try_pop();
        if (item) to = *item;
        return item.has_value();
    }
    std::size_t push_some(std::span<T> items) { return queue.try_push_some(items); }
    std::size_t pop_some(std::span<T> to) { return queue.try_pop_some(to); }
};
template <class T>
using OurSpsc = OurQueue<T, RingQueue<T, Sides::spsc>>;
template <class T>
using OurMpmc = OurQueue<T, RingQueue<T, Sides::mpmc>>;
template <class T>
using OurPlain = OurQueue<T, PlainQueue<T>>;

template <class T>
struct Vyukov {
    VyukovRing<T> queue{kPlaces};
    bool push(const T& item) { return queue.push(item); }
    bool pop(T& to) { return queue.pop(to); }
};

#ifdef PEERS_BOOST
template <class T>
struct BoostSpsc {
    boost::lockfree::spsc_queue<T> queue{kPlaces};
    bool push(const T& item) { return queue.push(item); }
    bool pop(T& to) { return queue.pop(to); }
    std::size_t push_some(std::span<T> items) { return queue.push(items.data(), items.size()); }
    std::size_t pop_some(std::span<T> to) { return queue.pop(to.data(), to.size()); }
};
template <class T>
struct BoostMpmc {
    boost::lockfree::queue<T> queue{kPlaces};
    bool push(const T& item) { return queue.bounded_push(item); }
    bool pop(T& to) { return queue.pop(to); }
};
#endif

#ifdef PEERS_MOODYCAMEL
// A token belongs to a thread; these are for one on each side.
template <class T>
struct MoodycamelTokens {
    moodycamel::ConcurrentQueue<T> queue{kPlaces};
    moodycamel::ProducerToken producer{queue};
    moodycamel::ConsumerToken consumer{queue};
    bool push(const T& item) { return queue.enqueue(producer, item); }
    bool pop(T& to) { return queue.try_dequeue(consumer, to); }
    std::size_t push_some(std::span<T> items) {
        return queue.enqueue_bulk(producer, items.data(), items.size()) ? items.size() : 0;
    }
    std::size_t pop_some(std::span<T> to) {
        return queue.try_dequeue_bulk(consumer, to.data(), to.size());
    }
};
template <class T>
struct Moodycamel {
    moodycamel::ConcurrentQueue<T> queue{kPlaces};
    bool push(const T& item) { return queue.enqueue(item); }
    bool pop(T& to) { return queue.try_dequeue(to); }
};
#endif

#ifdef PEERS_READERWRITER
template <class T>
struct ReaderWriter {
    moodycamel::ReaderWriterQueue<T> queue{kPlaces};
    bool push(const T& item) { return queue.try_enqueue(item); }
    bool pop(T& to) { return queue.try_dequeue(to); }
};
#endif

#ifdef PEERS_ATOMIC_QUEUE
template <class T, bool kSpsc>
struct AtomicQueue {
    atomic_queue::AtomicQueueB2<T, std::allocator<T>, true, false, kSpsc> queue{kPlaces};
    bool push(const T& item) { return queue.try_push(item); }
    bool pop(T& to) { return queue.try_pop(to); }
};
// Of words, which it keeps in the atomics themselves; zero is no word.
template <class T, bool kSpsc>
    requires(sizeof(T) == 8)
struct AtomicQueue<T, kSpsc> {
    atomic_queue::AtomicQueueB<std::uint64_t, std::allocator<std::uint64_t>, 0, true, false, kSpsc>
        queue{kPlaces};
    bool push(const T& item) { return queue.try_push(item.number()); }
    bool pop(T& to) { return queue.try_pop(to.words[0]); }
};
#endif

#ifdef PEERS_TBB
template <class T>
struct Tbb {
    tbb::concurrent_bounded_queue<T> queue;
    Tbb() { queue.set_capacity(kPlaces); }
    bool push(const T& item) { return queue.try_push(item); }
    bool pop(T& to) { return queue.try_pop(to); }
};
#endif

}  // namespace parallax::peers
