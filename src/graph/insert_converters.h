// insert_converters: what negotiation put into links becomes elements of the run.
//
// Threads: none.
#pragma once

#include <vector>

#include "graph/add_between.h"
#include "graph/converters.h"
#include "parallax/report.h"

namespace parallax {

// Fills `caps` of each link, and adds a node, an element and a link for each converter; each runs
// in the group of the element that it takes its frames from. Answers what was put in, and why.
Result<std::vector<ConverterPlan>> insert_converters(const NegotiationSolution& solution,
                                                     const Converters& converters, Drawn drawn);

}  // namespace parallax
