// Opening an element in a process of its own before formats are agreed on, so that files and peers
// are looked at only where a crash is contained. The parent's side makes an OpenedElsewhere; the
// process (run_opening) tells, over a ControlSocket,
//
//     init, blueprint of one element      →
//                                         ←  pad_caps…, opened, ready   or failed
//     init, the same with its formats     →
//                                         ←  frame_size…, keeps, ready  or failed
//
// and ends when the socket closes. What it says is bounded and checked; what it dies of is the
// error of the element. Its sandbox is the one in which the element will run.
//
// Threads: make_opening() and what it makes from the driving thread.
#pragma once

#include <functional>
#include <memory>

#include "graph/element_run.h"
#include "graph/opened_elsewhere.h"
#include "isolate/zygote.h"
#include "parallax/graph.h"
#include "parallax/registry.h"

namespace parallax {

inline constexpr const char* kOpeningEntry = "opening";

struct OpeningSetup {
    const Graph::Node& node;
    const ElementRun& run;  // Its element is given apart.
    const Registry& registry;
    const SandboxPolicy& sandbox;  // Of an element that names none itself.
    // A fork server that lives; asked for each time a process is needed.
    std::function<Result<Zygote*>()> zygote;
    std::int64_t patience_ns = 60'000'000'000;  // For each answer: a file may be large, and far.
};

// What the setup refers to outlives it, but for `run` and `node`.
std::unique_ptr<OpenedElsewhere> make_opening(std::unique_ptr<Element> element,
                                              const OpeningSetup& setup);

// In the process.
int run_opening(StageStart start, Registry& registry);

}  // namespace parallax
