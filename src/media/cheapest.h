// cheapest: which of the formats that fit together cost least, for all links at once.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <vector>

#include "media/assign.h"
#include "media/atoms.h"
#include "media/bridge.h"
#include "media/solver.h"

namespace parallax {

// The kinds of formats in the solver's domains, and what transforms make of them. Nothing when
// there are too many.
std::optional<Atoms> atoms_of(const NegotiationProblem& problem, const Solver& solver,
                              const std::vector<std::size_t>& order);

// The atoms of each variable of the solver. Nodes from `first_bridge` on are bridges, with the
// prices of `paths`; null when there are none.
std::expected<Assignment, AssignFailure> cheapest(const NegotiationProblem& problem,
                                                  const Solver& solver, const Atoms& atoms,
                                                  std::size_t first_bridge,
                                                  const ConverterPaths* paths,
                                                  bool only_whether = false);

}  // namespace parallax
