// sync: the primitives that the product uses, under one name each; here is chosen what they are.
//
// By default the ones of this folder that take no lock. With the CMake option PARALLAX_SYNC=plain
// their counterparts of a mutex and condition variables: slower, and simple enough to be right at
// a look. The same tests run against both; whoever doubts the one builds with the other.
//
// Threads, blocking, order, closing: in the header of each.
#pragma once

#include "sync/broadcast.h"
#include "sync/event_count.h"
#include "sync/plain_broadcast.h"
#include "sync/plain_event_count.h"
#include "sync/plain_queue.h"
#include "sync/plain_seqlock.h"
#include "sync/plain_timers.h"
#include "sync/ring_queue.h"
#include "sync/seqlock.h"
#include "sync/timer_wheel.h"

namespace parallax {

#if defined(PARALLAX_SYNC_PLAIN)
using Event = PlainEventCount;
template <class T>
using Latest = PlainSeqLock<T>;
template <class T, Sides>
using WorkQueue = PlainQueue<T>;
template <class T>
using News = PlainBroadcast<T>;
template <class T>
using Timers = PlainTimers<T>;
#else
using Event = EventCount;
template <class T>
using Latest = SeqLock<T>;
template <class T, Sides sides>
using WorkQueue = RingQueue<T, sides>;
template <class T>
using News = Broadcast<T>;
template <class T>
using Timers = TimerWheel<T>;
#endif

}  // namespace parallax
