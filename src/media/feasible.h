// feasible: whether there is any answer, converters counted in.
//
// Threads: a pure function.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "media/negotiate.h"

namespace parallax {

// The answer, if there is one; why there is none is not asked.
std::optional<NegotiationSolution> try_to_solve(const NegotiationProblem& problem);

// Errs to "yes" where it gave up.
bool feasible(const NegotiationProblem& problem, const std::vector<std::size_t>& order);

}  // namespace parallax
