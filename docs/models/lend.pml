/* Frames handed on without a copy (Borrows, Stage::resume(), Supervisor::describe_lent()).
 *
 * A producer's slots go through a forwarder, which may be killed, to a reader that holds several
 * of them and lets go in order. The forwarder's `released` trails what the reader has released;
 * its successor learns from the old rings which frames are still out, by the origin that each
 * entry carries. Claimed: the producer writes no slot that the reader looks at, the reader gets
 * every frame once and in order, and nothing is stuck.
 *
 * Positions are told by the records at once here; channel.pml shows that this may take its time.
 *
 * Mutants: REUSE_DONE   a place of the ring is written anew once its entry is done: then the
 *                       origin of one that is still held is gone
 *          LEND_NOTHING a successor believes that all before `done` has been let go of
 */
#ifndef FRAMES
#define FRAMES 6
#endif
#ifndef KILLS
#define KILLS 2
#endif
#define SLOTS 4
#define PLACES 2 /* Of the ring to the reader. */
#define LIVES (KILLS + 1)
#define NONE 255

byte made;                                /* By the producer: frames, and its position. */
byte slot_of[FRAMES];                     /* Its ring is long; so only the other one wraps. */
byte f_done, f_released, f_published;     /* The forwarder's record, */
byte place_slot[LIVES * PLACES];          /* and its rings: where the bytes are, */
byte place_origin[LIVES * PLACES];        /* and the input position they were borrowed at. */
byte until[LIVES];                        /* Where the ring of a former life ends. */
byte life, kills = KILLS;
byte r_done, r_released;                  /* The reader's record. */
byte held_slot[FRAMES];                   /* What the reader looks at, by position. */
byte lent[FRAMES];                        /* By input position: until the reader has released
                                             this position + 1; 0: not lent. */

#ifdef REUSE_DONE
#define REUSABLE r_done
#else
#define REUSABLE r_released
#endif

active proctype Producer() {
    byte slot, i;
    do
    :: made < FRAMES ->
        atomic {
            made - f_released < SLOTS;
            slot = made % SLOTS; /* Released in order, so slots are free in order. */
            i = r_released;
            do
            :: i < r_done -> assert(held_slot[i] != slot); i++
            :: else -> break
            od;
            i = 0;
            slot_of[made] = slot;
            made++
        }
    :: else -> break
    od
}

/* What of its input the forwarder may release: in order, up to the first that is still out. */
inline release() {
    do
    :: f_released < f_done && lent[f_released] <= r_released ->
        lent[f_released] = 0;
        f_released++
    :: else -> break
    od
}

inline forward() {
    place_slot[life * PLACES + f_published % PLACES] = slot_of[f_done];
    place_origin[life * PLACES + f_published % PLACES] = f_done
}

inline commit() {
    lent[f_done] = f_published + 1;
    f_done++;
    f_published++
}

inline succeed() {
    kills--;
    until[life] = f_published;
    i = 0;
    do
    :: i < FRAMES -> lent[i] = 0; i++
    :: else -> break
    od;
#ifndef LEND_NOTHING
    i = r_released;
    from = 0;
    do /* describe_lent(): each entry that is not released, in the ring of its life. */
    :: i < f_published ->
        do
        :: i >= until[from] -> from++
        :: else -> break
        od;
        lent[place_origin[from * PLACES + i % PLACES]] = i + 1;
        i++
    :: else -> break
    od;
#endif
    i = 0;
    from = 0;
    life++
}

active proctype Forwarder() {
    byte i, from;
end:
    do
    :: atomic { f_done < made && (f_published < PLACES || f_published - PLACES < REUSABLE) ->
        forward() }
        if
        :: atomic { commit() }
        :: atomic { kills > 0 -> succeed() } /* Written, and not committed. */
        fi
    :: atomic { f_released < f_done && lent[f_released] <= r_released -> release() }
    :: atomic { kills > 0 && f_done < FRAMES -> succeed() }
    od
}

/* Takes as many as it likes before it lets go of the first. */
active proctype Reader() {
    byte from;
end:
    do
    :: atomic { r_done < f_published ->
        do
        :: from < life && r_done >= until[from] -> from++
        :: else -> break
        od;
        assert(place_origin[from * PLACES + r_done % PLACES] == r_done);
        held_slot[r_done] = place_slot[from * PLACES + r_done % PLACES];
        r_done++;
        from = 0
      }
    :: atomic { r_released < r_done -> r_released++ }
    od
}

active proctype Judge() {
    timeout;
    assert(r_released == FRAMES && f_released == FRAMES);
end:
    false
}
