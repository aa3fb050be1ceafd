// Waiting for each other: our blocking calls beside the least that a futex can do, and a slot that
// crosses between processes which spin.
//
// Threads: one at a time; it starts one more thread, or process, and pins both.
#pragma once

#include "peers/contest.h"

namespace parallax::peers {

void hold_waiting(Contest& contest);
void hold_crossing(Contest& contest);

}  // namespace parallax::peers
