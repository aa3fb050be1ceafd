// run_stage_process: the stages of one process, from their first messages to the last.
//
// Most processes have one stage; those of `isolate=GROUP` have all of that name. Order: each maps
// what it was sent, and the supervisor seals it; each loads its plugins and makes its elements; the
// process locks itself down, once; each configures, and plays.
//
// Threads: the process's first, which reads the sockets; each stage has its own.
#pragma once

#include <functional>
#include <vector>

#include "parallax/fd.h"
#include "parallax/registry.h"

namespace parallax {

struct StageProcessOptions {
    std::vector<UniqueFd> sockets;  // One for each stage, for its control messages; at least one.
    // The elements of the program, to which the blueprints' plugins are added.
    Registry& registry;
    // Gives up what is left of the process's rights; before foreign code works on frames.
    std::function<Result<>()> lock_down;
};

// The exit code: 0 when all were told to finish and have; 1 when the supervisor has gone or what it
// sent makes no sense; 2 when the elements could not be made ready, which was told.
int run_stage_process(StageProcessOptions options);

}  // namespace parallax
