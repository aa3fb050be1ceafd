// sync_peers: our queues, timers, broadcasts and waits, and those of others, in turns, in one
// process; what each limit wants and whether it is reached.
//
//     sync_peers [ROUNDS] [--markdown] [--only TEXT]
#include "peers/queue_contests.h"
#include "peers/timer_contests.h"
#include "peers/waiting_contests.h"

int main(int argc, char** argv) {
    using parallax::peers::Contest;
    Contest contest(Contest::options(argc, argv));
    parallax::peers::hold_timers(contest);
    parallax::peers::hold_broadcast(contest);
    parallax::peers::hold_queues(contest);
    parallax::peers::hold_waiting(contest);
    parallax::peers::hold_crossing(contest);
    contest.finish();
    return 0;
}
