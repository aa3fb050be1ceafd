/* A channel between two processes, either of which may be killed at any step, and the successors
 * that go on from their records (src/exec/channel.cpp, src/isolate/supervisor_{death,rebind}.cpp).
 *
 * Frame n is position n and holds n, so the consumer can tell what it was given. Claimed: what it
 * commits is 0, 1, 2 ... each once; no slot or place is written while somebody looks at it; no
 * memory goes while it is read; and no run ends before the last frame is through, so no wake-up is
 * lost. All loops wait for news, so the last of these is "no invalid end state".
 *
 * A commit is one step here: record.pml says that it may be. The consumer keeps the last frame
 * while it takes the next (context.keep()), so `released` trails `done`, and it commits what it
 * has taken before it has done it, as a join does that waits for a partner.
 *
 * Mutants: PUBLISH_FIRST    the entry is written after the commit
 *          REUSE_CONSUMED   a place is written anew once consumed, not only when done
 *          REUSE_DONE_SLOT  a slot is written anew once done, not only when released
 *          NO_WAKE          a commit wakes nobody
 *          BLIND_SLEEP      the word is not compared at the moment of falling asleep
 *          NO_INTRODUCTION  a consumer is not told of its producer's successor
 *          NEWEST_ONLY      one born meanwhile is told of the last of them only
 *          NO_CATCH_UP      one born meanwhile is not told of who came meanwhile
 *          FORGET_DONE      a former bundle goes once its entries are done, not released
 */
#ifndef FRAMES
#define FRAMES 4
#endif
#ifndef KILLS
#define KILLS 2
#endif
#define CAPACITY 2
#define PLACES 2
#define SLOTS 3
#define LIVES (KILLS + 1)
#define NONE 255

/* What lies in shared pages, by life of who writes it. */
byte published[LIVES], p_seq[LIVES];
byte consumed[LIVES], done[LIVES], released[LIVES], c_seq[LIVES];
byte place_value[LIVES * PLACES], place_slot[LIVES * PLACES];
byte arena[LIVES * SLOTS];

/* The supervisor's. A bundle is made as soon as its predecessor's owner has died. */
byte p_life, c_life;
bool p_ready, c_ready; /* And introduced. */
byte p_knows, c_knows; /* Whose record the blueprint named, */
byte c_told;           /* and of which life of the producer the consumer was told last. */
byte p_start, c_start; /* Of who lives, or comes next, */
byte c_kept;           /* and how far its predecessor had released. */
byte until[LIVES];     /* Where the entries of a producer's former lives end. */
byte forgotten;        /* Bundles of lives before this one are gone. */
byte kills = KILLS;
chan to_p = [KILLS] of { byte };       /* Life of the consumer's successor. */
chan to_c = [KILLS] of { byte, byte }; /* Life of the producer's, and its first position. */

bool p_runs, c_runs;     /* The processes themselves. */
byte p_sleeps, c_sleeps; /* On the seq of which life + 1; 0: it is awake. */

/* What nobody in the real world sees. */
bool looked_at[LIVES * SLOTS]; /* By the consumer that lives. */
byte through;                  /* Frames whose doing is committed. */

#ifdef BLIND_SLEEP
#define NEWS(word, seen) false
#else
#define NEWS(word, seen) (word != seen)
#endif

inline wake(who, life) {
#ifndef NO_WAKE
    if
    :: who == life + 1 -> who = 0
    :: else -> skip
    fi
#else
    skip
#endif
}

inline max(value, with) {
    if
    :: with > value -> value = with
    :: else -> skip
    fi
}

/* futex_waitv(2) compares and falls asleep in one; a message rings the bell. */
inline sleep(who, life, word, seen, channel) {
    atomic {
        if
        :: NEWS(word, seen) || nempty(channel) -> skip
        :: !NEWS(word, seen) && empty(channel) -> who = life + 1
        fi;
        seen = 0
    }
    who == 0
}

active proctype Producer() {
    byte me, peer, next, consumed_seen, done_seen, seen, slot, i;
    byte held[SLOTS]; /* Position + 1 of the entry that shows the slot. */
again:
    atomic {
        p_ready && !p_runs;
        p_runs = true;
        me = p_life; peer = p_knows; next = p_start
    }
    {
        do
        :: next < FRAMES ->
            atomic {
                do /* Channel::continue_with() */
                :: nempty(to_p) -> to_p ? peer
                :: empty(to_p) -> break
                od;
                seen = c_seq[peer] /* ResourceGroup::look_at_watches() */
            }
            d_step { /* Channel::reclaim(), room_for_frame(), storage_free() */
                max(consumed_seen, consumed[peer]);
#ifdef REUSE_CONSUMED
                max(done_seen, consumed[peer]);
#else
                max(done_seen, done[peer]);
#endif
                slot = SLOTS;
                i = 0;
                do
                :: i < SLOTS ->
                    if
#ifdef REUSE_DONE_SLOT
                    :: held[i] != 0 && held[i] <= done[peer] -> held[i] = 0
#else
                    :: held[i] != 0 && held[i] <= released[peer] -> held[i] = 0
#endif
                    :: else -> skip
                    fi;
                    if
                    :: held[i] == 0 -> slot = i
                    :: else -> skip
                    fi;
                    i++
                :: else -> break
                od;
                i = 0
            }
            if
            :: next - consumed_seen < CAPACITY && slot < SLOTS &&
               (next < PLACES || next - PLACES < done_seen) ->
                seen = 0;
#ifdef PUBLISH_FIRST
                atomic { published[me] = next + 1; p_seq[me]++ }
#endif
                d_step {
                    assert(!looked_at[me * SLOTS + slot]);
                    arena[me * SLOTS + slot] = next;
                    place_slot[me * PLACES + next % PLACES] = slot;
                    place_value[me * PLACES + next % PLACES] = next;
                    held[slot] = next + 1;
                    slot = 0;
                    next++
                }
#ifndef PUBLISH_FIRST
                atomic { published[me] = next; p_seq[me]++ } /* Stage::commit() */
#endif
                atomic { wake(c_sleeps, me) }
            :: else ->
                slot = 0;
                sleep(p_sleeps, peer, c_seq[peer], seen, to_p)
            fi
        :: else -> break
        od;
end_p:
        false
    } unless { atomic { !p_ready ->
        me = 0; peer = 0; next = 0; consumed_seen = 0; done_seen = 0; seen = 0; slot = 0; i = 0;
        do
        :: i < SLOTS -> held[i] = 0; i++
        :: else -> break
        od;
        i = 0;
        p_runs = false
    } }
    goto again
}

active proctype Consumer() {
    byte me, peer, next, published_seen, seen, from, slot, i;
    byte ends[LIVES]; /* Of the lives it knows as former, where they end. */
    byte kept = NONE; /* Slot of the frame before. */
again:
    atomic {
        c_ready && !c_runs;
        c_runs = true;
        me = c_life; peer = c_knows; next = c_start;
        do
        :: i < peer -> ends[i] = until[i]; published_seen = until[i]; i++
        :: else -> break
        od;
        i = 0
    }
    {
        do
        :: next < FRAMES ->
            atomic {
                do /* Channel::continue_from() */
                :: nempty(to_c) ->
                    to_c ? i, published_seen;
                    ends[peer] = published_seen;
                    peer = i;
                    i = 0
                :: empty(to_c) -> break
                od;
                seen = p_seq[peer]
            }
            d_step { /* Channel::readable(), stored() */
                if
                :: next >= published_seen -> max(published_seen, published[peer])
                :: else -> skip
                fi;
                from = 0;
                do
                :: from < peer && next >= ends[from] -> from++
                :: else -> break
                od
            }
            if
            :: next < published_seen ->
                d_step {
                    seen = 0;
                    assert(from >= forgotten);
                    assert(place_value[from * PLACES + next % PLACES] == next);
                    slot = from * SLOTS + place_slot[from * PLACES + next % PLACES];
                    looked_at[slot] = true
                }
                atomic { consumed[me] = next + 1; c_seq[me]++ }
                atomic { wake(p_sleeps, me) }
                d_step { /* Its frame, and the one it keeps, are what they were. */
                    assert(from >= forgotten);
                    assert(arena[slot] == next);
                    if
                    :: kept != NONE -> assert(arena[kept] == next - 1); looked_at[kept] = false
                    :: else -> skip
                    fi;
                    kept = slot;
                    slot = 0;
                    from = 0;
                    assert(through == next); /* Each frame once, and in order. */
                    next++;
                    through = next;
                    done[me] = next;
                    released[me] = next - 1;
                    c_seq[me]++
                }
                atomic { wake(p_sleeps, me) }
            :: else ->
                from = 0;
                sleep(c_sleeps, peer, p_seq[peer], seen, to_c)
            fi
        :: else -> break
        od;
end_c:
        false
    } unless { atomic { !c_ready ->
        me = 0; peer = 0; next = 0; published_seen = 0; seen = 0; from = 0; slot = 0; i = 0;
        kept = NONE;
        do
        :: i < LIVES -> ends[i] = 0; i++
        :: else -> break
        od;
        i = 0;
        c_runs = false
    } }
    goto again
}

/* on_death() and spawn() are one step with the kill: what a neighbour sees of the dead does not
 * change in between. How long it takes until the successor is ready is open, and so is when it
 * is heard of. */
inline kill_p() {
    kills--;
    if
    :: p_ready -> p_start = published[p_life]
    :: else -> skip /* Nobody has looked at its memory: it goes, and nothing has happened. */
    fi;
    until[p_life] = p_start;
    p_ready = false;
    p_sleeps = 0;
    do
    :: nempty(to_p) -> to_p ? _
    :: empty(to_p) -> break
    od;
    p_life++;
    p_knows = c_life
}

inline kill_c() {
    kills--;
    if
    :: c_ready -> c_start = done[c_life]; c_kept = released[c_life]
    :: else -> skip
    fi;
    c_ready = false;
    c_sleeps = 0;
    do
    :: nempty(to_c) -> to_c ? _, _
    :: empty(to_c) -> break
    od;
    i = 0;
    do
    :: i < LIVES * SLOTS -> looked_at[i] = false; i++
    :: else -> break
    od;
    i = 0;
    c_life++;
    c_knows = p_life;
    c_told = p_life
}

inline introduce_p() {
#ifndef NO_INTRODUCTION
#ifdef NEWEST_ONLY
    c_told = p_life - 1;
#endif
    do /* Also of lives that came and went before it was ready. */
    :: c_told < p_life -> to_c ! c_told + 1, until[c_told]; c_told++
    :: else -> break
    od;
    c_sleeps = 0
#else
    skip
#endif
}
inline introduce_c() { to_p ! c_life; p_sleeps = 0 }

/* on_ready(): introduce(), catch_up(), set_going() */
inline ready_p() {
    published[p_life] = p_start;
    p_ready = true;
    if
    :: p_life > 0 && c_ready -> introduce_p()
    :: else -> skip
    fi;
#ifndef NO_CATCH_UP
    if
    :: c_life > 0 && c_ready -> introduce_c()
    :: else -> skip
    fi
#endif
}

inline ready_c() {
    consumed[c_life] = c_start; /* Stage::resume() */
    done[c_life] = c_start;
    released[c_life] = c_start; /* Nobody looks at what a predecessor kept. */
    c_ready = true;
    if
    :: c_life > 0 && p_ready -> introduce_c()
    :: else -> skip
    fi;
#ifndef NO_CATCH_UP
    if
    :: p_life > 0 && p_ready -> introduce_p()
    :: else -> skip
    fi
#endif
}

#ifdef FORGET_DONE
#define LET_GO (c_ready -> done[c_life] : c_start)
#else
#define LET_GO (c_ready -> released[c_life] : c_kept)
#endif

active proctype Supervisor() {
    byte i;
end:
    do
    :: atomic { !p_ready && !p_runs -> ready_p() }
    :: atomic { !c_ready && !c_runs -> ready_c() }
    :: atomic { kills > 0 && through < FRAMES -> kill_p() }
    :: atomic { kills > 0 && through < FRAMES -> kill_c() }
    :: d_step { forgotten < p_life && LET_GO >= until[forgotten] -> /* let_go_of_formers() */
        i = 0;
        do
        :: i < SLOTS ->
            assert(!looked_at[forgotten * SLOTS + i]);
            arena[forgotten * SLOTS + i] = 0;
            i++
        :: else -> break
        od;
        i = 0;
        forgotten++
      }
    od
}

/* Nothing moves any more: then all is through. */
active proctype Judge() {
    timeout;
    assert(through == FRAMES);
end:
    false
}
