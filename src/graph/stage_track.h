// stage_track: what a trace needs to know of a stage to draw it.
//
// Threads: a pure function.
#pragma once

#include <memory>
#include <vector>

#include "graph/plan.h"
#include "trace/trace.h"

namespace parallax {

Trace::StageTrack stage_track(const Plan& plan, std::size_t stage,
                              const std::vector<std::unique_ptr<ElementRun>>& elements);

}  // namespace parallax
