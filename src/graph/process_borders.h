// process_borders: which links of a graph run from one process to another.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <vector>

#include "graph/converters.h"
#include "graph/plan.h"
#include "media/negotiate.h"
#include "parallax/graph.h"

namespace parallax {

// Whether elements that are isolated so run in two processes: see Graph::Node::isolate.
bool run_apart(const std::string& a, const std::string& b);

// Of each link, also for what negotiation may put into it; elements as the graph's nodes.
std::vector<ProcessBorders> process_borders(const Graph& graph,
                                            const std::vector<PlannedLink>& links,
                                            const Converters& converters);

}  // namespace parallax
