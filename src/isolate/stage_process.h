// StageProcess: one stage in a process of its own, from the first message to the last.
//
// It is the same Stage that runs on a thread of the parent; only its channels' memory is shared,
// and what it says to the run goes over the control socket. Order: map what was sent; let the
// supervisor seal it; load plugins and make the elements; lock down; configure; play.
//
// Threads: run() on the process's first thread, which reads the socket; the stage has its own.
#pragma once

#include <functional>

#include "isolate/control_message.h"
#include "parallax/registry.h"

namespace parallax {

struct StageProcessOptions {
    ControlSocket control;
    // The elements of the program, to which the blueprint's plugins are added.
    Registry& registry;
    // Gives up what is left of the process's rights; before foreign code works on frames.
    std::function<Result<>()> lock_down;
};

// The exit code: 0 when it was told to finish and has; 1 when the supervisor has gone or what it
// sent makes no sense; 2 when the elements could not be made ready, which was told.
int run_stage_process(StageProcessOptions options);

}  // namespace parallax
