// RestingProcesses: what the supervisor of one life of a run leaves to that of the next.
//
// A process rests while the run agrees on formats anew: its stages have ended, its elements are as
// they were, and it waits for another blueprint.
//
// Threads: the driving thread. Lifetime: whom nobody takes over ends with it, since its socket
// closes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/remote_stages.h"
#include "isolate/control_message.h"
#include "isolate/zygote.h"

namespace parallax {

class RestingProcesses final : public Resting {
  public:
    struct Seat {
        std::vector<std::size_t> elements;
        ControlSocket control;
    };
    struct Process {
        Child child;
        std::vector<Seat> seats;  // By their numbers in the process.
    };
    // By element: what reports say of it, and properties that were set while it played.
    struct Past {
        RemoteFigures told;
        std::vector<std::pair<std::string, std::string>> overrides;
    };

    std::unique_ptr<Zygote> zygote;  // Their parent.
    std::vector<Process> processes;
    std::map<std::size_t, Past> past;
};

}  // namespace parallax
