// feasible: whether there is any answer, converters counted in.
//
// Threads: a pure function.
#pragma once

#include <cstddef>
#include <vector>

#include "media/negotiate.h"

namespace parallax {

// Errs to "yes" where it gave up.
bool feasible(const NegotiationProblem& problem, const std::vector<std::size_t>& order);

}  // namespace parallax
