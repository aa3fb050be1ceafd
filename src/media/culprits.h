// culprits: who is to blame when no formats fit together.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "media/conflict.h"
#include "media/negotiate.h"

namespace parallax {

// `order` is short: the nodes that follow one another in a circle.
Conflict cycle_conflict(const NegotiationProblem& problem, const std::vector<std::size_t>& order);

// The problem as if nobody minded but those with a say: nodes, then the filters of links, by index.
NegotiationProblem only(const NegotiationProblem& problem, const std::vector<bool>& says);

// A smallest set of nodes and filters without any one of which there would be an answer, and where
// their sets part. `clash` serves where that takes too long to find.
Conflict explain(const NegotiationProblem& problem, const std::vector<std::size_t>& order,
                 const Clash& clash);

// The same, where they disagree about one field that nothing between them changes: those who hand
// it on are not blamed. Quick, and no answer where there is no such quarrel.
std::optional<Conflict> explain_field(const NegotiationProblem& problem,
                                      const std::vector<std::size_t>& order);

}  // namespace parallax
