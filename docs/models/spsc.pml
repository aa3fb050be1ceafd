/* The ring of one producer and one consumer (src/sync/spsc_ring.h), which anybody may close.
 *
 * Stores of both go through buffers, as on x86. A push says how far it wants to come, looks whether
 * the ring is open and whether it is the cell's turn, fills the cell and passes the turn on; a pop
 * does so likewise. close() says that it closes, has all buffers emptied, and waits until the last
 * push that had begun has passed its turn on or has given up. Claimed: the consumer gets each item
 * that was taken, once and in order; no push fills a cell that is not empty; when close() has
 * returned nothing is taken any more; and when the consumer is told "closed" it has had all.
 *
 * Mutants: NO_HEAVY   close() does not wait for stores on their way
 *          NO_ATTEMPT a push does not say that it begins
 *          TURN_FIRST the turn is passed on before the cell is filled
 *          POP_FIRST  the turn is passed on before the cell is read
 *          STALE_TURN "closed" is said without another look at the turn
 */
#define CAPACITY 2
#define ITEMS 4
#define OPEN 0
#define CLOSING 1
#define CLOSED 2
#define PUSH_TURN(at) (2 * (at))
#define POP_TURN(at) (2 * (at) + 1)

byte cell[CAPACITY];
byte turn[CAPACITY];
byte tail, state;
byte taken;  /* Pushes that are, or will be, answered with ok. */
bool closed; /* close() has returned. */

mtype = { to_tail, to_cell, to_turn };
chan buffer = [4] of { mtype, byte, byte };   /* The producer's: what, where, and the value. */
chan returns = [2] of { mtype, byte, byte };  /* The consumer's. */

inline apply(from) {
    from ? what, where, value;
    if
    :: what == to_tail -> tail = value
    :: what == to_cell -> cell[where] = value
    :: what == to_turn -> turn[where] = value
    fi
}

active proctype Producer() {
    byte at = 0;
    bool late;
    turn[1] = PUSH_TURN(1); /* Before anybody looks: the consumer waits for the pop's turn. */
    do
    :: at < ITEMS ->
        late = closed;
#ifndef NO_ATTEMPT
        buffer ! to_tail(0, at + 1);
#endif
        if
        :: state != OPEN -> buffer ! to_tail(0, at); break
        :: else -> skip
        fi;
        if
        :: turn[at % CAPACITY] != PUSH_TURN(at) ->
            buffer ! to_tail(0, at);
            turn[at % CAPACITY] == PUSH_TURN(at) || state != OPEN
        :: else ->
            assert(!late);
            assert(cell[at % CAPACITY] == 0); /* What was there has been read. */
            taken = at + 1;                   /* From here on it is certain. */
#ifdef TURN_FIRST
            buffer ! to_turn(at % CAPACITY, POP_TURN(at));
            buffer ! to_cell(at % CAPACITY, at + 1);
#else
            buffer ! to_cell(at % CAPACITY, at + 1);
            buffer ! to_turn(at % CAPACITY, POP_TURN(at));
#endif
#ifdef NO_ATTEMPT
            buffer ! to_tail(0, at + 1);
#endif
            at++
        fi
    :: else -> break
    od
}

/* A pop destroys what it takes out: that is the zero. */
active proctype Consumer() {
    byte at = 0;
    do
    :: at == ITEMS -> break
    :: else ->
        if
        :: turn[at % CAPACITY] == POP_TURN(at) ->
#ifdef POP_FIRST
            returns ! to_turn(at % CAPACITY, PUSH_TURN(at + CAPACITY));
            assert(cell[at % CAPACITY] == at + 1);
            returns ! to_cell(at % CAPACITY, 0);
#else
            assert(cell[at % CAPACITY] == at + 1);
            returns ! to_cell(at % CAPACITY, 0);
            returns ! to_turn(at % CAPACITY, PUSH_TURN(at + CAPACITY));
#endif
            at++
        :: else ->
            if
            :: state != CLOSED -> skip
#ifndef STALE_TURN
            :: state == CLOSED && turn[at % CAPACITY] == POP_TURN(at) -> skip /* It came later. */
            :: state == CLOSED && turn[at % CAPACITY] != POP_TURN(at) -> assert(at == taken); break
#else
            :: state == CLOSED -> assert(at == taken); break
#endif
            fi
        fi
    od
}

active proctype Closer() {
    mtype what;
    byte where, value, last;
    state = CLOSING;
#ifndef NO_HEAVY
    atomic {
        do
        :: nempty(buffer) -> apply(buffer)
        :: nempty(returns) -> apply(returns)
        :: empty(buffer) && empty(returns) -> break
        od
    }
#endif
    do
    :: last = tail; /* Then its cell; the tail may have moved by then. */
        if
        :: last == 0 -> break
        :: last > 0 && turn[(last - 1) % CAPACITY] >= POP_TURN(last - 1) -> break
        :: else -> skip
        fi
    od;
    state = CLOSED;
    closed = true
}

active proctype Buffer() {
    mtype what;
    byte where, value;
end:
    do
    :: atomic { nempty(buffer) -> apply(buffer) }
    :: atomic { nempty(returns) -> apply(returns) }
    od
}
