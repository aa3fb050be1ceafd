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

namespace parallax {

struct SupervisorOptions {
    struct Restart {
        enum class Backoff : std::uint8_t { constant, linear, exponential };
        std::uint32_t most = 5;  // Faults within the window, before it is given up.
        std::chrono::nanoseconds delay = std::chrono::milliseconds(10);
        std::chrono::nanoseconds longest_delay = std::chrono::seconds(30);
        std::chrono::nanoseconds window = std::chrono::seconds(60);
        Backoff backoff = Backoff::exponential;
    };
    enum class OnCrash : std::uint8_t { restart, drop, stop };

    Restart restart;
    OnCrash on_crash = OnCrash::restart;
    bool strict = false;             // A branch that is given up is an error of the run.
    std::uint32_t poison_after = 3;  // Faults of one frame; 0: never passed over.
    std::chrono::nanoseconds heartbeat = std::chrono::milliseconds(500);
    std::chrono::nanoseconds frame_deadline = {};  // 0: by the size of the frame.
    std::string crash_folder = {};  // Where reports of crashes are kept; empty: nowhere.
    std::string entry = "stage";    // What the fork server runs; tests have others.
    SandboxPolicy sandbox;          // Of elements that say nothing themselves.
};

// The fork server is this run's alone. When it is killed, another one is started.
Result<std::unique_ptr<RemoteStages>> make_supervisor(const RemoteSetup& setup,
                                                      std::unique_ptr<Zygote> zygote,
                                                      const SupervisorOptions& options);

}  // namespace parallax
