/* A tee whose branches meet again, with a kill of any of its stages (Channel, Stage::deliver(),
 * Stage::fetch_by_pts()).
 *
 * T makes frames, each in one slot that both of its channels name: a to M, b to J. M gives out
 * frame n once it has seen n + 1, so its branch comes later, and the planner makes b as much
 * deeper. J pairs what M makes with what comes by b. Claimed: J pairs each frame with itself, once
 * and in order; no slot is written while M or J may look at it; nothing is stuck.
 *
 * A kill is a step back to what was committed. Positions are told by the records at once here;
 * channel.pml shows that this may take its time.
 *
 * Mutants: UNSIZED       b is not deeper for M's sake: all three wait for each other
 *          FIRST_FREES   a slot is free when one of the channels has let go of it
 *          TWO_COMMITS   J commits one input after the other
 *          HALF_DELIVERY T commits when one channel has its frame and the other has not
 */
#ifndef FRAMES
#define FRAMES 5
#endif
#ifndef KILLS
#define KILLS 2
#endif
#define CAP_A 1
#ifdef UNSIZED
#define CAP_B 1
#else
#define CAP_B 2
#endif
#define PLACES 4
#define SLOTS 2

/* Committed: */
byte t_made, t_a, t_b;       /* T: the next frame's number, and its positions. */
byte m_done, m_taken, m_out; /* M: of its input, and its position. */
byte j_m, j_b;               /* J: done and released, of both inputs. */
byte kills = KILLS;
/* A slot's frame, by number of the slot; and the rings. M copies, so its ring holds the values. */
byte slot[SLOTS], ring_a[PLACES], ring_b[PLACES], ring_m[PLACES];

#ifdef FIRST_FREES
#define FREED (m_done > j_b -> m_done : j_b)
#else
#define FREED (m_done < j_b -> m_done : j_b)
#endif

active proctype Tee() {
    byte a, b, at;
again:
    atomic { a = t_a; b = t_b; at = t_made }
    do
    :: at < FRAMES ->
        atomic { at - FREED < SLOTS -> slot[at % SLOTS] = at }
        do /* deliver(): into each channel that has not got it; what finds no room waits. */
        :: atomic { a == at && a - m_taken < CAP_A && a - m_done < PLACES ->
            ring_a[a % PLACES] = at % SLOTS; a++ }
#ifdef HALF_DELIVERY
            atomic { t_a = a; t_b = b; t_made = at + 1 }
#endif
        :: atomic { b == at && b - j_b < CAP_B -> ring_b[b % PLACES] = at % SLOTS; b++ }
        :: atomic { a > at && b > at -> at++; t_a = a; t_b = b; t_made = at }
            break
        :: atomic { kills > 0 -> kills-- }
            goto again
        od
    :: else -> break
    od
}

active proctype Middle() {
    byte value;
end:
    do
    :: atomic { m_taken < t_a && m_taken <= m_done + 1 -> /* Also the one it only looks ahead at. */
        assert(slot[ring_a[m_taken % PLACES]] == m_taken);
        m_taken++
      }
    :: atomic { m_done < m_taken && (m_taken > m_done + 1 || m_taken == FRAMES) &&
                m_out - j_m < CAP_A ->
        value = slot[ring_a[m_done % PLACES]];
        assert(value == m_done);
        ring_m[m_out % PLACES] = value
      }
        if
        :: atomic { m_done++; m_out++; value = 0 }
        :: atomic { kills > 0 -> kills--; m_taken = m_done; value = 0 }
        fi
    :: atomic { kills > 0 && m_done < FRAMES -> kills--; m_taken = m_done }
    od
}

active proctype Join() {
    byte left, right;
    do
    :: j_b < FRAMES ->
        atomic { j_m < m_out && j_b < t_b ->
            left = ring_m[j_m % PLACES];
            right = slot[ring_b[j_b % PLACES]]
        }
        if
        :: atomic { kills > 0 -> kills-- }
#ifdef TWO_COMMITS
        :: atomic { j_b++ }
            if
            :: atomic { kills > 0 -> kills-- }
            :: atomic { j_m++ }
            fi
#else
        :: atomic {
            assert(left == j_b && right == j_b);
            assert(slot[ring_b[j_b % PLACES]] == right); /* Nobody wrote it meanwhile. */
            j_b++;
            j_m++
        }
#endif
        fi;
        assert(left == right);
        left = 0;
        right = 0
    :: else -> break
    od
}

active proctype Judge() {
    timeout;
    assert(j_m == FRAMES && j_b == FRAMES);
end:
    false
}
