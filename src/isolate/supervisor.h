// Supervisor: the remote stages of one run: their memory, their processes, and what happens when a
// process dies.
//
// Everything it decides happens on one thread of its own, which waits for nobody: sends do not
// block, and what a process says is bounded, checked, and valid only in the state it is in. Local
// stages meet a successor on their own threads, by Stage::post.
//
// A stage that dies is followed by another that goes on from its last commit: see docs/protocol.md.
// Why it died decides how: an outside SIGKILL costs nothing but the restart; a fault is delayed,
// counted, and after so many of the same frame that frame is passed over.
//
// Threads: RemoteStages' from the driving thread. Lifetime: the setup outlives it.
#pragma once

#include <chrono>
#include <memory>

#include "graph/remote_stages.h"
#include "isolate/zygote.h"
#include "parallax/isolation.h"

namespace parallax {

// The fork server is this run's alone. When it is killed, another one is started.
Result<std::unique_ptr<RemoteStages>> make_supervisor(const RemoteSetup& setup,
                                                      std::unique_ptr<Zygote> zygote,
                                                      const SupervisorOptions& options);

}  // namespace parallax
