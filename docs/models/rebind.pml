/* Who may play when (Supervisor::share_arenas(), set_going(), StageProcess::input_successor()).
 *
 * A stage S, a forwarder F and a reader R in a row. Frames of S come to R by way of F, so R must
 * know the arenas of every life of S before one plays. The supervisor tells R of the arenas, R's
 * first thread takes them in and answers; when F has a successor, R is told of its ring as well,
 * and answers that from its stage's thread, at any later time. An answer names the question, so
 * that one of them is not taken for the other. Claimed: R meets no frame in memory that it does
 * not know, and each life of S plays in the end.
 *
 * Mutants: ANY_ANSWER  whatever R answers counts for all that it was asked
 *          NO_ASKING   a successor plays as soon as it is ready
 */
#ifndef KILLS
#define KILLS 2 /* Of S; as many of F. */
#endif

byte s_life, f_life;
bool s_asks, s_plays;
byte asked;          /* Of which question S's life waits for the answer. */
byte questions;
byte knows;          /* Lives of S whose arenas R has taken in: up to this one. */
byte lives_to_come = KILLS, f_lives_to_come = KILLS;

mtype = { arenas, ring };
chan to_r = [4] of { mtype, byte, byte }; /* Question, life. */
chan to_stage = [4] of { byte };          /* From R's first thread to its stage's. */
chan answers = [8] of { byte };

active proctype Supervisor() {
    byte answer;
    s_plays = true; /* The first lives are known to all. */
end:
    do
    :: atomic { lives_to_come > 0 -> /* S died, and its successor is ready. */
        lives_to_come--;
        s_plays = false;
        s_life++;
        questions++;
        asked = questions;
        s_asks = true;
        to_r ! arenas, questions, s_life;
#ifdef NO_ASKING
        s_asks = false;
        s_plays = true
#endif
      }
    :: atomic { f_lives_to_come > 0 ->
        f_lives_to_come--;
        f_life++;
        questions++;
        to_r ! ring, questions, f_life
      }
    :: atomic { answers ? answer ->
        if
#ifdef ANY_ANSWER
        :: s_asks -> s_asks = false; s_plays = true
#else
        :: s_asks && answer == asked -> s_asks = false; s_plays = true
#endif
        :: else -> skip
        fi;
        answer = 0
      }
    od
}

active proctype FirstThread() {
    byte question, life;
end:
    do
    :: atomic { to_r ? arenas, question, life -> knows = life; answers ! question }
    :: atomic { to_r ? ring, question, life -> to_stage ! question }
    od
}

active proctype StageThread() {
    byte question;
end:
    do
    :: atomic { to_stage ? question -> answers ! question; question = 0 }
    :: atomic { s_plays && knows < s_life -> assert(false) } /* A frame of S's has come. */
    od
}

active proctype Judge() {
    timeout;
    assert(s_plays && knows == s_life);
end:
    false
}
