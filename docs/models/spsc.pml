/* The ring of one producer and one consumer (src/sync/spsc_ring.h), which anybody may close.
 *
 * Stores of the producer go through a buffer, as on x86. A push says that it begins, looks whether
 * the ring is open, fills its cell and moves the tail; close() says that it closes, has all
 * buffers emptied, and waits for a push that had begun. Claimed: the consumer gets each item that
 * was taken, once and in order; when close() has returned nothing is taken any more; and when the
 * consumer is told "closed" it has had all.
 *
 * Mutants: NO_HEAVY   close() does not wait for stores on their way
 *          NO_ATTEMPT a push does not say that it begins
 *          TAIL_FIRST the tail moves before the cell is filled
 *          STALE_TAIL "closed" is said without another look at the tail
 */
#define CAPACITY 2
#define ITEMS 4
#define OPEN 0
#define CLOSING 1
#define CLOSED 2

byte cell[CAPACITY];
byte tail, head, attempt, state;
byte taken;  /* Pushes that are, or will be, answered with ok. */
bool closed; /* close() has returned. */

mtype = { to_attempt, to_cell, to_tail };
chan buffer = [4] of { mtype, byte, byte }; /* What, where, and the value. */

inline apply() {
    buffer ? what, where, value;
    if
    :: what == to_attempt -> attempt = value
    :: what == to_cell -> cell[where] = value
    :: what == to_tail -> tail = value
    fi
}

active proctype Producer() {
    byte at = 0;
    bool late;
    do
    :: at < ITEMS ->
        late = closed;
#ifndef NO_ATTEMPT
        buffer ! to_attempt(0, at + 1);
#endif
        if
        :: state != OPEN -> buffer ! to_attempt(0, at); break
        :: else -> skip
        fi;
        if
        :: at - head >= CAPACITY -> buffer ! to_attempt(0, at); head > at - CAPACITY || state != OPEN
        :: else ->
            assert(!late);
            taken = at + 1; /* From here on it is certain. */
#ifdef TAIL_FIRST
            buffer ! to_tail(0, at + 1);
            buffer ! to_cell(at % CAPACITY, at + 1);
#else
            buffer ! to_cell(at % CAPACITY, at + 1);
            buffer ! to_tail(0, at + 1);
#endif
            at++
        fi
    :: else -> break
    od
}

active proctype Consumer() {
    byte at = 0, seen;
    do
    :: at == ITEMS -> break
    :: else ->
        seen = tail;
        if
        :: at < seen ->
            assert(cell[at % CAPACITY] == at + 1);
            at++;
            head = at
        :: else ->
            if
            :: state != CLOSED -> skip
#ifndef STALE_TAIL
            :: state == CLOSED && tail != at -> skip /* It came after we had looked. */
            :: state == CLOSED && tail == at -> assert(at == taken); break
#else
            :: state == CLOSED -> assert(at == taken); break
#endif
            fi
        fi
    od
}

active proctype Closer() {
    mtype what;
    byte where, value;
    state = CLOSING;
#ifndef NO_HEAVY
    atomic {
        do
        :: nempty(buffer) -> apply()
        :: empty(buffer) -> break
        od
    }
#endif
    attempt == tail;
    state = CLOSED;
    closed = true
}

active proctype Buffer() {
    mtype what;
    byte where, value;
end:
    do
    :: atomic { nempty(buffer) -> apply() }
    od
}
