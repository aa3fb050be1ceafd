// free_plan: the plan in which nothing that can change formats has to, if there is one.
//
// Most graphs with converters in them are written to be safe, and nothing needs converting. Then
// each converter passes on what it gets, nothing costs anything, and nothing can be cheaper: no
// kinds of formats need be told apart.
//
// Threads: a pure function, as far as the transforms are.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "media/negotiate.h"

namespace parallax {

// `order` holds all nodes, in the order of the data.
std::optional<NegotiationSolution> free_plan(const NegotiationProblem& problem,
                                             const std::vector<std::size_t>& order);

}  // namespace parallax
