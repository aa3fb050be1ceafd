// own_memory: elements that make frames make them in the runtime's memory, also those that care for
// no format at all.
//
// A source of anything ("ANY") would be agreed to lie in whatever memory a filter after it asks
// for, and would then lie in a memfd all the same. So what it can give becomes what is asked of it,
// in memory of ours: who asks for other memory disagrees with it, and is told so.
//
// Threads: a pure function.
#pragma once

#include <vector>

#include "graph/element_run.h"
#include "media/negotiate.h"

namespace parallax {

void give_own_memory(const std::vector<const ElementRun*>& elements, NegotiationProblem& problem);

}  // namespace parallax
