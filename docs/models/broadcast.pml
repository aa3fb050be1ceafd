/* The broadcast (src/sync/broadcast.h): does each hear what was published, whole and in order?
 *
 * One publisher writes rounds of a ring, each slot under a version that is odd while it is
 * written; its stores go through a buffer, as on x86. A subscriber that drops reads at its own
 * pace and is told what it lost; one that blocks joins at any time, and from then on the publisher
 * waits for it. Joining empties all buffers. Claimed: what is heard is whole, what is missing is
 * exactly what was said to be lost, and who blocks misses nothing.
 *
 * Mutants: NO_ODD    a slot's version is not odd while it is written
 *          NO_HEAVY  who joins does not wait for stores on their way
 *          TOO_NEAR  who lost goes on at the slot that is being written, and counts on it
 *          UNTOLD    the publisher does not look whether somebody joined
 */
#define PLACES 2
#define ITEMS 4
#define FREE 255

byte version[PLACES], first[PLACES], second[PLACES];
byte published;
byte position = FREE; /* What the one that blocks reads next. */
byte joined;

mtype = { to_version, to_first, to_second, to_published };
chan buffer = [6] of { mtype, byte, byte };

inline apply() {
    buffer ? what, where, value;
    if
    :: what == to_version -> version[where] = value
    :: what == to_first -> first[where] = value
    :: what == to_second -> second[where] = value
    :: what == to_published -> published = value
    fi
}

active proctype Publisher() {
    byte at, joined_seen;
    byte limit = FREE;
    do
    :: at < ITEMS ->
#ifndef UNTOLD
        if
        :: joined != joined_seen || at >= limit ->
            do
            :: atomic {
                joined_seen = joined;
                if
                :: position == FREE -> limit = FREE
                :: else -> limit = position + PLACES
                fi };
                if
                :: at < limit -> break
                :: else -> position + PLACES > at || position == FREE || joined != joined_seen
                fi
            od
        :: else -> skip
        fi;
#endif
#ifndef NO_ODD
        buffer ! to_version(at % PLACES, 2 * at + 1);
#endif
        buffer ! to_first(at % PLACES, at + 1);
        buffer ! to_second(at % PLACES, at + 1);
        buffer ! to_version(at % PLACES, 2 * at + 2);
        buffer ! to_published(0, at + 1);
        at++
    :: else -> break
    od
}

/* The item at `next`, if it is still there. */
inline read() {
    got = false;
    if
    :: version[next % PLACES] == 2 * next + 2 ->
        one = first[next % PLACES];
        two = second[next % PLACES];
        if
        :: version[next % PLACES] == 2 * next + 2 -> got = true
        :: else -> skip
        fi
    :: else -> skip
    fi
}

active proctype Dropping() {
    byte next, lost, heard, one, two, oldest, seen;
    bool got;
    do
    :: heard + lost == ITEMS -> break
    :: else ->
        published > next;
        read();
        if
        :: got ->
            assert(one == next + 1 && two == next + 1);
            next++;
            heard++
        :: else ->
            /* The ring is full of newer ones, and one more may be under way. */
            seen = published;
#ifdef TOO_NEAR
            oldest = (seen > PLACES -> seen - PLACES : 0);
            next = (oldest > next + 1 -> oldest : next + 1);
            read();
            assert(got);
            next--;
#else
            oldest = (seen > PLACES - 1 -> seen - (PLACES - 1) : 0);
#endif
            oldest = (oldest > next + 1 -> oldest : next + 1);
            lost = lost + oldest - next;
            next = oldest
        fi;
        assert(heard + lost == next)
    od
}

active proctype Blocking() {
    byte next, one, two;
    bool got;
    mtype what;
    byte where, value;
    next = published;
    position = next; /* At the past first: the publisher waits until we know where we are. */
    atomic {
        joined++;
#ifndef NO_HEAVY
        do
        :: nempty(buffer) -> apply()
        :: empty(buffer) -> break
        od
#endif
    }
    next = published;
    position = next;
    do
    :: next == ITEMS -> break
    :: else ->
        published > next;
        read();
        assert(got && one == next + 1 && two == next + 1);
        next++;
        position = next
    od;
    position = FREE
}

active proctype Buffer() {
    mtype what;
    byte where, value;
end:
    do
    :: atomic { nempty(buffer) -> apply() }
    od
}
