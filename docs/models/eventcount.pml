/* The event count (src/sync/event_count.h): may somebody sleep on although there is news?
 *
 * Givers store what takers look for and notify one of them; a store may stay in the giver's
 * buffer while it goes on to look for waiters, as on x86. Takers prepare, look once more, sleep.
 * The barrier on the takers' side empties all buffers, as membarrier(2) does; a locked operation
 * empties one's own. Claimed: with as many notifies as things given nobody sleeps on (spin looks
 * for states in which nothing can go on), and in the end nobody counts as asleep for good.
 *
 * Mutants: NO_HEAVY     prepare() without its barrier
 *          SAME_EPOCH   a notify counts off and wakes, and the epoch stays
 *          NOTIFY_FIRST the notify before the change
 *          FORGET_ALL   after a wake of nobody the count goes to 0, though somebody came since
 */
#define TAKERS 2
#define GIVERS 2

byte epoch, waiters;
bool there[GIVERS];    /* What a giver gave; in memory, */
bool buffered[GIVERS]; /* and still on its way there. */
bool asleep[TAKERS];
byte done;

inline drain(g) {
    if
    :: buffered[g] -> there[g] = true; buffered[g] = false
    :: else -> skip
    fi
}

/* Takes anything that is there. */
inline look(got) {
    atomic {
        got = false;
        if
        :: there[0] -> there[0] = false; got = true
        :: there[1] -> there[1] = false; got = true
        :: else -> skip
        fi
    }
}

proctype Taker(byte me) {
    byte key;
    bool got;
    look(got);
    do
    :: got -> break
    :: else ->
        atomic { key = epoch; waiters++ }
#ifndef NO_HEAVY
        atomic { drain(0); drain(1) }
#endif
        look(got);
        if
        :: got -> /* cancel(): counted off, unless a notifier did it, or will. */
            atomic {
                if
                :: epoch == key && waiters > 0 -> waiters--
                :: else -> skip
                fi
            }
        :: else -> /* The futex sleeps only while the word is as it was seen. */
            atomic {
                if
                :: epoch == key -> asleep[me] = true
                :: else -> skip
                fi
            }
            !asleep[me];
            look(got)
        fi
    od;
    done++
}

inline notify_one(g) {
    if
    :: waiters == 0 -> skip /* A load, which its own store need not have gone before. */
    :: else ->
        atomic {
            drain(g); /* The exchange is locked. */
            took = (waiters > 0 -> 1 : 0);
            waiters = waiters - took;
#ifndef SAME_EPOCH
            epoch = epoch + took;
#endif
            left = waiters;
            seen = epoch
        }
        if
        :: took == 0 -> skip
        :: else ->
            atomic {
                if
                :: asleep[0] -> asleep[0] = false; woken = true
                :: asleep[1] -> asleep[1] = false; woken = true
                :: else -> woken = false
                fi
            }
            /* Nobody slept: whoever is still counted has left, unless the word is another. */
            atomic {
                if
#ifdef FORGET_ALL
                :: !woken -> waiters = 0
#else
                :: !woken && waiters == left && epoch == seen -> waiters = 0
#endif
                :: else -> skip
                fi
            }
        fi
    fi
}

proctype Giver(byte me) {
    byte took, left, seen;
    bool woken;
#ifdef NOTIFY_FIRST
    notify_one(me);
    buffered[me] = true
#else
    buffered[me] = true;
    notify_one(me)
#endif
}

/* A buffer empties by itself some time. */
active proctype Buffers() {
end:
    do
    :: atomic { buffered[0] -> drain(0) }
    :: atomic { buffered[1] -> drain(1) }
    od
}

init {
    atomic { run Taker(0); run Taker(1); run Giver(0); run Giver(1) }
    done == TAKERS;
    assert(!asleep[0] && !asleep[1])
}
