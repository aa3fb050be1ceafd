// assemble: a Graph becomes live elements with their properties set and their pads found.
//
// Threads: pure but for making the elements.
#pragma once

#include <memory>
#include <vector>

#include "graph/element_run.h"
#include "graph/plan.h"
#include "parallax/graph.h"
#include "parallax/registry.h"
#include "parallax/report.h"

namespace parallax {

struct Assembly {
    std::vector<std::unique_ptr<ElementRun>> elements;  // As the graph's nodes.
    std::vector<PlannedLink> links;                     // As the graph's links.
    std::vector<Problem> problems;                      // Empty, or nothing of this is used.
};

Assembly assemble(const Graph& graph, const Registry& registry);

// The name of a pad as reports show it: "tee0.src_1".
std::string pad_name(const ElementRun& run, PadDirection direction, std::size_t number);

// The three names nearest to `word` by edit distance, if near enough to be what was meant.
std::vector<std::string> nearest_names(std::string_view word,
                                       const std::vector<std::string>& names);

}  // namespace parallax
