// negotiate_links: one format for every link of a graph of live elements.
//
// Elements say what their pads can have and how pads hang together; the solver finds the formats.
// Threads: pure, given that the elements are not running.
#pragma once

#include <vector>

#include "graph/element_run.h"
#include "graph/plan.h"

namespace parallax {

// Fills `caps` of each link. The error names the two elements that disagree, the field and both
// sides' values.
Result<> negotiate_links(const std::vector<const ElementRun*>& elements,
                         std::vector<PlannedLink>& links);

}  // namespace parallax
