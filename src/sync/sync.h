// sync: the primitives that the product uses, under one name each; here is chosen what they are.
//
// By default the ones of this folder that take no lock. With the CMake option PARALLAX_SYNC=plain
// their counterparts of a mutex and condition variables: slower, and simple enough to be right at
// a look. The same tests run against both; whoever doubts the one builds with the other. A source
// that includes this is told of the choice by CMakeLists.txt, or does not compile: all must agree.
//
// Threads, blocking, order, closing: in the header of each.
#pragma once

#include <type_traits>

#include "sync/broadcast.h"
#include "sync/done.h"
#include "sync/event_count.h"
#include "sync/plain_broadcast.h"
#include "sync/plain_done.h"
#include "sync/plain_event_count.h"
#include "sync/plain_queue.h"
#include "sync/plain_seqlock.h"
#include "sync/plain_timers.h"
#include "sync/ring_queue.h"
#include "sync/seqlock.h"
#include "sync/timer_wheel.h"

namespace parallax {

#if defined(PARALLAX_SYNC_PLAIN)
inline constexpr bool kPlainSync = true;
#elif defined(PARALLAX_SYNC_OWN)
inline constexpr bool kPlainSync = false;
#else
#error "CMakeLists.txt does not tell this source of PARALLAX_SYNC: add it to sync_users"
#endif

using Bell = std::conditional_t<kPlainSync, PlainEventCount, EventCount>;
using Told = std::conditional_t<kPlainSync, PlainDone, Done>;
template <class T>
using Latest = std::conditional_t<kPlainSync, PlainSeqLock<T>, SeqLock<T>>;
template <class T, Sides sides>
using WorkQueue = std::conditional_t<kPlainSync, PlainQueue<T>, RingQueue<T, sides>>;
template <class T>
using News = std::conditional_t<kPlainSync, PlainBroadcast<T>, Broadcast<T>>;
template <class T>
using Timers = std::conditional_t<kPlainSync, PlainTimers<T>, TimerWheel<T>>;

}  // namespace parallax
