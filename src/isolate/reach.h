// reach: whose frames can come to a stage: those of the elements before it, and through elements
// that hand frames on untouched, of those before them. A process is shown these arenas and no
// others.
//
// Threads: pure.
#pragma once

#include <utility>
#include <vector>

#include "graph/plan.h"

namespace parallax {

// Elements with the number of an output, as in Plan::arenas; each once, in order.
using Outputs = std::vector<std::pair<std::size_t, std::size_t>>;

// What can come over the links into any element of the stage.
Outputs outputs_reaching(const Plan& plan, const std::vector<std::unique_ptr<ElementRun>>& elements,
                         std::size_t stage);

}  // namespace parallax
