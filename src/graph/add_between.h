// add_between: an element that nobody has drawn, between two that somebody has.
//
// Threads: none.
#pragma once

#include <memory>
#include <vector>

#include "graph/element_run.h"
#include "graph/plan.h"
#include "parallax/graph.h"
#include "parallax/registry.h"

namespace parallax {

// What a run is made of; each element is that of the node with its number.
struct Drawn {
    Graph& graph;
    std::vector<std::unique_ptr<ElementRun>>& elements;
    std::vector<PlannedLink>& links;
};

// Splits the link: it then ends at the new element, and a new last link goes on to where it ended.
// The element runs in the program, in the group of what it takes its frames from. Answers its
// number.
Result<std::size_t> add_between(std::size_t link, const Factory& factory, Drawn drawn);

// A process is not trusted to drop what it has published: right after one, a leaky queue gets
// something before it that takes everything. Nothing is done where the registry has no "identity".
Result<> add_relays(const Registry& registry, Drawn drawn);

}  // namespace parallax
