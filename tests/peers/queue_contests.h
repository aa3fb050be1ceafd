// Queues between threads, beside those of others: contention, round trips, and the work alone.
//
// Threads: one at a time; it starts one more and pins both.
#pragma once

#include "peers/contest.h"

namespace parallax::peers {

void hold_queues(Contest& contest);

}  // namespace parallax::peers
