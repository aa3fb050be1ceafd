/* The commit record (src/sync/commit_record.cpp): may a reader ever believe what was not committed?
 *
 * One writer, killed at any store; one reader with release/acquire memory as C++ has it, not one
 * where all see everything at once. Every location has one writer, so its history is its commits
 * in order, and what a thread may read is any value from the oldest it must know up to the
 * newest. Reading a release store with acquire makes known what was stored before it.
 *
 * A word of slot s has been written by commits s, s + SLOTS, ...; 0 is the page of zeros.
 *
 * Mutants: RELAXED_WORDS  words without release: the second look at seq may come from before
 *          ACCEPT_THREE   a reader that accepts when seq advanced by three
 *          SEQ_FIRST      seq stored before the words
 */
#ifndef COMMITS
#define COMMITS 8
#endif
#define LOOKS 3
#define SLOTS 4
#ifdef ACCEPT_THREE
#define ACCEPT 3
#else
#define ACCEPT 2
#endif

byte seq = 0;    /* The newest store of seq. */
byte first = 0;  /* Of the first and of the second word: the commit stored last, */
byte second = 0; /* into the slot that it belongs to. */

/* That it may be killed at any store needs no word: one that is never scheduled again is dead. */
active proctype Writer() {
    byte next = 1;
    do
    :: next <= COMMITS ->
#ifdef SEQ_FIRST
        seq = next;
        first = next;
        second = next;
#else
        first = next;
        second = next;
        seq = next;
#endif
        next++
    :: else -> break
    od
}

/* The newest commit up to `most` that went to the slot of `before`; 0 where none did. */
#define DISTANCE(most) ((most + 8 * SLOTS - before) % SLOTS)
#define NEWEST(most) (DISTANCE(most) > most -> 0 : most - DISTANCE(most))

/* What came before a commit's words: its predecessor, or with SEQ_FIRST its own seq. */
#ifdef SEQ_FIRST
#define SEQ_OF_WORD(commit) commit
#define WORDS_OF_SEQ(commit) (commit - 1)
#else
#define SEQ_OF_WORD(commit) (commit - 1)
#define WORDS_OF_SEQ(commit) commit
#endif

inline raise(known, to) {
    if
    :: to > known -> known = to
    :: else -> skip
    fi
}

/* Any value of the word that the reader may see, and what that brings. */
inline load_word(last, value) {
    value = NEWEST(known_words);
    do
    :: value + SLOTS <= NEWEST(last) -> value = value + SLOTS
    :: break
    od;
#ifndef RELAXED_WORDS
    if
    :: value > 0 ->
        raise(known_seq, SEQ_OF_WORD(value));
        raise(known_words, value - 1)
    :: else -> skip
    fi
#endif
}

inline load_seq(value) {
    value = known_seq;
    do
    :: value < seq -> value++
    :: break
    od;
    known_seq = value
}

active proctype Reader() {
    byte known_seq = 0;   /* Stores of seq before this one cannot be read any more. */
    byte known_words = 0; /* Words of commits up to here are known. */
    byte before, again, one, two, looks, told;
    do
    :: looks < LOOKS ->
        looks++;
        atomic {
            load_seq(before);
            if
            :: before > 0 -> raise(known_words, WORDS_OF_SEQ(before))
            :: else -> skip
            fi
        }
        atomic { load_word(first, one) }
        atomic { load_word(second, two) }
        atomic { load_seq(again) } /* Relaxed: it brings nothing, and need not. */
        if
        :: again - before <= ACCEPT ->
            assert(one == before && two == before); /* Whole, and committed. */
            assert(before >= told);                 /* Nothing goes back. */
            told = before
        :: else -> skip /* Once more; after some tries: no news. */
        fi
    :: else -> break
    od
}
