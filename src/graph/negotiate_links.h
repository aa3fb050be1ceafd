// negotiate_links: one format for every link of a graph of live elements.
//
// Elements say what their pads can have and how pads hang together; media's solver finds the
// formats. This is the bridge between the two.
// Threads: pure, given that the elements are not running.
#pragma once

#include <expected>
#include <vector>

#include "graph/converters.h"
#include "graph/element_run.h"
#include "graph/plan.h"
#include "media/negotiate.h"
#include "parallax/graph.h"
#include "parallax/registry.h"

namespace parallax {

// Elements as the nodes of the graph, links by the numbers of their pads.
struct ToNegotiate {
    const Graph& graph;
    const std::vector<const ElementRun*>& elements;
    const std::vector<PlannedLink>& links;
};

// Finds the formats of all links, and the converters to put into them. The conflict names the
// elements that disagree, the field and both sides' values; elements of `registry` that would help
// it suggests.
std::expected<NegotiationSolution, Conflict> negotiate_links(const ToNegotiate& drawn,
                                                             const Converters& converters,
                                                             const Registry& registry);

Error error_of(const Conflict& conflict);

}  // namespace parallax
