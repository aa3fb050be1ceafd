// A million timers beside a heap and beside asio's; and what a publisher pays for its listeners.
//
// Threads: one at a time; a listener is a thread of its own.
#pragma once

#include "peers/contest.h"

namespace parallax::peers {

void hold_timers(Contest& contest);
void hold_broadcast(Contest& contest);

}  // namespace parallax::peers
