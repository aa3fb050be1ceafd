// await_exit: the end of a child that is asked one thing and then done with.
//
// Threads: the one that the fork server belongs to.
#pragma once

#include <cstdint>

#include "isolate/zygote.h"

namespace parallax {

void kill(const Child& child);

// Waits until it has ended. What stays longer than `patience_ns` is killed; where not even that is
// heard of within as long again, the answer is SIGKILL. Exits of other children are dropped.
ChildExit await_exit(Zygote& zygote, const Child& child, std::int64_t patience_ns);

}  // namespace parallax
